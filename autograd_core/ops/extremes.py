"""The largest, the smallest and the order along an axis, as numpy's users write it and as PyTorch's do.

With `axis`, or over all, they give values, as in numpy and the array API, where `axis` is given by name. Along a `dim`,
by name or by position, they give PyTorch's pair of values and indices: `_, predicted = max(logits, 1)` would otherwise
take two rows for it without a word.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar, overload

import numpy as np

from autograd_core.ops.argument_names import given_twice
from autograd_core.ops.elementwise import maximum, minimum
from autograd_core.ops.indexing import take_along_axis
from autograd_core.ops.op import Op, recorded_within
from autograd_core.ops.reduction import Axis, _max, _min
from autograd_core.ops.searching import argmax, argmin, check_not_empty
from autograd_core.ops.shaping import as_array, single_axis, squeeze
from autograd_core.ops.sorting import argsort
from autograd_core.recording import Recorded

__all__ = ["max", "min", "sort"]

T = TypeVar("T")


class ValuesAndIndices(NamedTuple, Generic[T]):
    """What was found along an axis, and where."""

    values: T
    indices: T


@overload
def max(x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any: ...
@overload
def max(x: Any, /, dim: int, keepdim: bool = False) -> ValuesAndIndices[Any]: ...
def max(x: Any, /, dim: Any = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = False) -> Any:
    """The largest element over `axis`; nan if there is one. Gradient: to the largest, shared evenly at a tie.

    Along one `dim`, by name or position, PyTorch's pair: the largest, and where they are; of several the pair names the
    first, which gets the gradient. With a second tensor it is `maximum` of the two.
    """
    return _extreme(_max, argmax, maximum, x, dim, keepdim, axis, keepdims)


@overload
def min(x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any: ...
@overload
def min(x: Any, /, dim: int, keepdim: bool = False) -> ValuesAndIndices[Any]: ...
def min(x: Any, /, dim: Any = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = False) -> Any:
    """The smallest element over `axis`, as `max`; along one `dim` the smallest, and where they are."""
    return _extreme(_min, argmin, minimum, x, dim, keepdim, axis, keepdims)


def _extreme(
    op: Op[Any],
    where: Op[Any],
    of_two: Op[Any],
    x: Any,
    dim: Any,
    keepdim: bool,
    axis: Axis,
    keepdims: bool | None,
) -> Any:
    if dim is None and axis is None and not (keepdim or keepdims):
        return op(x)
    if isinstance(dim, (Recorded, np.ndarray)):
        return of_two(x, dim)
    if dim is not None and axis is not None:
        raise given_twice(op.name, "axis", "dim")
    if keepdim and keepdims:
        raise given_twice(op.name, "keepdims", "keepdim")
    keepdim = keepdim or bool(keepdims)
    if not isinstance(dim, (int, np.integer)) or (not hasattr(x, "ndim") and recorded_within(x) is not None):
        along = dim if axis is None else axis  # several axes, of which there are no indices; or a list of Values
        return op(x, axis=tuple(along) if isinstance(along, list) else along, keepdims=keepdim)
    x = as_array(x, op.name)
    check_not_empty(op.name, x.shape, int(dim))
    indices = where(x, axis=dim, keepdims=True)
    values = take_along_axis(x, indices, axis=dim)
    if keepdim:
        return ValuesAndIndices(values, indices)
    return ValuesAndIndices(squeeze(values, axis=dim), squeeze(indices, axis=dim))


@overload
def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any: ...
@overload
def sort(x: Any, /, dim: int, descending: bool = False, stable: bool = True) -> ValuesAndIndices[Any]: ...
def sort(x: Any, /, dim: int | None = None, descending: bool = False, stable: bool = True, *, axis: int = -1) -> Any:
    """The elements in order along `axis`; along a `dim` PyTorch's pair: the elements, and where they were.

    Gradient: upstream, put back where each element came from.
    Equal elements each have a place of their own, so a tie is not shared; a nan counts as larger than any number.
    """
    if dim is not None and axis != -1:
        raise given_twice("sort", "axis", "dim")
    x = as_array(x, "sort")
    along = single_axis("sort", x.shape, axis if dim is None else dim)
    indices = argsort(x, axis=along, descending=descending, stable=stable)
    values = take_along_axis(x, indices, axis=along)
    return values if dim is None else ValuesAndIndices(values, indices)
