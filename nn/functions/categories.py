"""Vectors for words and other things that are counted, and choices among them."""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, default_generator
from nn.arguments import as_floats

__all__ = ["embedding", "gumbel_softmax", "one_hot"]


@ag.array_op
def _embedding(weight: Any, /, indices: Any, padding_idx: int | None) -> Any:
    """The rows of weight that are named; the row `padding_idx` learns nothing."""
    return ag.getitem(weight, indices)


@_embedding.vjp("weight")
def _(g: Any, weight_shape: Any, indices: Any, padding_idx: int | None) -> Any:
    if padding_idx is not None:
        g = g * (indices != padding_idx)[..., None].astype(g.dtype)
    return ag.scatter_add(g, weight_shape, indices)


def embedding(indices: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """For each index its row of the weight. Gradient: upstream, added up by row; 0 to the row `padding_idx`.

    Shapes: indices, whole numbers, of any shape (...), weight (count, width) -> (..., width).
    """
    count = weight.shape[0]
    rows = _whole_numbers("embedding", "indices", indices, count)
    return _embedding(weight, indices=rows, padding_idx=check_padding("embedding", padding_idx, count))


def gumbel_softmax(logits: Any, tau: float = 1.0, hard: bool = False, dim: int = -1) -> Any:
    """A choice among classes, drawn by softmax(logits), that has a gradient (Jang, Gu and Poole 2017).

    softmax((logits + G)/τ) along `dim`, with G drawn from Gumbel's distribution by what `manual_seed` seeds: the nearer
    `tau` is to 0, the nearer to one-hot. With `hard` it is the one-hot vector of its largest entry, whose gradient is
    taken as if it were not. Shapes: (..., classes, ...) -> the same.
    Gradient: that of the softmax, over τ, with G as a constant. Errors: ArgumentError unless `tau` is above 0.

    >>> ag.manual_seed(0)
    >>> gumbel_softmax(ag.tensor([0.0, 9.0, 0.0]), hard=True)
    Tensor([0., 1., 0.])
    """
    logits = as_floats("gumbel_softmax", logits)
    if not tau > 0:
        raise ArgumentError(f"gumbel_softmax: tau must be above 0, got {tau!r}")
    drawn = default_generator().standard_exponential(logits.shape, np.float64)
    noise = np.asarray(-np.log(np.maximum(drawn, np.finfo(np.float64).tiny)), logits.dtype)
    soft = ag.softmax((logits + noise) / tau, axis=dim)
    return _largest(soft, dim=dim) if hard else soft


@ag.array_op
def _largest(x: Any, /, dim: int) -> Any:
    """One-hot: 1 at the largest entry, the first of several. Gradient: upstream, as of x itself."""
    hard = np.zeros_like(x)
    np.put_along_axis(hard, np.expand_dims(np.argmax(x, axis=dim), dim), 1, axis=dim)
    return hard


@_largest.vjp("x")
def _(g: Any) -> Any:
    return g


def one_hot(labels: Any, num_classes: int = -1) -> ag.Tensor:
    """1 at each label and 0 elsewhere, as whole numbers. Not differentiable.

    Shapes: labels, whole numbers from 0, of any shape (...) -> (..., num_classes); -1 stands for one more than the
    largest label.

    >>> one_hot([2, 0], 3).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    if num_classes < 1:
        largest = np.array(labels)
        if num_classes != -1 or not largest.size:
            raise ArgumentError(f"one_hot: num_classes must be at least 1, or -1 where there are labels; {num_classes}")
        num_classes = max(int(largest.max()) + 1, 1)
    rows = _whole_numbers("one_hot", "labels", labels, num_classes)
    return ag.tensor((rows[..., None] == np.arange(num_classes)).astype(np.int64))


def _whole_numbers(op: str, what: str, numbers: Any, count: int) -> Any:
    """Numbers from 0 to below `count`, as an array."""
    rows = np.array(numbers)
    if rows.dtype.kind not in "iu":
        raise DTypeError(f"{op}: {what} are whole numbers, got {rows.dtype}")
    if rows.size and not (rows.min() >= 0 and rows.max() < count):
        raise ArgumentError(f"{op}: {what} go from 0 to {count - 1}, got some from {rows.min()} to {rows.max()}")
    return rows


def check_padding(name: str, padding_idx: int | None, count: int) -> int | None:
    """The row that means nothing, counted from the end if negative, or None."""
    if padding_idx is None:
        return None
    if not -count <= padding_idx < count:
        raise ArgumentError(f"{name}: padding_idx {padding_idx} is none of the {count} rows")
    return padding_idx % count
