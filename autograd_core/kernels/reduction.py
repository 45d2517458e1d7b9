"""Sums along axes, for gradients of what was broadcast: a bias, above all.

numpy adds up along one axis at a time, or entry by entry where the axes lie apart; here one pass over memory does it,
in vectors and by several threads. The parts that are summed apart, and the order within each, depend on the shape
alone, so the result does not depend on the number of threads.
"""

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from autograd_core.kernels.jit import REORDER, jit
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel

# Entries in a task at least, and parts that are summed apart at most.
_ENTRIES, _PARTS = 1 << 14, 32
# Entries that are summed up in their own dtype, before float64 takes over: the error stays that of a few additions.
PIECE = 1 << 11


@intrinsic
def _maximum(typing_context, a, b):
    """The larger of two floats, nan if either is: in this form LLVM makes vectors of a loop over it."""

    def generate(context, builder, signature, arguments):
        kind = arguments[0].type
        name = f"llvm.maximum.f{a.bitwidth}"
        return builder.call(builder.module.declare_intrinsic(name, (), ir.FunctionType(kind, [kind, kind])), arguments)

    return a(a, a), generate


@jit
def largest_of_run(x):
    """The largest entry, or nan if there is one; -inf of none."""
    largest = x.dtype.type(-np.inf)
    for i in range(x.size):
        largest = _maximum(largest, x[i])
    return largest


@jit(fastmath=REORDER)
def sum_of_piece(x):
    """Σ x in its own dtype."""
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i]
    return total


@jit
def sum_of_run(x):
    """Σ x, in float64."""
    total = 0.0
    for start in range(0, x.size, PIECE):
        total += sum_of_piece(x[start : start + PIECE])
    return total


def sum_of_channels(x):
    """Σ over all axes but the second.  Shapes: (N, C, ...) -> (C,)."""
    n, channels = x.shape[:2]
    if x.size == 0 or x.dtype.char not in "fd":
        return x.sum((0, *range(2, x.ndim)), dtype=x.dtype)
    parts = min(n, _PARTS, -(-x.size // _ENTRIES))
    sums = np.empty((parts, channels), x.dtype)
    _sum(x.size, np.ascontiguousarray(x).reshape(n, channels, -1), sums)
    return sums[0] if parts == 1 else sums.sum(0)


@jit
def _sum_task(worker, part, x, sums):
    images, parts = x.shape[0], sums.shape[0]
    first, end = part * images // parts, (part + 1) * images // parts
    row = sums[part]
    row[:] = 0
    for image in range(first, end):
        for channel in range(row.size):
            row[channel] += sum_of_run(x[image, channel])


_post_sum = sharing(_sum_task)


@ParallelKernel(reads=1).of
def _sum(mailbox, x, sums):
    _post_sum(mailbox, (x, sums))
    run_tasks(mailbox, sums.shape[0])
