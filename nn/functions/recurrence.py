"""Recurrent layers: a cell that is run over a sequence, and its backward pass through time.

A cell is written as three formulas: a step, its local gradients for all steps at once, and a step of the backward
pass. All are made of ops, so they serve numbers, and Tensors where gradients are to be differentiated again. A whole
sequence is one op, `run_cell`: inside, only what depends on the step before is done step by step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_core as ag
from nn.functions.linear_maps import linear

State = Sequence[Any]  # h, and for an LSTM c, each (N, H)


class RNN:
    """h' = f(x + r), with f = tanh or relu. Everywhere x is what the input gives to the gates, r what h gives."""

    name, gates, parts = "RNN", 1, 1
    activation: Callable[[Any], Any] = staticmethod(ag.tanh)

    @classmethod
    def step(cls, x: Any, r: Any, state: State) -> State:
        """The next state."""
        return (cls.activation(x + r),)

    @classmethod
    def slopes(cls, x: Any, r: Any, before: State, after: State) -> tuple[Any, ...]:
        """What the backward pass of a step multiplies with, for all steps at once."""
        h = after[0]
        return (1.0 - h * h,)

    @classmethod
    def step_back(cls, slopes: Sequence[Any], g: State) -> tuple[Any, Any, State]:
        """From the gradients of the next state, those of x, of r, and of the state but for its way through r."""
        (slope,) = slopes
        share = g[0] * slope
        return share, share, (0.0,)


class ReLURNN(RNN):
    """The same with relu."""

    activation = staticmethod(ag.relu)

    @classmethod
    def slopes(cls, x: Any, r: Any, before: State, after: State) -> tuple[Any, ...]:
        """1 where the unit is on."""
        return (ag.heaviside(after[0], 0.0),)


