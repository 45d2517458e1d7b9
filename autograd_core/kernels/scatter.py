"""Rows added to the rows of a table that an index names, as in the gradient of an embedding.

Each task owns some columns of the table and goes through the index in order. So no two write to the same place, a row
that is named often gets its summands in the order in which they come, and threads have equal shares even where nearly
all of the index names one row.
"""

from autograd_core.kernels.launch import In2, InInts1, Out2, kernel
from autograd_core.kernels.threads import CACHE_LINE
from autograd_core.kernels.thresholds import SCATTER_LINES


def add_rows(table, index, rows):
    """table[index[i]] += rows[i] for one i after the other.  Shapes: (count, width), (n,) intp, (n, width).

    All arrays are C-contiguous; numbers in the index go from 0 to count - 1, which is not checked.
    """
    width = SCATTER_LINES * CACHE_LINE // rows.itemsize
    _add(rows.size, -(-rows.shape[1] // width), rows, index, table, width)


@kernel
def _add(worker, task, rows: In2, index: InInts1, table: Out2, width):
    """Some columns of all rows."""
    first, end = task * width, (task + 1) * width
    for i in range(index.size):
        total, row = table[index[i], first:end], rows[i, first:end]
        for j in range(total.size):
            total[j] += row[j]
