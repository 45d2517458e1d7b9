"""Sums of all entries up to each one, or from each one on, along an axis.

An array is seen as (N, K, M), along K of it. Each sum waits for the one before it, in which time the processor could
make several: so a few rows, or the columns of a task, go side by side. Each is made in order from the first entry on,
as numpy makes it, to the bit.
"""

from autograd_core.kernels import memory
from autograd_core.kernels.launch import In3, Out3, kernel
from autograd_core.kernels.thresholds import CUMULATIVE_COLUMNS, CUMULATIVE_TASK

# Rows side by side.
_ROWS = 4


def cumulative_sum(x, shape, backwards=False):
    """Σ along K up to each entry of x, or `backwards` from each on; x is C-contiguous, not empty, as (N, K, M)."""
    out = memory.empty(x.shape, x.dtype)
    count, length, columns = shape
    if columns == 1:
        rows = max(_ROWS, CUMULATIVE_TASK // length)
        _sum_rows(x.size, -(-count // rows), x.reshape(shape), out.reshape(shape), rows, backwards)
    else:
        images = max(1, CUMULATIVE_TASK // (length * min(columns, CUMULATIVE_COLUMNS)))
        tasks = -(-count // images) * -(-columns // CUMULATIVE_COLUMNS)
        _sum_columns(x.size, tasks, x.reshape(shape), out.reshape(shape), images, backwards)
    return out


@kernel
def _sum_rows(worker, task, x: In3, out: Out3, rows, backwards: bool):
    count, length, _ = x.shape
    end = min((task + 1) * rows, count)
    zero = -x.dtype.type(0)  # to which -0.0 may be added
    for n in range(task * rows, end, _ROWS):
        # The last row stands in for those beyond it.
        p, q, r = min(n + 1, end - 1), min(n + 2, end - 1), min(n + 3, end - 1)
        a, b, c, d = zero, zero, zero, zero
        for i in range(length):
            k = length - 1 - i if backwards else i
            a += x[n, k, 0]
            b += x[p, k, 0]
            c += x[q, k, 0]
            d += x[r, k, 0]
            out[n, k, 0], out[p, k, 0], out[q, k, 0], out[r, k, 0] = a, b, c, d


@kernel
def _sum_columns(worker, task, x: In3, out: Out3, images, backwards: bool):
    """Some columns of some images."""
    count, length, columns = x.shape
    blocks = -(-columns // CUMULATIVE_COLUMNS)
    group, first = task // blocks, task % blocks * CUMULATIVE_COLUMNS
    for n in range(group * images, min((group + 1) * images, count)):
        for i in range(length):
            k = length - 1 - i if backwards else i
            row, sums = x[n, k, first : first + CUMULATIVE_COLUMNS], out[n, k, first : first + CUMULATIVE_COLUMNS]
            if i == 0:
                sums[:] = row
            else:
                before = out[n, k + 1 if backwards else k - 1, first : first + CUMULATIVE_COLUMNS]
                for j in range(sums.size):
                    sums[j] = before[j] + row[j]
