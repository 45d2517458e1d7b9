"""Sums, largest and smallest entries along axes, in one pass over memory, in vectors and by several threads.

numpy adds up with one thread, along one axis at a time, or entry by entry where the axes lie apart. Here an array is
seen as (N, K, M), of which K remains. The parts that are summed apart, and the order within each, depend on the shape
alone, so the result does not depend on the number of threads; between the pieces of a run float64 takes over.
"""

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from autograd_core.kernels import FLOATS
from autograd_core.kernels.jit import REORDER, jit
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel

# Entries in a task at least, and parts that are summed apart at most.
_ENTRIES, _PARTS = 1 << 14, 32
# Entries that are summed up in their own dtype, before float64 takes over: the error stays that of a few additions.
PIECE = 1 << 11
# Columns in a task, and rows at least.
_WIDTH, _ROWS = 1 << 10, 1 << 6


def sum_of_channels(x):
    """Σ over all axes but the second.  Shapes: (N, C, ...) -> (C,)."""
    if x.size == 0 or x.dtype not in FLOATS:
        return x.sum((0, *range(2, x.ndim)), dtype=x.dtype)
    return sum_of_slices(np.ascontiguousarray(x), (*x.shape[:2], x.size // (x.shape[0] * x.shape[1])))


def sum_of_slices(x, shape):
    """Σ over the first and the last axis of x, C-contiguous and not empty, as (N, K, M) -> (K,)."""
    images, slices, run = shape
    kind = np.dtype(np.float64)
    if slices == 1:  # all of it, in pieces
        parts, shape = -(-x.size // _ENTRIES), (1, 1, x.size)
        run_tasks_of = _sum_pieces
    elif images > 1 and run == 1:
        parts, shape, kind = min(_PARTS, -(-images // _ROWS)), (images, slices), x.dtype
        run_tasks_of = _sum_columns
    else:
        parts = min(images, _PARTS, -(-x.size // _ENTRIES))
        run_tasks_of = _sum
    sums = np.empty((parts, slices), kind)
    run_tasks_of(x.size, x.reshape(shape), sums)
    return (sums[0] if parts == 1 else sums.sum(0)).astype(x.dtype, copy=False)


def largest_of_rows(x):
    """The largest entry of each row, or nan if there is one.  Shapes: (n, m), C-contiguous, m > 0 -> (n,)."""
    out = np.empty(len(x), x.dtype)
    _largest(x.size, x, out)
    return out


def smallest_of_rows(x):
    """The smallest entry of each row, or nan if there is one.  Shapes: (n, m), C-contiguous, m > 0 -> (n,)."""
    out = np.empty(len(x), x.dtype)
    _smallest(x.size, x, out)
    return out


def _extreme(name):
    """Make an intrinsic of two floats, nan if either is: in this form LLVM makes vectors of a loop over it."""

    @intrinsic
    def of_two(typing_context, a, b):
        def generate(context, builder, signature, arguments):
            kind = arguments[0].type
            function_type = ir.FunctionType(kind, [kind, kind])
            function = builder.module.declare_intrinsic(f"llvm.{name}.f{a.bitwidth}", (), function_type)
            return builder.call(function, arguments)

        return a(a, a), generate

    return of_two


_maximum, _minimum = _extreme("maximum"), _extreme("minimum")


@jit
def largest_of_run(x):
    """The largest entry, or nan if there is one; -inf of none."""
    largest = x.dtype.type(-np.inf)
    for i in range(x.size):
        largest = _maximum(largest, x[i])
    return largest


@jit
def _smallest_of_run(x):
    smallest = x.dtype.type(np.inf)
    for i in range(x.size):
        smallest = _minimum(smallest, x[i])
    return smallest


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


@jit
def _sum_task(worker, task, x, sums, slices):
    """Some slices of a part of the images."""
    (images, count, _), parts = x.shape, sums.shape[0]
    part, block = task % parts, task // parts
    for k in range(block * slices, min((block + 1) * slices, count)):
        total = 0.0
        for image in range(part * images // parts, (part + 1) * images // parts):
            total += sum_of_run(x[image, k])
        sums[part, k] = total


@jit
def _sum_pieces_task(worker, part, x, sums):
    sums[part, 0] = sum_of_run(x[0, 0, part * _ENTRIES : (part + 1) * _ENTRIES])


@jit
def _sum_columns_task(worker, task, x, sums):
    rows, parts = x.shape[0], sums.shape[0]
    part, first = task % parts, task // parts * _WIDTH
    total = sums[part, first : first + _WIDTH]
    total[:] = 0
    for n in range(part * rows // parts, (part + 1) * rows // parts):
        row = x[n, first : first + _WIDTH]
        for i in range(total.size):
            total[i] += row[i]


@jit
def _largest_task(worker, task, x, out, rows):
    for i in range(task * rows, min((task + 1) * rows, out.size)):
        out[i] = largest_of_run(x[i])


@jit
def _smallest_task(worker, task, x, out, rows):
    for i in range(task * rows, min((task + 1) * rows, out.size)):
        out[i] = _smallest_of_run(x[i])


_post_sum, _post_pieces, _post_columns = sharing(_sum_task), sharing(_sum_pieces_task), sharing(_sum_columns_task)
_post_largest, _post_smallest = sharing(_largest_task), sharing(_smallest_task)


@ParallelKernel(reads=1).of
def _sum(mailbox, x, sums):
    parts, count = sums.shape
    slices = max(1, _ENTRIES * parts // (x.shape[0] * x.shape[2]))
    _post_sum(mailbox, (x, sums, slices))
    run_tasks(mailbox, parts * -(-count // slices))


@ParallelKernel(reads=1).of
def _sum_pieces(mailbox, x, sums):
    _post_pieces(mailbox, (x, sums))
    run_tasks(mailbox, sums.shape[0])


@ParallelKernel(reads=1).of
def _sum_columns(mailbox, x, sums):
    _post_columns(mailbox, (x, sums))
    run_tasks(mailbox, sums.shape[0] * -(-x.shape[1] // _WIDTH))


@ParallelKernel(reads=1).of
def _largest(mailbox, x, out):
    rows = max(1, _ENTRIES // x.shape[1])
    _post_largest(mailbox, (x, out, rows))
    run_tasks(mailbox, -(-out.size // rows))


@ParallelKernel(reads=1).of
def _smallest(mailbox, x, out):
    rows = max(1, _ENTRIES // x.shape[1])
    _post_smallest(mailbox, (x, out, rows))
    run_tasks(mailbox, -(-out.size // rows))
