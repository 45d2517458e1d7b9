"""What layers and losses compute, as functions of tensors: the formulas, without parameters of their own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor

Pair = int | tuple[int, int]


def at_least(layer: str, name: str, value: int, least: int) -> int:
    """A layer's argument that must be a whole number of at least `least`."""
    if not isinstance(value, (int, np.integer)) or value < least:
        raise ArgumentError(f"{layer}: {name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b. Shapes: x (..., in), weight (out, in), bias (out,) -> (..., out)."""
    x = x if hasattr(x, "ndim") else ag.tensor(x)
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear: expects {weight.shape[1]} features in the last axis, got shape {x.shape}"
            + ("; flatten the images first" if math.prod(x.shape[1:]) == weight.shape[1] else "")
        )
    return x @ weight.T if bias is None else ag.linear(x, weight, bias)


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1
) -> Any:
    """Convolution with a bias for each output channel; see `autograd_core.conv2d`."""
    return ag.conv2d(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)


def flatten(x: Any, start_dim: int = 1) -> Any:
    """All axes from `start_dim` on made into one."""
    if not 0 <= start_dim <= x.ndim:
        raise ArgumentError(f"flatten: start_dim {start_dim} is out of range for shape {x.shape}")
    return ag.reshape(x, (*x.shape[:start_dim], math.prod(x.shape[start_dim:])))


def _same_shape(loss: str, prediction: Any, target: Any) -> Any:
    """The target as an array; losses do not broadcast, for (N, 1) against (N,) would compare all with all."""
    target = target if isinstance(target, Tensor) else np.asarray(target, prediction.dtype)
    if prediction.shape != target.shape:
        raise ShapeError(
            f"{loss}: prediction and target must have one shape, got {prediction.shape} and {target.shape}; reshape one"
        )
    return target


def mse_loss(prediction: Any, target: Any) -> Any:
    """The mean of (prediction - target)² over all elements. Gradient: 2(prediction - target)/size."""
    difference = prediction - _same_shape("mse_loss", prediction, target)
    return ag.mean(difference * difference)


def quadratic_loss(prediction: Any, target: Any) -> Any:
    """1/(2n) Σ ‖y - a‖² over n examples (deck C). Shapes: (n, ...) both. Gradient: (prediction - target)/n."""
    difference = prediction - _same_shape("quadratic_loss", prediction, target)
    return ag.sum(difference * difference) * (0.5 / prediction.shape[0])


def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of -log softmax(logits)[label] (decks C, E). Gradient: (softmax(logits) - one-hot)/n.

    Shapes: logits (n, classes), labels (n,) integers from 0 to classes - 1.
    """
    labels = np.asarray(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ShapeError(
            f"cross_entropy: takes logits (n, classes) and labels (n,), got shapes {logits.shape} and {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"cross_entropy: labels are whole numbers that name classes, got {labels.dtype}")
    classes = logits.shape[1]
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise ArgumentError(
            f"cross_entropy: labels go from 0 to {classes - 1}, got some from {labels.min()} to {labels.max()}"
        )
    return ag.softmax_cross_entropy(logits, labels=labels)
