"""Functions that make tensors; all take `dtype`, `requires_grad`, and a `device`, which is the CPU.

A shape is one number, or several in a tuple or by themselves: `zeros((2, 3))` and `zeros(2, 3)` are the same.
"""

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from autograd_core.devices import check_device
from autograd_core.errors import ArgumentError
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.shaping import in_native_order
from autograd_core.tensor import Tensor, check_dtype, get_default_dtype

Shape = int | Sequence[int]


def _made(array: npt.NDArray[Any], dtype: npt.DTypeLike | None, device: Any, requires_grad: bool) -> Tensor:
    check_device("device", device)
    if dtype is None and array.dtype.kind in "iu" and not requires_grad:
        dtype = np.int64
    array = in_native_order(array.astype(_or_default(dtype), copy=False))
    check_dtype(array.dtype, requires_grad)
    return Tensor.leaf(array) if requires_grad else Tensor.of(array)


def _or_default(dtype: npt.DTypeLike | None) -> npt.DTypeLike:
    return get_default_dtype() if dtype is None else dtype


def _shape(function: str, shape: Shape, more: tuple[int, ...]) -> Shape:
    if not more:
        return shape
    if not isinstance(shape, (int, np.integer)):
        raise ArgumentError(f"{function}: takes one shape, or its lengths by themselves; got {(shape, *more)}")
    return (shape, *more)


def zeros(
    shape: Shape, *more: int, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of zeros."""
    return _made(np.zeros(_shape("zeros", shape, more), _or_default(dtype)), dtype, device, requires_grad)


def ones(
    shape: Shape, *more: int, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of ones."""
    return full(_shape("ones", shape, more), 1.0, dtype=dtype, device=device, requires_grad=requires_grad)


def empty(
    shape: Shape, *more: int, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor to be given numbers, by `assign` or `nn.init`; until then they are zeros."""
    return zeros(_shape("empty", shape, more), dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    shape: Shape,
    fill_value: float,
    *,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor whose elements all have this value; a whole number or a bool makes whole numbers or bools.

    With `requires_grad` whole numbers become the default dtype.
    """
    array = np.full(shape, fill_value, dtype)
    check_dtype(array.dtype, False, fill_value)
    return _made(array, bool if dtype is None and array.dtype.kind == "b" else dtype, device, requires_grad)


def zeros_like(
    x: Any, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the shape and dtype of x."""
    return zeros(x.shape, dtype=x.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad)


def ones_like(x: Any, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape and dtype of x."""
    return full_like(x, 1.0, dtype=dtype, device=device, requires_grad=requires_grad)


def empty_like(
    x: Any, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor to be given numbers, in the shape and dtype of x; see `empty`."""
    return zeros_like(x, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    x: Any,
    fill_value: float,
    *,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """One value, in the shape and dtype of x."""
    chosen = x.dtype if dtype is None else dtype
    return full(x.shape, fill_value, dtype=chosen, device=device, requires_grad=requires_grad)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below stop; with one argument 0, 1, ... below it.

    Whole numbers make an int64 tensor, unless it requires a gradient.
    """
    if stop is None:
        start, stop = 0, start
    whole = dtype is not None and all(isinstance(x, int) for x in (start, stop, step))  # of which float64 has too few
    numbers: Any = np.arange  # whose overloads know no variable dtype
    return _made(numbers(start, stop, step, dtype if whole else None), dtype, device, requires_grad)


_num_or_steps: Callable[[Callable[..., Tensor]], Callable[..., Tensor]] = axis_or_dim  # forms below say which


@overload
def linspace(
    start: float,
    stop: float,
    num: int,
    *,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Tensor: ...
@overload
def linspace(
    start: float,
    stop: float,
    *,
    steps: int,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Tensor: ...
@_num_or_steps
def linspace(
    start: float,
    stop: float,
    num: int,
    *,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Tensor:
    """`num` numbers at equal distances, from start to stop with both ends, or without the last one.

    PyTorch's name `steps` is taken for `num`.
    """
    return _made(np.linspace(start, stop, num, endpoint), dtype, device, requires_grad)


def eye(
    rows: int,
    columns: int | None = None,
    *,
    k: int = 0,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The identity matrix; or the ones on its k-th diagonal, which lies above the main one if k > 0."""
    return _made(np.eye(rows, columns, k), dtype, device, requires_grad)


def fftfreq(
    n: int, /, d: float = 1.0, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The frequency of each of the n entries of `fft`, in periods per unit of d, the distance of two numbers.

    Shape (n,): 0, 1, ... up to below n/2, then from -(n//2) to -1, all over n·d.
    """
    _check_samples("fftfreq", n, d)
    return _made(np.fft.fftfreq(n, d), dtype, device, requires_grad)


def rfftfreq(
    n: int, /, d: float = 1.0, *, dtype: npt.DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The frequency of each of the n//2 + 1 entries of `rfft`: 0, 1, ..., n//2, all over n·d."""
    _check_samples("rfftfreq", n, d)
    return _made(np.fft.rfftfreq(n, d), dtype, device, requires_grad)


def _check_samples(function: str, n: int, d: float) -> None:
    if not isinstance(n, (int, np.integer)) or n < 1 or not d:
        raise ArgumentError(
            f"{function}: n is how many numbers are transformed, a whole number of at least 1, and d their distance, "
            f"which is not 0; got n={n!r}, d={d!r}"
        )
