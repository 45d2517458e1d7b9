"""Mini-batches in a seeded order that can be entered anywhere, so that a resumed run sees what it would have seen."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import whole_number
from nn.data.datasets import Chosen, as_dataset, examples_of, fetch
from nn.data.random_streams import batch_generator, shuffled_order
from nn.data.samplers import Sampler
from nn.data.shards import Shards, shard_bounds
from nn.errors import DataError

Augmentation = Callable[[NDArray[Any], np.random.Generator], NDArray[Any]]
Collate = Callable[[list[Any]], Any]


class Batches:
    """The mini-batches of one epoch over arrays of equal length, or over a data set, as tuples of arrays.

    Where a data set's examples are dictionaries, so are the batches: see `nn.data.collate`, in whose place a function
    `collate(examples)` may make a batch of a list of examples, by padding them to one length, say.

    The order depends on (seed, epoch) and the length alone, not on earlier epochs nor on any global state. So `start=k`
    gives exactly the batches that follow the first k, and iterating twice gives the same twice.
    The last batch holds what is left over, unless `drop_last`. `len` is the number of batches still to come.

    A `sampler` says which examples the epoch has, in place of all of them shuffled; see `nn.data.WeightedSampler`.

    `augment(inputs, generator)` is applied to the first array of each batch, with a generator that depends on
    (seed, epoch, number of the batch) alone; see `nn.data.augmentation`.

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
        *source: Any,
        batch_size: int,
        seed: int,
        epoch: int = 0,
        shuffle: bool = True,
        start: int = 0,
        drop_last: bool = False,
        augment: Augmentation | None = None,
        sampler: Sampler | None = None,
        collate: Collate | None = None,
    ) -> None:
        self._dataset = as_dataset(*source)
        self._sampler = sampler
        self._length = len(self._dataset if sampler is None else sampler)
        self._batch_size = whole_number("batch_size", batch_size, at_least=1)
        self._seed = whole_number("seed", seed, at_least=0)
        self._epoch = whole_number("epoch", epoch, at_least=0)
        self._shuffle = shuffle
        self._start = whole_number("start", start, at_least=0)
        if not (augment is None or callable(augment)):
            raise DataError(f"augment is {augment!r}, expected a function of (inputs, generator)")
        self._augment = augment
        self._collate = checked_collate(collate)
        batches = self._length / self._batch_size
        self._end = math.floor(batches) if drop_last else math.ceil(batches)
        if self._start > self._end:
            raise DataError(f"start is {start}, but the epoch has {self._end} batches; give a start of at most that")

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[Any]:
        for task in self.tasks():
            yield self.make(*task)

    def in_shards(self, count: int, own: range) -> Iterator[Shards]:
        """Of each batch the shards `own` of `count`; the others are not made (see `nn.data.shards`).

        The generator of `augment` depends on the number of the shard, too.
        """
        order = self._order()
        for index in range(self._start, self._end):
            first = index * self._batch_size
            examples = min(self._batch_size, self._length - first)
            bounds = shard_bounds(examples, count)
            parts = [
                self.make(index, _chosen(order, first + bounds[shard][0], first + bounds[shard][1]), shard)
                if len(range(*bounds[shard]))
                else None
                for shard in own
            ]
            yield Shards(examples, parts)

    def tasks(self) -> Iterator[tuple[int, Chosen]]:
        """For each mini-batch its number and examples: what `make` makes it of, here or by a copy of this elsewhere."""
        order = self._order()
        for index in range(self._start, self._end):
            yield index, _chosen(order, index * self._batch_size, (index + 1) * self._batch_size)

    def make(self, index: int, chosen: Chosen, shard: int | None = None) -> Any:
        """The mini-batch of this number, or a shard of it, of the examples `chosen`, augmented."""
        if self._collate is None:
            batch = fetch(self._dataset, chosen)
        else:
            batch = self._collate(examples_of(self._dataset, chosen))
        if self._augment is not None:
            if not isinstance(batch, tuple):
                kind = type(batch).__name__
                raise DataError(f"augment is for batches that are tuples, got a {kind}; do it in collate")
            generator = batch_generator(seed=self._seed, epoch=self._epoch, batch=index, shard=shard)
            batch = (self._augment(batch[0], generator), *batch[1:])
        return batch

    def _order(self) -> Any:
        """The numbers of the epoch's examples, or None where they come as they are."""
        if self._sampler is None:
            return shuffled_order(self._length, seed=self._seed, epoch=self._epoch) if self._shuffle else None
        order = np.asarray(self._sampler(seed=self._seed, epoch=self._epoch))
        there = len(self._dataset)
        if order.shape != (self._length,) or order.dtype.kind not in "iu":
            raise DataError(
                f"the sampler gave {order.dtype} of shape {order.shape}, expected {self._length} numbers of examples"
            )
        if order.size and (order.min() < 0 or order.max() >= there):
            raise DataError(
                f"the sampler gave examples from {order.min()} to {order.max()}, but the data set has {there}, from 0"
            )
        return order


def _chosen(order: Any, begin: int, end: int) -> Chosen:
    """The examples from `begin` to `end` in the order of the epoch."""
    chosen: Chosen = slice(begin, end)
    return chosen if order is None else order[chosen]


def checked_collate(collate: Collate | None) -> Collate | None:
    """A function that makes a batch of examples, or None. Raises `DataError` otherwise."""
    if not (collate is None or callable(collate)):
        raise DataError(f"collate is {collate!r}, expected a function of a list of examples")
    return collate
