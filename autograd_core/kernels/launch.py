"""What makes a kernel of a function, and how kernels are launched, now or as part of a plan.

A kernel is written as one function, its task, which computes a part of the result:

    @kernel
    def _double(worker, task, x: In1, y: Out1, rows):
        for i in range(task * rows, min((task + 1) * rows, x.size)):
            y[i] = 2 * x[i]

    _double(x.size, -(-x.size // rows), x, y, rows)

A call says how many elementary operations there are, roughly, which decides whether helpers are called; how many tasks;
and what every task is given. Tasks must not depend on one another, nor what each computes on the number of threads;
`worker`, the number of the thread that runs a task, only chooses among pieces of working memory.

Python allocates, results and working memory too, and computes all numbers that depend on shapes; the compiled part is
given arrays and numbers. So a launch can be kept and run again on the same arrays: see `plan.py`.
"""

import inspect
import threading
from types import GenericAlias
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numba
import numpy as np
from numba import types
from numba.core.errors import NumbaError

from autograd_core.kernels import plan
from autograd_core.kernels.jit import entry, jit
from autograd_core.kernels.memory import without_collector
from autograd_core.kernels.team import ARGUMENTS, FUNCTION, SHARES, run_tasks, sharing
from autograd_core.kernels.threads import enlist, new_mailbox
from autograd_core.kernels.thresholds import SEQUENTIAL_WORK

# What is made around a task: one function to be compiled and one for Python to call. They differ from kernel to kernel
# in their parameters alone, which are the task's own; named ones are a quarter of a microsecond faster than *arguments.
_LAUNCH = """
def {name}(mailbox, tasks, {parameters}):
    post(mailbox, ({parameters},))
    run_tasks(mailbox, tasks)
"""
_CALL = """
def call_of(kernel, launch):
    def {name}(work, tasks, {parameters}):
        if work < SEQUENTIAL_WORK and not plan.in_the_making:
            try:
                return launch(_own.mailbox, tasks, {parameters})
            except (TypeError, RuntimeError):
                pass  # there is nothing compiled for these arguments, or another thread is at it
        kernel.run(work, tasks, {parameters})
    return {name}
"""

_compiling = threading.RLock()


class _Own(threading.local):
    """Each Python thread's own mailbox, which nobody else watches."""

    def __init__(self):
        self.mailbox = new_mailbox()


_own = _Own()


class _Array(NamedTuple):
    """What a task says of an array: C-contiguous, of so many axes; of the kernel's float dtype if there is no other."""

    ndim: int
    dtype: str = "f"
    read_only: bool = False

    def type_for(self, dtype):
        """Numba's name for it. Of read-only arrays, writable ones are taken too, without being compiled for apart."""
        own = self.dtype if self.dtype[1:] else f"{self.dtype}{dtype.itemsize}"
        return types.Array(numba.from_dtype(np.dtype(own)), self.ndim, "C", readonly=self.read_only)


# What parameters are annotated with, besides bool, float and tuple[int, ...]; those without annotation are int.
if TYPE_CHECKING:
    In1: TypeAlias = Any
    In2 = In3 = InBits2 = InInts1 = InDoubles1 = InSlots1 = InBools1 = In1
    Out1 = Out2 = Out3 = Out4 = OutInts2 = OutInts3 = OutDoubles1 = OutDoubles2 = OutBools1 = In1
else:
    In1, In2, In3 = (_Array(n, read_only=True) for n in (1, 2, 3))
    InBits2 = _Array(2, "i", read_only=True)  # whole numbers as long as the floats
    InInts1 = _Array(1, "i8", read_only=True)
    InDoubles1 = _Array(1, "f8", read_only=True)
    InBools1, OutBools1 = _Array(1, "b1", read_only=True), _Array(1, "b1")
    InSlots1 = _Array(1, "u4", read_only=True)  # places in an array of floats
    Out1, Out2, Out3, Out4 = (_Array(n) for n in (1, 2, 3, 4))  # written to, and maybe read
    OutInts2, OutInts3 = _Array(2, "i8"), _Array(3, "i8")
    OutDoubles1, OutDoubles2 = _Array(1, "f8"), _Array(2, "f8")


