"""Recurrent layers: ONNX has LSTM, GRU and RNN, with gates in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.functions import recurrence
from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step
from nn.onnx.translations.table import translates

# Where each of ONNX's gates is among ours: i f g o there are i o f c, and s z n are z r h.
_GATES = {"LSTM": [0, 3, 1, 2], "GRU": [1, 0, 2], "RNN": [0]}


@translates("run_cell")
def _(graph: Graph, step: Step, x: Value, w: Value, b: Value, s: Value) -> Any:
    """One direction of one layer. What the input gives to the gates is computed by the operator itself."""
    cell = step.attributes["cell"]
    hidden = graph.fixed_length(step, w.shape[1], "the number of units")
    inputs, to_gates, bias = _inputs(graph, x)
    order = _GATES[cell.name]
    more: dict[str, Any] = {"linear_before_reset": 1} if cell is recurrence.GRU else {}
    if cell is recurrence.ReLURNN:
        more["activations"] = ["Relu"]
    first = graph.constant([0], np.int64)
    biases = graph.add("Concat", *[_gates(graph, part, order, hidden) for part in (bias, b.name)], axis=0)
    given = [
        inputs,
        *[graph.add("Unsqueeze", _gates(graph, part, order, hidden), first) for part in (to_gates, w.name)],
        graph.add("Unsqueeze", biases, first),
        "",  # all sequences are whole
        *[_part(graph, s, part) for part in range(cell.parts)],
    ]
    made = graph.add(cell.name, *given, outputs=1 + cell.parts, hidden_size=hidden, **more)
    shape, dtype = graph.output_shape(step), x.dtype
    outputs = Value(graph.add("Squeeze", made[0], graph.constant([1], np.int64)), (shape[0], *shape[2:]), dtype)
    last = [Value(graph.add("Squeeze", y, first), shape[2:], dtype) for y in made[1:]]
    return Value("", shape, dtype, None, step, (outputs, *last))


def _inputs(graph: Graph, x: Value) -> tuple[str, str, str]:
    """What the layer is given, its weights and biases; where x is no linear map, x itself, and the identity."""
    made = x.step
    if made is not None and made.op == "linear":
        given, w, b = [graph.value(place) for place in made.inputs]
        return given.name, w.name, b.name
    width = x.shape[-1]
    assert isinstance(width, int)
    zeros = graph.constant(np.zeros(width, x.dtype))
    if made is not None and made.op == "matmul":
        given, transposed = [graph.value(place) for place in made.inputs]
        if transposed.step is not None and transposed.step.op == "permute_dims":
            return given.name, graph.value(transposed.step.inputs[0]).name, zeros
    return x.name, graph.constant(np.eye(width, dtype=x.dtype)), zeros


def _gates(graph: Graph, name: str, order: list[int], hidden: int) -> str:
    """The rows of a weight, or a bias, in the order of ONNX's gates."""
    if len(order) == 1:
        return name
    rows = [gate * hidden + i for gate in order for i in range(hidden)]
    found: str = graph.add("Gather", name, graph.constant(rows, np.int64), axis=0)
    return found


def _part(graph: Graph, s: Value, part: int) -> str:
    """A part of the first state (parts, N, H) as (1, N, H), for one direction."""
    bounds = [graph.constant([n], np.int64) for n in (part, part + 1, 0)]
    found: str = graph.add("Slice", s, *bounds)
    return found
