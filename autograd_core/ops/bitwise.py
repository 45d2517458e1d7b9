"""Elementwise ops on bits: those of integers, and True and False, which are one bit. Floats are refused.

They are what `&`, `|`, `^`, `~`, `<<` and `>>` mean, so that `(x > 0) & (x < 1)` is a mask. None is differentiable.
"""

from typing import Any

import numpy as np

from autograd_core.errors import DTypeError
from autograd_core.ops.definition import elementwise
from autograd_core.recording import Recorded

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
]


def bitwise_and(a: Any, b: Any, /) -> Any:
    """a & b: of bools whether both are true, of integers the bits that both have. Not differentiable.

    Errors: DTypeError for floats.

    >>> from autograd_core import tensor
    >>> x = tensor([-1.0, 0.5, 2.0])
    >>> (x > 0) & (x < 1)
    Tensor([False,  True, False])
    """
    _check("bitwise_and", "logical_and", a, b)
    return _bitwise_and(a, b)


def bitwise_or(a: Any, b: Any, /) -> Any:
    """a | b: of bools whether one is true, of integers the bits that either has. Not differentiable.

    Errors: DTypeError for floats.
    """
    _check("bitwise_or", "logical_or", a, b)
    return _bitwise_or(a, b)


def bitwise_xor(a: Any, b: Any, /) -> Any:
    """a ^ b: of bools whether just one is true, of integers the bits that just one has. Not differentiable.

    Errors: DTypeError for floats.
    """
    _check("bitwise_xor", "logical_xor", a, b)
    return _bitwise_xor(a, b)


def bitwise_invert(x: Any, /) -> Any:
    """~x: of bools whether it is false, of integers the bits that it has not (-1 - x). Not differentiable.

    Errors: DTypeError for floats.
    """
    _check("bitwise_invert", "logical_not", x)
    return _bitwise_invert(x)


def bitwise_left_shift(a: Any, b: Any, /) -> Any:
    """a << b: the bits of integers b places further up, which is a·2^b while there is room. Not differentiable.

    Errors: DTypeError for floats and bools.
    """
    _check_integers("bitwise_left_shift", "a * 2**b", a, b)
    return _bitwise_left_shift(a, b)


def bitwise_right_shift(a: Any, b: Any, /) -> Any:
    """a >> b: the bits of integers b places further down, which is ⌊a/2^b⌋. Not differentiable.

    Errors: DTypeError for floats and bools.
    """
    _check_integers("bitwise_right_shift", "floor_divide(a, 2**b)", a, b)
    return _bitwise_right_shift(a, b)


@elementwise(array=np.bitwise_and)
def _bitwise_and(a, b):
    return a & b


@elementwise(array=np.bitwise_or)
def _bitwise_or(a, b):
    return a | b


@elementwise(array=np.bitwise_xor)
def _bitwise_xor(a, b):
    return a ^ b


@elementwise(array=np.bitwise_invert)
def _bitwise_invert(x):
    return not x if isinstance(x, bool) else ~x  # in Python ~True is -2


@elementwise(array=np.left_shift)
def _bitwise_left_shift(a, b):
    return a << b


@elementwise(array=np.right_shift)
def _bitwise_right_shift(a, b):
    return a >> b


for _op in (_bitwise_and, _bitwise_or, _bitwise_xor, _bitwise_left_shift, _bitwise_right_shift):
    _op.not_differentiable()
_bitwise_invert.not_differentiable()


def _check(op: str, instead: str, *inputs: Any) -> None:
    """Refuse what has no bits; `instead` takes floats for true unless they are 0."""
    wrong = _first_not_of("iub", inputs)
    if wrong:
        raise DTypeError(
            f"{op}: takes bools and integers, not {wrong}; compare first, as in (x > 0) & (y > 0), or take {instead}"
        )


def _check_integers(op: str, instead: str, *inputs: Any) -> None:
    """Refuse what has no bits to shift."""
    wrong = _first_not_of("iu", inputs)
    if wrong:
        raise DTypeError(f"{op}: takes integers, not {wrong}; convert bools with astype, and of floats take {instead}")


def _first_not_of(kinds: str, inputs: tuple[Any, ...]) -> str:
    """What the first of these is whose dtype is of none of these kinds; nothing if there is none."""
    for x in inputs:
        dtype = getattr(x, "dtype", None)
        if dtype is None and not isinstance(x, Recorded):
            dtype = np.asarray(x).dtype
        if dtype is None or dtype.kind not in kinds:
            return str(dtype or f"a {type(x).__name__}, which is a float")
    return ""