class Kernel:
    """A task with what is made of it: a compiled function for each float dtype, and `call`, which Python calls.

    `source` is the text of both; `text` is that of a task which was itself generated.
    """

    def __init__(self, task, text=""):
        self.name = f"{task.__module__.rpartition('.')[2]}.{task.__name__}"
        self._may_be_refused = bool(text)  # others are this project's own
        given = list(inspect.signature(task).parameters.values())[2:]
        self._parameters = [p.annotation for p in given]
        # The first array of floats, or of their bits, says for which dtype to compile.
        self._telling = next(i for i, p in enumerate(self._parameters) if isinstance(p, _Array) and not p.dtype[1:])
        self._compiled = set()
        names = {"name": task.__name__, "parameters": ", ".join(p.name for p in given)}
        launch_text, call_text = _LAUNCH.format(**names), _CALL.format(**names)
        self.source = launch_text + call_text
        # The first stands, so to speak, in the task's file: what is cached of it contains the task.
        scope = {"post": sharing(jit(task)), "run_tasks": run_tasks, "__name__": task.__module__}
        above = "\n" * (task.__code__.co_firstlineno - 1)  # so that a traceback names the task's lines
        exec(compile(above + launch_text.lstrip(), task.__code__.co_filename, "exec"), scope)
        launch = scope[task.__name__]
        launch.__qualname__ = f"launch_{task.__qualname__}"
        self._launch = entry(launch, text=launch_text + text)
        self._launch._can_compile = False  # `disable_compile()` wants something to be compiled first
        exec(compile(call_text, f"<call of {self.name}>", "exec"), globals(), scope)
        self.call = scope["call_of"](self, self._launch)
        self.call.__doc__, self.call.kernel = task.__doc__, self

    def run(self, work, tasks, *arguments):
        """Run all tasks, maybe shared, maybe for a plan, maybe compiled only now."""
        making = plan.current()
        try:
            self._start(making, work, tasks, arguments)
        except (TypeError, RuntimeError):  # the latter while another thread compiles
            dtype = np.dtype(f"f{arguments[self._telling].itemsize}")
            with _compiling:
                if dtype not in self._compiled:
                    self.compile(dtype)
                self._start(making, work, tasks, arguments)  # what is refused now is no argument for this kernel
        if making is not None:
            record = np.zeros(SHARES, np.int64)  # which no other thread writes to: cache lines do not matter
            self._launch(record, 0, *arguments)  # without any tasks it only writes down which code is given what
            code, packed = int(record[FUNCTION]), int(record[ARGUMENTS])
            shared = work >= SEQUENTIAL_WORK and tasks > 1
            making.add(plan.Launch(code, packed, tasks, shared, record, arguments, self.name))

    def _start(self, making, work, tasks, arguments):
        if making is not None and making.dry:
            self._launch(_own.mailbox, 0, *arguments)  # or it is compiled
        elif work < SEQUENTIAL_WORK or tasks < 2 or (team := enlist()) is None:
            self._launch(_own.mailbox, tasks, *arguments)
        else:
            try:
                self._launch(team.mailbox, tasks, *arguments)
            finally:
                team.busy.release()

    def compile(self, dtype):
        """Compile it for this float dtype, or load what an earlier process compiled.

        Errors: NumbaError if it is beyond Numba.
        """
        with _compiling:
            if self._may_be_refused:
                _in_a_thread(self._compile, dtype)
            else:
                self._compile(dtype)
            self._compiled.add(dtype)

    def _compile(self, dtype):
        self._launch.disable_compile(False)
        mailbox = types.Array(types.int64, 1, "C")
        with without_collector():  # compilers keep objects by the million; a tenth of the time
            self._launch.compile((mailbox, types.int64, *(_type_of(p, dtype) for p in self._parameters)))
        # From now on the dispatcher converts writable arrays to read-only ones instead of compiling once more.
        self._launch.disable_compile()


def _in_a_thread(function, argument):
    """Call it in a thread of its own, below which is no caller's frame.

    Numba keeps its errors, an error keeps its frames, and a frame the one that called it, with all that it names: the
    arrays of whoever is the first to launch a kernel that cannot be compiled would live as long as the program.
    """
    errors = []

    def run():
        try:
            function(argument)
        except NumbaError as error:
            errors.append(NumbaError(str(error)))
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors.pop()


def kernel(task):
    """Make a kernel of a task: a function called as `kernel(work, tasks, *arguments)`, with the Kernel as `.kernel`."""
    return Kernel(task).call


def _type_of(parameter, dtype):
    if isinstance(parameter, _Array):
        return parameter.type_for(dtype)
    if isinstance(parameter, GenericAlias):  # tuple[int, int]
        return types.UniTuple(types.int64, len(parameter.__args__))
    return {bool: types.boolean, float: types.float64}.get(parameter, types.int64)
