"""Initialisers: a parameter's first values, drawn from the generator that `manual_seed` seeds unless given one.

`fan_in` and `fan_out` are how many inputs a unit has, and how many units an input goes to: for a
weight (out, in, ...) they are in·(receptive field) and out·(receptive field). Each takes a shape and gives a Tensor
of the default dtype; `initialise` draws a whole network anew:

>>> import nn
>>> net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
>>> nn.initial.initialise(net, nn.initial.xavier_normal)
>>> net[0].bias.tolist()
[0.0, 0.0, 0.0]
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, Tensor, default_generator, get_default_dtype
from nn.module import Module
from nn.parameter_groups import is_bias, named_parameters_of

Shape = tuple[int, ...]
Initialiser = Callable[[Shape], Tensor]

# Of N(mean, std), the least share that must lie within a truncated normal's bounds: the rest is drawn again.
_LEAST_SHARE = 0.01


def initialise(module: Module, weight: Initialiser, bias: Initialiser | None = None) -> None:
    """Draw the parameters of a module and of its parts anew: biases by `bias`, by default zeros, weights by `weight`.

    A parameter is a bias by its name (`nn.parameter_groups.is_bias`). What has fewer than two axes and is none, such as
    the gains of a normalising layer or learned slopes, is left as it is.
    """
    for name, parameter in named_parameters_of(module):
        if is_bias(name):
            parameter.assign((bias or zeros)(parameter.shape).astype(parameter.dtype))
        elif parameter.ndim > 1:
            parameter.assign(weight(parameter.shape).astype(parameter.dtype))


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of shape (out, in, ...)."""
    if np.ndim(shape) != 1 or len(shape) < 2:
        raise ArgumentError(f"fans: a weight has at least two axes (out, in, ...), got shape {shape}")
    receptive_field = math.prod(shape[2:])
    return shape[1] * receptive_field, shape[0] * receptive_field


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much more weights must spread for what an activation takes away of the variance, as in PyTorch.

    1 for linear, sigmoid; 5/3 tanh; √2 relu; √(2/(1 + slope²)) leaky_relu, with `param` the slope, 0.01 unless given;
    ¾ selu.
    """
    slope = 0.01 if param is None else param
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + slope**2)),
        "selu": 3 / 4,
    }
    if nonlinearity not in gains:
        raise ArgumentError(f"calculate_gain: nonlinearity must be one of {', '.join(gains)}; got {nonlinearity!r}")
    return gains[nonlinearity]


def constant(shape: Shape, value: float) -> Tensor:
    """All equal. For biases: the units of a layer whose weights are equal learn the same, and stay equal (deck C)."""
    return ag.full(shape, value, dtype=get_default_dtype())


def zeros(shape: Shape) -> Tensor:
    """All 0, as biases mostly start. Layers whose weights are 0 pass no gradient back (deck C)."""
    return constant(shape, 0.0)


def ones(shape: Shape) -> Tensor:
    """All 1."""
    return constant(shape, 1.0)


def normal(shape: Shape, std: float = 1.0, *, generator: np.random.Generator | None = None) -> Tensor:
    """N(0, std²)."""
    return _tensor((generator or default_generator()).standard_normal(shape) * std)


def uniform(shape: Shape, bound: float, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform between -bound and bound."""
    return _tensor((generator or default_generator()).uniform(-bound, bound, shape))


