"""Vectors for words and other things that are counted."""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError

__all__ = ["embedding", "one_hot"]


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
