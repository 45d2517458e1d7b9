"""Sums, largest and smallest entries along axes, in one pass over memory, in vectors and by several threads.

numpy adds up with one thread, along one axis at a time, or entry by entry where the axes lie apart. Here an array is
seen as (N, K, M), of which K remains. The parts that are summed apart, and the order within each, depend on the shape
alone, so the result does not depend on the number of threads; between the pieces of a run float64 takes over.
"""

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from autograd_core.kernels.jit import REORDER, jit
from autograd_core.kernels.launch import In1, In2, In3, Out1, Out2, OutDoubles2, kernel
from autograd_core.kernels.plan import planned
from autograd_core.kernels.thresholds import PARTS, PIECE, REDUCTION_COLUMNS, REDUCTION_ROWS, REDUCTION_TASK


@planned
def sum_of_slices(x, shape):
    """Σ over the first and the last axis of x, C-contiguous and not empty, as (N, K, M) -> (K,)."""
    images, slices, run = shape
    out = np.empty(slices, x.dtype)
    if slices == 1:  # all of it, in pieces
        parts = tasks = -(-x.size // REDUCTION_TASK)
        sums = np.empty((parts, 1))
        _sum_pieces(x.size, tasks, x.reshape(-1), sums, out)
    elif images > 1 and run == 1:
        parts = min(PARTS, -(-images // REDUCTION_ROWS))
        sums = np.empty((parts, slices), x.dtype)
        _sum_columns(x.size, parts * -(-slices // REDUCTION_COLUMNS), x.reshape(images, slices), sums, out)
    else:
        parts = min(images, PARTS, -(-x.size // REDUCTION_TASK))
        block = max(1, REDUCTION_TASK * parts // (images * run))
        sums = np.empty((parts, slices))
        _sum(x.size, parts * -(-slices // block), x.reshape(shape), sums, out, block)
    if parts > 1:
        (add_parts if sums.dtype == x.dtype else _add_doubles)(sums.size, 1, sums, out)
    return out


@planned
def largest_of_rows(x):
    """The largest entry of each row, or nan if there is one.  Shapes: (n, m), C-contiguous, m > 0 -> (n,)."""
    out, rows = np.empty(len(x), x.dtype), max(1, REDUCTION_TASK // x.shape[1])
    _largest(x.size, -(-len(x) // rows), x, out, rows)
    return out


@planned
def smallest_of_rows(x):
    """The smallest entry of each row, or nan if there is one.  Shapes: (n, m), C-contiguous, m > 0 -> (n,)."""
    out, rows = np.empty(len(x), x.dtype), max(1, REDUCTION_TASK // x.shape[1])
    _smallest(x.size, -(-len(x) // rows), x, out, rows)
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


@jit(fastmath=REORDER)
def dot_of_piece(a, b):
    """Σ a·b in their own dtype."""
    total = a.dtype.type(0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@jit
def sum_of_run(x):
    """Σ x, in float64."""
    total = 0.0
    for start in range(0, x.size, PIECE):
        total += sum_of_piece(x[start : start + PIECE])
    return total


@kernel
def _sum(worker, task, x: In3, sums: OutDoubles2, out: Out1, slices):
    """Some slices of a part of the images."""
    (images, count, _), parts = x.shape, sums.shape[0]
    part, block = task % parts, task // parts
    for k in range(block * slices, min((block + 1) * slices, count)):
        total = 0.0
        for image in range(part * images // parts, (part + 1) * images // parts):
            total += sum_of_run(x[image, k])
        if parts == 1:
            out[k] = total
        else:
            sums[part, k] = total


@kernel
def _sum_pieces(worker, part, x: In1, sums: OutDoubles2, out: Out1):
    total = sum_of_run(x[part * REDUCTION_TASK : (part + 1) * REDUCTION_TASK])
    if len(sums) == 1:
        out[0] = total
    else:
        sums[part, 0] = total


@kernel
def _sum_columns(worker, task, x: In2, sums: Out2, out: Out1):
    rows, parts = x.shape[0], sums.shape[0]
    part, first = task % parts, task // parts * REDUCTION_COLUMNS
    total = out[first : first + REDUCTION_COLUMNS] if parts == 1 else sums[part, first : first + REDUCTION_COLUMNS]
    total[:] = 0
    for n in range(part * rows // parts, (part + 1) * rows // parts):
        row = x[n, first : first + REDUCTION_COLUMNS]
        for i in range(total.size):
            total[i] += row[i]


@kernel
def add_parts(worker, task, sums: Out2, out: Out1):
    """out[k] = Σ sums[part, k], part after part, added up in the first."""
    _add_up(sums, out)


@kernel
def _add_doubles(worker, task, sums: OutDoubles2, out: Out1):
    _add_up(sums, out)


@jit
def _add_up(sums, out):
    total = sums[0]
    for part in range(1, sums.shape[0]):
        row = sums[part]
        for k in range(total.size):
            total[k] += row[k]
    for k in range(total.size):
        out[k] = total[k]


@kernel
def _largest(worker, task, x: In2, out: Out1, rows):
    for i in range(task * rows, min((task + 1) * rows, out.size)):
        out[i] = largest_of_run(x[i])


@kernel
def _smallest(worker, task, x: In2, out: Out1, rows):
    for i in range(task * rows, min((task + 1) * rows, out.size)):
        out[i] = _smallest_of_run(x[i])
