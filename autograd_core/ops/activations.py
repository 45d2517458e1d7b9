"""Activation functions of neurons, elementwise but for the two that combine several inputs (lectures A to E).

What makes one saturate, die or stay centred can be read off its local gradient.
"""

import math
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops import reduction, shaping
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import elementwise
from autograd_core.ops.elementwise import abs, exp, expm1, log1p, maximum, minimum, where
from autograd_core.ops.special import erfc

__all__ = [
    "celu",
    "elu",
    "gelu",
    "gelu_sigmoid",
    "gelu_tanh",
    "glu",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "heaviside",
    "leaky_relu",
    "log_sigmoid",
    "maxout",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_sign",
    "softplus",
    "swish",
]

# --- thresholds and saturation ----------------------------------------------------------------


@elementwise(array=np.heaviside)
def heaviside(x, at_zero=0.0):
    """0 for x < 0, 1 for x > 0, and `at_zero` between: the perceptron's threshold (deck C). Local gradient 0."""
    return at_zero if x == 0 else 1.0 if x > 0 else 0.0 if x < 0 else x  # nan stays nan


@heaviside.local_gradient("x")
def _():
    return 0.0


@heaviside.local_gradient("at_zero")
def _(x):
    return x == 0


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
def log_sigmoid(x):
    """log σ(x), without overflow. Local gradient σ(-x)."""
    return minimum(0.0, x) - log1p(exp(-abs(x)))


@log_sigmoid.local_gradient("x")
def _(x):
    return sigmoid(-x)


@elementwise
def soft_sign(x):
    """x/(1 + |x|), between -1 and 1, which it nears more slowly than tanh. Local gradient (1 + |x|)^-2."""
    return x / (1.0 + abs(x))


@soft_sign.local_gradient("x")
def _(x):
    r = 1.0 / (1.0 + abs(x))
    return r * r


@elementwise
def hard_tanh(x, min=-1.0, max=1.0):
    """x between bounds. Local gradient 1 within them, else 0, and 0 at them, unlike `clip`; bounds get the rest.

    A min above max gives max.
    """
    return minimum(maximum(x, min), max)


@hard_tanh.local_gradient("x")
def _(x, min, max):
    return (x > min) * (x < max) * 1.0


@hard_tanh.local_gradient("min")
def _(x, min, max):
    return (x <= min) * (min < max) * 1.0


@hard_tanh.local_gradient("max")
def _(x, min, max):
    return (maximum(x, min) >= max) * 1.0


@elementwise
def hard_sigmoid(x):
    """x/6 + ½ between 0 and 1. Local gradient 1/6 for |x| < 3, else 0."""
    return minimum(maximum(0.0, x + 3.0), 6.0) / 6.0


@hard_sigmoid.local_gradient("x")
def _(x):
    return (abs(x) < 3.0) / 6.0


# --- rectifiers -------------------------------------------------------------------------------


@elementwise(array=lambda x: np.maximum(0.0, x))
def relu(x):
    """max(0, x). Local gradient 1 where x > 0, else 0: it stops the gradient of negative inputs (deck C).

    At 0 the gradient is 0, as in PyTorch and JAX; a nan stays nan.
    """
    return maximum(0.0, x)


@relu.local_gradient("x")
def _(y):
    return y > 0.0


relu.on_large_arrays = relu.by_kernel  # by several threads


@elementwise
def relu6(x):
    """min(max(0, x), 6). Local gradient 1 for 0 < x < 6, else 0."""
    return minimum(maximum(0.0, x), 6.0)


@relu6.local_gradient("x")
def _(x):
    return (x > 0.0) * (x < 6.0)


@elementwise
def leaky_relu(x, slope=0.01):
    """x for x > 0, else slope·x, so that no unit dies. Local gradients 1 or slope (at 0 the slope), and min(x, 0)."""
    return where(x > 0, x, slope * x)


@leaky_relu.local_gradient("x")
def _(x, slope):
    return where(x > 0, 1.0, slope)


