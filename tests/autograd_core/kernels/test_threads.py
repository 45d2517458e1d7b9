import os
import threading
import warnings

import numpy as np
import pytest

from autograd_core.errors import ArgumentError
from autograd_core.kernels import pooling, threads


@pytest.fixture
def images():
    return np.random.default_rng(0).standard_normal((16, 8, 64, 64)).astype(np.float32)


def _pool(images):
    return pooling.max_pool2d(images, (2, 2), (2, 2), (0, 0))


def test_number_of_threads_can_be_set_and_is_checked():
    before = threads.get_num_threads()
    threads.set_num_threads(1)
    assert threads.get_num_threads() == 1
    threads.set_num_threads(before)
    with pytest.raises(ArgumentError, match="got 0"):
        threads.set_num_threads(0)


def test_small_work_stays_on_one_thread():
    assert threads.threads_for(100) == 1
    assert threads.threads_for(10**9) == threads.get_num_threads()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_kernels_work_in_a_forked_child_after_the_parent_used_threads(images):
    expected = _pool(images)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forking with threads about
        child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(_pool(images), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_two_python_threads_may_run_kernels_at_once(images):
    expected = _pool(images)
    same = []

    def work():
        same.extend(np.array_equal(_pool(images), expected) for _ in range(20))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert same == [True] * 40
