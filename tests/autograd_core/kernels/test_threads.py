import os
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from autograd_core.errors import ArgumentError
from autograd_core.kernels import gemm, plan, pooling, team, threads


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
    for wrong in (0, -1, 1.5, 10**6, float("nan"), "2", None):
        with pytest.raises(ArgumentError, match=f"from 1 to 1024, got {wrong!r}"):
            threads.set_num_threads(wrong)


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": " 4 , 2"}, 4),  # the levels of nested regions
        ({"OMP_NUM_THREADS": "5", "NUMBA_NUM_THREADS": "2"}, 2),
        ({"OMP_NUM_THREADS": ""}, None),
        ({}, None),
    ],
)
def test_the_environment_says_how_many_threads_help(environment, count):
    ended = in_a_new_process(environment)
    assert ended.stdout == "{0} {0}\n".format(count or threads._processors())
    assert "Warning" not in ended.stderr


@pytest.mark.parametrize("wrong", ["0", "-2", "abc", "4,abc", "2.5", "4,,2", "1000000", "9" * 5000])
def test_a_number_of_threads_that_is_none_is_warned_of_once_and_passed_over(wrong):
    ended = in_a_new_process({"OMP_NUM_THREADS": wrong})
    assert ended.stdout == f"{threads._processors()} {threads._processors()}\n"
    says = f"OMP_NUM_THREADS is {wrong!r}, expected a whole number from 1 to 1024; it is passed over"
    assert ended.stderr.count("Warning: ") == ended.stderr.count(says) == 1


def in_a_new_process(environment):
    """It prints what `get_num_threads` says, and how many threads a large kernel really has."""
    script = """if True:
        import threading, numpy as np
        from autograd_core import get_num_threads
        from autograd_core.kernels import pooling
        before = threading.active_count()
        pooling.max_pool2d(np.ones((16, 8, 64, 64), np.float32), (2, 2), (2, 2), (0, 0))
        print(get_num_threads(), 1 + threading.active_count() - before)
    """
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")}
    command = [sys.executable, "-c", script]
    environment = {**inherited, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, encoding="utf-8")


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


def test_no_more_threads_help_than_the_caller_prepared_for(number_of_threads):
    threads.set_num_threads(1)
    threads.get_num_threads()  # for which a kernel asks before it takes working memory,
    threads.set_num_threads(3)  # when another thread of Python sets it
    assert threads.enlist() is None
    team = threads.enlist()
    team.busy.release()
    assert team.size == 3
    assert threads.enlist(2) is None


def test_a_helper_that_is_about_to_sleep_hears_of_what_is_posted_then(number_of_threads, images):
    threads.set_num_threads(2)
    with plan.planning() as made:
        y = _pool(images)
    expected = y.copy()
    plan.owner(y)[...] = 0
    helped = threads.enlist()
    helped.busy.release()
    about_to_sleep, posted = threading.Event(), threading.Event()

    class Sleepers(list):
        def append(self, alarm):
            about_to_sleep.set()
            posted.wait(10)
            super().append(alarm)

    helped._sleepers = Sleepers()
    assert about_to_sleep.wait(10)
    (launch,) = made.steps
    box = helped.mailbox
    box[team.FUNCTION], box[team.ARGUMENTS] = launch.code, launch.arguments
    box[team.TASKS], box[team.DONE] = launch.tasks, 0
    job = ((int(box[team.SHARES]) >> 32) + 1) << 32
    box[team.SHARES :: threads.CACHE_LINE // 8] = [job + launch.tasks // 2, job + launch.tasks - launch.tasks // 2]
    helped.wake()  # nobody, yet
    posted.set()
    deadline = time.monotonic() + 10
    while box[team.DONE] < launch.tasks and time.monotonic() < deadline:
        time.sleep(0.001)
    np.testing.assert_array_equal(y, expected)


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


MANY_AT_ONCE = """
import threading
import numpy as np
from autograd_core.kernels import elementwise
def double(x):
    return 2.0 * x
start, failed = threading.Barrier(8), []
def first_call(dtype):
    start.wait()
    try:
        for _ in range(20):
            assert elementwise.run(double, (np.ones(500, dtype),)).sum() == 1000
    except BaseException as error:
        failed.append(error)
threads = [threading.Thread(target=first_call, args=(np.float32 if k % 2 else np.float64,)) for k in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert not failed, failed
"""


def test_threads_that_need_a_kernel_at_once_wait_for_the_one_that_compiles_it(tmp_path):
    program = tmp_path / "many.py"
    program.write_text(MANY_AT_ONCE)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, str(program)], check=True, env=environment, timeout=120)
