"""Batches made in the background, while the batch before is being learned from."""

import queue
import threading
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from nn.data.arguments import whole_number

T = TypeVar("T", covariant=True)


class SizedIterable(Protocol[T]):
    """What has a length and can be iterated, like `Batches`."""

    def __len__(self) -> int:
        """How many there are to come."""

    def __iter__(self) -> Iterator[T]:
        """From the first on."""


class Prefetch(Generic[T]):
    """The same batches in the same order as `batches` gives, made by a thread that is up to `ahead` of them early.

    It pays where making a batch waits for files, or computes in numpy, which lets other threads run meanwhile. Each
    iteration has a thread of its own, which ends with it: at the last batch, or when the consumer breaks off and drops
    the iterator. What goes wrong in making a batch is raised where that batch would have come.

    >>> list(Prefetch(["a", "b", "c"], ahead=2))
    ['a', 'b', 'c']
    """

    def __init__(self, batches: SizedIterable[T], ahead: int = 2) -> None:
        self._batches = batches
        self._ahead = whole_number("ahead", ahead, at_least=1)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[T]:
        made: queue.Queue[tuple[T] | BaseException | None] = queue.Queue()
        room = threading.Semaphore(self._ahead)
        left = threading.Event()
        thread = threading.Thread(target=_make, args=(self._batches, made, room, left), daemon=True, name="prefetch")
        thread.start()
        try:
            while (item := made.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                room.release()
                yield item[0]
        finally:
            left.set()
            room.release()
            thread.join()


def _make(
    batches: SizedIterable[T],
    made: "queue.Queue[tuple[T] | BaseException | None]",
    room: threading.Semaphore,
    left: threading.Event,
) -> None:
    """Put each batch into `made` once there is room, then None; a failure takes the place of the batch that failed."""
    try:
        iterator = iter(batches)
        while True:
            room.acquire()
            if left.is_set():
                return
            try:
                batch = next(iterator)
            except StopIteration:
                break
            made.put((batch,))
        made.put(None)
    except BaseException as error:  # whatever it is, it belongs to the consumer
        made.put(error)
