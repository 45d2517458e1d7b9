"""Products of small matrices, which are not packed first, for plans: there numpy's BLAS is a call of Python.

What is packed is read once more and written, which pays where it is used many times. Here operands are read where they
are: rows of b as vectors, where they lie in one piece; or else columns of b and rows of a, if both do.
"""

import numpy as np

from autograd_core.kernels import memory, simd, simd_dot_products
from autograd_core.kernels.launch import In1, InInts1, Out1, kernel
from autograd_core.kernels.plan import constant
from autograd_core.kernels.thresholds import SMALL_PRODUCT


def can_multiply(a, b):
    """Whether `multiply` takes these: little work, and operands that lie as it reads them."""
    (m, depth), n, item = a.shape, b.shape[1], a.itemsize
    is_walked = a.flags.aligned and b.flags.aligned and not any(stride % item for stride in (*a.strides, *b.strides))
    if m * depth * n > SMALL_PRODUCT or not is_walked:  # in whole entries
        return False
    return b.strides[1] == item or a.strides[1] == b.strides[0] == item


def multiply(a, b):
    """a @ b.  Shapes: (m, k), (k, n) -> (m, n).  One task, that takes some microseconds."""
    (m, depth), n, item = a.shape, b.shape[1], a.itemsize
    c = memory.empty((m, n), a.dtype)
    operands = a[0, :1], b[0, :1], c.reshape(-1)
    (a_rows, a_columns), (b_rows, b_columns) = ([stride // item for stride in x.strides] for x in (a, b))
    if b_columns == 1:
        _of_rows(0, 1, *operands, m, depth, n, a_rows, a_columns, b_rows)
        return c
    lanes = simd.VECTOR_BYTES // item
    starts = np.arange(0, depth, lanes)
    tables = starts, np.minimum(depth - starts, lanes), np.arange(m) * a_rows
    _of_sums(0, 1, *operands, *map(constant, tables), n, b_columns)
    return c


@kernel
def _of_rows(worker, task, a: In1, b: In1, c: Out1, m, depth, n, a_rows, a_columns, b_rows):
    lanes = simd.VECTOR_BYTES // a.itemsize
    for i in range(0, m, simd.ROWS):
        j = 0
        while n - j > lanes:
            simd.multiply_unpacked_tile(
                a, i * a_rows, a_rows, a_columns, b, j, b_rows, depth, c, i * n + j, n, m - i, n - j
            )  # fmt: skip
            j += simd.VECTORS * lanes
        if j < n:
            simd.multiply_narrow_unpacked_tile(
                a, i * a_rows, a_rows, a_columns, b, j, b_rows, depth, c, i * n + j, n, m - i, n - j
            )  # fmt: skip


@kernel
def _of_sums(worker, task, a: In1, b: In1, c: Out1, starts: InInts1, counts: InInts1, rows: InInts1, n, b_columns):
    m, taps, outputs = rows.size, simd_dot_products.SEVERAL_TAPS, simd_dot_products.SEVERAL_OUTPUTS
    for i in range(0, m, taps):
        for j in range(0, n, outputs):
            simd_dot_products.dot_products(
                a, 0, starts, rows, i, b, j * b_columns, b_columns, starts, counts, starts.size,
                c, i * n + j, n, m - i, n - j, False,
            )  # fmt: skip
