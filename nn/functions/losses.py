"""What losses compute, from what a network says and what it should have said."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor


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
