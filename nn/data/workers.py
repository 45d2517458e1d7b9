"""Batches made by other processes, for data sets whose examples take Python long to make."""

import collections
import concurrent.futures
import itertools
import multiprocessing
import pickle
import signal
from collections.abc import Iterator
from typing import Any

from nn.data.arguments import whole_number
from nn.data.batches import Batches
from nn.data.datasets import Chosen
from nn.errors import DataError


class WorkerBatches:
    """The same batches in the same order as `batches` gives, made by so many processes at once.

    It pays where the examples are made by Python code, which one thread alone can run at a time; where they are read
    from files or computed by numpy, `Prefetch` does without processes. Each iteration starts its own, which takes about
    a second, and ends them with it: at the last batch, or when the consumer breaks off, is interrupted or drops the
    iterator. Each makes up to two batches ahead.

    Every process has a copy of the data set and of the functions for collating and augmenting. They get there by
    pickle, so they must be defined in a module, not by a lambda or within a function; and a script has what it runs
    below `if __name__ == "__main__":`, for the processes import it. What goes wrong in one of them is raised where the
    batch would have come, with the traceback from there. Errors: DataError for what cannot be pickled, and if a process
    ends before its time.

    >>> batches = WorkerBatches(Batches([1.0, 2.0, 3.0], batch_size=2, seed=0), workers=2)
    >>> len(batches)
    2
    """

    def __init__(self, batches: Batches, workers: int) -> None:
        if not isinstance(batches, Batches):
            raise DataError(f"WorkerBatches takes nn.data.Batches and a number, got a {type(batches).__name__}")
        self._batches = batches
        self._workers = whole_number("workers", workers, at_least=1)

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Any]:
        try:
            copied = pickle.dumps(self._batches)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise DataError(
                f"WorkerBatches: the data set or a function of it cannot be sent to other processes ({error}); "
                "define it in a module, or use Prefetch"
            ) from error
        tasks = self._batches.tasks()
        executor = concurrent.futures.ProcessPoolExecutor(
            min(self._workers, max(1, len(self._batches))),
            # Not by fork: a copy of a process whose threads hold locks may wait for them for ever.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(copied,),
        )
        try:
            made = collections.deque(
                executor.submit(_make, *task) for task in itertools.islice(tasks, 2 * self._workers)
            )
            while made:
                batch = made.popleft().result()
                made.extend(executor.submit(_make, *task) for task in itertools.islice(tasks, 1))
                yield batch
        except concurrent.futures.BrokenExecutor as error:
            raise DataError(
                "WorkerBatches: a process ended before its time: out of memory, or because the script that it imported "
                'has no `if __name__ == "__main__":` before what it runs; what it printed says more'
            ) from error
        finally:
            executor.shutdown(cancel_futures=True)  # waits for the batches that are being made, at most


_batches: Batches | None = None  # in a process of the pool


def _begin(copied: bytes) -> None:
    global _batches
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's, which ends this one
    _batches = pickle.loads(copied)  # what this program has dumped itself


def _make(index: int, chosen: Chosen) -> Any:
    assert _batches is not None
    return _batches.make(index, chosen)
