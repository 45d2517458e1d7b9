"""Losses of what is one of several classes, under PyTorch's names.

Shapes: input (N, C), or (N, C, d1, ...) with a class for each place, or (C,) for a single example; labels (N,), (N, d1,
...) or () -> (), or with reduction="none" the labels' shape. `weight` (C,) has classes count more or less, and the mean
is then the weighted one; it may be learned. Where the label is `ignore_index` there is no loss and no gradient; the
mean leaves it out.
"""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor
from nn.functions.categories import check_range
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
) -> Tensor:
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
    labels = _labels("cross_entropy", input, target, shape)
    if weight is None and not label_smoothing and reduction != "none":
        return ag.softmax_cross_entropy(rows, labels, ignore_index, reduction)
    scores = ag.log_softmax(rows, axis=1)
    return _likelihoods("cross_entropy", scores, labels, weight, ignore_index, reduction, shape, label_smoothing)


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    """-input[target], the negative log-likelihood of the labels where input is log-probabilities (deck E).

    Gradient: -1 at the label, else 0. `cross_entropy` is this on log_softmax, in one op.
    """
    input = as_floats(input)
    check_reduction("nll_loss", reduction)
    rows, shape = _by_rows("nll_loss", input)
    labels, weight = _labels("nll_loss", input, target, shape), _class_weights("nll_loss", weight, rows)
    return _likelihoods("nll_loss", rows, labels, weight, ignore_index, reduction, shape)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Tensor:
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


@ag.array_op
def _but_labels(labels: Any, /, classes: int, dtype: Any) -> Any:
    """0 at each label, and 1 elsewhere. Shapes: (n,) -> (n, classes)."""
    out = np.ones((len(labels), classes), dtype)
    out[np.arange(len(labels)), labels] = 0
    return out


@_but_labels.batching_rule
def _(call: Any) -> Any:
    return call.unfolded(call.run([call.folded(0)]))


_but_labels.not_differentiable()


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Tensor:
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
    labels = _labels("multi_margin_loss", input, target, shape)
    weight = _class_weights("multi_margin_loss", weight, rows)
    minus_of_labels, _ = _minus_of_labels(rows, labels, name="multi_margin_loss")
    others = _but_labels(labels, classes=rows.shape[1], dtype=rows.dtype)
    short = ag.relu(margin + ag.expand_dims(minus_of_labels, axis=1) + rows) * others
    losses = ag.sum(short if p == 1 else ag.square(short), axis=1) / float(max(1, rows.shape[1]))
    losses = losses if weight is None else losses * ag.getitem(weight, labels)
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


def _labels(name: str, input: Any, target: Any, shape: Shape) -> Any:
    """The labels (n,), whole numbers; whether they are classes, those say that look them up."""
    labels = target if isinstance(target, Tensor) else np.asarray(target)
    if labels.shape != shape:
        raise ShapeError(
            f"{name}: takes input (N, C, ...) and labels (N, ...), got shapes {input.shape} and {labels.shape}; "
            "classes are axis 1 of the input"
        )
    if labels.dtype.kind not in "iu":
        if labels.size:
            raise DTypeError(f"{name}: labels are whole numbers that name classes, got {labels.dtype}")
        labels = labels.astype(np.int64)  # numpy makes floats of []
    return labels if labels.ndim == 1 else labels.reshape(-1)


def _class_weights(name: str, weight: Any, rows: Any) -> Any:
    if weight is None:
        return None
    weight = constant(weight, rows.dtype)
    if weight.shape != rows.shape[1:]:
        raise ShapeError(
            f"{name}: weight must have a number for each of {rows.shape[1]} classes, got shape {weight.shape}"
        )
    return weight


@ag.array_op(outputs=("y", "count"))
def _minus_of_labels(x: Any, labels: Any, /, name: str, ignore_index: int | None = None) -> Any:
    """Minus each row's number for its label, or the classes', 0 where that is to be ignored; and how many are not.

    Shapes: x (n, C) or (C,), labels (n,) -> (n,) and ().
    """
    check_range(name, "labels", labels, x.shape[-1], ignore_index)
    rows = (np.arange(len(x)),) if x.ndim == 2 else ()
    if ignore_index is None or not (ignored := labels == ignore_index).any():
        return -x[(*rows, labels)], np.array(len(labels), x.dtype)
    found = -x[(*rows, np.where(ignored, 0, labels))]
    return np.where(ignored, x.dtype.type(0), found), np.array(len(labels) - np.count_nonzero(ignored), x.dtype)


@_minus_of_labels.vjp("x")
@ag.array_op
def _to_labels(g: Any, labels: Any, /, x_shape: Shape, ignore_index: int | None) -> Any:
    """Zeros with -g at each row's label, or -g added up by class, without those to be ignored."""
    out = np.zeros(x_shape, g.dtype)
    if ignore_index is None or (kept := labels != ignore_index).all():
        kept = slice(None)
    if len(x_shape) == 2:
        out[np.arange(len(labels))[kept], labels[kept]] = -g[kept]
    else:
        np.subtract.at(out, labels[kept], g[kept])
    return out


@_to_labels.vjp("g")
def _(g: Any, labels: Any, ignore_index: int | None) -> Any:
    return _minus_of_labels(g, labels, name="", ignore_index=ignore_index)[0]


@_minus_of_labels.batching_rule
def _(call: Any) -> Any:
    if call.ndim(0) == 1 and call.mapped[0]:
        return NotImplemented
    y, _ = call.run([call.folded(0) if call.ndim(0) == 2 else call.values[0], call.folded(1)])
    ignored, (count,), dtype = call.attribute("ignore_index"), call.shape(1), call.values[0].dtype
    if ignored is None:
        return call.unfolded(y), np.full(call.size, count, dtype)
    return call.unfolded(y), ag.sum((call.spread(1) != ignored).astype(dtype), axis=1)


@_to_labels.batching_rule
def _(call: Any) -> Any:
    rows, *classes = call.attribute("x_shape")
    if not classes:
        return NotImplemented
    return call.unfolded(call.run([call.folded(0), call.folded(1)], x_shape=(call.size * rows, *classes)))


_minus_of_labels.not_differentiable("labels", "count")
_to_labels.not_differentiable("labels")
for _op in (_minus_of_labels, _to_labels):
    _op.promotes = False


def _likelihoods(
    name: str,
    scores: Any,
    labels: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    shape: Shape,
    label_smoothing: float = 0.0,
) -> Any:
    """The negative log-likelihood of labels (n,) by scores (n, C), and as much of all classes' as is smoothed."""
    how: dict[str, Any] = {"name": name, "ignore_index": ignore_index}
    losses, count = _minus_of_labels(scores, labels, **how)
    if weight is not None:
        counts, _ = _minus_of_labels(-weight, labels, **how)
        losses, count = losses * counts, ag.sum(counts)
    if label_smoothing:
        of_all = -ag.sum(scores if weight is None else scores * weight, axis=1)
        losses = losses * (1 - label_smoothing) + of_all * (label_smoothing / scores.shape[1])
        losses = ag.where(ag.not_equal(labels, ignore_index), losses, 0.0)
    if reduction == "mean":
        return ag.sum(losses) / count  # where all are ignored, there is no mean
    return reduced(name, ag.reshape(losses, shape), reduction)
