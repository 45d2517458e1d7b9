"""Sums and products of all elements up to each one, the recurrence that differentiates the latter, and differences."""

import math
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, OutOfRangeError
from autograd_core.ops import shaping
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op

__all__ = ["cumulative_prod", "cumulative_sum", "diff"]


def _single_axis(name: str, shape: tuple[int, ...], axis: int | None) -> int:
    """The axis to go along, not negative; it may be left out where there is only one."""
    ndim = len(shape)
    if axis is None and ndim == 1:
        return 0
    if axis is None or not -ndim <= axis < ndim:
        raise OutOfRangeError(f"{name}: axis={axis} does not name an axis of shape {shape} to go along")
    return axis % ndim


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    """The index that takes `part` of an axis and all of those before it."""
    return (slice(None),) * axis + (part,)


@array_op
def cumulative_sum(x: Any, /, axis: int | None = None, include_initial: bool = False, *, dtype: Any = None) -> Any:
    """Σ of all elements up to each one along `axis`; with `include_initial` the empty sum, 0, comes before them.

    Shapes: (..., n, ...) -> (..., n, ...), or n + 1. Gradient: the sum of upstream from each element on. It is added
    up in `dtype`, as by `sum`.
    """
    axis = _single_axis("cumulative_sum", x.shape, axis)
    sums = _by_kernel(x, axis) if dtype is None and _is_long(x) else np.cumsum(x, axis=axis, dtype=dtype)
    return _after_initial(sums, 0, axis) if include_initial else sums


@cumulative_sum.vjp("x")
def _(g, x_shape, axis, include_initial):
    axis = _single_axis("cumulative_sum", x_shape, axis)
    if include_initial:
        g = g[_along(axis, slice(1, None))]
    return _cumulative_sum_backwards(g, axis=axis)


@array_op
def _cumulative_sum_backwards(x: Any, /, axis: int) -> Any:
    """Σ of all elements from each one on, the last first."""
    if _is_long(x):
        return _by_kernel(x, axis, backwards=True)
    return np.flip(np.cumsum(np.flip(x, axis), axis=axis), axis)


@_cumulative_sum_backwards.vjp("x")
def _(g, axis):
    return cumulative_sum(g, axis=axis)


def _is_long(x: Any) -> bool:
    return x.size >= kernels.LONG and x.dtype in kernels.FLOATS


def _by_kernel(x: Any, axis: int, backwards: bool = False) -> Any:
    slices = math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :])
    return kernels.cumulative.cumulative_sum(np.ascontiguousarray(x), slices, backwards)


@array_op
def cumulative_prod(x: Any, /, axis: int | None = None, include_initial: bool = False, *, dtype: Any = None) -> Any:
    """Π of all elements up to each one along `axis`; with `include_initial` the empty product, 1, comes before them.

    Shapes: (..., n, ...) -> (..., n, ...), or n + 1. Gradient for x_i: Σ g_j·Π x_k over j ≥ i, k ≤ j, k ≠ i, computed
    without a division and so right at zeros too. It is multiplied in `dtype`, as `sum` adds.
    """
    axis = _single_axis("cumulative_prod", x.shape, axis)
    products = np.cumprod(x, axis=axis, dtype=dtype)
    return _after_initial(products, 1, axis) if include_initial else products


@cumulative_prod.vjp("x")
def _(g, x, x_shape, axis, include_initial):
    axis = _single_axis("cumulative_prod", x_shape, axis)
    if include_initial:
        g = g[_along(axis, slice(1, None))]
    x, g = _axis_last(x, axis), _axis_last(g, axis)
    return _axis_last(product_before(x) * _recurrence_backwards(x, g), axis)


def product_before(x: Any) -> Any:
    """Π of all elements before each one, along the last axis."""
    return cumulative_prod(x, axis=-1, include_initial=True)[..., :-1]


def _after_initial(x: Any, initial: int, axis: int) -> Any:
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    return np.concatenate([np.full(shape, initial, x.dtype), x], axis)


def _axis_last(x: Any, axis: int) -> Any:
    """x with this axis and the last one swapped."""
    axes = list(range(x.ndim))
    axes[axis], axes[-1] = axes[-1], axes[axis]
    return shaping.permute_dims(x, tuple(axes))


@array_op
def _recurrence(a: Any, b: Any, /) -> Any:
    """y_i = a_i·y_(i-1) + b_i along the last axis, from y = 0 on.

    Gradients: for b_i the recurrence r_i = g_i + a_(i+1)·r_(i+1) that runs backwards, for a_i then r_i·y_(i-1).
    """
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), np.result_type(a, b))
    before: Any = 0.0
    for i in range(y.shape[-1]):
        before = y[..., i] = a[..., i] * before + b[..., i]
    return y


@_recurrence.vjp("a")
def _(g, a, y):
    return _recurrence_backwards(a, g) * _one_later(y)


@_recurrence.vjp("b")
def _(g, a):
    return _recurrence_backwards(a, g)


def _recurrence_backwards(a: Any, g: Any) -> Any:
    """r_i = g_i + a_(i+1)·r_(i+1)."""
    return _recurrence(_one_later(a[..., ::-1]), g[..., ::-1])[..., ::-1]


def _one_later(x: Any) -> Any:
    """Every element one place further along the last axis, and a 0 in the first place."""
    return shaping.concat([np.zeros((*x.shape[:-1], 1), x.dtype), x[..., :-1]], axis=-1)


@axis_or_dim
def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """Each element less the one before it along `axis`, and of these differences again, `n` times in all.

    Shapes: (..., m, ...) -> (..., m - n, ...), with m counting what is put before and after x, or nothing where m < n.
    Gradient: the differences of upstream, backwards.
    """
    x = shaping.as_array(x, "diff")
    axis = shaping.single_axis("diff", x.shape, axis)
    if not isinstance(n, (int, np.integer)) or n < 0:
        raise ArgumentError(f"diff: n is how often differences are taken, a whole number of at least 0; got {n!r}")
    parts = [part for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        x = shaping.concat(parts, axis=axis)
    for _ in range(n):
        x = x[_along(axis, slice(1, None))] - x[_along(axis, slice(None, -1))]
    return x
