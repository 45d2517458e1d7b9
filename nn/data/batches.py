"""Mini-batches in a seeded order that can be entered anywhere, so that a resumed run sees what it would have seen."""

import math
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import DataError


class Batches:
    """The mini-batches of one epoch over arrays of equal length, as tuples with one array each.

    The order depends on (seed, epoch) and the length alone, not on earlier epochs nor on any global state. So `start=k`
    gives exactly the batches that follow the first k, and iterating twice gives the same twice.
    The last batch holds what is left over, unless `drop_last`. `len` is the number of batches still to come.

    Shapes: arrays (N, ...) -> batches (batch_size, ...). Raises `DataError` on arguments out of range.

    >>> letters, numbers = np.array(["a", "b", "c", "d", "e"]), np.arange(5)
    >>> for batch in Batches(letters, numbers, batch_size=2, seed=0, shuffle=False):
    ...     print(*batch)
    ['a' 'b'] [0 1]
    ['c' 'd'] [2 3]
    ['e'] [4]
    """

    def __init__(
        self,
        *arrays: NDArray[Any],
        batch_size: int,
        seed: int,
        epoch: int = 0,
        shuffle: bool = True,
        start: int = 0,
        drop_last: bool = False,
    ) -> None:
        self._arrays = arrays
        self._length = _common_length(arrays)
        self._batch_size = _whole_number("batch_size", batch_size, at_least=1)
        self._seed = _whole_number("seed", seed, at_least=0)
        self._epoch = _whole_number("epoch", epoch, at_least=0)
        self._shuffle = shuffle
        self._start = _whole_number("start", start, at_least=0)
        batches = self._length / self._batch_size
        self._end = math.floor(batches) if drop_last else math.ceil(batches)
        if self._start > self._end:
            raise DataError(f"start is {start}, but the epoch has {self._end} batches; give a start of at most that")

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[tuple[NDArray[Any], ...]]:
        order = shuffled_order(self._length, seed=self._seed, epoch=self._epoch) if self._shuffle else None
        for index in range(self._start, self._end):
            chosen: Any = slice(index * self._batch_size, (index + 1) * self._batch_size)
            if order is not None:
                chosen = order[chosen]
            yield tuple(array[chosen] for array in self._arrays)


def shuffled_order(length: int, *, seed: int, epoch: int) -> NDArray[np.intp]:
    """A permutation of range(length) that only (seed, epoch, length) decides, on every machine and numpy version.

    numpy promises the raw stream of a bit generator for good, but not what `Generator.permutation` makes of it; hence
    the sort of raw random keys, stable so that even equal keys have one order.
    """
    stream = np.random.Philox(np.random.SeedSequence(seed, spawn_key=(epoch,)))
    return np.argsort(stream.random_raw(length), kind="stable")


def _common_length(arrays: tuple[NDArray[Any], ...]) -> int:
    if not arrays or any(array.ndim == 0 for array in arrays):
        raise DataError(f"batches need one or more arrays of at least one dimension, got {_shapes(arrays)}")
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        raise DataError(f"batches need arrays of equal length, got shapes {_shapes(arrays)}; pair them up first")
    return lengths.pop()


def _shapes(arrays: tuple[NDArray[Any], ...]) -> str:
    return ", ".join(str(array.shape) for array in arrays) or "none"


def _whole_number(name: str, value: int, *, at_least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = at_least - 1
    if number < at_least:
        raise DataError(f"{name} is {value!r}, expected a whole number of at least {at_least}")
    return number
