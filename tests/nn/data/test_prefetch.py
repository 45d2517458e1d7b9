import threading
import time

import numpy as np
import pytest

from nn.data import Batches, Prefetch


class Recorded:
    """Numbers that remember how many of them have been made, and by which thread."""

    def __init__(self, length, fails_at=None):
        self.length, self.fails_at, self.made, self.threads = length, fails_at, 0, set()

    def __len__(self):
        return self.length

    def __iter__(self):
        for number in range(self.length):
            self.threads.add(threading.current_thread().name)
            if number == self.fails_at:
                raise OSError("disk gone")
            self.made += 1
            yield number


def wait_until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def prefetching_threads():
    return [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def test_batches_are_the_same_and_in_the_same_order():
    batches = Batches(np.arange(100), batch_size=7, seed=3, start=2)
    early = Prefetch(batches)
    assert len(early) == len(batches) == 13
    for _ in range(2):
        for (expected,), (got,) in zip(batches, early, strict=True):
            np.testing.assert_array_equal(got, expected)
    assert not prefetching_threads()


def test_made_in_the_background_and_never_more_than_asked_for_early():
    numbers = Recorded(20)
    iterator = iter(Prefetch(numbers, ahead=3))
    for taken in range(1, 5):
        assert next(iterator) == taken - 1
        wait_until(lambda taken=taken: numbers.made == taken + 3)
        time.sleep(0.01)  # time to make another, were it allowed to
        assert numbers.made == taken + 3
    assert numbers.threads == {"prefetch"}


def test_failure_comes_where_its_batch_would_have_come():
    iterator = iter(Prefetch(Recorded(9, fails_at=2), ahead=4))
    assert [next(iterator), next(iterator)] == [0, 1]
    with pytest.raises(OSError, match="disk gone") as raised:
        next(iterator)
    assert "__iter__" in [entry.name for entry in raised.traceback]  # where it happened can be seen
    assert not prefetching_threads()


def test_leaving_early_ends_the_thread():
    numbers = Recorded(1000)
    for number in Prefetch(numbers, ahead=2):
        if number == 5:
            break
    wait_until(lambda: not prefetching_threads())
    assert numbers.made <= 6 + 2


def test_a_failure_of_the_consumer_ends_the_thread():
    with pytest.raises(ZeroDivisionError):
        for number in Prefetch(Recorded(1000)):
            1 / number
    wait_until(lambda: not prefetching_threads())


def test_nothing_to_fetch_and_two_consumers_at_once():
    assert list(Prefetch([])) == []
    early = Prefetch(Recorded(5))
    assert list(zip(early, early, strict=True)) == [(number, number) for number in range(5)]


def test_ahead_out_of_range_is_refused(refuses):
    with refuses("ahead is 0, expected a whole number of at least 1"):
        Prefetch([], ahead=0)
