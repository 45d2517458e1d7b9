"""LSTM, GRU and RNN, whose gates ONNX has in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import cells
from nn.functions import recurrence
from nn.onnx.operators.table import Compute, Node, reads

# Where each of our gates is among ONNX's: i f g o are there i o f c, and s z n are z r h.
_GATES = {"LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2], "RNN": [0]}
_USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
_CELLS: dict[str, cells.Cell] = {"LSTM": cells.LSTM, "GRU": cells.GRU, "RNN": cells.RNN}


@reads(*_CELLS)
def _(node: Node) -> Compute:
    cell, order = _cell(node), _GATES[node.kind]
    direction = node.only("direction", "forward", "reverse", "bidirectional")
    backwards = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[direction]
    node.only("layout", 0)
    node.only("input_forget", 0)
    if node.kind == "GRU" and not node.get("linear_before_reset", 0):
        raise node.refused("linear_before_reset must be 1, as PyTorch has it")
    if node.get("clip") is not None:
        raise node.refused("its sums are clipped")

    def run(x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, *first: Any) -> Any:
        hidden = r.shape[2]
        if len([part for part in first if part is not None]) > cell.parts:
            raise node.refused("its gates look at the cell")
        states = [*first, *[None] * cell.parts][: cell.parts]
        zeros = np.zeros((len(backwards), x.shape[1], hidden), x.dtype)
        outputs, last = [], []
        for i, reverse in enumerate(backwards):
            state: cells.State = [(zeros if part is None else part)[i] for part in states]
            w_ih, w_hh = _gates(w[i], order, hidden), _gates(r[i], order, hidden)
            both = None if b is None else b[i]
            count = len(order) * hidden
            b_ih, b_hh = [
                None if both is None else _gates(part, order, hidden)
                for part in ((None, None) if both is None else (both[:count], both[count:]))
            ]
            h, state = recurrence.layer(cell, x, state, w_ih, w_hh, b_ih, b_hh, lengths=lengths, reverse=reverse)
            outputs.append(h)
            last.append(state)
        found = (ag.stack(outputs, axis=1), *[ag.concat(list(parts)) for parts in zip(*last, strict=True)])
        return found[: len(node.outputs)] if len(node.outputs) > 1 else found[0]

    return run


def _cell(node: Node) -> cells.Cell:
    activations = list(node.get("activations", []))
    both = 2 if node.get("direction") == "bidirectional" else 1
    if node.kind == "RNN" and activations == ["Relu"] * both:
        return cells.ReLURNN
    if activations and activations != _USUAL[node.kind] * both:
        raise node.refused(f"its activations are {activations}")
    return _CELLS[node.kind]


def _gates(weight: Any, order: list[int], hidden: int) -> Any:
    """The rows of a weight, or a bias, in the order of our gates."""
    if len(order) == 1:
        return weight
    return ag.concat([weight[gate * hidden : (gate + 1) * hidden] for gate in order], axis=0)
