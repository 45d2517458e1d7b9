"""The threads that help kernels: how many, when they are called, where they wait.

Helpers watch the mailbox of `team` for about a millisecond after the last task, without the interpreter's lock; so
in a training loop a kernel has help within a microsecond. Then they sleep, and the next large kernel wakes them. A
kernel that is small, or that is called while another Python thread has the team, runs on its caller's thread alone.
A forked child has no helpers at first and starts its own.
"""

import atexit
import numbers
import os
import threading
import warnings
from math import prod

import numpy as np

from autograd_core.errors import ArgumentError
from autograd_core.kernels.addresses import address_of

CACHE_LINE = 64
_MOST_THREADS = 1024
# Looks at an empty mailbox before a helper goes to sleep.
_PATIENCE = 1 << 18


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_num_threads: int | None = None  # until it is asked for or set
_team = None
_starting = threading.Lock()


class _Own(threading.local):
    def __init__(self):
        self.buffers = {}  # by dtype and what they are for
        self.told = _MOST_THREADS  # the number of threads that it was told last


_own = _Own()

# The first that is set decides. NUMBA_NUM_THREADS speaks of compiled kernels alone; the other is every library's.
_VARIABLES = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")


def get_num_threads() -> int:
    """The number of threads that large kernels use: what `set_num_threads` was told, or else the environment.

    That is, `NUMBA_NUM_THREADS`, or `OMP_NUM_THREADS` (of a list such as "4,2" the first), read when they are first
    asked for; or else the number of processors that this process may use. A value that is no number of threads is
    warned of and passed over.
    """
    global _num_threads
    if _num_threads is None:
        _num_threads = _from_environment()
    _own.told = _num_threads
    return _num_threads


def threads_prepared_for():
    """The number of threads that this Python thread was told last, and so has working memory for, if for several."""
    return _own.told


def set_num_threads(count: int) -> None:
    """Let large kernels use `count` threads; 1 keeps all work on the caller's.

    Results do not depend on it, to the bit. Errors: ArgumentError for anything but a whole number from 1 to 1024.
    """
    global _num_threads
    if not isinstance(count, numbers.Real) or not 1 <= count <= _MOST_THREADS or count != int(count):
        raise ArgumentError(f"set_num_threads: expected a whole number from 1 to {_MOST_THREADS}, got {count!r}")
    _num_threads = int(count)
    _dismiss_team()


def _from_environment() -> int:
    for name in _VARIABLES:
        text = os.environ.get(name, "").strip()
        # OpenMP gives a number for each level of nested regions; there is one here.
        levels = [level.strip() for level in text.split(",")]
        if all(level.isdecimal() and len(level) < 9 and 1 <= int(level) <= _MOST_THREADS for level in levels):
            return int(levels[0])
        if text:
            warnings.warn(
                f"{name} is {text!r}, expected a whole number from 1 to {_MOST_THREADS}; it is passed over",
                RuntimeWarning,
                stacklevel=3,
            )
    return _processors()


def scratch(count, dtype, which=""):
    """`count` uninitialised entries of working memory, at least, aligned to cache lines.

    Each Python thread has its own, which the next call hands out again: memory fresh from the system costs a page
    fault every 4 kB, often more than the arithmetic done in it. Who needs two at a time names them by `which`.
    """
    key = (dtype, which) if which else dtype
    buffer = _own.buffers.get(key)
    if buffer is None or buffer.size < count:
        buffer = _own.buffers[key] = _aligned(count, dtype)
    return buffer


def int_scratch(*shape):
    """Working memory for whole numbers."""
    count = prod(shape)
    return scratch(count, np.dtype(np.int64))[:count].reshape(shape)


def whole_lines(count):
    """So many entries, or a few more, as fill cache lines, whatever their dtype."""
    return count + -count % 16


def _aligned(count, dtype):
    memory = np.empty(count * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -address_of(memory) % CACHE_LINE
    return memory[start : start + count * dtype.itemsize].view(dtype)


class _Team:
    """Helpers and the mailbox that they watch. `busy` belongs to the Python thread whose kernel they help."""

    def __init__(self, helpers):
        from autograd_core.kernels import team

        self._serve, self._open = team.serve, team.OPEN
        self.size = helpers + 1
        self.mailbox = new_mailbox(self.size)
        self.mailbox[self._open] = 1
        self._serve(self.mailbox, 0, 0)  # compiles
        self.busy = threading.Lock()
        self._sleepers = []
        self._threads = [threading.Thread(target=self._help, args=(i + 1,), daemon=True) for i in range(helpers)]
        for thread in self._threads:
            thread.start()

    def _help(self, worker):
        alarm = threading.Lock()
        alarm.acquire()
        while self.mailbox[self._open]:
            self._serve(self.mailbox, worker, _PATIENCE)
            self._sleepers.append(alarm)
            self._serve(self.mailbox, worker, 1)  # what was posted before anybody could see that it sleeps
            alarm.acquire()

    def wake(self):
        while self._sleepers:
            self._sleepers.pop().release()

    def dismiss(self):
        """Let the helpers end, and wait for them: a thread must not be in compiled code when the interpreter ends."""
        self.mailbox[self._open] = 0
        for thread in self._threads:
            while thread.is_alive():
                self.wake()
                thread.join(0.01)


def new_mailbox(workers=1):
    """A mailbox that nobody watches yet."""
    from autograd_core.kernels import team

    mailbox = _aligned(team.SHARES + workers * CACHE_LINE // 8, np.dtype(np.int64))
    mailbox[:] = 0
    mailbox[team.WORKERS] = workers
    return mailbox


def pieces_run(mailbox):
    """The place in a plan's own mailbox that says how many pieces of it were run."""
    from autograd_core.kernels import team

    return mailbox[team.RAN : team.RAN + 1]


def enlist(most=None):
    """The team, awake and for this Python thread alone until it releases `busy`; None if there is none, or no time.

    Nor is there one of more threads than `most`, or than this Python thread was told that there are: `set_num_threads`
    may have been called since it prepared working memory for each.
    """
    global _team
    most = most or _own.told  # before it is told anew
    if get_num_threads() == 1:
        return None
    if _team is None:
        with _starting:
            if _team is None:
                _team = _Team(get_num_threads() - 1)
    team = _team
    if team.size > most or not team.busy.acquire(blocking=False):
        return None
    team.wake()
    return team


@atexit.register
def _dismiss_team():
    global _team
    with _starting:
        team, _team = _team, None
    if team is not None:
        with team.busy:
            team.dismiss()


def _forget_team():
    """In a forked child: threads did not come along, and locks may be held by some of them."""
    global _team, _starting
    _team = None
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_team)
