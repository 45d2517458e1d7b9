import os
import threading
import warnings

import numpy as np
import pytest

from autograd_core.errors import ArgumentError
from autograd_core.kernels import gemm, pooling, threads


@pytest.fixture
def images():
    return np.random.default_rng(0).standard_normal((16, 8, 64, 64)).astype(np.float32)


def _pool(images):
    return pooling.max_pool2d(images, (2, 2), (2, 2), (0, 0))


@pytest.fixture
def number_of_threads():
    before = threads.get_num_threads()
    yield before
    threads.set_num_threads(before)


def test_number_of_threads_can_be_set_and_is_checked(number_of_threads):
    threads.set_num_threads(3)
    assert threads.get_num_threads() == 3
    for wrong in (0, -1, 1.5):
        with pytest.raises(ArgumentError, match=f"got {wrong}"):
            threads.set_num_threads(wrong)


def test_results_are_the_same_to_the_bit_for_any_number_of_threads(number_of_threads, images):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((300, 700), np.float32), rng.standard_normal((700, 210), np.float32)
    results = []
    for count in (1, 2, 5):
        threads.set_num_threads(count)
        results.append([gemm.matmul(a, b), _pool(images)])
    for result in results[1:]:
        for ours, first in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(ours, first)


def test_scratch_is_aligned_and_reused_within_a_thread():
    first = threads.scratch(1000, np.dtype(np.float32))
    assert first.ctypes.data % threads.CACHE_LINE == 0
    assert threads.scratch(10, np.dtype(np.float32)) is first
    elsewhere = []
    worker = threading.Thread(target=lambda: elsewhere.append(threads.scratch(10, np.dtype(np.float32))))
    worker.start()
    worker.join()
    assert not np.shares_memory(elsewhere[0], first)


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
