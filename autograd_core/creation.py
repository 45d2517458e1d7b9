"""Tensors made from nothing, named as in the array API standard. All take `dtype` and `requires_grad`."""

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_core.ops.shaping import in_native_order
from autograd_core.tensor import Tensor, check_dtype, get_default_dtype

Shape = int | tuple[int, ...]


def _made(array: npt.NDArray[Any], dtype: npt.DTypeLike | None, requires_grad: bool) -> Tensor:
    if dtype is None and array.dtype.kind in "iu" and not requires_grad:
        dtype = np.int64
    array = in_native_order(array.astype(_or_default(dtype), copy=False))
    check_dtype(array.dtype, requires_grad)
    return Tensor.leaf(array) if requires_grad else Tensor.of(array)


def _or_default(dtype: npt.DTypeLike | None) -> npt.DTypeLike:
    return get_default_dtype() if dtype is None else dtype


def zeros(shape: Shape, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros."""
    return _made(np.zeros(shape, _or_default(dtype)), dtype, requires_grad)


def ones(shape: Shape, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones."""
    return full(shape, 1.0, dtype=dtype, requires_grad=requires_grad)


def full(shape: Shape, value: float, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor whose elements all have this value; a whole number or a bool makes whole numbers or bools.

    With `requires_grad` whole numbers become the default dtype.
    """
    array = np.full(shape, value, dtype)
    check_dtype(array.dtype, False, value)
    return _made(array, bool if dtype is None and array.dtype.kind == "b" else dtype, requires_grad)


def zeros_like(x: Any, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape and dtype of x."""
    return zeros(x.shape, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def ones_like(x: Any, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape and dtype of x."""
    return full_like(x, 1.0, dtype=dtype, requires_grad=requires_grad)


def full_like(x: Any, value: float, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """One value, in the shape and dtype of x."""
    return full(x.shape, value, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: npt.DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below stop; with one argument 0, 1, ... below it.

    Whole numbers make an int64 tensor, unless it requires a gradient.
    """
    if stop is None:
        start, stop = 0, start
    return _made(np.arange(start, stop, step), dtype, requires_grad)


def linspace(
    start: float, stop: float, num: int, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """`num` numbers at equal distances, from start to stop with both ends."""
    return _made(np.linspace(start, stop, num), dtype, requires_grad)


def eye(
    rows: int, columns: int | None = None, *, dtype: npt.DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """The identity matrix."""
    return _made(np.eye(rows, columns), dtype, requires_grad)