class LSTM:
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    i, f, o = σ, g = tanh of their parts of x + r, in the order i, f, g, o;  c' = f·c + i·g;  h' = o·tanh(c').
    """

    name, gates, parts = "LSTM", 4, 2

    @classmethod
    def _opened(cls, x: Any, r: Any) -> tuple[Any, Any, Any, Any]:
        sums = x + r
        i, f, _, o = _split(ag.sigmoid(sums), 4)  # one pass over all, rather than three over parts
        return i, f, ag.tanh(_split(sums, 4)[2]), o

    @classmethod
    def step(cls, x: Any, r: Any, state: State) -> State:
        """The next state."""
        i, f, g, o = cls._opened(x, r)
        c = f * state[1] + i * g
        return o * ag.tanh(c), c

    @classmethod
    def slopes(cls, x: Any, r: Any, before: State, after: State) -> tuple[Any, ...]:
        """What the backward pass of a step multiplies with, for all steps at once."""
        i, f, g, o = cls._opened(x, r)
        squashed = ag.tanh(after[1])
        by_gate = [g * i * (1.0 - i), before[1] * f * (1.0 - f), i * (1.0 - g * g), squashed * o * (1.0 - o)]
        return o * (1.0 - squashed * squashed), f, ag.concat(by_gate, axis=-1)

    @classmethod
    def step_back(cls, slopes: Sequence[Any], g: State) -> tuple[Any, Any, State]:
        """From the gradients of the next state, those of x, of r, and of the state but for its way through r."""
        h_to_c, f, by_gate = slopes
        to_h, to_c = g[0], g[1] + g[0] * h_to_c
        share = ag.concat([to_c, to_c, to_c, to_h], axis=-1) * by_gate
        return share, share, (0.0, to_c * f)


class GRU:
    """The gated recurrent unit (Cho et al. 2014), as cuDNN and PyTorch compute it.

    s, z = σ of their parts of x + r;  n = tanh(x_n + s·r_n);  h' = (1 - z)·n + z·h.
    """

    name, gates, parts = "GRU", 3, 1

    @classmethod
    def _opened(cls, x: Any, r: Any) -> tuple[Any, Any, Any, Any]:
        (xs, xz, xn), (rs, rz, rn) = _split(x, 3), _split(r, 3)
        s = ag.sigmoid(xs + rs)
        return s, ag.sigmoid(xz + rz), ag.tanh(xn + s * rn), rn

    @classmethod
    def step(cls, x: Any, r: Any, state: State) -> State:
        """The next state."""
        _, z, n, _ = cls._opened(x, r)
        return (n + z * (state[0] - n),)

    @classmethod
    def slopes(cls, x: Any, r: Any, before: State, after: State) -> tuple[Any, ...]:
        """What the backward pass of a step multiplies with, for all steps at once."""
        s, z, n, rn = cls._opened(x, r)
        to_n = (1.0 - z) * (1.0 - n * n)
        to_s = to_n * rn * s * (1.0 - s)
        to_z = (before[0] - n) * z * (1.0 - z)
        return ag.concat([to_s, to_z, to_n], axis=-1), ag.concat([to_s, to_z, to_n * s], axis=-1), z

    @classmethod
    def step_back(cls, slopes: Sequence[Any], g: State) -> tuple[Any, Any, State]:
        """From the gradients of the next state, those of x, of r, and of the state but for its way through r."""
        to_x, to_r, z = slopes
        to_all = ag.concat([g[0], g[0], g[0]], axis=-1)
        return to_all * to_x, to_all * to_r, (g[0] * z,)


Cell = type[RNN] | type[LSTM] | type[GRU]


def _split(x: Any, gates: int) -> list[Any]:
    """The parts of the last axis, one a gate."""
    width = x.shape[-1] // gates
    return [x[..., gate * width : (gate + 1) * width] for gate in range(gates)]


@ag.array_op
def run_cell(x: Any, w: Any, b: Any, s: Any, /, cell: Cell) -> Any:
    """The states of a cell after each step of a sequence, from s before the first.

    Shapes: x (L, N, gates·H), what the input gives to the gates; w (gates·H, H), b (gates·H,), what h gives is
    h wᵀ + b; s (parts, N, H) -> (L, parts, N, H). Gradient: backwards through time, for all inputs in one go.
    """
    y = np.empty((x.shape[0], *s.shape), x.dtype)
    state = s
    for step, after in zip(x, y, strict=True):
        after[...] = cell.step(step, ag.linear(state[0], w, b), state)
        state = after
    return y


@run_cell.vjp("x", "w", "b", "s")
def _(g: Any, x: Any, w: Any, b: Any, s: Any, y: Any, cell: Cell) -> tuple[Any, Any, Any, Any]:
    before, after = _parts(_before(s, y), cell), _parts(y, cell)
    slopes = cell.slopes(x, ag.linear(before[0], w, b), before, after)
    to_x, to_r = [], []
    carried: list[Any] = [0.0] * cell.parts
    for t in reversed(range(x.shape[0])):
        share, through_h, direct = cell.step_back(
            [slope[t] for slope in slopes], [g[t, part] + carried[part] for part in range(cell.parts)]
        )
        to_x.append(share)
        to_r.append(through_h)
        carried = [direct[0] + ag.matmul(through_h, w), *direct[1:]]
    of_r = ag.concat(to_r[::-1], axis=0)
    h = ag.reshape(before[0], (-1, w.shape[1]))
    return ag.stack(to_x[::-1]), ag.matmul(ag.matrix_transpose(of_r), h), ag.sum(of_r, axis=0), ag.stack(carried)


def _before(s: Any, y: Any) -> Any:
    """The state before each step."""
    return ag.concat([ag.reshape(s, (1, *s.shape)), y[:-1]], axis=0)


def _parts(states: Any, cell: Cell) -> list[Any]:
    return [states[:, part] for part in range(cell.parts)]


def layer(
    cell: Cell, x: Any, state: State, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Any, State]:
    """One layer in one direction: (the h of every step, the last state).

    Shapes: x (L, N, in), each part of the state (N, H), w_ih (gates·H, in), w_hh (gates·H, H), biases (gates·H,) or
    None -> (L, N, H), and the state.
    """
    b_hh = np.zeros(w_hh.shape[0], w_hh.dtype) if b_hh is None else b_hh
    states = run_cell(linear(x, w_ih, b_ih), w_hh, b_hh, ag.stack(list(state)), cell=cell)
    last = states[-1]
    return states[:, 0], tuple([last[part] for part in range(cell.parts)])


def step(cell: Cell, x: Any, state: State, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> State:
    """One step: the next state. Shapes as for `layer`, x (N, in)."""
    return cell.step(linear(x, w_ih, b_ih), linear(state[0], w_hh, b_hh), state)