@leaky_relu.local_gradient("slope")
def _(x):
    return minimum(0.0, x)


def prelu(x: Any, slope: Any, /) -> Any:
    """leaky_relu with a slope that is learned: a Value or Tensor that broadcasts against x (He et al. 2015)."""
    return leaky_relu(x, slope)


# --- smooth rectifiers ------------------------------------------------------------------------


def _product(x, e):
    """x·e for an exponential e ≥ 0 that falls to 0 sooner than x grows: 0 where e is, though x be infinite."""
    return where(e > 0, x * e, e)


@elementwise
def softplus(x):
    """log(1 + e^x), the smooth relu, without overflow. Local gradient σ(x)."""
    return maximum(0.0, x) + log1p(exp(-abs(x)))


@softplus.local_gradient("x")
def _(x):
    return sigmoid(x)


@elementwise
def elu(x, alpha=1.0):
    """x for x > 0, else α(e^x - 1) (Clevert et al. 2015). Local gradients 1 or α·e^x, and e^x - 1 below 0."""
    return where(x > 0, x, alpha * expm1(minimum(0.0, x)))


@elu.local_gradient("x")
def _(x, alpha):
    return where(x > 0, 1.0, alpha * exp(minimum(0.0, x)))


@elu.local_gradient("alpha")
def _(x):
    return expm1(minimum(0.0, x))


@elementwise
def celu(x, alpha=1.0):
    """x for x > 0, else α(e^(x/α) - 1), whose slope at 0 is 1 for every α (Barron 2017). Local gradient 1 or e^(x/α).

    With z = x/α below 0, that to α is e^z(1 - z) - 1.
    """
    return where(x > 0, x, alpha * expm1(minimum(0.0, x) / alpha))


@celu.local_gradient("x")
def _(x, alpha):
    return exp(minimum(0.0, x) / alpha)


@celu.local_gradient("alpha")
def _(x, alpha):
    z = minimum(0.0, x) / alpha
    return expm1(z) - _product(z, exp(z))


# The fixed point at which layers keep mean 0 and variance 1 (Klambauer et al. 2017).
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_ALPHA = 1.6732632423543772848170429916717


@elementwise
def selu(x):
    """λ·elu(x, α) with the α and λ that keep mean 0 and variance 1. Local gradient λ or λα·e^x."""
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


@selu.local_gradient("x")
def _(x):
    return _SELU_SCALE * where(x > 0, 1.0, _SELU_ALPHA * exp(minimum(0.0, x)))


# --- gates: x times how much of it passes -----------------------------------------------------


def _slope_of_gate(z, w):
    """The derivative of x·σ(z) where w is x·z': σ(z) + σ(z)σ(-z)·w, by one exponential and one quotient."""
    e = exp(-abs(z))
    r = 1.0 / (1.0 + e)
    return where(z >= 0, 1.0, e) * r + _product(w, e * r * r)


_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)  # of the normal distribution


@elementwise
def gelu(x):
    """x·Φ(x), with the normal distribution's Φ (Hendrycks and Gimpel 2016). Local gradient Φ(x) + x·φ(x).

    Φ by erfc, which is exact far below 0, where 1 + erf would cancel.
    """
    return 0.5 * x * erfc(-math.sqrt(0.5) * x)


@gelu.local_gradient("x")
def _(x):
    e = exp(-0.5 * x * x)
    return 0.5 * erfc(-math.sqrt(0.5) * x) + _product(x, e) * _DENSITY_AT_0


_SLOPE = 2.0 * math.sqrt(2.0 / math.pi)


@elementwise
def gelu_tanh(x):
    """x·½(1 + tanh(½z)) with z = 2√(2/π)(x + 0.044715x³), gelu to within 5e-4 (Hendrycks and Gimpel 2016).

    It is computed as x·σ(z), which is the same and does not cancel far below 0.
    Local gradient σ(z) + σ(z)σ(-z)·xz', with xz' = 2√(2/π)(x + 0.134145x³).
    """
    return x * sigmoid(_SLOPE * (x + 0.044715 * x * x * x))


