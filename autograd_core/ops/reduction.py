"""Reductions over axes, and softmax with its kin."""

# The rows are named as the Python array API standard names them, `sum` and `max` among them.

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops import elementwise, shaping
from autograd_core.ops.definition import array_op

Axis = int | tuple[int, ...] | None

_add_up: Any = np.add.reduce  # what np.sum calls, after half a microsecond of its own


def reduced_axes(name: str, shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The axes that `axis` names, none negative, none twice."""
    if axis is None:
        return tuple(range(len(shape)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = len(shape)
    found = tuple([a + ndim if a < 0 else a for a in axes])
    if not all(0 <= a < ndim for a in found) or len(set(found)) != len(found):
        raise _bad_axis(name, shape, axis)
    return found


def _bad_axis(name: str, shape: tuple[int, ...], axis: Axis) -> ArgumentError:
    return ArgumentError(f"{name}: axis {axis} does not name distinct axes of shape {shape}")


def _keep(name: str, reduced: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """A reduced array with its reduced axes back, of length 1, so that it broadcasts against the input."""
    axes = reduced_axes(name, shape, axis)
    return shaping.reshape(reduced, tuple([1 if i in axes else n for i, n in enumerate(shape)]))


@array_op
def sum(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """Σ x over `axis` (an axis, several, or all). Gradient: upstream, copied to every summand."""
    try:
        return _add_up(x, axis=axis, keepdims=keepdims)
    except np.exceptions.AxisError:
        raise _bad_axis("sum", x.shape, axis) from None


@sum.vjp("x")
def _(g, x_shape, axis):
    return shaping.broadcast_to(_keep("sum", g, x_shape, axis), x_shape)


@array_op
def mean(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over `axis`. Gradient: upstream / n, copied to each. The mean of nothing is nan."""
    shape = np.shape(x)
    axes = reduced_axes("mean", shape, axis)
    if not math.prod(shape[a] for a in axes):
        return np.full_like(np.sum(x, axis=axes, keepdims=keepdims), np.nan)
    return np.mean(x, axis=axes, keepdims=keepdims)


@mean.vjp("x")
def _(g, x_shape, axis):
    n = math.prod(x_shape[a] for a in reduced_axes("mean", x_shape, axis))
    return shaping.broadcast_to(_keep("mean", g / n if n else g, x_shape, axis), x_shape)


@array_op
def max(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over `axis`; nan if there is one. Gradient: to the largest, shared evenly at a tie."""
    shape = np.shape(x)
    axes = reduced_axes("max", shape, axis)
    if not math.prod(shape[a] for a in axes):
        raise ShapeError(f"max: no largest element over axes {axes} of shape {shape}, which are empty")
    return np.max(x, axis=axes, keepdims=keepdims)


@max.vjp("x")
def _(g, x, y, x_shape, axis):
    at_maximum = x == _keep("max", y, x_shape, axis)
    count = shaping.astype(sum(at_maximum, axis=axis, keepdims=True), g.dtype)
    return _keep("max", g, x_shape, axis) / count * at_maximum


@array_op
def logsumexp(x: Any, /, axis: Axis = -1, keepdims: bool = False) -> Any:
    """log Σ exp(x) along `axis`, without overflow.

    Shapes: (..., n, ...) -> (..., ...).  Gradient: upstream · softmax(x).
    A slice that is all -inf gives -inf, with gradient 0.

    >>> from autograd_core import logsumexp, tensor
    >>> round(float(logsumexp(tensor([0.0, 0.0]))), 4)
    0.6931
    """
    x, axes = _floating(x), reduced_axes("logsumexp", np.shape(x), axis)
    shift = _finite_max(x, axes)
    with np.errstate(divide="ignore"):
        total = np.log(np.sum(np.exp(x - shift), axis=axes, keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis=axes)


@logsumexp.vjp("x")
def _(g, x, y, x_shape, axis):
    y = _keep("logsumexp", y, x_shape, axis)
    y = elementwise.where(y == -math.inf, 0.0, y)
    return _keep("logsumexp", g, x_shape, axis) * elementwise.exp(x - y)


@array_op
def softmax(x: Any, /, axis: Axis = -1) -> Any:
    """exp(x) / Σ exp(x) along `axis`: positive numbers that add to 1 (deck C). Gradient: y(g - Σ g·y)."""
    x, axes = _floating(x), reduced_axes("softmax", np.shape(x), axis)
    e = np.exp(x - _finite_max(x, axes))
    return e / np.sum(e, axis=axes, keepdims=True)


@softmax.vjp("x")
def _(g, y, axis):
    return y * (g - sum(g * y, axis=axis, keepdims=True))


@array_op
def log_softmax(x: Any, /, axis: Axis = -1) -> Any:
    """log softmax(x), without the loss of taking one after the other (deck E). Gradient: g - softmax(x)·Σ g."""
    x, axes = _floating(x), reduced_axes("log_softmax", np.shape(x), axis)
    shifted = x - _finite_max(x, axes)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))


@log_softmax.vjp("x")
def _(g, y, axis):
    return g - elementwise.exp(y) * sum(g, axis=axis, keepdims=True)


def _floating(x: Any) -> Any:
    """Whole numbers as float64, which numpy's own exp and log make of them; floats as they are."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def _finite_max(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest element, kept as an axis of length 1, or 0 where it is infinite: ±inf - ±inf would be nan."""
    largest = np.max(x, axis=axes, keepdims=True, initial=-math.inf)
    return np.where(np.isinf(largest), np.zeros_like(largest), largest)
