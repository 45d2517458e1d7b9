"""Elementwise ops of angles, of the hyperbola, and their inverses; angles are in radians."""

import math

import numpy as np

from autograd_core.ops.definition import elementwise
from autograd_core.ops.elementwise import hypot, sqrt, where

__all__ = ["acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh"]


@elementwise(array=np.sin)
def sin(x):
    """sin x. Local gradient cos x."""
    return math.sin(x)


@sin.local_gradient("x")
def _(x):
    return cos(x)


@elementwise(array=np.cos)
def cos(x):
    """cos x. Local gradient -sin x."""
    return math.cos(x)


@cos.local_gradient("x")
def _(x):
    return -sin(x)


@elementwise(array=np.tan)
def tan(x):
    """tan x. Local gradient 1 + y²."""
    return math.tan(x)


@tan.local_gradient("x")
def _(y):
    return 1.0 + y * y


@elementwise
def _one_minus_square(x):
    """1 - x², exact near ±1. Local gradient -2x, exact near 0: a row of its own, for no formula is both."""
    return (1.0 - x) * (1.0 + x)


@_one_minus_square.local_gradient("x")
def _(x):
    return -2.0 * x


@elementwise(array=np.arcsin)
def asin(x):
    """The angle in [-π/2, π/2] whose sine is x. Local gradient 1/√(1 - x²), inf at ±1."""
    return math.asin(x)


@asin.local_gradient("x")
def _(x):
    return 1.0 / sqrt(_one_minus_square(x))


@elementwise(array=np.arccos)
def acos(x):
    """The angle in [0, π] whose cosine is x. Local gradient -1/√(1 - x²), -inf at ±1."""
    return math.acos(x)


@acos.local_gradient("x")
def _(x):
    return -1.0 / sqrt(_one_minus_square(x))


@elementwise(array=np.arctan)
def atan(x):
    """The angle in [-π/2, π/2] whose tangent is x. Local gradient 1/(1 + x²)."""
    return math.atan(x)


@atan.local_gradient("x")
def _(x):
    return 1.0 / (1.0 + x * x)


@elementwise(array=np.arctan2)
def atan2(a, b):
    """The angle, in [-π, π], of the point with height a and abscissa b. Local gradients b/(a² + b²), -a/(a² + b²).

    At the origin, which has no direction, both are 0. Dividing by the radius twice overflows nowhere.
    """
    return math.atan2(a, b)


@atan2.local_gradient("a")
def _(a, b):
    r = _radius(a, b)
    return b / r / r


@atan2.local_gradient("b")
def _(a, b):
    r = _radius(a, b)
    return -a / r / r


def _radius(a, b):
    """√(a² + b²), and 1 at the origin."""
    r = hypot(a, b)
    return where(r == 0, 1.0, r)


@elementwise(array=np.sinh)
def sinh(x):
    """(e^x - e^-x)/2. Local gradient cosh x."""
    return math.sinh(x)


@sinh.local_gradient("x")
def _(x):
    return cosh(x)


@elementwise(array=np.cosh)
def cosh(x):
    """(e^x + e^-x)/2. Local gradient sinh x."""
    return math.cosh(x)


@cosh.local_gradient("x")
def _(x):
    return sinh(x)


@elementwise(array=np.tanh)
def tanh(x):
    """tanh x. Local gradient 1 - y² (deck C)."""
    return math.tanh(x)


@tanh.local_gradient("x")
def _(y):
    return 1.0 - y * y


@elementwise(array=np.arcsinh)
def asinh(x):
    """The inverse of sinh. Local gradient 1/√(1 + x²)."""
    return math.asinh(x)


@asinh.local_gradient("x")
def _(x):
    return 1.0 / hypot(x, 1.0)


@elementwise(array=np.arccosh)
def acosh(x):
    """The inverse of cosh, nan below 1. Local gradient 1/√(x² - 1), inf at 1."""
    return math.acosh(x)


@acosh.local_gradient("x")
def _(x):
    return 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0))


@elementwise(array=np.arctanh)
def atanh(x):
    """The inverse of tanh, ±inf at ±1. Local gradient 1/(1 - x²)."""
    return math.atanh(x)


@atanh.local_gradient("x")
def _(x):
    return 1.0 / _one_minus_square(x)
