"""Activation functions under PyTorch's names. Most are ops of the engine, whose docstrings have the gradients."""

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import (
    ArgumentError,
    ShapeError,
    Tensor,
    celu,
    elu,
    heaviside,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    sign,
    tanh,
)
from autograd_core import hard_sigmoid as hardsigmoid
from autograd_core import hard_swish as hardswish
from autograd_core import log_sigmoid as logsigmoid
from autograd_core import soft_sign as softsign
from nn.arguments import as_tensor

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "heaviside",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "maxout",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
    "threshold",
]

_GELU: dict[str, Callable[[Any], Any]] = {"none": ag.gelu, "tanh": ag.gelu_tanh, "sigmoid": ag.gelu_sigmoid}


def gelu(x: Any, approximate: str = "none") -> Tensor:
    """x·Φ(x) with the normal distribution's Φ, or what comes near it at less cost (Hendrycks and Gimpel 2016).

    `approximate` is "none", "tanh" (to within 5e-4) or "sigmoid", x·σ(1.702x) (to within 0.021).
    """
    if approximate not in _GELU:
        raise ArgumentError(f"gelu: approximate must be one of {', '.join(_GELU)}; got {approximate!r}")
    return _GELU[approximate](x)


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Tensor:
    """x for x > 0, else negative_slope·x. Gradient 1 or the slope."""
    return ag.leaky_relu(x, negative_slope)


def prelu(x: Any, weight: Any) -> Tensor:
    """leaky_relu with learned slopes (He et al. 2015).

    Shapes: x (N, C, ...), weight (C,) with a slope for each channel, or (1,) with one for all. Gradient to the
    slopes: Σ upstream·min(x, 0).
    """
    x = as_tensor(x)
    if weight.ndim != 1 or (weight.size > 1 and (x.ndim < 2 or x.shape[1] != weight.size)):
        raise ShapeError(
            f"prelu: takes one slope, or one for each channel in axis 1 of x; got slopes of shape {weight.shape} "
            f"for x of shape {x.shape}"
        )
    return ag.prelu(x, weight if x.ndim < 3 or weight.size == 1 else ag.reshape(weight, (-1, *[1] * (x.ndim - 2))))


def softplus(x: Any, beta: float = 1.0) -> Tensor:
    """log(1 + e^(βx))/β, the smooth relu. Gradient σ(βx).

    It is exact however large x is, so there is no threshold, as PyTorch has it, beyond which it would be x itself.
    """
    return ag.softplus(x) if beta == 1 else ag.softplus(x * beta) / beta


def silu(x: Any) -> Tensor:
    """x·σ(x). Gradient σ(x)(1 + x(1 - σ(x)))."""
    return ag.silu(x)


def swish(x: Any, beta: Any = 1.0) -> Tensor:
    """x·σ(βx), with a β that may be learned (Ramachandran et al. 2017). Gradient to β: x²σ(βx)(1 - σ(βx))."""
    return ag.swish(x, beta)


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x, but no less than min_val and no more than max_val. Gradient 1 between them, else 0."""
    return ag.hard_tanh(x, min_val, max_val)


def threshold(x: Any, threshold: float, value: float) -> Tensor:
    """x where it is above the threshold, else `value`; nan stays nan. Gradient 1 or 0."""
    return ag.where(ag.less_equal(x, threshold), value, x)


@ag.axis_or_dim
def glu(x: Any, dim: int = -1) -> Tensor:
    """a·σ(b), where a and b are the halves of x along `dim` (Dauphin et al. 2016)."""
    return ag.glu(x, axis=dim)


@ag.axis_or_dim
def maxout(x: Any, pieces: int, dim: int = -1) -> Tensor:
    """The largest of each `pieces` neighbours along `dim` (Goodfellow et al. 2013); a tie shares the gradient."""
    return ag.maxout(x, pieces, axis=dim)


@ag.axis_or_dim
def softmax(x: Any, dim: int = -1) -> Tensor:
    """e^x/Σe^x along `dim`, without overflow. Gradient y(g - Σ g·y)."""
    return ag.softmax(x, axis=dim)


@ag.axis_or_dim
def log_softmax(x: Any, dim: int = -1) -> Tensor:
    """x - log Σe^x along `dim`, without overflow. Gradient g - softmax(x)·Σg."""
    return ag.log_softmax(x, axis=dim)
