"""Products of a matrix and a vector, which take as long as it takes to read the matrix, once.

A matrix whose rows lie in one piece gives an inner product for each; one whose columns do, a combination of them:

    rows       y[i] = Σ_k a[i, k] x[k]        a task has some rows
    columns    y    = Σ_k a[:, k] x[k]        a task has some columns' runs of neighbours, and some of the columns

Tasks depend on the shape alone, so results do not depend on the number of threads.
"""

import numpy as np

from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, In2, Out1, Out2, kernel
from autograd_core.kernels.plan import contiguous, planned
from autograd_core.kernels.reduction import add_parts, dot_of_piece
from autograd_core.kernels.thresholds import MATVEC_PARTS, MATVEC_RUN, MATVEC_TASK


@planned
def matvec(a, x):
    """a @ x.  Shapes: (m, k), (k,) -> (m,); float32 or float64, of any strides."""
    if not a.flags.f_contiguous:
        a = contiguous(a)
    x, m = contiguous(x), len(a)
    if a.flags.c_contiguous:
        y = np.empty(m, a.dtype)
        rows = max(1, MATVEC_TASK // x.size)
        _rows(a.size, -(-m // rows), a, x, y, rows)
        return y
    parts = min(MATVEC_PARTS, -(-a.size // MATVEC_TASK)) if m < 2 * MATVEC_RUN else 1
    sums, runs = np.empty((parts, m), a.dtype), -(-m // MATVEC_RUN)
    _columns(a.size, runs * parts, a.T, x, sums, runs)
    if parts == 1:
        return sums[0]
    y = np.empty(m, a.dtype)
    add_parts(sums.size, 1, sums, y)
    return y


@kernel
def _rows(worker, task, a: In2, x: In1, y: Out1, rows):
    for i in range(task * rows, min((task + 1) * rows, a.shape[0])):
        y[i] = dot_of_piece(a[i], x)


@jit
def _add_four(a, x, k, first, y):
    """Four columns at a time: y is read and written a fourth as often."""
    one, two, three, four = x[k], x[k + 1], x[k + 2], x[k + 3]
    end = first + y.size
    a0, a1, a2, a3 = a[k, first:end], a[k + 1, first:end], a[k + 2, first:end], a[k + 3, first:end]
    for i in range(y.size):
        y[i] += (one * a0[i] + two * a1[i]) + (three * a2[i] + four * a3[i])


@kernel
def _columns(worker, task, columns: In2, x: In1, sums: Out2, runs):
    part, run = divmod(task, runs)
    depth, size = columns.shape
    first = run * MATVEC_RUN
    y = sums[part, first : min(first + MATVEC_RUN, size)]
    y[:] = 0
    k, end = part * depth // len(sums), (part + 1) * depth // len(sums)
    while k + 4 <= end:
        _add_four(columns, x, k, first, y)
        k += 4
    while k < end:
        column = columns[k, first : first + y.size]
        for i in range(y.size):
            y[i] += x[k] * column[i]
        k += 1
