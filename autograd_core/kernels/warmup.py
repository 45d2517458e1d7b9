"""Compiling ahead: every kernel for the dtypes that are asked for, so that no later process has to wait.

Kernels made of elementwise rows are not among them: there is one for each row and choice of arguments.
"""

import sys
import time

import numpy as np

from autograd_core import kernels
from autograd_core.kernels.launch import Kernel
from autograd_core.kernels.plan import run_launches
from autograd_core.kernels.threads import enlist, new_mailbox


def warm_up(dtypes=(np.float32,), say=None):
    """Compile all kernels for `dtypes`, or load them; `say(line)` is told what and how long it took.

    Lines go to the standard error stream unless `say` is given. Returns the seconds that all took.
    """
    say = say or (lambda line: print(line, file=sys.stderr))
    began = time.perf_counter()
    if (team := enlist()) is not None:  # compiles how tasks are shared
        team.busy.release()
    run_launches(new_mailbox(), np.empty((0, 4), np.int64), False, 1)  # compiles what runs a plan
    for dtype in map(np.dtype, dtypes):
        for kernel in all_kernels():
            started = time.perf_counter()
            kernel.compile(dtype)
            say(f"{kernel.name}, {dtype}: {time.perf_counter() - started:.1f} s")
    return time.perf_counter() - began


def all_kernels():
    """All kernels that stand in modules, each once."""
    made = (getattr(value, "kernel", None) for name in dir(kernels) for value in vars(getattr(kernels, name)).values())
    return list(dict.fromkeys(k for k in made if isinstance(k, Kernel)))
