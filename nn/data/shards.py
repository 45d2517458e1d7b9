"""Shards: the parts that a mini-batch is cut into, always the same ones, whoever then computes with which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nn.errors import DataError

MOST_SHARDS = 1 << 14


@dataclass(frozen=True)
class Shards:
    """Some of the shards of a mini-batch of `examples`; None stands for one without examples."""

    examples: int
    parts: Sequence[tuple[Any, ...] | None]


def is_number_of_shards(count: int) -> bool:
    """Whether it is a power of two, so that halves of them are, too, up to MOST_SHARDS."""
    return 1 <= count <= MOST_SHARDS and count & (count - 1) == 0


def shard_bounds(length: int, count: int) -> list[tuple[int, int]]:
    """From which to which example each of `count` shards of a mini-batch of `length` goes.

    They are of one size, or of two that differ by one. A small mini-batch has fewer, and the last ones are empty, so
    that none has a single example, of which batch normalisation could make nothing.

    >>> shard_bounds(10, 4)
    [(0, 3), (3, 6), (6, 8), (8, 10)]
    >>> shard_bounds(5, 4)
    [(0, 3), (3, 5), (5, 5), (5, 5)]
    """
    used = max(1, min(count, length // 2))
    least, more = divmod(length, used)
    ends = np.cumsum([least + (shard < more) for shard in range(used)] + [0] * (count - used)).tolist()
    return list(zip([0, *ends], ends, strict=False))


def cut(batch: Sequence[Any], count: int, own: range) -> Shards:
    """The shards `own` of a mini-batch. Raises `DataError` unless all of its parts can be cut along their first axis.

    Shapes: parts (N, ...) -> (n, ...).
    """
    lengths = [len(part) if hasattr(part, "__len__") else None for part in batch]
    sliceable = all(hasattr(part, "__getitem__") and not isinstance(part, dict) for part in batch)
    if len(set(lengths)) != 1 or not sliceable:
        raise DataError(
            "a mini-batch that is to be cut into shards is a tuple of arrays with one length along their first axis,"
            f" got {', '.join(f'{type(x).__name__} of {n}' for x, n in zip(batch, lengths, strict=True))}"
        )
    examples = len(batch[0])
    bounds = shard_bounds(examples, count)
    parts = [tuple(x[slice(*bounds[shard])] for x in batch) if len(range(*bounds[shard])) else None for shard in own]
    return Shards(examples, parts)
