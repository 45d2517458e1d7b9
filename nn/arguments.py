"""Checks of the arguments that layers, models and trainings are made with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError


def as_tensor(x: Any) -> Any:
    """Numbers in lists as the Tensor that they stand for; Tensors and arrays as they are."""
    return x if hasattr(x, "ndim") else ag.tensor(x)


def numbers_of(x: Any) -> NDArray[Any]:
    """The numbers of a Tensor, an array or lists, to be looked at: what is computed from them is a constant."""
    return x.numpy() if isinstance(x, ag.Tensor) else np.asarray(x)


def as_floats(function: str, x: Any) -> Any:
    """`as_tensor`, for what makes fractions: in whole numbers they would be lost."""
    x = as_tensor(x)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function}: takes floating-point numbers, got {x.dtype}; use astype")
    return x


def for_each(layer: str, name: str, value: int | tuple[int, ...], count: int, least: int) -> tuple[int, ...]:
    """A layer's argument that is given once for all axes, or for each of so many."""
    sizes = value if isinstance(value, (tuple, list)) else (value,) * count
    if len(sizes) != count:
        raise ArgumentError(f"{layer}: {name} must be one whole number, or {count} of them; got {value!r}")
    return tuple([at_least(layer, name, size, least) for size in sizes])


def at_least(layer: str, name: str, value: int, least: int) -> int:
    """A layer's argument that must be a whole number of at least `least`."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise ArgumentError(f"{layer}: {name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def kind_of(wrong: Any) -> str:
    """What was given in place of a module, or of another object, as messages call it: `a list`."""
    if isinstance(wrong, type):
        return f"the class {wrong.__name__} rather than one that is made of it: {wrong.__name__}(...)"
    return "a list" if isinstance(wrong, list) else f"a {type(wrong).__name__}"


def not_in_place(layer: str, inplace: bool) -> bool:
    """False, for a layer's argument `inplace` that PyTorch's programs give.

    Errors: ArgumentError where it is True, for who reads the input afterwards would find it as it was.
    """
    if inplace:
        raise ArgumentError(
            f"{layer}: tensors are values, and none is changed in place: leave inplace out, and where the input is "
            "read again afterwards read the result"
        )
    return False
