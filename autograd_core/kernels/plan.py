"""Plans: what a computation launches, written down to be run again on the same arrays without what led to it.

A function of arrays that is `planned` does all of its work in kernels and in calls that are made `at_each_run`. So when
it was given arrays that a plan knows, its results are computed again whenever the plan is run.
"""

import functools
import threading
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd_core.kernels.threads import enlist, get_num_threads, new_mailbox, pieces_run, threads_prepared_for

in_the_making = 0  # plans, in all threads
_counting = threading.Lock()


class _Own(threading.local):
    plan = None  # that this thread is making


_own = _Own()


class Plan:
    """Launches on certain arrays, and calls of Python between them, which `run` does again, in order.

    It keeps the arrays, except those in `pool`, memory that outlives it. It belongs to the Python thread that made it,
    whose working memory it uses, for as many `threads` as there were then. A `dry` one is written down, but not run.

    `complete` says whether running it again computes all that was computed meanwhile: whether every function that is
    `planned` was given arrays that are `known`: inputs, or what such a function made of them.
    """

    def __init__(self, pool=frozenset(), dry=False):
        self.dry = dry
        self.steps = []  # each a Launch, or a function without arguments
        self.known = {}  # the arrays that own what is known, by id
        self.complete = True
        self._pool = pool
        self._segments = None
        self.begun = -1
        self._mailbox = new_mailbox()
        self._pieces_run = pieces_run(self._mailbox)  # of launches
        self.threads = get_num_threads()

    def __len__(self):
        return len(self.steps)

    def expect(self, arrays):
        """From here on `arrays` are inputs, and `complete` speaks of what is computed of them."""
        self.known = {}
        self.complete = True
        self.know(arrays)

    def knows(self, arrays):
        """Whether all of these are inputs, or computed from them by planned functions."""
        return all(not isinstance(x, np.ndarray) or id(owner(x)) in self.known for x in arrays)

    def know(self, arrays):
        """Count these as known."""
        for x in arrays:
            if isinstance(x, np.ndarray):
                base = owner(x)
                self.known[id(base)] = base

    def made(self, x):
        """A result, known from now on, as numpy may see it: it only reads, for its work is no part of the plan."""
        if self.knows((x,)):
            return x
        self.know((x,))
        view = x.view()
        view.flags.writeable = False
        return view

    def call(self, function):
        """Have `function` called here whenever the plan is run."""
        self.steps.append(function)
        self._segments = None

    def add(self, launch):
        """Have this launch run here."""
        self.threads = min(self.threads, threads_prepared_for())
        kept = [x for x in launch.kept if isinstance(x, np.ndarray) and id(owner(x)) not in self._pool]
        self.steps.append(launch._replace(kept=kept))
        self._segments = None

    def without(self, left_out):
        """A plan of the same steps but these."""
        plan = Plan(self._pool)
        plan.steps = [step for step in self.steps if not any(step is other for other in left_out)]
        plan.threads = self.threads
        return plan

    def run(self):
        """Run every launch and call: results are written where they were before.

        `begun` says at which piece of the plan it is, or was broken off: launches in a row are one, any call another.
        """
        if self._segments is None:
            self._segments = list(_segments(self.steps))
        self._pieces_run[0] = 0
        for place, segment in enumerate(self._segments):
            self.begun = place
            if type(segment) is _Segment:
                run_launches(self._mailbox, *segment, self.threads)
            else:
                segment()

    def finished(self):
        """The steps that the last run came to the end of."""
        piece, launched, found, after_launch = -1, 0, [], False
        for step in self.steps:
            is_launch = isinstance(step, Launch)
            piece += not (is_launch and after_launch)
            launched += is_launch and not after_launch
            after_launch = is_launch
            if launched <= self._pieces_run[0] if is_launch else piece < self.begun:
                found.append(step)
        return found if self.begun >= 0 else []


class Launch(NamedTuple):
    """A launch written down: `record` is a mailbox of its own, `kept` the arrays that it points to."""

    code: int  # its address,
    arguments: int  # and that of what it is given, in the record
    tasks: int
    shared: bool
    record: Any
    kept: Any
    name: str  # of the kernel, or of what it was made for


