"""How many threads a kernel uses, and when it uses only one.

Numba offers three ways to start threads. OpenMP enters a parallel region in under 2 µs and may be entered by two
Python threads at once, so it comes first, then TBB; the built-in workqueue is neither quick nor reentrant and is
taken only if nothing else is there, behind a lock. GNU OpenMP aborts a process that was forked from one
that had used it: a forked child therefore runs the same kernels compiled without threads.
"""

import os
import threading
from contextlib import nullcontext

from autograd_core.errors import ArgumentError

# Below this many elementary operations, waking a second thread costs more than it saves.
SEQUENTIAL_WORK = 1 << 17


def _available():
    wished = os.environ.get("NUMBA_NUM_THREADS")
    if wished:
        return int(wished)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_maximum = _available()
_num_threads: int = _maximum
_forked = False
_per_thread = threading.local()


def _after_fork_in_child():
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def get_num_threads() -> int:
    """The number of threads that large kernels use."""
    return _num_threads


def set_num_threads(count: int) -> None:
    """Let large kernels use `count` threads, from 1 to the number of processors. Results do not depend on it."""
    global _num_threads
    if not 1 <= count <= _maximum:
        raise ArgumentError(f"set_num_threads: expected 1 to {_maximum} (the processors available), got {count}")
    _num_threads = int(count)


def threads_for(work: int) -> int:
    """Threads worth using for `work` elementary operations."""
    return 1 if work < SEQUENTIAL_WORK else _num_threads


class ParallelKernel:
    """A function with a `prange`, called as `kernel(threads, *arguments)`.

    The loop's iterations must not depend on one another, nor what each computes on the number of threads, so that
    results are the same, to the bit, for any number.
    """

    def __init__(self, function):
        from autograd_core.kernels.jit import jit

        self.__doc__ = function.__doc__
        self._threaded = jit(function, parallel=True)
        self._sequential = jit(function)
        self._lock = None

    def __call__(self, threads, *arguments):
        """Run on `threads` threads, whatever the global setting."""
        if _forked or _maximum == 1:
            return self._sequential(*arguments)
        if self._lock is None:
            self._lock = _start_threads()
        if getattr(_per_thread, "count", None) != threads:
            import numba

            numba.set_num_threads(threads)
            _per_thread.count = threads
        with self._lock:
            return self._threaded(*arguments)


def _start_threads():
    """Choose Numba's threading layer; the lock that calls must hold under it."""
    import numba
    from numba.np.ufunc import parallel

    if numba.config.THREADING_LAYER == "default":
        numba.config.THREADING_LAYER_PRIORITY = ["omp", "tbb", "workqueue"]
    parallel._launch_threads()
    return _workqueue_lock if numba.threading_layer() == "workqueue" else nullcontext()


_workqueue_lock = threading.RLock()
