"""Elementwise ops: each row is a function of numbers and its local gradients, as on a lecture's slide.

Here are arithmetic, powers, exponentials and choices; the other kinds have a file each.

A comparison counts as 0 or 1 in arithmetic. What happens at ties and kinks stands in docs/edge-cases.md.
"""

# The rows are named as the Python array API standard names them, `abs` and `pow` among them.

import math
from typing import Any

import numpy as np

from autograd_core.backward import sums
from autograd_core.errors import DTypeError
from autograd_core.ops.definition import elementwise

__all__ = [
    "abs",
    "add",
    "clip",
    "divide",
    "exp",
    "expm1",
    "floor_divide",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "pow",
    "reciprocal",
    "remainder",
    "rsqrt",
    "sign",
    "sqrt",
    "square",
    "subtract",
    "where",
]

# --- arithmetic -------------------------------------------------------------------------------


@elementwise(array=np.add)
def add(a, b):
    """a + b. Local gradients 1 and 1: addition copies its upstream gradient to both inputs (deck C)."""
    return a + b


@add.local_gradient("a")
@add.local_gradient("b")
def _():
    return 1.0


@elementwise(array=np.subtract)
def subtract(a, b):
    """a - b. Local gradients 1 and -1."""
    return a - b


@subtract.local_gradient("a")
def _():
    return 1.0


@subtract.local_gradient("b")
def _():
    return -1.0


@elementwise(array=np.multiply)
def multiply(a, b):
    """a · b. Local gradients b and a: multiplication switches its inputs (deck C)."""
    return a * b


@multiply.local_gradient("a")
def _(b):
    return b


@multiply.local_gradient("b")
def _(a):
    return a


@elementwise(array=np.true_divide)
def divide(a, b):
    """a / b. Local gradients 1/b and -y/b."""
    return a / b


@divide.local_gradient("a")
def _(b):
    return 1.0 / b


@divide.local_gradient("b")
def _(b, y):
    return -y / b


def _negative_of_arrays(x: Any, **out: Any) -> Any:
    if x.dtype.kind == "b":
        raise DTypeError("negative: there is no minus of bools; use ~x, or logical_not(x), for the opposite of each")
    return np.negative(x, **out)


@elementwise(array=_negative_of_arrays)
def negative(x):
    """-x. Local gradient -1."""
    return -x


@negative.local_gradient("x")
def _():
    return -1.0


# What takes no longer than to read and write: numpy has one thread for it.
for _op in (add, subtract, multiply, divide, negative):
    _op.on_large_arrays = _op.by_threads
sums.of_large = add.by_threads


def _floor_divide_arrays(a: Any, b: Any) -> Any:
    quotient = np.floor_divide(a, b)
    if quotient.dtype.kind != "f":
        return quotient
    finite = np.isfinite(a) & np.isfinite(b)
    return quotient if finite.all() else np.where(finite, quotient, np.true_divide(a, b))


@elementwise(array=_floor_divide_arrays)
def floor_divide(a, b):
    """a // b, the quotient rounded down. Local gradients 0: it is constant between its steps.

    Of an infinity, or by one, it is a / b, as the Python array API standard has it: inf // 2 is inf, -1 // inf is -0.
    """
    return a // b if math.isfinite(a) and math.isfinite(b) else a / b


@floor_divide.local_gradient("a")
@floor_divide.local_gradient("b")
def _():
    return 0.0


@elementwise(array=np.remainder)
def remainder(a, b):
    """a % b = a - b·⌊a/b⌋, with the sign of b. Local gradients 1 and -⌊a/b⌋; at its jumps, those to their right.

    -1 % inf is inf, -1 + inf that is: the quotient is -1 then, as Python has it, and not the -0 of `floor_divide`.
    """
    return a % b


@remainder.local_gradient("a")
def _():
    return 1.0


@remainder.local_gradient("b")
def _(a, b):
    return -_quotient_of_remainder(a, b)


@elementwise(array=np.floor_divide)
def _quotient_of_remainder(a, b):
    """What b is taken off a times in a % b. Local gradients 0."""
    return a // b


