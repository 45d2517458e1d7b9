"""Products of a matrix and a vector, which take as long as it takes to read the matrix, once.

A matrix whose rows lie in one piece gives an inner product for each; one whose columns do, a combination of them:

    rows       y[i] = Σ_k a[i, k] x[k]        a task has some rows
    columns    y    = Σ_k a[:, k] x[k]        a task has some columns' runs of neighbours, and some of the columns

Tasks depend on the shape alone, so results do not depend on the number of threads.
"""

import numpy as np

from autograd_core.kernels import simd_columns
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
    parts = min(MATVEC_PARTS, -(-a.size // MATVEC_TASK)) if m < 4 * MATVEC_RUN else 1
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


@kernel
def _columns(worker, task, columns: In2, x: In1, sums: Out2, runs):
    part, run = divmod(task, runs)
    depth, size = columns.shape
    first = run * MATVEC_RUN
    count = min(MATVEC_RUN, size - first)
    y, a = sums.reshape(-1), columns.reshape(-1)
    start = part * size + first
    y[start : start + count] = 0
    k, end = part * depth // len(sums), (part + 1) * depth // len(sums)
    while k + simd_columns.TOGETHER <= end:
        simd_columns.add_columns(a, k * size + first, size, x, k, y, start, count)
        k += simd_columns.TOGETHER
    while k < end:
        simd_columns.add_column(a, k * size + first, size, x, k, y, start, count)
        k += 1
