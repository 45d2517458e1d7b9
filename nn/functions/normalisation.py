"""Normalisation by batch, layer, group, instance and root mean square: one op, over different axes."""

import math
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.arguments import as_floats, as_tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]

Shape = tuple[int, ...]


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean)/√(var + eps)·weight + bias for each channel (Ioffe and Szegedy 2015).

    Shapes: x (N, C, ...), all others (C,) or None. In training the mean and variance are the batch's, and the running
    ones move towards them by `momentum`, to the variance with n - 1; in evaluation they are the running ones, or
    still the batch's where these are None. Gradient in training: see `autograd_core.normalize`.
    """
    x = as_tensor(x)
    _check_channels("batch_norm", x, 2, running_mean, running_var, weight, bias)
    if not training and running_mean is not None:
        scale = ag.rsqrt(running_var + eps)
        scale = scale if weight is None else scale * weight
        return x * _along_channels(scale, x) + _along_channels(_shift(running_mean, scale, bias), x)
    axes = (0, *range(2, x.ndim))
    n = math.prod([x.shape[axis] for axis in axes])
    if n < 2:
        raise ShapeError(
            f"batch_norm: in training there must be more than one value for each channel, got shape {x.shape}; "
            "take more examples, or call eval() first"
        )
    weight, bias = _along_channels(weight, x), _along_channels(bias, x)
    y, mean, var = ag.normalize_with_moments(x, axes, weight, bias, eps)
    if running_mean is not None:
        _move(running_mean, mean.reshape(-1), momentum)
        _move(running_var, var.reshape(-1) * (n / (n - 1)), momentum)
    return y


def instance_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean)/√(var + eps)·weight + bias for each channel of each example (Ulyanov et al. 2016).

    Shapes: x (N, C, ...) with at least one axis after the channels, all others (C,) or None. The running mean and
    variance, where given, move towards the examples' average by `momentum`; without `use_input_stats` they are what x
    is normalised by.
    """
    x = as_tensor(x)
    _check_channels("instance_norm", x, 3, running_mean, running_var, weight, bias)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    n = math.prod(x.shape[2:])
    if n < 2:
        raise ShapeError(
            f"instance_norm: there must be more than one value for each channel of an example, got shape {x.shape}"
        )
    weight, bias = _along_channels(weight, x), _along_channels(bias, x)
    y, mean, var = ag.normalize_with_moments(x, tuple(range(2, x.ndim)), weight, bias, eps)
    if running_mean is not None:
        _move(running_mean, mean.mean(0).reshape(-1), momentum)
        _move(running_var, var.mean(0).reshape(-1) * (n / (n - 1)), momentum)
    return y


def group_norm(x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """(x - mean)/√(var + eps)·weight + bias for each group of neighbouring channels of each example (Wu and He 2018).

    Shapes: x (N, C, ...), weight and bias (C,) or None; `num_groups` divides C.
    """
    x = as_tensor(x)
    _check_channels("group_norm", x, 2, weight, bias)
    n, channels = x.shape[:2]
    if num_groups < 1 or channels % num_groups:
        raise ArgumentError(f"group_norm: {channels} channels do not make {num_groups} groups of one size")
    inside = (channels // num_groups, *x.shape[2:])
    apart = ag.reshape(x, (n, num_groups, *inside))
    by_group = (num_groups, inside[0], *[1] * (x.ndim - 2))
    weight, bias = [None if part is None else ag.reshape(part, by_group) for part in (weight, bias)]
    y = ag.normalize(apart, tuple(range(2, apart.ndim)), weight, bias, eps)
    return ag.reshape(y, x.shape)


def layer_norm(
    x: Any, normalized_shape: int | Shape, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """(x - mean)/√(var + eps)·weight + bias over the last axes of each example (Ba, Kiros and Hinton 2016).

    Shapes: x (..., *normalized_shape), weight and bias normalized_shape or None.
    """
    x = as_tensor(x)
    return ag.normalize(x, _last_axes("layer_norm", x, normalized_shape), weight, bias, eps)


def rms_norm(x: Any, normalized_shape: int | Shape, weight: Any = None, eps: float | None = None) -> Tensor:
    """x/√(mean x² + eps)·weight over the last axes of each example (Zhang and Sennrich 2019).

    Shapes: x (..., *normalized_shape), weight normalized_shape or None. `eps` is the dtype's own unless given.
    """
    x = as_floats("rms_norm", x)
    axes = _last_axes("rms_norm", x, normalized_shape)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    return ag.normalize(x, axes, weight, eps=eps, centre=False)


def as_shape(normalized_shape: int | Shape) -> Shape:
    """The last axes to be normalised over, as a shape."""
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    if not shape or min(shape) < 1:
        raise ArgumentError(f"normalized_shape: the last axes, at least one and none empty; got {normalized_shape}")
    return shape


def _last_axes(name: str, x: Any, normalized_shape: int | Shape) -> Shape:
    shape = as_shape(normalized_shape)
    if tuple(x.shape[-len(shape) :]) != shape:
        raise ShapeError(f"{name}: expects the last axes to be {shape}, got shape {x.shape}")
    return tuple(range(-len(shape), 0))


def _check_channels(name: str, x: Any, least: int, *parts: Any) -> None:
    """That x is (N, C, ...) with at least so many axes, and what is given for each channel (C,)."""
    if x.ndim < least:
        axes = "(N, C, ...)" if least == 2 else "(N, C, L, ...)"
        raise ShapeError(f"{name}: takes x of shape {axes}, got shape {x.shape}")
    for part in parts:
        if part is not None and part.shape != (x.shape[1],):
            raise ShapeError(
                f"{name}: expects {', '.join(map(str, part.shape))} channels in axis 1 of x, got shape {x.shape}"
            )


def _along_channels(part: Any, x: Any) -> Any:
    """A number for each channel, of shape (C,), so that it broadcasts against x (N, C, ...)."""
    return part if part is None or x.ndim == 2 else ag.reshape(part, (-1, *[1] * (x.ndim - 2)))


def _shift(mean: Any, scale: Any, bias: Any) -> Any:
    """What is added to x·scale: (x - mean)·scale + bias."""
    return -mean * scale if bias is None else bias - mean * scale


def _move(running: Any, towards: Any, momentum: float) -> None:
    running.assign(running * (1 - momentum) + towards * momentum)
