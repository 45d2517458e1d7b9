"""Recurrent cells, each the formula of one step, and the op that runs one over a sequence.

The formula serves numbers, Tensors, and derivatives of higher order. What computes a whole sequence, forward and
backward, is a kernel for each cell (`kernels/recurrent.py`).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops import activations, arranging, elementwise, linalg, reduction, shaping, trigonometry
from autograd_core.ops.definition import array_op
from autograd_core.ops.op import differentiated

__all__ = ["run_cell"]

State = Sequence[Any]  # h, and for an LSTM c, each (N, H)


class RNN:
    """h' = f(x + r), with f = tanh or relu. Everywhere x is what the input gives to the gates, r what h gives."""

    name, gates, parts = "RNN", 1, 1
    activation: Callable[[Any], Any] = staticmethod(trigonometry.tanh)

    @classmethod
    def step(cls, x: Any, r: Any, state: State) -> State:
        """The next state."""
        return (cls.activation(x + r),)


class ReLURNN(RNN):
    """The same with relu."""

    name = "ReLURNN"
    activation = staticmethod(activations.relu)


class LSTM:
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    i, f, o = σ, g = tanh of their parts of x + r, in the order i, f, g, o;  c' = f·c + i·g;  h' = o·tanh(c').
    """

    name, gates, parts = "LSTM", 4, 2

    @classmethod
    def step(cls, x: Any, r: Any, state: State) -> State:
        """The next state."""
        sums = x + r
        i, f, _, o = _split(activations.sigmoid(sums), 4)  # one pass over all, rather than three over parts
        c = f * state[1] + i * trigonometry.tanh(_split(sums, 4)[2])
        return o * trigonometry.tanh(c), c


class GRU:
    """The gated recurrent unit (Cho et al. 2014), as cuDNN and PyTorch compute it.

    s, z = σ of their parts of x + r;  n = tanh(x_n + s·r_n);  h' = (1 - z)·n + z·h.
    """

    name, gates, parts = "GRU", 3, 1

    @classmethod
    def step(cls, x: Any, r: Any, state: State) -> State:
        """The next state."""
        (xs, xz, xn), (rs, rz, rn) = _split(x, 3), _split(r, 3)
        z, n = activations.sigmoid(xz + rz), trigonometry.tanh(xn + activations.sigmoid(xs + rs) * rn)
        return (n + z * (state[0] - n),)


Cell = type[RNN] | type[LSTM] | type[GRU]


def _split(x: Any, gates: int) -> list[Any]:
    """The parts of the last axis, one a gate."""
    width = x.shape[-1] // gates
    return [x[..., gate * width : (gate + 1) * width] for gate in range(gates)]


def run_cell(
    x: Any, w: Any, b: Any, s: Any, lengths: Any = None, *, cell: Cell, reverse: bool = False
) -> tuple[Any, Any]:
    """(The h of a cell after each step of a sequence, its last state), from the state s before the first step.

    Shapes: x (L, N, gates·H), what the input gives to the gates; w (gates·H, H), what h gives is h wᵀ; b
    (2, gates·H), added to the first and to the second; s (parts, N, H) -> (L, N, H), (parts, N, H). `lengths` (N,),
    whole numbers from 0 to L, says how many steps of each row count, by default all: beyond them h is 0 and x has no
    gradient, and the last state is that after the row's own last step. With `reverse` the sequence is gone through
    backwards, each row from its own last step to step 0. Gradient: backwards through time, for all inputs in one go.
    """
    h, last, _ = _run_cell(x, w, b, s, _ALL if lengths is None else lengths, cell=cell, reverse=reverse)
    return h, last


_ALL = np.zeros((), np.int64)  # the lengths of rows that count as a whole, however many there are and of how many steps


def _of_rows(lengths: Any, x: Any) -> Any:
    """The lengths, one for each row."""
    return lengths if lengths.ndim else np.full(x.shape[1:2], len(x), np.int64)


@array_op(outputs=("h", "last", "memory"))
def _run_cell(x: Any, w: Any, b: Any, s: Any, lengths: Any, /, cell: Cell, reverse: bool = False) -> Any:
    """What `run_cell` gives, and what the backward pass wants to know of every step."""
    are_given, lengths = lengths.ndim > 0, _of_rows(lengths, x)
    _check_shapes(x, w, b, s, lengths, cell)
    shaping.check_one_float("run_cell", x, w)
    if x.dtype in kernels.FLOATS:
        if are_given:
            kernels.plan.at_each_run(_check_lengths, lengths, len(x))
        else:
            kernels.plan.constant(lengths)
        arrays = [kernels.plan.contiguous(array, x.dtype) for array in (x, w, b, s)]
        return kernels.recurrent.run(cell.name, *arrays, kernels.plan.contiguous(lengths, np.int64), reverse)
    _check_lengths(lengths, len(x))
    h, last = _by_steps(x, w, b, s, lengths, None, cell, reverse)
    return h, last, np.zeros((*x.shape[:2], 0), x.dtype)


@_run_cell.vjp("x", "w", "b", "s")
def _(g, x, w, b, s, lengths, h, memory, cell, reverse):
    to_x, to_r, to_s = _run_cell_gradient(g[0], g[1], x, w, b, s, lengths, h, memory, cell=cell, reverse=reverse)
    to_r_bias = _sum_of_rows(to_r)
    to_x_bias = _sum_of_rows(to_x) if cell is GRU else to_r_bias
    return to_x, _to_weights(to_r, h, s[0], lengths, reverse), arranging.stack([to_x_bias, to_r_bias]), to_s


def _to_weights(to_r: Any, h: Any, s: Any, lengths: Any, reverse: bool) -> Any:
    """Σ (the gradient of r)ᵀ (the h before): of each step but the first, where it is s. Beyond its end a row has 0."""
    if reverse:
        later, before = to_r[:-1], h[1:]
        first = to_r[elementwise.maximum(lengths - 1, 0), np.arange(h.shape[1])] if lengths.ndim else to_r[-1]
    else:
        later, before, first = to_r[1:], h[:-1], to_r[0]
    return linalg.matmul(shaping.matrix_transpose(_as_rows(later)), _as_rows(before)) + linalg.matmul(
        shaping.matrix_transpose(first), s
    )


def _as_rows(x: Any) -> Any:
    return shaping.reshape(x, (x.shape[0] * x.shape[1], x.shape[2]))


def _sum_of_rows(x: Any) -> Any:
    return reduction.sum(_as_rows(x), axis=0)


@array_op(outputs=("to_x", "to_r", "to_s"))
def _run_cell_gradient(
    g: Any, g_last: Any, x: Any, w: Any, b: Any, s: Any, lengths: Any, h: Any, memory: Any, /,
    cell: Cell, reverse: bool,
) -> Any:  # fmt: skip
    """The gradients of x, of what h gives to the gates, and of s, from those of h at every step and the last state."""
    if h.dtype in kernels.FLOATS and g.dtype == g_last.dtype == w.dtype == s.dtype == h.dtype == memory.dtype:
        arrays = map(kernels.plan.contiguous, (g, g_last, w, s))
        lengths = lengths if lengths.ndim else kernels.plan.constant(_of_rows(lengths, x))
        lengths = kernels.plan.contiguous(lengths, np.int64)
        return kernels.recurrent.run_back(cell.name, *arrays, lengths, h, memory, reverse)
    return _by_steps_back(g, g_last, x, w, b, s, lengths, h, memory, cell, reverse)


_run_cell.not_differentiable("lengths", "memory")
_run_cell_gradient.not_differentiable("lengths", "h", "memory")  # which follow from the others


@_run_cell_gradient.formula
def _by_steps_back(g, g_last, x, w, b, s, lengths, h, memory, cell, reverse):
    def formula(x, more, s):
        return _by_steps(x, w, b, s, _of_rows(lengths, x), more, cell, reverse)

    return differentiated(formula, (x, np.zeros(x.shape, x.dtype), s), (0, 1, 2), (g, g_last))


def _by_steps(x: Any, w: Any, b: Any, s: Any, lengths: Any, more: Any, cell: Cell, reverse: bool) -> tuple[Any, Any]:
    """What `run_cell` gives, step by step; `more` is added to what h gives, to be differentiated by."""
    steps = range(x.shape[0])
    state: State = [s[part] for part in range(cell.parts)]
    h: list[Any] = [None] * len(steps)
    for t in reversed(steps) if reverse else steps:
        r = linalg.linear(state[0], w, b[1])
        after = cell.step(x[t] + b[0], r if more is None else r + more[t], state)
        counts = shaping.expand_dims(lengths > t, -1)
        h[t] = elementwise.where(counts, after[0], 0.0)
        state = [elementwise.where(counts, new, old) for new, old in zip(after, state, strict=True)]
    return arranging.stack(h), arranging.stack(state)


def _check_shapes(x: Any, w: Any, b: Any, s: Any, lengths: Any, cell: Cell) -> None:
    hidden = w.shape[-1] if w.ndim else 0
    rows = cell.gates * hidden
    fits = x.ndim == 3 and x.shape[0] and x.shape[2:] == (rows,) and w.shape == (rows, hidden) and b.shape == (2, rows)
    if not fits or s.shape != (cell.parts, x.shape[1], hidden) or lengths.shape != x.shape[1:2]:
        raise ShapeError(
            f"run_cell: of {cell.name} takes x (L, N, {cell.gates}·H), w ({cell.gates}·H, H), b (2, {cell.gates}·H), "
            f"s ({cell.parts}, N, H) and lengths (N,), with L at least 1; got shapes {x.shape}, {w.shape}, {b.shape}, "
            f"{s.shape} and {lengths.shape}"
        )
    if lengths.dtype.kind not in "iu":
        raise DTypeError(f"run_cell: lengths are whole numbers, got {lengths.dtype}")


def _check_lengths(lengths: Any, steps: int) -> None:
    if lengths.size and not 0 <= lengths.min() <= lengths.max() <= steps:
        raise ArgumentError(
            f"run_cell: lengths go from 0 to the number of steps, {steps}; got some from {lengths.min()} to "
            f"{lengths.max()}"
        )