@gelu_tanh.local_gradient("x")
def _(x):
    cube = x * x * x
    z = _SLOPE * (x + 0.044715 * cube)
    return _slope_of_gate(z, _SLOPE * (x + 0.134145 * cube))


def gelu_sigmoid(x: Any, /) -> Any:
    """x·σ(1.702x), which is gelu to within 0.021 (Hendrycks and Gimpel 2016)."""
    return silu(x, 1.702)


@elementwise
def silu(x, beta=1.0):
    """x·σ(βx), also called swish; β may be learned (Ramachandran et al. 2017).

    Local gradients s + βx·s(1 - s) and x²·s(1 - s), with s = σ(βx) and 1 - s = σ(-βx).
    """
    return x * sigmoid(beta * x)


@silu.local_gradient("x")
def _(x, beta):
    z = beta * x
    return _slope_of_gate(z, z)


@silu.local_gradient("beta")
def _(x, beta):
    z = beta * x
    return (x * sigmoid(z)) * (x * sigmoid(-z))  # in this order x² does not overflow


swish = silu


@elementwise
def hard_swish(x):
    """x·hard_sigmoid(x). Local gradient 0 below -3, x/3 + ½, 1 above 3; at ±3 the outer one."""
    return x * hard_sigmoid(x)


@hard_swish.local_gradient("x")
def _(x):
    return where(x >= 3.0, 1.0, where(x <= -3.0, 0.0, x / 3.0 + 0.5))


@elementwise
def mish(x):
    """x·tanh(softplus(x)) (Misra 2019).

    With n = e^x(e^x + 2), tanh(softplus(x)) is n/(n + 2), which does not cancel far below 0. Local gradient
    n/(n + 2) + x·4e^x(e^x + 1)/(n + 2)².
    """
    e = exp(minimum(30.0, x))  # from where on all of x passes
    n = e * (e + 2.0)
    return x * (n / (n + 2.0))


@mish.local_gradient("x")
def _(x):
    x = minimum(30.0, x)
    e = exp(x)
    n = e * (e + 2.0)
    r = 1.0 / (n + 2.0)
    return (n + 4.0 * _product(x, e) * (e + 1.0) * r) * r


# --- several inputs to one output -------------------------------------------------------------


@axis_or_dim
def glu(x: Any, /, axis: int = -1) -> Any:
    """a·σ(b), where a and b are the halves of x along `axis` (Dauphin et al. 2016).

    Shapes: (..., 2n, ...) -> (..., n, ...). Errors: ShapeError for an odd length.
    """
    x = shaping.as_array(x, "glu")
    (axis,) = reduction.reduced_axes("glu", x.shape, axis)
    n, odd = divmod(x.shape[axis], 2)
    if odd:
        raise ShapeError(f"glu: halves axis {axis} of shape {x.shape}, whose length is odd")
    before = (slice(None),) * axis
    return x[(*before, slice(n))] * sigmoid(x[(*before, slice(n, None))])


@axis_or_dim
def maxout(x: Any, /, pieces: int, axis: int = -1) -> Any:
    """The largest of each `pieces` neighbours along `axis`: a convex function of that many linear pieces (deck A).

    Shapes: (..., pieces·n, ...) -> (..., n, ...). Gradient: to the largest, shared evenly at a tie.
    Errors: ShapeError for a length that `pieces` does not divide (Goodfellow et al. 2013).
    """
    x = shaping.as_array(x, "maxout")
    (axis,) = reduction.reduced_axes("maxout", x.shape, axis)
    if pieces < 1:
        raise ArgumentError(f"maxout: pieces={pieces}; there has to be at least 1")
    if x.shape[axis] % pieces:
        raise ShapeError(f"maxout: axis {axis} of shape {x.shape} does not divide into groups of {pieces}")
    groups = (*x.shape[:axis], x.shape[axis] // pieces, pieces, *x.shape[axis + 1 :])
    return reduction._max(shaping.reshape(x, groups), axis=axis + 1)