@_quotient_of_remainder.local_gradient("a")
@_quotient_of_remainder.local_gradient("b")
def _():
    return 0.0


@elementwise
def reciprocal(x):
    """1/x. Local gradient -y²."""
    return 1.0 / x


@reciprocal.local_gradient("x")
def _(y):
    return -y * y


@elementwise(array=np.abs)
def abs(x):
    """|x|. Local gradient sign(x), and 0 at 0."""
    return math.fabs(x)


@abs.local_gradient("x")
def _(x):
    return sign(x)


# --- powers and roots -------------------------------------------------------------------------


def _power_of_arrays(a: Any, b: Any) -> Any:
    """numpy's power, but for two numbers as exponents.

    3 is the one small power for which numpy has no way of its own. For ½ it takes the square root, which is nan of -inf
    and -0 of -0, where IEEE 754's power is inf and 0, and so is numpy's for an array of exponents.
    """
    if isinstance(b, np.ndarray) and b.ndim == 0 and isinstance(a, np.ndarray):
        b = b.item()  # for numpy takes it as a number, too
    if isinstance(b, (float, int)):
        if b == 3:
            return a * a * a
        if b == 0.5:
            lowest = np.equal(a, -math.inf)
            root = np.sqrt(a + 0.0)
            return np.where(lowest, math.inf, root) if lowest.any() else root
    return a**b


@elementwise(array=_power_of_arrays)
def pow(a, b):
    """a to the power b; a negative base with a fractional exponent gives nan.

    Local gradients b·a^(b-1), which is 0 for b = 0, and y·log a, which is 0 for a = 0 and b ≥ 0.
    """
    # The powers in the gradients of x³ and x² need no call of the C library, which takes twenty times as long.
    return a * a if b == 2.0 else a if b == 1.0 else math.pow(a, b)


@pow.local_gradient("a")
def _(a, b):
    return where(b == 0, 0.0, b * pow(a, b - (b != 0)))


@pow.local_gradient("b")
def _(a, b, y):
    constant = (a == 0) * (b >= 0)
    return where(constant, 0.0, y * log(where(constant, 1.0, a)))


@elementwise(array=np.square)
def square(x):
    """x². Local gradient 2x."""
    return x * x


@square.local_gradient("x")
def _(x):
    return 2.0 * x


@elementwise(array=np.sqrt)
def sqrt(x):
    """√x. Local gradient 1/(2√x), which is inf at 0."""
    return math.sqrt(x)


@sqrt.local_gradient("x")
def _(y):
    return 0.5 / y


@elementwise
def rsqrt(x):
    """1/√x, which is inf at 0. Local gradient -y³/2."""
    return 1.0 / sqrt(x)


@rsqrt.local_gradient("x")
def _(y):
    return -0.5 * y * y * y


@elementwise(array=np.hypot)
def hypot(a, b):
    """√(a² + b²), without overflow on the way. Local gradients a/y and b/y, and 0 at the origin, as for a norm."""
    return math.hypot(a, b)


@hypot.local_gradient("a")
def _(a, y):
    return a / where(y == 0, 1.0, y)


@hypot.local_gradient("b")
def _(b, y):
    return b / where(y == 0, 1.0, y)


# --- exponentials and logarithms --------------------------------------------------------------


@elementwise(array=np.exp)
def exp(x):
    """e^x. Local gradient e^x."""
    return math.exp(x)


@exp.local_gradient("x")
def _(y):
    return y


@elementwise(array=np.log)
def log(x):
    """The natural logarithm; log 0 is -inf. Local gradient 1/x."""
    return math.log(x)


@log.local_gradient("x")
def _(x):
    return 1.0 / x


@elementwise(array=np.expm1)
def expm1(x):
    """e^x - 1, exact near 0. Local gradient e^x."""
    return math.expm1(x)


@expm1.local_gradient("x")
def _(x):
    return exp(x)


@elementwise(array=np.log1p)
def log1p(x):
    """log(1 + x), exact near 0. Local gradient 1/(1 + x)."""
    return math.log1p(x)


@log1p.local_gradient("x")
def _(x):
    return 1.0 / (1.0 + x)


