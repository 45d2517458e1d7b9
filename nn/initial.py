"""Initialisers: a parameter's first values, drawn from the generator that `manual_seed` seeds unless given one.

`fan_in` and `fan_out` are how many inputs a unit has, and how many units an input goes to: for a
weight (out, in, ...) they are in·(receptive field) and out·(receptive field).
"""

from __future__ import annotations

import math

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, Tensor, default_generator, get_default_dtype

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of shape (out, in, ...)."""
    if len(shape) < 2:
        raise ArgumentError(f"fans: a weight has at least two axes (out, in, ...), got shape {shape}")
    receptive_field = math.prod(shape[2:])
    return shape[1] * receptive_field, shape[0] * receptive_field


def normal(shape: Shape, std: float = 1.0, *, generator: np.random.Generator | None = None) -> Tensor:
    """N(0, std²)."""
    drawn = (generator or default_generator()).standard_normal(shape) * std
    return ag.tensor(drawn, dtype=get_default_dtype())


def uniform(shape: Shape, bound: float, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform between -bound and bound."""
    drawn = (generator or default_generator()).uniform(-bound, bound, shape)
    return ag.tensor(drawn, dtype=get_default_dtype())


def xavier_normal(shape: Shape, *, generator: np.random.Generator | None = None) -> Tensor:
    """N(0, 2/(fan_in + fan_out)), for sigmoid and tanh (Glorot and Bengio 2010, deck C)."""
    return normal(shape, math.sqrt(2 / sum(fans(shape))), generator=generator)


def xavier_uniform(shape: Shape, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform with the variance of `xavier_normal`: the bound is √(6/(fan_in + fan_out))."""
    return uniform(shape, math.sqrt(6 / sum(fans(shape))), generator=generator)


def he_normal(shape: Shape, *, generator: np.random.Generator | None = None) -> Tensor:
    """N(0, 2/fan_in), for ReLU (He et al. 2015, deck C)."""
    return normal(shape, math.sqrt(2 / fans(shape)[0]), generator=generator)


def he_uniform(shape: Shape, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform with the variance of `he_normal`: the bound is √(6/fan_in)."""
    return uniform(shape, math.sqrt(6 / fans(shape)[0]), generator=generator)


def fan_in_uniform(shape: Shape, fan_in: int, *, generator: np.random.Generator | None = None) -> Tensor:
    """Uniform between ±1/√fan_in: what layers start from, weights and biases alike, as in PyTorch."""
    return uniform(shape, 1 / math.sqrt(fan_in) if fan_in else 0.0, generator=generator)
