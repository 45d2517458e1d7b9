"""Elementwise ops: each row is a function of numbers and its local gradients, as on a lecture's slide.

A comparison counts as 0 or 1 in arithmetic. What happens at ties and kinks stands in docs/edge-cases.md.
"""

# The rows are named as the Python array API standard names them, `abs` and `pow` among them.

from __future__ import annotations

import math
import operator

import numpy as np

from autograd_core.ops.definition import elementwise

# numpy warns where IEEE 754 gives inf or nan; a training loop wants the number, and detect_anomaly() the place.
_quiet = np.errstate(all="ignore")


# --- arithmetic -------------------------------------------------------------------------------


@elementwise(array=np.add)
def add(a, b):
    """a + b. Local gradients 1 and 1: addition copies its upstream gradient to both inputs (deck C)."""
    return a + b


@add.local_gradient("a")
def _():
    return 1.0


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


@elementwise(array=_quiet(np.true_divide))
def divide(a, b):
    """a / b. Local gradients 1/b and -y/b."""
    return a / b


@divide.local_gradient("a")
def _(b):
    return 1.0 / b


@divide.local_gradient("b")
def _(b, y):
    return -y / b


@elementwise(array=_quiet(operator.pow))
def pow(a, b):
    """a to the power b; a negative base with a fractional exponent gives nan.

    Local gradients b·a^(b-1), which is 0 for b = 0, and y·log a, which is 0 for a = 0.
    """
    return math.pow(a, b)


@pow.local_gradient("a")
def _(a, b):
    return where(b == 0, 0.0, b * pow(a, b - where(b == 0, 0.0, 1.0)))


@pow.local_gradient("b")
def _(a, y):
    return where(a == 0, 0.0, y * log(where(a == 0, 1.0, a)))


@elementwise(array=np.negative)
def negative(x):
    """-x. Local gradient -1."""
    return -x


@negative.local_gradient("x")
def _():
    return -1.0


@elementwise(array=np.abs)
def abs(x):
    """|x|. Local gradient sign(x), and 0 at 0."""
    return math.fabs(x)


@abs.local_gradient("x")
def _(x):
    return sign(x)


@elementwise(array=_quiet(np.sqrt))
def sqrt(x):
    """√x. Local gradient 1/(2√x), which is inf at 0."""
    return math.sqrt(x)


@sqrt.local_gradient("x")
def _(y):
    return 0.5 / y


# --- exponentials -----------------------------------------------------------------------------


@elementwise(array=_quiet(np.exp))
def exp(x):
    """e^x. Local gradient e^x."""
    return math.exp(x)


@exp.local_gradient("x")
def _(y):
    return y


@elementwise(array=_quiet(np.log))
def log(x):
    """The natural logarithm; log 0 is -inf. Local gradient 1/x."""
    return math.log(x)


@log.local_gradient("x")
def _(x):
    return 1.0 / x


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


# --- activations ------------------------------------------------------------------------------


@elementwise(array=np.tanh)
def tanh(x):
    """tanh x. Local gradient 1 - y² (deck C)."""
    return math.tanh(x)


@tanh.local_gradient("x")
def _(y):
    return 1.0 - y * y


@elementwise
def sigmoid(x):
    """σ(x) = 1/(1 + e^-x). Local gradient y(1 - y), at most ¼: deep stacks of it starve (deck C).

    The exponential is only ever taken of -|x|, so nothing overflows on either side.
    """
    e = exp(-abs(x))
    return where(x >= 0, 1.0, e) / (1.0 + e)


@sigmoid.local_gradient("x")
def _(y):
    return y * (1.0 - y)


@elementwise
def relu(x):
    """max(0, x). Local gradient 1 where x > 0, else 0: it stops the gradient of negative inputs (deck C).

    At 0 the gradient is 0, as in PyTorch and JAX; a nan stays nan.
    """
    return maximum(x, 0.0)


@relu.local_gradient("x")
def _(y):
    return y > 0.0


# --- choices ----------------------------------------------------------------------------------


@elementwise(array=np.maximum)
def maximum(a, b):
    """The larger of a and b, nan if either is. The gradient goes to the larger one.

    At a tie each gets ½, so that the gradient is neither lost nor doubled; the deck's
    1(a ≥ b), 1(b ≥ a) (deck C) would give each the whole.
    """
    return a if a >= b or a != a else b


@maximum.local_gradient("a")
def _(a, b):
    return 1.0 - (a < b) - 0.5 * (a == b)


@maximum.local_gradient("b")
def _(a, b):
    return 1.0 - (b < a) - 0.5 * (a == b)


@elementwise(array=np.minimum)
def minimum(a, b):
    """The smaller of a and b, nan if either is. The gradient goes to the smaller one; at a tie each gets ½."""
    return a if a <= b or a != a else b


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


# --- without a gradient: piecewise constant ----------------------------------------------------


@elementwise(array=np.sign)
def sign(x):
    """-1, 0 or 1. Local gradient 0."""
    return (x > 0) - (x < 0) + 0.0 * x  # 0·x: nan stays nan


@sign.local_gradient("x")
def _():
    return 0.0


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
