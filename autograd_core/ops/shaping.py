"""Ops that change the shape of an array and leave its numbers alone, named as in the array API standard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops import reduction
from autograd_core.ops.definition import array_op

Shape = tuple[int, ...]


@array_op
def reshape(x: Any, /, shape: int | Sequence[int]) -> Any:
    """The same elements, in the same (row-major) order, in another shape; one entry may be -1 and is worked out.

    Gradient: upstream, in the old shape.
    """
    try:
        return x.reshape(shape)
    except ValueError:
        raise ShapeError(f"reshape: {np.size(x)} elements of shape {np.shape(x)} do not fit shape {shape}") from None


@reshape.vjp("x")
def _(g, x_shape):
    return reshape(g, x_shape)


@array_op
def permute_dims(x: Any, /, axes: Sequence[int]) -> Any:
    """The axes in another order: axis i of the result is axis axes[i] of x. Gradient: upstream, permuted back."""
    try:
        return x.transpose(axes)
    except ValueError:
        raise ArgumentError(f"permute_dims: axes {axes} must name each axis of shape {x.shape} once") from None


@permute_dims.vjp("x")
def _(g, axes):
    return permute_dims(g, tuple(np.argsort([a % len(axes) for a in axes]).tolist()))


def matrix_transpose(x: Any, /) -> Any:
    """The last two axes swapped: (..., m, n) -> (..., n, m)."""
    ndim = x.ndim
    if ndim < 2:
        raise ShapeError(f"matrix_transpose: needs at least two axes, got shape {x.shape}")
    return permute_dims(x, (*range(ndim - 2), ndim - 1, ndim - 2))


@array_op
def broadcast_to(x: Any, /, shape: Sequence[int]) -> Any:
    """x repeated along axes of length 1, and along new leading ones, uncopied. Gradient: upstream, summed back."""
    try:
        return np.broadcast_to(x, shape)
    except ValueError:
        raise ShapeError(f"broadcast_to: shape {np.shape(x)} does not broadcast to {tuple(shape)}") from None


@broadcast_to.vjp("x")
def _(g):
    return g  # the engine sums it back, as it does for every op that broadcasts


def sum_to(g: Any, shape: Shape) -> Any:
    """A gradient summed over the axes along which its input of this shape was broadcast."""
    extra = g.ndim - len(shape)
    axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1))
    return reshape(reduction.sum(g, axis=axes), shape)


@array_op
def expand_dims(x: Any, /, axis: int = 0) -> Any:
    """A new axis of length 1 at `axis`. Gradient: upstream without it."""
    if not -np.ndim(x) - 1 <= axis <= np.ndim(x):
        raise ArgumentError(f"expand_dims: axis {axis} is out of range for shape {np.shape(x)}")
    return np.expand_dims(x, axis)


@expand_dims.vjp("x")
def _(g, x_shape):
    return reshape(g, x_shape)


@array_op
def _concat(*arrays: Any, axis: int = 0) -> Any:
    """Arrays joined along an axis."""
    return np.concatenate(arrays, axis)


@_concat.vjp("arrays")
def _(g, index, shapes, axis):
    start = sum(shape[axis] for shape in shapes[:index])
    return g[(slice(None),) * (axis % g.ndim) + (slice(start, start + shapes[index][axis]),)]


def concat(arrays: Sequence[Any], /, axis: int | None = 0) -> Any:
    """Arrays joined along an existing axis, or with axis=None flattened and joined.

    Shapes: alike but for that axis. Gradient: upstream, cut apart again.
    """
    arrays = list(arrays)
    if not arrays:
        raise ArgumentError("concat: needs at least one array")
    if axis is None:
        return _concat(*[reshape(x, (-1,)) for x in arrays], axis=0)
    return _concat(*arrays, axis=axis)


@array_op
def astype(x: Any, /, dtype: Any) -> Any:
    """x converted to another dtype. Gradient: upstream, converted back; none through an integer or bool."""
    return np.asarray(x).astype(dtype)


@astype.vjp("x")
def _(g):
    return g  # the engine casts every gradient to its input's dtype
