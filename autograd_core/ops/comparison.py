"""Elementwise questions, answered with True or False; none is differentiable, and none records a graph."""

import math
from typing import Any

import numpy as np

from autograd_core.ops.definition import elementwise
from autograd_core.ops.op import Op

__all__ = [
    "equal",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
]


@elementwise(array=np.less)
def less(a, b):
    """a < b. Not differentiable."""
    return a < b


@elementwise(array=np.less_equal)
def less_equal(a, b):
    """a ≤ b. Not differentiable."""
    return a <= b


@elementwise(array=np.greater)
def greater(a, b):
    """a > b. Not differentiable."""
    return a > b


@elementwise(array=np.greater_equal)
def greater_equal(a, b):
    """a ≥ b. Not differentiable."""
    return a >= b


@elementwise(array=np.equal)
def equal(a, b):
    """a = b. Not differentiable."""
    return a == b


@elementwise(array=np.not_equal)
def not_equal(a, b):
    """a ≠ b. Not differentiable."""
    return a != b


@elementwise(array=np.logical_and)
def logical_and(a, b):
    """Whether both a and b are true, which every number but 0 is. Not differentiable."""
    return a != 0 and b != 0


@elementwise(array=np.logical_or)
def logical_or(a, b):
    """Whether a or b is true. Not differentiable."""
    return a != 0 or b != 0


@elementwise(array=np.logical_xor)
def logical_xor(a, b):
    """Whether just one of a and b is true. Not differentiable."""
    return (a != 0) != (b != 0)


@elementwise(array=np.logical_not)
def logical_not(x):
    """Whether x is false, which only 0 is. Not differentiable."""
    return x == 0


@elementwise(array=np.isnan)
def isnan(x):
    """Whether x is not a number. Not differentiable."""
    return x != x


@elementwise(array=np.isfinite)
def isfinite(x):
    """Whether x is neither infinite nor nan. Not differentiable."""
    return math.isfinite(x)


@elementwise(array=np.isinf)
def isinf(x):
    """Whether x is inf or -inf. Not differentiable."""
    return math.isinf(x)


_all: tuple[Op[Any], ...] = (less, less_equal, greater, greater_equal, equal, not_equal)
_all += (logical_and, logical_or, logical_xor, logical_not, isnan, isfinite, isinf)
for _op in _all:
    _op.not_differentiable()
