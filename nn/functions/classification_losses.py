"""Losses of what is one of several classes, under PyTorch's names.

Shapes: input (N, C), or (N, C, d1, ...) with a class for each place, or (C,) for a single example; labels (N,), (N, d1,
...) or () -> (), or with reduction="none" the labels' shape. `weight` (C,) has classes count more or less, and the mean
is then the weighted one; it may be learned. Where the label is `ignore_index` there is no loss and no gradient; the
mean leaves it out.
"""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, ShapeError
from nn.functions.reduction import REDUCTIONS, as_floats, check_reduction, constant, reduced, same_shape

__all__ = ["cross_entropy", "kl_div", "multi_margin_loss", "nll_loss"]

Shape = tuple[int, ...]


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-log softmax(input)[target] (decks C, E); or for probabilities t, of input's shape, -Σ t·log softmax(input).

    `label_smoothing` ε makes the targets 1 - ε + ε/C for the label, and ε/C for the others (Szegedy et al. 2016).
    Gradient: softmax(input) - t, with t one-hot for a label: the softmax's matching loss.
    Errors: ShapeError, DTypeError, ArgumentError for labels that name no classes.
    """
    input = as_floats(input)
    check_reduction("cross_entropy", reduction)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: label_smoothing goes from 0 to 1, got {label_smoothing}")
    rows, shape = _by_rows("cross_entropy", input)
    weight = _class_weights("cross_entropy", weight, rows)
    if np.shape(target) == input.shape:
        t, _ = _by_rows("cross_entropy", constant(target, input.dtype))
        if label_smoothing:
            t = t * (1 - label_smoothing) + label_smoothing / t.shape[1]
        losses = -ag.sum((t if weight is None else t * weight) * ag.log_softmax(rows, axis=1), axis=1)
        return reduced("cross_entropy", ag.reshape(losses, shape), reduction)
    labels, kept = _labels("cross_entropy", input, target, shape, ignore_index)
    some = len(labels) if kept is None else kept.any()
    if weight is None and not label_smoothing and reduction != "none" and some:
        if kept is not None:
            rows, labels = rows[kept], labels[kept]
        mean = ag.softmax_cross_entropy(rows, labels)
        return mean if reduction == "mean" else mean * float(len(labels))
    scores = ag.log_softmax(rows, axis=1)
    return _likelihoods(scores, labels, kept, weight, reduction, shape, label_smoothing)


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """-input[target], the negative log-likelihood of the labels where input is log-probabilities (deck E).

    Gradient: -1 at the label, else 0. `cross_entropy` is this on log_softmax, in one op.
    """
    input = as_floats(input)
    check_reduction("nll_loss", reduction)
    rows, shape = _by_rows("nll_loss", input)
    labels, kept = _labels("nll_loss", input, target, shape, ignore_index)
    return _likelihoods(rows, labels, kept, _class_weights("nll_loss", weight, rows), reduction, shape)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """t(log t - input), summed the Kullback-Leibler divergence of log-probabilities `input` from probabilities t.

    Shapes: input and target (...), both alike. `target` is t, or with `log_target` log t. Gradient: -t.
    "batchmean" is the divergence's mean over the N examples; "mean", over all elements, is not.
    """
    input, target = same_shape("kl_div", input, target)
    check_reduction("kl_div", reduction, (*REDUCTIONS, "batchmean"))
    losses = ag.exp(target) * (target - input) if log_target else _x_log_x(target) - target * input
    if reduction == "batchmean":
        return ag.sum(losses) / float(losses.shape[0] if losses.ndim else 1)
    return reduced("kl_div", losses, reduction)


@ag.elementwise
def _x_log_x(t: Any) -> Any:
    return t * ag.log(ag.where(t == 0, 1.0, t))


@_x_log_x.local_gradient("t")
def _(t: Any) -> Any:
    return ag.log(t) + 1.0


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Any:
    """Σ max(0, margin - input[target] + input[j])^p / C over the other classes j: the hinge loss of several classes.

    Shapes: input (N, C) or (C,), labels (N,) or (). Gradient for p = 1: 1/C for each class that comes within the
    margin of the label's, which gets minus their sum. Every example counts as one in the mean, whatever its weight.
    """
    input = as_floats(input)
    if p not in (1, 2):
        raise ArgumentError(f"multi_margin_loss: p must be 1 or 2, got {p}")
    if input.ndim > 2:
        raise ShapeError(f"multi_margin_loss: takes input (N, C) or (C,), got shape {input.shape}")
    rows, shape = _by_rows("multi_margin_loss", input)
    labels, _ = _labels("multi_margin_loss", input, target, shape, None)
    weight = _class_weights("multi_margin_loss", weight, rows)
    others = np.ones(rows.shape, rows.dtype)
    others[np.arange(len(labels)), labels] = 0
    short = ag.relu(margin - ag.expand_dims(_of_labels(rows, labels), axis=1) + rows) * others
    losses = ag.sum(short if p == 1 else ag.square(short), axis=1) / float(max(1, rows.shape[1]))
    losses = losses if weight is None else losses * weight[labels]
    return reduced("multi_margin_loss", ag.reshape(losses, shape), reduction)


def _by_rows(name: str, x: Any) -> tuple[Any, Shape]:
    """x as (n, C), and the labels' shape: that of x without its classes."""
    if x.ndim == 2:
        return x, x.shape[:1]
    if x.ndim == 0:
        raise ShapeError(f"{name}: takes input (N, C, ...) or (C,), got a single number")
    if x.ndim == 1:
        return ag.expand_dims(x, axis=0), ()
    last = ag.moveaxis(x, 1, -1)
    return ag.reshape(last, (-1, x.shape[1])), last.shape[:-1]


