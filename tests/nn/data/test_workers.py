import os
import signal
import threading
import time

import pytest

from nn.data import Batches, WorkerBatches
from nn.errors import DataError


class Squares:
    """Examples made in Python, which say which process made them; some fail, or end it."""

    def __init__(self, length, fails_at=None, ends_at=None):
        self.length, self.fails_at, self.ends_at = length, fails_at, ends_at

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if index == self.fails_at:
            raise ZeroDivisionError(f"example {index} cannot be made")
        if index == self.ends_at:
            os._exit(1)
        time.sleep(0.002 * (index % 3))  # so that batches are not ready in their order
        return {"square": index**2, "process": os.getpid()}


def test_batches_of_processes_are_those_of_one_in_order():
    batches = Batches(Squares(30), batch_size=4, seed=3)
    found = list(WorkerBatches(batches, workers=2))
    assert [batch["square"].tolist() for batch in found] == [batch["square"].tolist() for batch in batches]
    assert os.getpid() not in {pid for batch in found for pid in batch["process"].tolist()}


def test_what_fails_there_is_raised_here_with_its_traceback():
    batches = iter(WorkerBatches(Batches(Squares(6, fails_at=3), batch_size=2, seed=0, shuffle=False), workers=1))
    assert next(batches)["square"].tolist() == [0, 1]
    with pytest.raises(ZeroDivisionError, match="example 3 cannot be made") as caught:
        next(batches)
    assert "in __getitem__" in str(caught.value.__cause__)


def test_a_process_that_ends_is_reported_rather_than_waited_for(refuses):
    with refuses("a process ended before its time", 'if __name__ == "__main__":'):
        list(WorkerBatches(Batches(Squares(6, ends_at=0), batch_size=2, seed=0), workers=1))


def test_an_interrupt_ends_the_iteration():
    batches = iter(WorkerBatches(Batches(Squares(4000), batch_size=2, seed=0), workers=1))
    next(batches)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        for _ in batches:
            pass


def test_what_cannot_be_sent_is_refused(refuses):
    with refuses("cannot be sent to other processes", "define it in a module, or use Prefetch"):
        list(WorkerBatches(Batches(Squares(3), batch_size=2, seed=0, collate=lambda examples: examples), workers=1))
    with refuses("takes nn.data.Batches and a number, got a list"):
        WorkerBatches([1, 2], workers=1)
    with pytest.raises(DataError, match="workers is 0, expected a whole number of at least 1"):
        WorkerBatches(Batches(Squares(3), batch_size=2, seed=0), workers=0)
