"""Mini-batches of examples that come one after the other, from files too large to count or from a simulation, say."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nn.data.arguments import whole_number
from nn.data.batches import Collate, checked_collate
from nn.data.datasets import collate as collated
from nn.data.random_streams import batch_generator
from nn.errors import DataError

Examples = Iterable[Any] | Callable[[int], Iterable[Any]]


class StreamedBatches:
    """The mini-batches of examples that have no number and perhaps no end: those of an iterable, in its order.

    `examples` is an iterable of examples, as those of a data set are, or a function of the epoch that returns one. The
    last batch holds what is left over, unless `drop_last`. `collate(examples)` makes a batch of a list of them in place
    of `nn.data.collate`.

    With `shuffle_buffer` n, each example is drawn from the n next ones, at random, by a generator that depends on
    (seed, epoch) alone; n examples are held in memory for it.

    As training data for `Trainer.fit`, which calls it with the epoch and the number of the batch to go on from:
    `lambda epoch, start: itertools.islice(StreamedBatches(read, batch_size=50, epoch=epoch), start, None)`.
    Raises `DataError` on arguments out of range, and where an iterator is asked for its examples a second time.

    >>> for batch in StreamedBatches(range(5), batch_size=2):
    ...     print(*batch)
    [0 1]
    [2 3]
    [4]
    """

    def __init__(
        self,
        examples: Examples,
        *,
        batch_size: int,
        seed: int = 0,
        epoch: int = 0,
        shuffle_buffer: int = 1,
        drop_last: bool = False,
        collate: Collate | None = None,
    ) -> None:
        if not (callable(examples) or hasattr(examples, "__iter__")):
            raise DataError(
                f"expected an iterable of examples, or a function of the epoch that returns one, got a "
                f"{type(examples).__name__}"
            )
        self._examples = examples
        self._batch_size = whole_number("batch_size", batch_size, at_least=1)
        self._seed = whole_number("seed", seed, at_least=0)
        self._epoch = whole_number("epoch", epoch, at_least=0)
        self._buffer = whole_number("shuffle_buffer", shuffle_buffer, at_least=1)
        self._drop_last = drop_last
        self._collate = checked_collate(collate) or collated
        self._used_up = False

    def __iter__(self) -> Iterator[Any]:
        found: list[Any] = []
        for example in self._shuffled():
            found.append(example)
            if len(found) == self._batch_size:
                yield self._collate(found)
                found = []
        if found and not self._drop_last:
            yield self._collate(found)

    def _shuffled(self) -> Iterator[Any]:
        examples = iter(self._examples(self._epoch) if callable(self._examples) else self._examples)
        if examples is self._examples:
            if self._used_up:
                raise DataError(
                    "an iterator gives its examples once; pass a list, or a function of the epoch that gives a new one"
                )
            self._used_up = True
        if self._buffer == 1:
            yield from examples
            return
        generator = batch_generator(seed=self._seed, epoch=self._epoch, batch=0)
        held: list[Any] = []
        for example in examples:
            held.append(example)
            if len(held) == self._buffer:
                yield _drawn(held, generator)
        while held:
            yield _drawn(held, generator)


def _drawn(held: list[Any], generator: Any) -> Any:
    """One of what is held, which the last then takes the place of."""
    place = int(generator.random() * len(held))
    held[place], held[-1] = held[-1], held[place]
    return held.pop()
