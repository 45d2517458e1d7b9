"""Vectors for words and other things that are counted, and choices among them."""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, Tensor, default_generator
from nn.arguments import as_floats

__all__ = ["embedding", "gumbel_softmax", "one_hot"]

_least: Any = np.minimum.reduce  # what min() calls, after a microsecond of its own
_most: Any = np.maximum.reduce


@ag.array_op
def _embedding(weight: Any, indices: Any, /, padding_idx: int | None) -> Any:
    """The rows of weight that are named; the row `padding_idx` learns nothing."""
    check_range("embedding", "indices", indices, len(weight))
    return ag.getitem(weight, indices)


@_embedding.vjp("weight")
def _(g: Any, weight_shape: Any, indices: Any, padding_idx: int | None) -> Any:
    if padding_idx is not None:
        g = g * (indices != padding_idx)[..., None].astype(g.dtype)
    return ag.scatter_add(g, weight_shape, indices)


@_embedding.batching_rule
def _(call: Any) -> Any:
    return NotImplemented if call.mapped[0] else call.run(call.values)  # rows of one table


_embedding.promotes = False
_embedding.not_differentiable("indices")


def embedding(indices: Any, weight: Any, padding_idx: int | None = None) -> Tensor:
    """For each index its row of the weight. Gradient: upstream, added up by row; 0 to the row `padding_idx`.

    Shapes: indices, whole numbers, of any shape (...), weight (count, width) -> (..., width).
    """
    rows = whole_numbers("embedding", "indices", indices)
    return _embedding(weight, rows, padding_idx=check_padding("embedding", padding_idx, weight.shape[0]))


@ag.array_op
def _one_hot(labels: Any, /, num_classes: int) -> Any:
    """1 at each label and 0 elsewhere."""
    check_range("one_hot", "labels", labels, num_classes)
    return (labels[..., None] == np.arange(num_classes)).astype(np.int64)


_one_hot.not_differentiable()


@ag.axis_or_dim
def gumbel_softmax(logits: Any, tau: float = 1.0, hard: bool = False, dim: int = -1) -> Tensor:
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
    noise = ag.Tensor.record(_gumbel, (), {"shape": logits.shape, "dtype": logits.dtype})
    soft = ag.softmax((logits + noise) / tau, axis=dim)
    return _largest(soft, dim=dim) if hard else soft


@ag.array_op
def _gumbel(*, shape: tuple[int, ...], dtype: Any) -> Any:
    """Draws from Gumbel's distribution."""
    drawn = default_generator().standard_exponential(shape, np.float64)
    return np.asarray(-np.log(np.maximum(drawn, np.finfo(np.float64).tiny)), dtype)


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
    if num_classes < 1 and (num_classes != -1 or not np.size(labels)):
        raise ArgumentError(f"one_hot: num_classes must be at least 1, or -1 where there are labels; {num_classes}")
    rows = whole_numbers("one_hot", "labels", labels)
    num_classes = max(int(ag.max(rows)) + 1, 1) if num_classes == -1 else num_classes
    found: ag.Tensor = _one_hot(rows if isinstance(rows, ag.Tensor) else ag.tensor(rows), num_classes=num_classes)
    return found


def whole_numbers(op: str, what: str, numbers: Any) -> Any:
    """Whole numbers, as an array or a Tensor."""
    rows = numbers if isinstance(numbers, ag.Tensor) else np.asarray(numbers)
    if rows.dtype.kind not in "iu":
        if not rows.size:
            return ag.astype(rows, np.int64)  # numpy makes floats of []
        raise DTypeError(f"{op}: {what} are whole numbers, got {rows.dtype}")
    return rows


def check_range(op: str, what: str, numbers: Any, count: int, but: int | None = None) -> None:
    """Refuse numbers that are not from 0 to below `count`, `but` for one."""
    if numbers.size and not (_least(numbers, None) >= 0 and _most(numbers, None) < count):
        wrong = numbers if but is None else numbers[numbers != but]
        if wrong.size and not (wrong.min() >= 0 and wrong.max() < count):
            raise ArgumentError(f"{op}: {what} go from 0 to {count - 1}, got some from {wrong.min()} to {wrong.max()}")


def check_padding(name: str, padding_idx: int | None, count: int) -> int | None:
    """The row that means nothing, counted from the end if negative, or None."""
    if padding_idx is None:
        return None
    if not -count <= padding_idx < count:
        raise ArgumentError(f"{name}: padding_idx {padding_idx} is none of the {count} rows")
    return padding_idx % count
