"""Ops on each number as it is stored: its sign, which 0 has too, the next one, and the parts that complex ones have.

No number here is complex, and `real`, `imag` and `conj` are there for programs that take either kind.
"""

import math
from typing import Any

import numpy as np

from autograd_core.ops.definition import elementwise
from autograd_core.ops.elementwise import sign, where
from autograd_core.ops.shaping import as_array
from autograd_core.recording import Recorded

__all__ = ["conj", "copysign", "imag", "nextafter", "positive", "real", "signbit"]


@elementwise(array=np.signbit)
def signbit(x):
    """Whether x has a minus sign, as -0 has. Not differentiable."""
    return math.copysign(1.0, x) < 0


signbit.not_differentiable()


@elementwise(array=np.copysign)
def copysign(a, b):
    """|a| with the sign of b, be it that of a 0. Local gradients sign(a)·copysign(1, b), so 0 at a = 0, and 0."""
    return math.copysign(a, b)


@copysign.local_gradient("a")
def _(a, b):
    return sign(a) * copysign(1.0, b)


@copysign.local_gradient("b")
def _():
    return 0.0


@elementwise(array=np.nextafter)
def nextafter(a, b):
    """The next number after a, of those that its dtype has, in the direction of b; b if they are equal.

    Not differentiable.
    """
    return math.nextafter(a, b)


nextafter.not_differentiable()


def positive(x: Any, /) -> Any:
    """+x, which is x."""
    return _number_or_array(x, "positive")


def real(x: Any, /) -> Any:
    """The real part of x, which is x."""
    return _number_or_array(x, "real")


def conj(x: Any, /) -> Any:
    """The complex conjugate of x, which is x."""
    return _number_or_array(x, "conj")


def imag(x: Any, /) -> Any:
    """The imaginary part of x, which is 0. Gradient: 0."""
    x = _number_or_array(x, "imag")
    return where(False, x, 0)


def _number_or_array(x: Any, op: str) -> Any:
    return x if isinstance(x, (Recorded, float, int)) else as_array(x, op)
