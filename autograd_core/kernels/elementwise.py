"""Kernels made of a function of numbers: its own source, pasted into a loop over arrays (`pasting.py`).

`source(...)` shows the text. When a function that was pasted is replaced, the kernel is made anew; numbers from outside
are read at every call.
"""

import numpy as np
from numba.core.errors import NumbaError

from autograd_core.kernels import memory
from autograd_core.kernels.pasting import NoKernelError as NoKernelError
from autograd_core.kernels.pasting import Paste, compiled
from autograd_core.kernels.plan import planned
from autograd_core.kernels.thresholds import ELEMENTWISE_TASK, LARGE, UPDATE_TASK

# 0 for a subnormal number; nan stays.
_FLUSHED = """
TINY = np.finfo(F).tiny

@jit
def flushed(x):
    return F(0.0) if abs(x) < TINY else x
""".strip()

_kernels: dict[tuple[object, ...], "_Kernel"] = {}


@planned
def run(function, arguments, *, gradient=False):
    """function(arguments), element by element, in one pass over memory.

    Each of `arguments` is a contiguous array, all of one float dtype and shape, or a number. With `gradient` the first
    argument is the upstream gradient, and the function of the others a local gradient that multiplies it.
    Raises NoKernelError.
    """
    is_array, arrays, numbers = [], [], []
    for x in arguments:
        if isinstance(x, np.ndarray):
            first = x
            is_array.append(True)
            arrays.append(x.reshape(-1))
        else:
            is_array.append(False)
            numbers.append(float(x))
    out = np.empty(first.shape, first.dtype) if first.nbytes < LARGE else memory.empty(first.shape, first.dtype)
    _kernel(function, first.dtype, tuple(is_array), (), gradient, False)(first.size, *arrays, out.reshape(-1), *numbers)
    return out


def updater(function, dtype, reads, updates, numbers, *, flush=True):
    """A kernel that writes what `function` of so many arrays and numbers returns, in order, into the last arrays.

    Call it with the number of elements, flat, contiguous arrays and, if there are any, the numbers in an array of
    float64. With `flush` it writes 0 for a subnormal number, as `UpdateRule` says. It raises NoKernelError.
    """
    is_array = (True,) * (reads + updates) + (False,) * numbers
    return _kernel(function, dtype, is_array, tuple(range(reads, reads + updates)), False, flush)


def source(function, dtype, is_array, updated=(), gradient=False, flush=False):
    """The text of the kernel: a module to be read, and what is compiled."""
    return _text(Paste(), function, dtype, is_array, updated, gradient, flush)


def _kernel(function, *kinds):
    kernel = _kernels.get((function, *kinds))
    if kernel is None:
        kernel = _kernels[function, *kinds] = _Kernel(function, *kinds)
    return kernel


class _Kernel:
    """The kernel of a function for arguments of these kinds, called as `kernel(size, *arrays, *numbers)`.

    One that updates takes all its numbers in one array.
    """

    def __init__(self, function, dtype, is_array, updated, gradient, flush):
        self._function = function
        self._kinds = dtype, is_array, updated, gradient, flush
        # Updates wait for memory; other kernels have few arrays, which were in use just before.
        self._passes, self._task = (sum(is_array), UPDATE_TASK) if updated else (1, ELEMENTWISE_TASK)
        self._make()

    def _make(self):
        paste = Paste()
        text = _text(paste, self._function, *self._kinds)
        self._numbers = list(paste.outside.values())  # functions that read what the kernel takes besides,
        self._functions = paste.functions  # and those that read what is pasted, with what they read then
        self._compiled = compiled(text)
        self._refused = None

    def __call__(self, size, *arguments):
        for read, pasted in self._functions:
            if read() is not pasted:
                self._make()
                return self(size, *arguments)
        if self._numbers:
            numbers = [read() for read in self._numbers]
            if not {*map(type, numbers)} <= {float, int}:
                self._make()
                return self(size, *arguments)
            arguments += tuple(map(float, numbers))
        if self._refused is not None:
            raise NoKernelError(self._refused)
        try:
            self._compiled(size * self._passes, -(-size // self._task), *arguments)
        except NumbaError as error:
            self._refused = f"{self._function.__name__}: {error}"
            raise NoKernelError(self._refused) from error


def _text(paste, function, dtype, is_array, updated, gradient, flush):
    names = [f"a{i}" for i in range(len(is_array))]
    elements = [f"{name}[i]" if array else name for name, array in zip(names, is_array, strict=True)]
    value = paste.call(function, elements[gradient:], [not array for array in is_array[gradient:]])
    if gradient:
        value = f"{elements[0]} * F({value})"
    results = [names[i] for i in updated] or ["y"]
    read = [name for name, array in zip(names, is_array, strict=True) if array and name not in results]
    arrays = ", ".join(read + results)
    cut = ", ".join(f"{name}[start:stop]" for name in read + results)
    new = ", ".join(f"{name}_new" for name in results)
    targets = ", ".join(f"{name}[i]" for name in results)
    stored = new
    if flush:
        paste.texts.append(_FLUSHED)
        stored = ", ".join(f"flushed({name}_new)" for name in results)
    numbers = [name for name, array in zip(names, is_array, strict=True) if not array]
    typed = [f"{name}: In1" for name in read] + [f"{name}: Out1" for name in results]
    taken = ""
    if updated and numbers:  # in an array, which several launches of a plan share
        typed.append("numbers: InDoubles1")
        taken = ", ".join(numbers) + " = " + ", ".join(f"numbers[{i}]" for i in range(len(numbers)))
        numbers = []
    parameters = ", ".join(typed + [f"{name}: float" for name in [*numbers, *paste.outside]])
    # A loop over slices from 0, for an index that might be negative keeps LLVM from making vectors.
    task = f"""
        def task(worker, number, {parameters}):
            start, stop = number * TASK, (number + 1) * TASK
            {arrays} = {cut}
            {taken}
            for i in range({results[0]}.size):
                {new} = {value}
                {targets} = {stored}
    """
    return paste.module(dtype, task, UPDATE_TASK if updated else ELEMENTWISE_TASK)
