"""Softmax and its kin over the rows of a matrix, and their gradients: each row stays in the cache until it is done.

numpy would go over the array once for each of the largest, the difference, the exponential, the sum and the quotient,
and a small one, ten classes for each of a batch, costs some microseconds each time.

All arrays are C-contiguous, and have no empty rows.
"""

import math

import numpy as np

from autograd_core.kernels import memory
from autograd_core.kernels.exponential import exp, log
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, In2, InInts1, Out1, Out2, OutDoubles2, kernel
from autograd_core.kernels.plan import planned
from autograd_core.kernels.reduction import dot_of_piece, largest_of_run, sum_of_run
from autograd_core.kernels.threads import CACHE_LINE, get_num_threads, scratch
from autograd_core.kernels.thresholds import EXPONENTIAL, PIECE, SOFTMAX_TASK


@planned
def softmax(x):
    """exp(row) / Σ exp(row).  Shapes: (n, classes) -> the same."""
    out = memory.empty(x.shape, x.dtype)
    tasks, rows = _shares(x)
    _softmax(EXPONENTIAL * x.size, tasks, x, out, rows)
    return out


@planned
def softmax_gradient(g, y):
    """y·(g - Σ g·y) for each row, where y is the softmax."""
    out = memory.empty(y.shape, y.dtype)
    tasks, rows = _shares(y)
    _softmax_gradient(y.size, tasks, g, y, out, rows)
    return out


@planned
def log_softmax(x):
    """row - log Σ exp(row).  Shapes: (n, classes) -> the same."""
    out = memory.empty(x.shape, x.dtype)
    tasks, rows = _shares(x)
    _log_softmax(EXPONENTIAL * x.size, tasks, x, out, rows, *_memory(x, rows))
    return out


@planned
def log_softmax_gradient(g, y):
    """g - exp(y)·Σ g for each row, where y is the log-softmax."""
    out = memory.empty(y.shape, y.dtype)
    tasks, rows = _shares(y)
    _log_softmax_gradient(EXPONENTIAL * y.size, tasks, g, y, out, rows)
    return out


@planned
def logsumexp(x):
    """log Σ exp(row).  Shapes: (n, classes) -> (n,)."""
    out = np.empty(len(x), x.dtype)
    tasks, rows = _shares(x)
    _logsumexp(EXPONENTIAL * x.size, tasks, x, out, rows, *_memory(x, rows))
    return out


@planned
def logsumexp_gradient(g, x, y):
    """g·exp(row - y) for each row, where y is its logsumexp; 0 where that is -inf.  g and y: (n,)."""
    out = memory.empty(x.shape, x.dtype)
    tasks, rows = _shares(x)
    _logsumexp_gradient(EXPONENTIAL * x.size, tasks, g, x, y, out, rows)
    return out


@planned
def cross_entropy(x, labels, ignoring, ignore, average):
    """log Σ exp(row) - row[label] of all rows, added up, or their mean; and how many there were.

    Shapes: x (n, classes), labels (n,) int64 -> () and (), in the dtype of x. If `ignoring`, rows with the label
    `ignore` do not count. If another label is no class, their number is -inf, and there is no sum.
    """
    total, count = np.empty((), x.dtype), np.empty((), x.dtype)
    tasks, rows = _shares(x)
    parts, results = np.empty((tasks, 2)), (total.reshape(1), count.reshape(1), average)
    _cross_entropy(EXPONENTIAL * x.size, tasks, x, labels, ignoring, ignore, parts, *results, rows, *_memory(x, rows))
    if tasks != 1:
        _add_up(tasks, 1, parts, *results)
    return total, count


@planned
def cross_entropy_gradient(g, x, labels, count, ignore, average):
    """(softmax(row) - one-hot(label)) · g/count for each row of x, without the count if the rows are added up.

    g and count are arrays of one number. Rows with the label `ignore` get 0; the others must be classes, unchecked.
    """
    out = memory.empty(x.shape, x.dtype)
    tasks, rows = _shares(x)
    g, count = g.reshape(1), count.reshape(1)
    _cross_entropy_gradient(EXPONENTIAL * x.size, tasks, g, x, labels, count, ignore, average, out, rows)
    return out


