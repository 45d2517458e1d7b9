"""Elementwise special functions: the error function, and the gamma function's logarithm with its derivatives.

numpy has none of them, so over an array they are taken number by number.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core.ops.definition import elementwise
from autograd_core.ops.elementwise import exp

__all__ = ["digamma", "erf", "erfc", "lgamma", "polygamma"]


def _each(function: Callable[..., float], otherwise: float = math.nan) -> Callable[..., Any]:
    """`function` of every element of broadcast arrays, in their dtype; `otherwise` is its value where it raises."""

    def of_one(*args: float) -> float:
        try:
            return function(*args)
        except (ArithmeticError, ValueError):
            return otherwise

    @np.errstate(all="ignore")
    def of_each(*args: Any) -> Any:
        floats = [x.dtype for x in args if hasattr(x, "dtype") and x.dtype.kind == "f"]
        result = np.frompyfunc(of_one, len(args), 1)(*args)
        return np.asarray(result, np.result_type(*floats) if floats else np.float64)

    return of_each


# --- the error function -----------------------------------------------------------------------


@elementwise(array=_each(math.erf))
def erf(x):
    """2/√π ∫₀ˣ exp(-t²) dt. Local gradient 2/√π · exp(-x²)."""
    return math.erf(x)


@erf.local_gradient("x")
def _(x):
    return 2.0 / math.sqrt(math.pi) * exp(-x * x)


@elementwise(array=_each(math.erfc))
def erfc(x):
    """1 - erf(x), exact where that is near 0. Local gradient -2/√π · exp(-x²)."""
    return math.erfc(x)


@erfc.local_gradient("x")
def _(x):
    return -2.0 / math.sqrt(math.pi) * exp(-x * x)


# --- the gamma function -----------------------------------------------------------------------


@elementwise(array=_each(math.lgamma, otherwise=math.inf))
def lgamma(x):
    """log |Γ(x)|, inf at 0, -1, -2, ... Local gradient digamma(x)."""
    return math.lgamma(x)


@lgamma.local_gradient("x")
def _(x):
    return digamma(x)


# The asymptotic series of ψ and ζ (DLMF 5.11.2 and 25.11.43) are summed from this argument on, where eight terms give
# float64; smaller arguments are led there by recurrence. All is computed in float64, number by number: in a kernel's
# float32 the formulas would be good for nothing.
_FAR = 10.0


def _digamma(x):
    if math.isinf(x):
        return x if x > 0.0 else math.nan
    reflected = 0.0
    if x <= 0.0:
        if x == 0.0:
            return -math.copysign(math.inf, x)
        if x == np.floor(x):
            return math.nan
        # ψ(x) = ψ(1 - x) - π/tan(πx); the whole part goes first, because rounding πx would eat up the fraction.
        reflected = math.pi / math.tan(math.pi * (x - float(np.floor(x + 0.5))))
        x = 1.0 - x
    below = 0.0
    while x < _FAR:
        below += 1.0 / x
        x += 1.0
    q = 1.0 / (x * x)
    series = 1 / 240 - q * (1 / 132 - q * (691 / 32760 - q * (1 / 12 - q * (3617 / 8160))))
    series = q * (1 / 12 - q * (1 / 120 - q * (1 / 252 - q * series)))
    return math.log(x) - 0.5 / x - series - below - reflected


@elementwise(array=_each(_digamma))
def digamma(x):
    """ψ(x) = Γ'(x)/Γ(x); ∓inf at ±0, nan at -1, -2, ... Local gradient polygamma(1, x)."""
    return _digamma(x)


@digamma.local_gradient("x")
def _(x):
    return polygamma(1.0, x)


def _zeta(s, x, unit=1.0):
    """Hurwitz' ζ(s, x) = Σ (unit/(x + k))^s over k = 0, 1, ..., for a whole s ≥ 2."""
    if x != x or x == -math.inf:
        return math.nan
    if x == math.inf:
        return 0.0
    if x <= 0.0 and x == np.floor(x):
        return math.inf
    if x > -_FAR:
        return _zeta_by_recurrence(s, x, unit)
    # The terms on both sides of 0, counted from the fraction of x: as many steps as x is large would be too many.
    fraction = x - float(np.floor(x))
    sign = 1.0 if s % 2.0 == 0.0 else -1.0
    below = sign * _zeta_by_recurrence(s, 1.0 - fraction, unit)
    return _zeta_by_recurrence(s, fraction, unit) + below - sign * _zeta_by_recurrence(s, 1.0 - x, unit)


def _zeta_by_recurrence(s, x, unit):
    """ζ(s, x) by adding up terms until they are nothing beside their sum, or the asymptotic series holds."""
    near = 0.0
    start = x
    steps = 0.0
    while x < _FAR + s:
        term = _power(x / unit, -s)
        near += term
        if abs(term) <= 2.0**-60 * abs(near):
            return near
        steps += 1.0
        x = start + steps  # rather than x + 1, whose rounding errors would add up
    q = 1.0 / (x * x)
    series = (s + 11.0) * (s + 12.0) * q * (1 / 74724249600 - (s + 13.0) * (s + 14.0) * q * 3617 / 10670622842880000)
    series = (s + 9.0) * (s + 10.0) * q * (691 / 1307674368000 - series)
    series = (s + 7.0) * (s + 8.0) * q * (1 / 47900160 - series)
    series = (s + 5.0) * (s + 6.0) * q * (1 / 1209600 - series)
    series = (s + 3.0) * (s + 4.0) * q * (1 / 30240 - series)
    series = s * (1 / 12 - (s + 1.0) * (s + 2.0) * q * (1 / 720 - series))
    return near + unit * _power(x / unit, 1.0 - s) * (1.0 / (s - 1.0) + (0.5 + series / x) / x)


def _power(x, exponent):
    """x to a whole power below 0, infinite where it overflows."""
    try:
        return math.pow(x, exponent)
    except OverflowError:
        return math.copysign(math.inf, x) if exponent % 2.0 == 1.0 else math.inf


# The largest n whose factorial float64 holds.
_LARGEST_FACTORIAL = 170.0


def _polygamma(n, x):
    if n == 0.0:
        return _digamma(x)
    if n < 0.0 or n != np.floor(n) or n == math.inf:
        return math.nan
    sign = 1.0 if n % 2.0 == 1.0 else -1.0
    if n <= _LARGEST_FACTORIAL:
        return sign * math.gamma(n + 1.0) * _zeta(n + 1.0, x)
    return sign * _zeta(n + 1.0, x, math.exp(math.lgamma(n + 1.0) / (n + 1.0)))  # n! goes into the terms


@elementwise(array=_each(_polygamma))
def polygamma(n, x):
    """The nth derivative of digamma, for n = 0, 1, 2, ...; nan for any other n. Local gradient polygamma(n + 1, x)."""
    return _polygamma(n, x)


@polygamma.local_gradient("x")
def _(n, x):
    return polygamma(n + 1.0, x)


polygamma.not_differentiable("n")
