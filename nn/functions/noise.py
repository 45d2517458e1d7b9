"""Noise against overfitting: inputs or hidden units dropped, or shaken; drawn from what `manual_seed` seeds.

In evaluation, with `training=False`, all of them give back x as it is.
"""

import math
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor, default_generator
from nn.arguments import as_floats

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "gaussian_noise"]

# What a dropped unit of a SELU network becomes: SELU(-∞) = -scale·alpha (Klambauer et al. 2017).
_SELU_LIMIT = -1.7580993408473766


def dropout(x: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """Each element is 0 with probability p, and divided by 1 - p otherwise (Srivastava et al. 2014, inverted).

    So its mean stays what it was, and evaluation has nothing to do. Gradient: upstream where it was kept, /(1 - p).
    """
    x = as_floats("dropout", x)
    return _dropout("dropout", x, x.shape, p, training)


def dropout1d(x: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """`dropout` of whole channels of sequences. Shapes: (N, C, L) -> the same."""
    return _drop_channels("dropout1d", x, "(N, C, L)", p, training)


def dropout2d(x: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """`dropout` of whole channels of images. Shapes: (N, C, H, W) -> the same."""
    return _drop_channels("dropout2d", x, "(N, C, H, W)", p, training)


def dropout3d(x: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """`dropout` of whole channels of volumes. Shapes: (N, C, D, H, W) -> the same."""
    return _drop_channels("dropout3d", x, "(N, C, D, H, W)", p, training)


def alpha_dropout(x: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """Dropout for SELU networks: dropped elements saturate, and mean 0 and variance 1 stay (Klambauer et al. 2017)."""
    x, p = as_floats("alpha_dropout", x), check_probability("alpha_dropout", p)
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0.0
    scale = 1 / math.sqrt((1 - p) * (1 + p * _SELU_LIMIT**2))
    number = x.dtype.type
    kept = ag.Tensor.record(_kept, (), {"shape": x.shape, "p": p})
    factor = ag.where(kept, np.asarray(number(scale)), np.asarray(number(0)))
    of_kept, of_dropped = -scale * p * _SELU_LIMIT, scale * _SELU_LIMIT - scale * p * _SELU_LIMIT
    return x * factor + ag.where(kept, np.asarray(number(of_kept)), np.asarray(number(of_dropped)))


def gaussian_noise(x: Any, std: float = 0.1, training: bool = True) -> Tensor:
    """x + N(0, std²), for inputs or hidden units (Bishop 1995). Gradient: upstream."""
    x, std = as_floats("gaussian_noise", x), check_deviation("gaussian_noise", std)
    if not training or std == 0:
        return x
    noise = ag.randn(x.shape, dtype=np.float64 if x.dtype == np.float64 else np.float32) * std
    return x + (noise if noise.dtype == x.dtype else ag.astype(noise, x.dtype))


def check_probability(name: str, p: float) -> float:
    """A probability, or an ArgumentError."""
    if not isinstance(p, (int, float, np.floating)) or not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p is a probability from 0 to 1, got {p!r}")
    return float(p)


def check_deviation(name: str, std: float) -> float:
    """A standard deviation, or an ArgumentError."""
    if not isinstance(std, (int, float, np.floating)) or not 0 <= std < math.inf:
        raise ArgumentError(f"{name}: std is a number of at least 0, got {std!r}")
    return float(std)


def _drop_channels(name: str, x: Any, axes: str, p: float, training: bool) -> Any:
    x = as_floats(name, x)
    if x.ndim != len(axes.split(",")):
        raise ShapeError(f"{name}: takes shape {axes}, got shape {x.shape}")
    return _dropout(name, x, (*x.shape[:2], *[1] * (x.ndim - 2)), p, training)


def _dropout(name: str, x: Any, shape: tuple[int, ...], p: float, training: bool) -> Any:
    """x with what is drawn for each entry of `shape` dropped or kept."""
    p = check_probability(name, p)
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0.0
    return x * ag.Tensor.record(_factors, (), {"shape": shape, "p": p, "dtype": x.dtype})


@ag.array_op
def _kept(*, shape: tuple[int, ...], p: float) -> Any:
    """True with probability 1 - p."""
    return default_generator().random(shape, np.float32) >= np.float32(p)


@ag.array_op
def _factors(*, shape: tuple[int, ...], p: float, dtype: Any) -> Any:
    """1/(1 - p) with probability 1 - p, else 0."""
    return _kept.function(shape=shape, p=p) * dtype.type(1 / (1 - p))