def _shares(x):
    """How many tasks there are, and rows in each."""
    n, classes = x.shape
    rows = SOFTMAX_TASK // classes or 1
    return -(-n // rows), rows


def _memory(x, rows):
    """Working memory for the exponentials, shifts and sums of so many rows, and how much of it is each worker's."""
    size = rows * (x.shape[1] + 2) + CACHE_LINE
    return scratch(get_num_threads() * size, x.dtype), size


@jit
def _shift(row):
    """The largest entry, or 0 where it is none or infinite: ±inf - ±inf would be nan; the sum will show nans."""
    largest = largest_of_run(row)
    return largest if math.isfinite(largest) else row.dtype.type(0)


@jit
def _exponentials(x, first, out, shifts):
    """Write exp(row - shift) for as many rows as `out` has, from `first` on, and the shifts, if there is room for them.

    Short rows share vectors.
    """
    rows, classes = out.shape
    for i in range(rows):
        row, result = x[first + i], out[i]
        shift = _shift(row)
        if shifts.size:
            shifts[i] = shift
        for j in range(classes):
            result[j] = row[j] - shift
    flat = out.reshape(-1)
    for j in range(flat.size):
        flat[j] = exp(flat[j])


@jit
def _logs_of_sums(x, first, end, memory):
    """Shifts, and log Σ exp(row - shift), for some rows: what the first of their places in memory then hold."""
    count, classes = end - first, x.shape[1]
    shifts, logs = memory[:count], memory[count : 2 * count]
    exponentials = memory[2 * count : (2 + classes) * count].reshape((count, classes))
    _exponentials(x, first, exponentials, shifts)
    for i in range(count):
        logs[i] = log(sum_of_run(exponentials[i]))
    return shifts, logs


@kernel
def _softmax(worker, task, x: In2, out: Out2, rows):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    _exponentials(x, first, out[first:end], out[0, :0])
    for i in range(first, end):
        row = out[i]
        total = x.dtype.type(sum_of_run(row))
        for j in range(row.size):
            row[j] /= total


@kernel
def _softmax_gradient(worker, task, g: In2, y: In2, out: Out2, rows):
    for i in range(task * rows, min((task + 1) * rows, y.shape[0])):
        upstream, row, result = g[i], y[i], out[i]
        total = 0.0
        for start in range(0, row.size, PIECE):
            total += dot_of_piece(upstream[start : start + PIECE], row[start : start + PIECE])
        dot = y.dtype.type(total)
        for j in range(row.size):
            result[j] = row[j] * (upstream[j] - dot)


@kernel
def _log_softmax(worker, task, x: In2, out: Out2, rows, memory: Out1, size):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    shifts, logs = _logs_of_sums(x, first, end, memory[worker * size : (worker + 1) * size])
    for i in range(first, end):
        row, result, shift, total = x[i], out[i], shifts[i - first], logs[i - first]
        for j in range(row.size):
            result[j] = (row[j] - shift) - total


@kernel
def _log_softmax_gradient(worker, task, g: In2, y: In2, out: Out2, rows):
    for i in range(task * rows, min((task + 1) * rows, y.shape[0])):
        upstream, row, result = g[i], y[i], out[i]
        total = y.dtype.type(sum_of_run(upstream))
        for j in range(row.size):
            result[j] = upstream[j] - exp(row[j]) * total


@kernel
def _logsumexp(worker, task, x: In2, out: Out1, rows, memory: Out1, size):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    shifts, logs = _logs_of_sums(x, first, end, memory[worker * size : (worker + 1) * size])
    out[first:end] = logs + shifts


@kernel
def _logsumexp_gradient(worker, task, g: In1, x: In2, y: In1, out: Out2, rows):
    for i in range(task * rows, min((task + 1) * rows, x.shape[0])):
        row, result, upstream = x[i], out[i], g[i]
        total = y[i] if y[i] != -math.inf else x.dtype.type(0)
        for j in range(row.size):
            result[j] = upstream * exp(row[j] - total)


@kernel
def _cross_entropy(
    worker, task, x: In2, labels: InInts1, ignoring: bool, ignore, parts: OutDoubles2, result: Out1, count: Out1,
    average: bool, rows, memory: Out1, size
):  # fmt: skip
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    shifts, logs = _logs_of_sums(x, first, end, memory[worker * size : (worker + 1) * size])
    total, counted = 0.0, 0.0
    for i in range(first, end):
        if ignoring and labels[i] == ignore:
            continue
        if 0 <= labels[i] < x.shape[1]:
            total += x.dtype.type(logs[i - first] + shifts[i - first] - x[i, labels[i]])
            counted += 1
        else:
            counted = -math.inf
    parts[task, 0], parts[task, 1] = total, counted
    if len(parts) == 1:
        result[0], count[0] = total / counted if average else total, counted


@kernel
def _add_up(worker, task, parts: OutDoubles2, result: Out1, count: Out1, average: bool):
    total, counted = 0.0, 0.0
    for i in range(len(parts)):
        total += parts[i, 0]
        counted += parts[i, 1]
    result[0], count[0] = total / counted if average else total, counted


@kernel
def _cross_entropy_gradient(
    worker, task, g: In1, x: In2, labels: InInts1, count: In1, ignore, average: bool, out: Out2, rows
):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    _exponentials(x, first, out[first:end], out[0, :0])
    scale = x.dtype.type(g[0] / count[0]) if average else g[0]
    for i in range(first, end):
        row = out[i]
        if labels[i] == ignore:
            row[:] = 0
        else:
            factor = x.dtype.type(float(scale) / sum_of_run(row))
            for j in range(row.size):
                row[j] *= factor
            row[labels[i]] -= scale
