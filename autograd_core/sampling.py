"""Tensors of random numbers, under PyTorch's names.

They are drawn from the generator that `manual_seed` seeds, or from `generator`, one of numpy's. A size is given as
numbers or as one shape: `randn(2, 3)` and `randn((2, 3))` are the same. None of them is differentiable.
What is no size or count is refused: a DTypeError for what is no whole number, an ArgumentError for a negative one.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from autograd_core.devices import check_device
from autograd_core.errors import ArgumentError, DTypeError
from autograd_core.ops import random
from autograd_core.ops.op import Op
from autograd_core.tensor import Tensor, get_default_dtype

Size = int | tuple[int, ...]
if TYPE_CHECKING:
    Source = np.random.Generator | None  # numpy.random is imported when something is drawn, as generator.py says


def rand(
    *size: Size,
    generator: Source = None,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from 0 up to, but not including, 1, all equally likely."""
    check_device("rand", device)
    shape, dtype = _shape("rand", size), _float("rand", dtype)
    return _drawn(random._rand, generator, requires_grad, shape=shape, dtype=dtype)


def randn(
    *size: Size,
    generator: Source = None,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from the normal distribution of mean 0 and variance 1."""
    check_device("randn", device)
    shape, dtype = _shape("randn", size), _float("randn", dtype)
    return _drawn(random._randn, generator, requires_grad, shape=shape, dtype=dtype)


def randint(
    low: int, high: Size | None = None, size: Size = (), *, generator: Source = None, device: Any = None
) -> Tensor:
    """Whole numbers (int64) from low up to, but not including, high; `randint(high, size)` starts from 0.

    A second number is `high`, so a size of one axis is given as `(n,)` there, or as `size=n`.
    Errors: ArgumentError unless low < high, DTypeError unless both are whole.
    """
    check_device("randint", device)
    if isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    low, high = _whole("randint", "low", low), _whole("randint", "high", high)
    if not low < high:
        raise ArgumentError(f"randint: draws from low={low} up to high={high}, between which there is nothing")
    return _drawn(random._randint, generator, low=low, high=high, shape=_shape("randint", (size,)))


def randperm(n: int, *, generator: Source = None, device: Any = None) -> Tensor:
    """0, 1, ... below n (int64) in a random order, all orders equally likely."""
    check_device("randperm", device)
    return _drawn(random._randperm, generator, n=_count("randperm", "n", n))


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Size | None = None,
    *,
    generator: Source = None,
    dtype: npt.DTypeLike | None = None,
    device: Any = None,
) -> Tensor:
    """Numbers from the normal distributions N(mean, std²), one for each entry of `mean` and `std`, which broadcast.

    Two numbers are those of all numbers of the shape `size`. Not differentiable, as in PyTorch: for a gradient write
    mean + std * randn(shape).
    Errors: ArgumentError for a negative or nan std, or a size beside tensors.
    """
    check_device("normal", device)
    shapes = [np.shape(x) for x in (mean, std)]
    if size is not None and any(shapes):
        raise ArgumentError(f"normal: takes a size with two numbers, got mean and std of {shapes[0]} and {shapes[1]}")
    kept = [x.dtype for x in (mean, std) if isinstance(x, (Tensor, np.ndarray)) and x.dtype.kind == "f"]
    how = {
        "shape": np.broadcast_shapes(*shapes) if size is None else _shape("normal", (size,)),
        "dtype": np.result_type(*kept) if dtype is None and kept else _float("normal", dtype),
        "generator": _checked(generator),
    }
    inputs = tuple([x.detach() if isinstance(x, Tensor) else Tensor(x) for x in (mean, std)])
    found: Tensor = Tensor.record(random._normal, inputs, how)
    return found


def bernoulli(p: Any, *, generator: Source = None) -> Tensor:
    """1 with probability p, else 0, in the shape and dtype of p.

    Errors: ArgumentError for what is no probability, nan among it.
    """
    p = p if isinstance(p, Tensor) else Tensor(p)
    found: Tensor = Tensor.record(random._bernoulli, (p,), {"generator": _checked(generator)})
    return found


def multinomial(weights: Any, num_samples: int, replacement: bool = False, *, generator: Source = None) -> Tensor:
    """Indices (int64) drawn with probabilities in proportion to `weights`, for each row of them.

    Shapes: (n,) -> (num_samples,), (m, n) -> (m, num_samples). Without `replacement` no index comes twice in a row.
    Errors: ArgumentError for negative, infinite or nan weights, for rows with no positive one, or without
    `replacement` with fewer of those than samples.
    """
    w = weights if isinstance(weights, Tensor) else Tensor(np.asarray(weights, np.float64))
    if w.ndim not in (1, 2) or num_samples < 1:
        raise ArgumentError(
            f"multinomial: takes weights of shape (n,) or (m, n) and at least 1 sample, got {w.shape} and {num_samples}"
        )
    how = {"num_samples": num_samples, "replacement": replacement, "generator": _checked(generator)}
    found: Tensor = Tensor.record(random._multinomial, (w,), how)
    return found


def _drawn(op: Op[Any], generator: Source, requires_grad: bool = False, **how: Any) -> Tensor:
    """The result of an op without inputs."""
    if generator is not None:
        how["generator"] = _checked(generator)
    numbers: Tensor = Tensor.record(op, (), how)
    if requires_grad:
        numbers.requires_grad = True
    return numbers


def _checked(generator: Source) -> Source:
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise DTypeError(
            f"generator: takes a numpy.random.Generator, as np.random.default_rng(seed) makes one, not a "
            f"{type(generator).__name__}"
        )
    return generator


def _shape(op: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    if len(size) == 1 and hasattr(size[0], "__iter__") and getattr(size[0], "ndim", True):
        (size,) = size
    return tuple([_count(op, "a size", n) for n in size])


def _count(op: str, name: str, n: Any) -> int:
    count = _whole(op, name, n)
    if count < 0:
        raise ArgumentError(f"{op}: {name} must be at least 0, got {count}")
    return count


def _whole(op: str, name: str, n: Any) -> int:
    try:
        whole: int = operator.index(n)
    except (TypeError, ValueError):
        raise DTypeError(f"{op}: {name} must be a whole number, got {n!r}") from None
    return whole


def _float(op: str, dtype: npt.DTypeLike | None) -> Any:
    chosen = get_default_dtype() if dtype is None else np.dtype(dtype)
    if chosen not in (np.float32, np.float64):
        raise DTypeError(f"{op}: draws float32 or float64, not {chosen}")
    return chosen
