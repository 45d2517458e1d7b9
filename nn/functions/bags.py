"""Bags of words: the sum, the mean or the largest of the vectors of what is in each, without regard to order."""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.functions.categories import check_padding, embedding, whole_numbers

__all__ = ["embedding_bag"]

BAG_MODES = ("mean", "sum", "max")


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    *,
    mode: str = "mean",
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """For each bag of indices the mean, the sum or, number by number, the largest of their rows of the weight.

    Shapes: input (B, L), bags of L indices each, or (n,), with offsets (B,) that say where each bag begins, and with
    `include_last_offset` (B + 1,), whose last is n; weight (count, width) -> (B, width). An empty bag gives 0. With
    mode "sum", rows count as much as `per_sample_weights`, of input's shape, say. Indices equal to `padding_idx` do not
    count, nor do they make the mean smaller.
    Gradient: upstream, added up by row, as much as the row counts; of "max", to the largest, shared evenly at a tie; to
    a weight upstream · row. Errors: ShapeError, DTypeError, ArgumentError for offsets and indices out of range.

    >>> table = ag.tensor([[1.0, 0.0], [0.0, 2.0]])
    >>> embedding_bag([0, 1, 1], table, [0, 1], mode="sum").tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """
    indices = whole_numbers("embedding_bag", "indices", input)
    check_bag_mode("embedding_bag", mode)
    if indices.ndim not in (1, 2) or (indices.ndim == 1) == (offsets is None):
        given = "none" if offsets is None else f"shape {np.shape(offsets)}"
        raise ShapeError(
            f"embedding_bag: takes input (B, L), or input (n,) with offsets; got shape {indices.shape} and {given}"
        )
    if per_sample_weights is not None:
        if mode != "sum":
            raise ArgumentError(f'embedding_bag: per_sample_weights are for mode="sum", got {mode!r}')
        if np.shape(per_sample_weights) != indices.shape:
            raise ShapeError(
                f"embedding_bag: takes a weight for each index, shape {indices.shape}; got "
                f"{np.shape(per_sample_weights)}"
            )
    padding_idx = check_padding("embedding_bag", padding_idx, weight.shape[0])
    rows = embedding(indices, weight, padding_idx)
    counted = np.ones(indices.shape) if padding_idx is None else ag.not_equal(indices, padding_idx)
    counted = ag.astype(counted, rows.dtype)
    if offsets is None:
        if mode == "max" and padding_idx is None and indices.shape[1]:
            return ag.max(rows, axis=1)
        count = indices.shape[0]
        bags: Any = np.repeat(np.arange(count), indices.shape[1])
    else:
        offsets = whole_numbers("embedding_bag", "offsets", offsets)
        count = max(0, offsets.size - include_last_offset)
        bags = _bag_numbers(offsets, size=indices.size, include_last_offset=include_last_offset)

    def add_up(x: Any) -> Any:
        return ag.sum(x, axis=1) if offsets is None else ag.scatter_add(x, (count, *x.shape[1:]), bags)

    if mode == "max":
        flat = ag.reshape(rows, (indices.size, weight.shape[1]))
        return _largest_in_bags(flat, bags, ag.reshape(counted, (-1,)), count=count)
    if padding_idx is not None:
        rows = rows * counted[..., None]
    if per_sample_weights is not None:
        rows = rows * ag.expand_dims(per_sample_weights, axis=-1)
    return add_up(rows) if mode == "sum" else add_up(rows) / ag.maximum(add_up(counted), 1.0)[:, None]


def check_bag_mode(name: str, mode: str) -> str:
    """That a mode is one of the three."""
    if mode not in BAG_MODES:
        raise ArgumentError(f"{name}: mode must be one of {', '.join(BAG_MODES)}; got {mode!r}")
    return mode


@ag.array_op
def _bag_numbers(offsets: Any, /, size: int, include_last_offset: bool) -> Any:
    """Which bag each of the indices is in. Shapes: (B,) -> (size,)."""
    if offsets.ndim != 1 or not offsets.size or offsets[0] != 0 or offsets[-1] > size or (np.diff(offsets) < 0).any():
        raise ArgumentError(
            f"embedding_bag: offsets (B,) go from 0 up, to at most {size}, the number of indices; got {offsets}"
        )
    if include_last_offset and offsets[-1] != size:
        raise ArgumentError(
            f"embedding_bag: with include_last_offset the last offset is {size}, the number of indices; "
            f"got {offsets[-1]}"
        )
    return np.searchsorted(offsets, np.arange(size), side="right") - 1


_bag_numbers.not_differentiable()


@ag.array_op
def _largest_in_bags(rows: Any, bags: Any, counted: Any, /, count: int) -> Any:
    """The largest of each bag's rows that count, number by number, 0 where none does. Shapes: (n, d), ... -> (B, d)."""
    found = np.zeros((count, rows.shape[1]), rows.dtype)
    kept = counted.astype(bool)
    numbers, starts = np.unique(bags[kept], return_index=True)
    if len(numbers):
        found[numbers] = np.maximum.reduceat(rows[kept], starts, axis=0)
    return found


@_largest_in_bags.vjp("rows")
def _(g: Any, rows: Any, bags: Any, counted: Any, y: Any, count: int) -> Any:
    is_largest_in_bags = ag.astype(ag.equal(rows, y[bags]), rows.dtype) * ag.expand_dims(counted, axis=1)
    ties = ag.scatter_add(is_largest_in_bags, y.shape, bags)
    return (g / ag.maximum(ties, 1.0))[bags] * is_largest_in_bags


_largest_in_bags.promotes = False
_largest_in_bags.not_differentiable("bags", "counted")
