"""Recurrent layers in one direction: a cell that is run over a sequence, or for one step."""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.cells import Cell, State
from nn.functions.linear_maps import linear


def layer(
    cell: Cell,
    x: Any,
    state: State,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    w_hr: Any = None,
    *,
    lengths: Any = None,
    reverse: bool = False,
) -> tuple[Any, State]:
    """One layer in one direction: (the h of every step, the last state); see `autograd_core.run_cell`.

    Shapes: x (L, N, in), each part of the state (N, H), w_ih (gates·H, in), w_hh (gates·H, H), biases (gates·H,) or
    None -> (L, N, H), and each part of the last state with an axis for layers, (1, N, H). Rows of x beyond their
    `lengths` (N,) must be finite.

    With w_hr (P, H) the h of a step is h w_hrᵀ, of P numbers (Sak et al. 2014), w_hh (gates·H, P). What it gives to the
    gates is then h (w_hh w_hr)ᵀ: a cell without projection, but for the first h, which is given as P numbers.
    """
    rows = w_hh.shape[0]
    if b_ih is None and b_hh is None:
        b: Any = np.zeros((2, rows), w_hh.dtype)
    else:
        b = ag.stack([np.zeros(rows, w_hh.dtype) if part is None else part for part in (b_ih, b_hh)])
    gates = ag.matmul(x, ag.matrix_transpose(w_ih))
    if w_hr is None:
        h, last = ag.run_cell(gates, w_hh, b, ag.stack(list(state)), lengths, cell=cell, reverse=reverse)
        return h, tuple([last[part : part + 1] for part in range(cell.parts)])
    first, others = state[0], state[1:]
    n = np.full(x.shape[1], len(x), np.int64) if lengths is None else lengths
    starts = (n == np.arange(1, len(x) + 1)[:, None]) if reverse else np.arange(len(x))[:, None] == 0
    given = ag.matmul(first, ag.matrix_transpose(w_hh))
    gates = gates + ag.where(ag.expand_dims(starts, -1), given, 0.0)
    s = ag.stack([np.zeros(others[0].shape, x.dtype), *others])
    h, last = ag.run_cell(gates, ag.matmul(w_hh, w_hr), b, s, lengths, cell=cell, reverse=reverse)
    w_rh = ag.matrix_transpose(w_hr)
    h_last = ag.where(ag.expand_dims(n > 0, -1), ag.matmul(last[:1], w_rh), first)
    return ag.matmul(h, w_rh), (h_last, *[last[part : part + 1] for part in range(1, cell.parts)])


def step(cell: Cell, x: Any, state: State, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> State:
    """One step: the next state. Shapes as for `layer`, x (N, in)."""
    return cell.step(linear(x, w_ih, b_ih), linear(state[0], w_hh, b_hh), state)
