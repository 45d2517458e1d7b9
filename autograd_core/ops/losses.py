"""Losses that are one op because their gradient is simpler than those of their parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.kernels.thresholds import LONG_FOR_LOSS
from autograd_core.ops import probabilities
from autograd_core.ops.definition import array_op

__all__ = ["softmax_cross_entropy"]

_smallest: Any = np.minimum.reduce  # what min() calls, after a microsecond of its own
_largest: Any = np.maximum.reduce


def softmax_cross_entropy(x: Any, labels: Any) -> Any:
    """The mean of -log softmax(x)[label] over n examples (decks C, E).

    Shapes: x (n, classes), labels (n,) integers from 0 to classes - 1 -> ().
    Gradient: upstream · (softmax(x) - one-hot(labels)) / n; never 1/p, so a hopeless guess does no harm.
    """
    return _softmax_cross_entropy(x, labels)


@array_op
def _softmax_cross_entropy(x: Any, labels: Any, /) -> Any:
    """The loss; labels are an input like any other, though not one with a gradient."""
    labels = _checked(x, labels)
    if _takes(x):
        return kernels.softmax.cross_entropy(kernels.plan.contiguous(x), labels)
    total = probabilities.logsumexp(x, axis=1) - x[np.arange(len(labels)), labels]
    return np.mean(total) if len(labels) else np.full((), np.nan, total.dtype)


@_softmax_cross_entropy.vjp("x")
@array_op
def softmax_cross_entropy_gradient(g: Any, x: Any, labels: Any, /) -> Any:
    """g · (softmax(x) - one-hot(labels)) / n."""
    labels = kernels.plan.contiguous(labels, np.int64)
    if _takes(x):
        scale = float(g / max(1, len(labels)))
        return kernels.softmax.cross_entropy_gradient(kernels.plan.contiguous(x), labels, scale)
    return _softmax_cross_entropy_gradient(g, x, labels)


for _op in (_softmax_cross_entropy, softmax_cross_entropy_gradient):
    _op.promotes = False
    _op.not_differentiable("labels")


@softmax_cross_entropy_gradient.formula
def _softmax_cross_entropy_gradient(g, x, labels):
    labels = np.asarray(labels)
    one_hot = np.zeros(x.shape, x.dtype)
    one_hot[np.arange(len(labels)), labels] = 1
    return (probabilities.softmax(x, axis=1) - one_hot) * (g / max(1, len(labels)))


def _takes(x: Any) -> bool:
    """Whether there is a kernel for it; by size and dtype alone, so that equal programs round equally."""
    return kernels.plan.is_long(x.size, LONG_FOR_LOSS) and x.dtype in kernels.FLOATS


def _checked(x: Any, labels: Any) -> Any:
    """The labels as a contiguous array of int64, if they are classes."""
    labels = np.asarray(labels)
    if x.ndim != 2 or labels.shape != x.shape[:1]:
        raise ShapeError(
            f"softmax_cross_entropy: takes x (n, classes) and labels (n,), got shapes {x.shape} and {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"softmax_cross_entropy: labels are whole numbers that name classes, got {labels.dtype}")
    classes = x.shape[1]
    kernels.plan.at_each_run(_check_range, labels, classes)
    return kernels.plan.contiguous(labels, np.int64)


def _check_range(labels: Any, classes: int) -> None:
    if labels.size and not (_smallest(labels) >= 0 and _largest(labels) < classes):
        raise ArgumentError(
            f"softmax_cross_entropy: labels go from 0 to {classes - 1}, got some from {labels.min()} to {labels.max()}"
        )