@elementwise(array=np.log2)
def log2(x):
    """The logarithm to base 2. Local gradient 1/(x·log 2)."""
    return math.log2(x)


@log2.local_gradient("x")
def _(x):
    return (1.0 / math.log(2.0)) / x  # for x·log 2 might overflow


@elementwise(array=np.log10)
def log10(x):
    """The logarithm to base 10. Local gradient 1/(x·log 10)."""
    return math.log10(x)


@log10.local_gradient("x")
def _(x):
    return (1.0 / math.log(10.0)) / x


@elementwise(array=np.logaddexp)
def logaddexp(a, b):
    """log(e^a + e^b), without overflow. Local gradients σ(a - b) and σ(b - a); ½ and ½ for equal infinities."""
    return maximum(a, b) + log1p(exp(-abs(_difference(a, b))))


@logaddexp.local_gradient("a")
def _(a, b):
    return 1.0 / (1.0 + exp(_difference(b, a)))


@logaddexp.local_gradient("b")
def _(a, b):
    return 1.0 / (1.0 + exp(_difference(a, b)))


def _difference(a, b):
    """a - b, and 0 for equal infinities."""
    equal_infinities = (a == b) * (abs(a) == math.inf)
    return where(equal_infinities, 0.0, a - b)


# --- choices ----------------------------------------------------------------------------------


@elementwise(array=np.maximum)
def maximum(a, b):
    """The larger of a and b, nan if either is. The gradient goes to the larger one.

    Of equals it is the second, so that maximum(0, x) keeps -0 and is one instruction.

    At a tie each gets ½, so that the gradient is neither lost nor doubled; the deck's
    1(a ≥ b), 1(b ≥ a) (deck C) would give each the whole.
    """
    return a if a > b or a != a else b


@maximum.local_gradient("a")
def _(a, b):
    return 1.0 - (a < b) - 0.5 * (a == b)


@maximum.local_gradient("b")
def _(a, b):
    return 1.0 - (b < a) - 0.5 * (a == b)


@elementwise(array=np.minimum)
def minimum(a, b):
    """The smaller of a and b, nan if either is. The gradient goes to the smaller one; at a tie each gets ½."""
    return a if a < b or a != a else b


@minimum.local_gradient("a")
def _(a, b):
    return 1.0 - (a > b) - 0.5 * (a == b)


@minimum.local_gradient("b")
def _(a, b):
    return 1.0 - (b > a) - 0.5 * (a == b)


@elementwise(array=np.where)
def where(condition, a, b):
    """a where the condition holds, b elsewhere; the gradient goes to the one that was chosen.

    The other one gets 0 · upstream: an inf or nan in a branch not taken still makes its own
    gradient nan, so guard the argument (`log(where(x > 0, x, 1))`), not the result.
    """
    return a if condition else b


@where.local_gradient("a")
def _(condition):
    return condition != 0


@where.local_gradient("b")
def _(condition):
    return condition == 0


where.not_differentiable("condition")


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """x, but no smaller than `min` and no larger than `max`; None is no bound. A min above max gives max.

    The gradient goes to x within the bounds and at them, as in PyTorch, and to the bound where x is beyond it.
    """
    unbounded = _limits(x)
    return _clip(x, unbounded[0] if min is None else min, unbounded[1] if max is None else max)


def _limits(x: Any) -> tuple[float, float]:
    """What bounds nothing of x's dtype; an infinity would make floats of integers."""
    dtype = getattr(x, "dtype", np.dtype(np.float64))
    return (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)) if dtype.kind in "iu" else (-math.inf, math.inf)


@elementwise
def _clip(x, min, max):
    """x between bounds."""
    return minimum(maximum(x, min), max)


@_clip.local_gradient("x")
def _(x, min, max):
    return (x >= min) * (x <= max)


@_clip.local_gradient("min")
def _(x, min, max):
    return (x < min) * (min <= max)


@_clip.local_gradient("max")
def _(x, min, max):
    return (x > max) + (x <= max) * (min > max)


@elementwise(array=np.sign)
def sign(x):
    """-1, 0 or 1. Local gradient 0."""
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0 if x == 0 else x  # nan stays nan


@sign.local_gradient("x")
def _():
    return 0.0