class Call:
    """A function that is called at each run of a plan, with arguments that may be replaced."""

    __slots__ = ("arguments", "function")

    def __init__(self, function, arguments):
        self.function = function
        self.arguments = list(arguments)

    def __call__(self):
        self.function(*self.arguments)

    @property
    def name(self):
        """What it calls, for people."""
        return self.function.__name__

    @property
    def touched(self):
        """The arrays that it reads or writes."""
        return [x for x in self.arguments if isinstance(x, np.ndarray)]


class _Segment(NamedTuple):
    """Launches with no Python between them; `shared` if any calls helpers."""

    launches: Any
    shared: bool


def _segments(steps):
    rows = []
    for step in [*steps, None]:
        if isinstance(step, Launch):
            rows.append(step[:4])
            continue
        if rows:
            yield _Segment(np.array(rows, np.int64), any(row[3] for row in rows))
            rows = []
        if step is not None:
            yield step


def owner(x):
    """The array whose memory x, perhaps a view, looks at."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


class planning:
    """A Plan of all that this thread launches within: `with planning() as plan: y = conv2d(x, w)`.

    It is run as well. Afterwards `plan.run()` computes y again, from what the same arrays then hold.
    """

    def __init__(self, plan=None):
        self._plan = Plan() if plan is None else plan

    def __enter__(self):
        global in_the_making
        self._outer, _own.plan = _own.plan, self._plan
        with _counting:
            in_the_making += 1
        return self._plan

    def __exit__(self, *_):
        global in_the_making
        _own.plan = self._outer
        with _counting:
            in_the_making -= 1


@contextmanager
def unplanned():
    """Within it launches are no part of a plan that is being made."""
    outer, _own.plan = _own.plan, None
    try:
        yield
    finally:
        _own.plan = outer


def current():
    """The plan that this thread is making, or None."""
    return _own.plan if in_the_making else None


def planned(function):
    """Decorator for a function of arrays whose work is launches, all of it: in a plan its results count as known."""

    @functools.wraps(function)
    def call(*arguments, **named):
        if not in_the_making or (plan := _own.plan) is None:
            return function(*arguments, **named)
        plan.complete = plan.complete and plan.knows(arguments) and plan.knows(named.values())
        results = function(*arguments, **named)
        if not plan.complete:
            return results
        return tuple(map(plan.made, results)) if isinstance(results, tuple) else plan.made(results)

    return call


def is_long(size, least):
    """Whether so many elements are worth a kernel: `least`, but in a plan one, for there a launch costs nothing."""
    return size >= least or (in_the_making > 0 and _own.plan is not None and size > 0)


def at_each_run(function, *arguments):
    """function(*arguments), now and whenever the plan that is being made, if there is one, is run."""
    result = function(*arguments)
    if in_the_making and _own.plan is not None:
        _own.plan.call(Call(function, arguments))
    return result


def contiguous(x, dtype=None):
    """x, or a C-contiguous copy of it, maybe in another dtype."""
    if x.flags.c_contiguous and (dtype is None or x.dtype == dtype):
        return x
    return _contiguous_copy(x, x.dtype if dtype is None else dtype)


@planned
def _contiguous_copy(x, dtype):
    copy = np.empty(x.shape, dtype)
    at_each_run(np.copyto, copy, x)
    return copy


def constant(x):
    """An array that depends on shapes alone, so that every run of a plan may use this one."""
    if _own.plan is not None:
        _own.plan.know((x,))
    return x


def leave_to_numpy():
    """Say that something is computed by numpy, which a plan that is being made so does not do again."""
    if _own.plan is not None:
        _own.plan.complete = False


def run_launches(alone, launches, shared, threads):
    """Run launches one after the other, each a row as a Launch begins; `alone` is a mailbox that nobody else uses.

    They have working memory for so many threads, and are run by no more.
    """
    team = enlist(threads) if shared else None
    if team is None:
        _replay()(alone, alone, launches)
        return
    try:
        _replay()(team.mailbox, alone, launches)
    finally:
        team.busy.release()


@functools.cache
def _replay():
    from autograd_core.kernels.team import replay  # which loads Numba

    return replay
