"""Recurrent layers: ONNX has LSTM, GRU and RNN, with gates in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import cells
from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step
from nn.onnx.translations.table import translates

# Where each of ONNX's gates is among ours: i f g o there are i o f c, and s z n are z r h.
_GATES = {"LSTM": [0, 3, 1, 2], "GRU": [1, 0, 2], "RNN": [0]}


@translates("run_cell")
def _(graph: Graph, step: Step, x: Value, w: Value, b: Value, s: Value, lengths: Value) -> Any:
    """One direction of one layer. What the input gives to the gates is computed by the operator itself."""
    cell = step.attributes["cell"]
    hidden = graph.fixed_length(step, w.shape[1], "the number of units")
    inputs, to_gates = _inputs(graph, x)
    order = _GATES[cell.name.removeprefix("ReLU")]
    more: dict[str, Any] = {"linear_before_reset": 1} if cell is cells.GRU else {}
    if cell is cells.ReLURNN:
        more["activations"] = ["Relu"]
    if step.attributes["reverse"]:
        more["direction"] = "reverse"
    first = graph.constant([0], np.int64)
    rows = cell.gates * hidden
    halves = [graph.add("Slice", b, *[graph.constant([n], np.int64) for n in (half, half + 1, 0)]) for half in (0, 1)]
    biases = [_gates(graph, graph.reshape(half, (rows,)), order, hidden) for half in halves]
    given = [
        inputs,
        *[graph.add("Unsqueeze", _gates(graph, part, order, hidden), first) for part in (to_gates, w.name)],
        graph.add("Unsqueeze", graph.add("Concat", *biases, axis=0), first),
        graph.cast(lengths.name, np.int32) if lengths.ndim else "",  # all sequences are whole
        *[_part(graph, s, part) for part in range(cell.parts)],
    ]
    kind = cell.name.removeprefix("ReLU")
    made = graph.add(kind, *given, outputs=1 + cell.parts, hidden_size=hidden, **more)
    h = graph.add("Squeeze", made[0], graph.constant([1], np.int64))
    last = [graph.add("Squeeze", y, first) for y in made[1:]]
    states = graph.add("Concat", *[graph.add("Unsqueeze", y, first) for y in last], axis=0)
    return h, states, Value("", graph.program.shapes[step.outputs[2]], x.dtype, None, step, (Value(h, (), x.dtype),))


def _inputs(graph: Graph, x: Value) -> tuple[str, str]:
    """What the layer is given, and its weights; where x is no product, x itself, and the identity."""
    made = x.step
    if made is not None and made.op == "reshape":
        rows = graph.value(made.inputs[0])
        if rows.step is not None and rows.step.op == "matmul":
            given, transposed = [graph.value(place) for place in rows.step.inputs]
            flat = given.step
            if flat is not None and flat.op == "reshape" and _is_transposed(transposed):
                whole = graph.value(flat.inputs[0])
                if whole.shape[:2] == x.shape[:2]:
                    return whole.name, graph.value(transposed.step.inputs[0]).name  # type: ignore[union-attr]
    width = x.shape[-1]
    assert isinstance(width, int)
    return x.name, graph.constant(np.eye(width, dtype=x.dtype))


def _is_transposed(x: Value) -> bool:
    return x.step is not None and x.step.op in ("matrix_transpose", "permute_dims")


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