def _labels(name: str, input: Any, target: Any, shape: Shape, ignore_index: int | None) -> tuple[Any, Any]:
    """The labels (n,), with 0 for those to ignore; and which to keep, or None where all are kept."""
    labels = np.asarray(target)
    if labels.shape != shape:
        raise ShapeError(
            f"{name}: takes input (N, C, ...) and labels (N, ...), got shapes {input.shape} and {labels.shape}; "
            "classes are axis 1 of the input"
        )
    if labels.size and labels.dtype.kind not in "iu":
        raise DTypeError(f"{name}: labels are whole numbers that name classes, got {labels.dtype}")
    labels, kept = labels.reshape(-1), None
    classes = input.shape[min(1, input.ndim - 1)]
    outside = bool(labels.size) and not (labels.min() >= 0 and labels.max() < classes)
    if outside or (ignore_index is not None and 0 <= ignore_index < classes):
        kept = np.full(len(labels), True) if ignore_index is None else labels != ignore_index
        named = labels[kept]
        if named.size and not (named.min() >= 0 and named.max() < classes):
            raise ArgumentError(
                f"{name}: labels go from 0 to {classes - 1}, got some from {named.min()} to {named.max()}"
            )
        labels, kept = (labels, None) if kept.all() else (np.where(kept, labels, 0), kept)
    return labels, kept


def _class_weights(name: str, weight: Any, rows: Any) -> Any:
    if weight is None:
        return None
    weight = constant(weight, rows.dtype)
    if weight.shape != rows.shape[1:]:
        raise ShapeError(
            f"{name}: weight must have a number for each of {rows.shape[1]} classes, got shape {weight.shape}"
        )
    return weight


def _of_labels(rows: Any, labels: Any) -> Any:
    """Each row's number for its label. (n, C) -> (n,)."""
    return rows[np.arange(len(labels)), labels]


def _likelihoods(
    scores: Any, labels: Any, kept: Any, weight: Any, reduction: str, shape: Shape, label_smoothing: float = 0.0
) -> Any:
    """The negative log-likelihood of labels (n,) by scores (n, C), and as much of all classes' as is smoothed."""
    counts = None if weight is None else weight[labels]
    losses = -_of_labels(scores, labels)
    losses = losses if counts is None else losses * counts
    if label_smoothing:
        of_all = -ag.sum(scores if weight is None else scores * weight, axis=1)
        losses = losses * (1 - label_smoothing) + of_all * (label_smoothing / scores.shape[1])
    if kept is not None:
        counts = kept.astype(scores.dtype) if counts is None else ag.where(kept, counts, 0.0)
        losses = ag.where(kept, losses, 0.0)
    if reduction == "mean" and counts is not None:
        return ag.sum(losses) / counts.sum()
    return reduced("nll_loss", ag.reshape(losses, shape), reduction)
