"""Sums of all entries up to each one, or from each one on, along an axis.

An array is seen as (N, K, M), along K of it. Each sum waits for the one before it, in which time the processor could
make several: so a few rows, or the columns of a task, go side by side. Each is made in order from the first entry on,
as numpy makes it, to the bit.
"""

from autograd_core.kernels import memory
from autograd_core.kernels.jit import jit
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel

# Entries in a task at least, and columns.
_ENTRIES, _WIDTH = 1 << 13, 1 << 8
# Rows side by side.
_ROWS = 4


def cumulative_sum(x, shape, backwards=False):
    """Σ along K up to each entry of x, or `backwards` from each on; x is C-contiguous, not empty, as (N, K, M)."""
    out = memory.empty(x.shape, x.dtype)
    run_tasks_of = _sum_rows if shape[2] == 1 else _sum_columns
    run_tasks_of(x.size, x.reshape(shape), out.reshape(shape), backwards)
    return out


@jit
def _sum_rows_task(worker, task, x, out, rows, backwards):
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


@jit
def _sum_columns_task(worker, task, x, out, images, backwards):
    """Some columns of some images."""
    count, length, columns = x.shape
    blocks = -(-columns // _WIDTH)
    group, first = task // blocks, task % blocks * _WIDTH
    for n in range(group * images, min((group + 1) * images, count)):
        for i in range(length):
            k = length - 1 - i if backwards else i
            row, sums = x[n, k, first : first + _WIDTH], out[n, k, first : first + _WIDTH]
            if i == 0:
                sums[:] = row
            else:
                before = out[n, k + 1 if backwards else k - 1, first : first + _WIDTH]
                for j in range(sums.size):
                    sums[j] = before[j] + row[j]


_post_rows, _post_columns = sharing(_sum_rows_task), sharing(_sum_columns_task)


@ParallelKernel(reads=1).of
def _sum_rows(mailbox, x, out, backwards):
    rows = max(_ROWS, _ENTRIES // x.shape[1])
    _post_rows(mailbox, (x, out, rows, backwards))
    run_tasks(mailbox, -(-x.shape[0] // rows))


@ParallelKernel(reads=1).of
def _sum_columns(mailbox, x, out, backwards):
    images = max(1, _ENTRIES // (x.shape[1] * min(x.shape[2], _WIDTH)))
    _post_columns(mailbox, (x, out, images, backwards))
    run_tasks(mailbox, -(-x.shape[0] // images) * -(-x.shape[2] // _WIDTH))
