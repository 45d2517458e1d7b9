"""Losses that are one op because their gradient is simpler than those of their parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.kernels.thresholds import LONG_FOR_LOSS
from autograd_core.ops import elementwise, probabilities
from autograd_core.ops.definition import array_op

__all__ = ["softmax_cross_entropy"]

_smallest: Any = np.minimum.reduce  # what min() calls, after a microsecond of its own
_largest: Any = np.maximum.reduce


def softmax_cross_entropy(x: Any, labels: Any, ignore_index: int | None = None, reduction: str = "mean") -> Any:
    """The mean of -log softmax(x)[label] over n examples (decks C, E), or their sum, as `reduction` says.

    Shapes: x (n, classes), labels (n,) integers from 0 to classes - 1 -> (). Examples with the label `ignore_index`
    do not count, and get no gradient.
    Gradient: upstream · (softmax(x) - one-hot(labels)) / n; never 1/p, so a hopeless guess does no harm.
    """
    if ignore_index is None and reduction == "mean":
        return _softmax_cross_entropy(x, labels)[0]
    if reduction not in ("mean", "sum"):
        raise ArgumentError(f"softmax_cross_entropy: reduction must be mean or sum, got {reduction!r}")
    return _softmax_cross_entropy(x, labels, ignore_index=ignore_index, average=reduction == "mean")[0]


@array_op(outputs=("y", "count"))
def _softmax_cross_entropy(x: Any, labels: Any, /, ignore_index: int | None = None, average: bool = True) -> Any:
    """The loss, and how many examples it is of; labels are an input like any other, though not one with a gradient."""
    if x.ndim != 2 or labels.shape != x.shape[:1]:
        raise ShapeError(
            f"softmax_cross_entropy: takes x (n, classes) and labels (n,), got shapes {x.shape} and {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"softmax_cross_entropy: labels are whole numbers that name classes, got {labels.dtype}")
    if _takes(x):
        x, whole = kernels.plan.contiguous(x), kernels.plan.contiguous(labels, np.int64)
        ignoring = ignore_index is not None
        loss, count = kernels.softmax.cross_entropy(x, whole, ignoring, _as_label(ignore_index), average)
        kernels.plan.at_each_run(_check_count, count, labels, x.shape[1], ignore_index)
        return loss, count
    if _check_range(labels, x.shape[1], ignore_index):
        x, labels = x[labels != ignore_index], labels[labels != ignore_index]
    count = np.array(len(labels), x.dtype)
    total = np.sum(probabilities.logsumexp(x, axis=1) - x[np.arange(len(labels)), labels])
    return np.asarray(total / count if average else total), count


@_softmax_cross_entropy.vjp("x")
@array_op
def softmax_cross_entropy_gradient(
    g: Any, x: Any, labels: Any, count: Any, /, ignore_index: int | None, average: bool
) -> Any:
    """g · (softmax(x) - one-hot(labels)) / count, of a sum without the count; 0 for what is ignored."""
    if _takes(x) and g.dtype == count.dtype == x.dtype:
        x, labels = kernels.plan.contiguous(x), kernels.plan.contiguous(labels, np.int64)
        return kernels.softmax.cross_entropy_gradient(g, x, labels, count, _as_label(ignore_index), average)
    ignore_index = None if count == len(labels) else ignore_index
    return _softmax_cross_entropy_gradient(g, x, labels, count, ignore_index, average)


_softmax_cross_entropy.not_differentiable("labels", "count")
softmax_cross_entropy_gradient.not_differentiable("labels", "count")
for _op in (_softmax_cross_entropy, softmax_cross_entropy_gradient):
    _op.promotes = False


@softmax_cross_entropy_gradient.formula
def _softmax_cross_entropy_gradient(g, x, labels, count, ignore_index, average):
    labels = labels[..., None]
    one_hot = (labels == np.arange(x.shape[-1], dtype=labels.dtype)).astype(x.dtype)
    differences = probabilities.softmax(x, axis=-1) - one_hot
    if ignore_index is not None:
        differences = elementwise.where(labels != ignore_index, differences, 0.0)
        count = elementwise.maximum(count, 1.0)
    share = g / count if average else g
    return differences * (share[..., None, None] if share.ndim else share)  # of many losses at once, within vmap


def _as_label(ignore_index: int | None) -> int:
    """What labels are compared with: none of them, all checked, is negative, unless that is to be ignored."""
    return -1 if ignore_index is None else ignore_index


def _takes(x: Any) -> bool:
    """Whether there is a kernel for it; by size and dtype alone, so that equal programs round equally."""
    return kernels.plan.is_long(x.size, LONG_FOR_LOSS) and x.dtype in kernels.FLOATS


def _check_count(count: Any, labels: Any, classes: int, ignore_index: int | None) -> None:
    """Refuse labels that the kernel says are no classes."""
    if count.item() < 0:
        _check_range(labels, classes, ignore_index)


def _check_range(labels: Any, classes: int, ignore_index: int | None) -> bool:
    """Refuse labels that are no classes and not to be ignored, and say whether some may be."""
    ignoring = ignore_index is not None and 0 <= ignore_index < classes
    if labels.size and not (_smallest(labels) >= 0 and _largest(labels) < classes):
        ignoring = ignore_index is not None
        named = labels[labels != ignore_index] if ignoring else labels
        if named.size and not (named.min() >= 0 and named.max() < classes):
            raise ArgumentError(
                f"softmax_cross_entropy: labels go from 0 to {classes - 1}, got some from {named.min()} to "
                f"{named.max()}"
            )
    return ignoring
