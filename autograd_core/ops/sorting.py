"""Order along an axis. The order itself is not differentiable; what it picks is."""

from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError
from autograd_core.kernels.thresholds import LONG_FOR_SORTING, LONG_ROW_FOR_SORTING
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op
from autograd_core.ops.indexing import take_along_axis
from autograd_core.ops.shaping import as_array, single_axis

__all__ = ["argsort", "topk"]


@array_op
def argsort(x: Any, /, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The indices that put x in order along `axis`. Not differentiable.

    Equal elements keep their order, with `stable` or without. A nan counts as larger than any number.
    """
    axis = single_axis("argsort", x.shape, axis)
    if x.dtype in kernels.FLOATS and x.size >= LONG_FOR_SORTING and x.shape[axis] >= LONG_ROW_FOR_SORTING:
        rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
        order = kernels.sorting.order_of_rows(rows.reshape(-1, x.shape[axis]), descending)
        return np.moveaxis(order.reshape(rows.shape), -1, axis)
    if not descending:
        return np.argsort(x, axis=axis, stable=True)
    # Backwards twice, so that equal elements keep their order here too.
    order = np.flip(np.argsort(np.flip(x, axis), axis=axis, stable=True), axis)
    return x.shape[axis] - 1 - order


argsort.not_differentiable()


@axis_or_dim
def topk(x: Any, /, k: int, axis: int = -1, largest: bool = True) -> tuple[Any, Any]:
    """The k largest elements along `axis`, or the smallest, best first, and their indices.

    Shapes: (..., n, ...) -> (..., k, ...) twice. Gradient: upstream, put back where each element came from.
    """
    x = as_array(x, "topk")
    axis = single_axis("topk", x.shape, axis)
    if not 0 <= k <= x.shape[axis]:
        raise ArgumentError(f"topk: there are no {k} elements along axis {axis} of shape {x.shape}")
    best = argsort(x, axis=axis, descending=largest)[(*[slice(None)] * axis, slice(k))]
    return take_along_axis(x, best, axis=axis), best
