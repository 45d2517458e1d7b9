"""Reductions that say where or whether rather than how much; none is differentiable."""

# The rows are named as the Python array API standard names them, `any` and `all` among them.

from typing import Any

import numpy as np

from autograd_core.errors import ShapeError
from autograd_core.ops.definition import array_op
from autograd_core.ops.reduction import Axis, reduced_axes

__all__ = ["all", "any", "argmax", "argmin"]


@array_op
def argmax(x: Any, /, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the largest element along `axis`, of the flattened array without one. Not differentiable.

    Of several largest it is the first; a nan counts as larger than any number.
    """
    _check_not_empty("argmax", x.shape, axis)
    return np.argmax(x, axis=axis, keepdims=keepdims)


@array_op
def argmin(x: Any, /, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the smallest element along `axis`, of the flattened array without one. Not differentiable.

    Of several smallest it is the first; a nan counts as smaller than any number.
    """
    _check_not_empty("argmin", x.shape, axis)
    return np.argmin(x, axis=axis, keepdims=keepdims)


def _check_not_empty(name: str, shape: tuple[int, ...], axis: int | None) -> None:
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


argmax.not_differentiable()
argmin.not_differentiable()
any.not_differentiable()
all.not_differentiable()
