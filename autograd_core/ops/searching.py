"""Where, whether and how many rather than how much; none is differentiable."""

# The rows are named as the Python array API standard names them, `any` and `all` among them.

from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops import reduction
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.comparison import not_equal
from autograd_core.ops.definition import array_op
from autograd_core.ops.indexing import take
from autograd_core.ops.reduction import Axis, reduced_axes
from autograd_core.ops.shaping import as_array

__all__ = ["all", "any", "argmax", "argmin", "count_nonzero", "nonzero", "searchsorted"]


@array_op
def argmax(x: Any, /, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the largest element along `axis`, of the flattened array without one. Not differentiable.

    Of several largest it is the first; a nan counts as larger than any number.
    """
    check_not_empty("argmax", x.shape, axis)
    return np.argmax(x, axis=axis, keepdims=keepdims)


@array_op
def argmin(x: Any, /, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the smallest element along `axis`, of the flattened array without one. Not differentiable.

    Of several smallest it is the first; a nan counts as smaller than any number.
    """
    check_not_empty("argmin", x.shape, axis)
    return np.argmin(x, axis=axis, keepdims=keepdims)


def check_not_empty(name: str, shape: tuple[int, ...], axis: int | None) -> None:
    """Raise unless `axis` is one of this shape, and has an element to find."""
    axes = reduced_axes(name, shape, axis)
    if 0 in [shape[a] for a in axes]:
        raise ShapeError(f"{name}: no element to find over axes {axes} of shape {shape}, which are empty")


@array_op
def any(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether any element over `axis` is true, which every number but 0 is. Not differentiable."""
    return np.any(x, axis=reduced_axes("any", x.shape, axis), keepdims=keepdims)


@array_op
def all(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether all elements over `axis` are true, which every number but 0 is. Not differentiable."""
    return np.all(x, axis=reduced_axes("all", x.shape, axis), keepdims=keepdims)


@axis_or_dim
def count_nonzero(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """How many elements over `axis` are not 0, an int64; of bools, how many are true. Not differentiable."""
    x = as_array(x, "count_nonzero")
    return reduction.sum(not_equal(x, 0), axis=reduced_axes("count_nonzero", x.shape, axis), keepdims=keepdims)


@array_op
def _nonzero(x: Any, /) -> Any:
    """The indices of the elements that are not 0, a row for each axis: (...,) -> (ndim, k)."""
    return np.array(np.nonzero(x))


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """The indices of the elements that are not 0, in row-major order: for each of n axes an int64 array (k,).

    Not differentiable. `x[nonzero(x)]` is differentiable again.
    """
    x = as_array(x, "nonzero")
    if not x.ndim:
        raise ShapeError("nonzero: a 0-d array has no places; x != 0 says whether it is 0")
    return tuple(_nonzero(x))


@array_op
def _searchsorted(a: Any, v: Any, /, side: Any) -> Any:
    """Where v would have to be put into a."""
    return np.searchsorted(a, v, side)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Where each element of x2 would have to be put into x1, in order, to keep that order. Not differentiable.

    Shapes: x1 (n,), x2 (...) -> int64 (...). Of equal elements it is before the first with side="left", behind the
    last with "right"; `sorter` holds the indices that put an x1 in order, as argsort gives them.
    """
    x1, x2 = as_array(x1, "searchsorted"), as_array(x2, "searchsorted", x1)
    if x1.ndim != 1:
        raise ShapeError(f"searchsorted: looks in an array with one axis, got shape {x1.shape}")
    if side not in ("left", "right"):
        raise ArgumentError(f"searchsorted: side must be 'left' or 'right', got {side!r}")
    return _searchsorted(x1 if sorter is None else take(x1, sorter), x2, side)


_nonzero.not_differentiable()
_searchsorted.not_differentiable()
argmax.not_differentiable()
argmin.not_differentiable()
any.not_differentiable()
all.not_differentiable()