def truncated_normal(
    shape: Shape,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """N(mean, std²) without what is below a or above b: those numbers are drawn again."""
    if not (std > 0 and a < b):
        raise ArgumentError(f"truncated_normal: takes std above 0 and a below b, got std {std}, a {a} and b {b}")
    below = [0.5 * math.erfc((mean - x) / (std * math.sqrt(2))) for x in (a, b)]
    if not below[1] - below[0] >= _LEAST_SHARE:
        raise ArgumentError(
            f"truncated_normal: of N({mean}, {std}²) at least {_LEAST_SHARE:.0%} must lie between a and b, got a {a} "
            f"and b {b}; bring them nearer to the mean, or use uniform"
        )
    generator = generator or default_generator()
    drawn = np.asarray(generator.standard_normal(shape) * std + mean)
    outside = (drawn < a) | (drawn > b)
    while count := int(outside.sum()):
        drawn[outside] = generator.standard_normal(count) * std + mean
        outside = (drawn < a) | (drawn > b)
    return _tensor(drawn)


def lecun_normal(shape: Shape, *, generator: np.random.Generator | None = None) -> Tensor:
    """N(0, 1/fan_in): sums of inputs of variance 1 have variance 1 (LeCun et al. 1998, deck C); also for SELU."""
    return normal(shape, _spread(1, fans(shape)[0]), generator=generator)


def lecun_uniform(shape: Shape, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform with the variance of `lecun_normal`: the bound is √(3/fan_in)."""
    return uniform(shape, _spread(3, fans(shape)[0]), generator=generator)


def xavier_normal(shape: Shape, gain: float = 1.0, *, generator: np.random.Generator | None = None) -> Tensor:
    """N(0, gain²·2/(fan_in + fan_out)), for sigmoid and tanh (Glorot and Bengio 2010, deck C)."""
    return normal(shape, gain * _spread(2, sum(fans(shape))), generator=generator)


def xavier_uniform(shape: Shape, gain: float = 1.0, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform with the variance of `xavier_normal`: the bound is gain·√(6/(fan_in + fan_out))."""
    return uniform(shape, gain * _spread(6, sum(fans(shape))), generator=generator)


def he_normal(
    shape: Shape,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """N(0, gain²/fan), by default 2/fan_in, for ReLU (He et al. 2015, deck C; PyTorch's kaiming_normal_).

    `a` is leaky_relu's slope, 0 for ReLU's own; `mode` "fan_out" keeps the gradients' variance rather than the
    outputs'; of the gains see `calculate_gain`.
    """
    return normal(shape, _he_spread(1, shape, a, mode, nonlinearity), generator=generator)


def he_uniform(
    shape: Shape,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Uniform with the variance of `he_normal`: the bound is gain·√(3/fan), by default √(6/fan_in)."""
    return uniform(shape, _he_spread(3, shape, a, mode, nonlinearity), generator=generator)


def fan_in_uniform(shape: Shape, fan_in: int, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform between ±1/√fan_in: what layers start from, weights and biases alike, as in PyTorch."""
    return uniform(shape, _spread(1, fan_in), generator=generator)


def orthogonal(shape: Shape, gain: float = 1.0, *, generator: np.random.Generator | None = None) -> Tensor:
    """Rows (or where these are more, columns) of the flattened weight (out, in·...) of length `gain`, at right angles.

    Such layers neither stretch nor shrink what goes through them (Saxe et al. 2014). Drawn evenly among all such.
    """
    fans(shape)  # so that a vector is refused
    rows, columns = shape[0], math.prod(shape[1:])
    drawn = (generator or default_generator()).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)  # LAPACK chooses signs; unchosen, all bases are as likely
    return _tensor(gain * (q if rows >= columns else q.T).reshape(shape))


def eye(shape: Shape) -> Tensor:
    """The identity, as far as it goes. Shapes: (out, in)."""
    if len(shape) != 2:
        raise ArgumentError(f"eye: takes a shape of two axes (out, in), got {shape}; dirac is that of convolutions")
    return ag.eye(shape[0], shape[1], dtype=get_default_dtype())


def dirac(shape: Shape, groups: int = 1) -> Tensor:
    """The identity of a convolution (out, in/groups, k, ...): each output is the input of its number, in each group."""
    if len(shape) < 3 or groups < 1 or shape[0] % groups:
        raise ArgumentError(
            f"dirac: takes a convolution's shape (out, in, k, ...), out in groups of one size; got {shape} and {groups}"
        )
    weight: Any = np.zeros(shape)
    outputs = shape[0] // groups
    channels = np.arange(min(outputs, shape[1]))
    centre = [size // 2 for size in shape[2:]]
    for group in range(groups):
        weight[group * outputs + channels, channels, *centre] = 1
    return _tensor(weight)


def sparse(shape: Shape, sparsity: float, std: float = 0.01, *, generator: np.random.Generator | None = None) -> Tensor:
    """N(0, std²), but a share `sparsity` (rounded up) of each column 0, at random (Martens 2010). Shapes: (out, in)."""
    if len(shape) != 2 or not 0 <= sparsity <= 1:
        raise ArgumentError(f"sparse: takes a shape (out, in) and a sparsity from 0 to 1, got {shape} and {sparsity}")
    generator = generator or default_generator()
    drawn = generator.standard_normal(shape) * std
    ranks = np.argsort(np.argsort(generator.random(shape), axis=0), axis=0)
    return _tensor(np.where(ranks < math.ceil(sparsity * shape[0]), 0.0, drawn))


def _tensor(numbers: Any) -> Tensor:
    return ag.tensor(numbers, dtype=get_default_dtype())


def _spread(numerator: float, fan: int) -> float:
    """√(numerator/fan). A weight without inputs has no numbers either, so any will do."""
    return math.sqrt(numerator / max(1, fan))


def _he_spread(numerator: float, shape: Shape, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"he: mode must be fan_in or fan_out, got {mode!r}")
    return calculate_gain(nonlinearity, a) * _spread(numerator, fans(shape)[mode == "fan_out"])
