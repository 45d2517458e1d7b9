"""Softmax and its kin over the rows of a matrix, and their gradients: each row stays in the cache until it is done.

numpy would go over the array once for each of the largest, the difference, the exponential, the sum and the quotient,
and a small one, ten classes for each of a batch, costs some microseconds each time.

All arrays are C-contiguous, and have no empty rows.
"""

import math

import numpy as np

from autograd_core.kernels import memory
from autograd_core.kernels.exponential import exp, log
from autograd_core.kernels.jit import REORDER, jit
from autograd_core.kernels.reduction import PIECE, largest_of_run, sum_of_run
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel

# Entries in a task.
_CHUNK = 1 << 12
# What an exponential costs, in multiplications: so much sooner a second thread pays.
_EXPONENTIAL = 4


def softmax(x):
    """exp(row) / Σ exp(row).  Shapes: (n, classes) -> the same."""
    out = memory.empty(x.shape, x.dtype)
    _softmax(_EXPONENTIAL * x.size, x, out, _rows(x))
    return out


def softmax_gradient(g, y):
    """y·(g - Σ g·y) for each row, where y is the softmax."""
    out = memory.empty(y.shape, y.dtype)
    _softmax_gradient(y.size, g, y, out, _rows(y))
    return out


def log_softmax(x):
    """row - log Σ exp(row).  Shapes: (n, classes) -> the same."""
    out = memory.empty(x.shape, x.dtype)
    _log_softmax(_EXPONENTIAL * x.size, x, out, _rows(x))
    return out


def log_softmax_gradient(g, y):
    """g - exp(y)·Σ g for each row, where y is the log-softmax."""
    out = memory.empty(y.shape, y.dtype)
    _log_softmax_gradient(_EXPONENTIAL * y.size, g, y, out, _rows(y))
    return out


def logsumexp(x):
    """log Σ exp(row).  Shapes: (n, classes) -> (n,)."""
    out = np.empty(len(x), x.dtype)
    _logsumexp(_EXPONENTIAL * x.size, x, out, _rows(x))
    return out


def logsumexp_gradient(g, x, y):
    """g·exp(row - y) for each row, where y is its logsumexp; 0 where that is -inf.  g and y: (n,)."""
    out = memory.empty(x.shape, x.dtype)
    _logsumexp_gradient(_EXPONENTIAL * x.size, g, x, y, out, _rows(x))
    return out


def cross_entropy(x, labels):
    """The mean of log Σ exp(row) - row[label].  Shapes: x (n, classes), labels (n,) int64 -> ().

    Labels must be classes: that is not checked, neither here nor below.
    """
    losses = np.empty(len(x), x.dtype)
    mean = np.empty((), x.dtype)
    _cross_entropy(_EXPONENTIAL * x.size, x, labels, losses, mean.reshape(1), _rows(x))
    return mean


def cross_entropy_gradient(x, labels, scale):
    """(softmax(row) - one-hot(label)) · scale for each row of x."""
    out = memory.empty(x.shape, x.dtype)
    _cross_entropy_gradient(_EXPONENTIAL * x.size, x, labels, out, float(scale), _rows(x))
    return out


def _rows(x):
    """Rows in a task."""
    return max(1, _CHUNK // max(1, x.shape[1]))


@jit
def _shift(row):
    """The largest entry, or 0 where it is none or infinite: ±inf - ±inf would be nan; the sum will show nans."""
    largest = largest_of_run(row)
    return largest if math.isfinite(largest) else row.dtype.type(0)


@jit
def _exponentials(x, first, out):
    """Write exp(row - shift) for as many rows as `out` has, from `first` on; return the shifts.

    Short rows share vectors.
    """
    rows, classes = out.shape
    shifts = np.empty(rows, x.dtype)
    for i in range(rows):
        row, result = x[first + i], out[i]
        shifts[i] = shift = _shift(row)
        for j in range(classes):
            result[j] = row[j] - shift
    flat = out.reshape(-1)
    for j in range(flat.size):
        flat[j] = exp(flat[j])
    return shifts


@jit
def _logs_of_sums(x, first, end):
    """Shifts, and log Σ exp(row - shift), for some rows."""
    exponentials = np.empty((end - first, x.shape[1]), x.dtype)
    shifts = _exponentials(x, first, exponentials)
    logs = np.empty(end - first, x.dtype)
    for i in range(logs.size):
        logs[i] = log(sum_of_run(exponentials[i]))
    return shifts, logs


@jit
def _softmax_task(worker, task, x, out, rows):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    _exponentials(x, first, out[first:end])
    for i in range(first, end):
        row = out[i]
        total = x.dtype.type(sum_of_run(row))
        for j in range(row.size):
            row[j] /= total


@jit(fastmath=REORDER)
def _dot_of_piece(a, b):
    total = a.dtype.type(0)
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@jit
def _softmax_gradient_task(worker, task, g, y, out, rows):
    for i in range(task * rows, min((task + 1) * rows, y.shape[0])):
        upstream, row, result = g[i], y[i], out[i]
        total = 0.0
        for start in range(0, row.size, PIECE):
            total += _dot_of_piece(upstream[start : start + PIECE], row[start : start + PIECE])
        dot = y.dtype.type(total)
        for j in range(row.size):
            result[j] = row[j] * (upstream[j] - dot)


@jit
def _log_softmax_task(worker, task, x, out, rows):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    shifts, logs = _logs_of_sums(x, first, end)
    for i in range(first, end):
        row, result, shift, total = x[i], out[i], shifts[i - first], logs[i - first]
        for j in range(row.size):
            result[j] = (row[j] - shift) - total


@jit
def _log_softmax_gradient_task(worker, task, g, y, out, rows):
    for i in range(task * rows, min((task + 1) * rows, y.shape[0])):
        upstream, row, result = g[i], y[i], out[i]
        total = y.dtype.type(sum_of_run(upstream))
        for j in range(row.size):
            result[j] = upstream[j] - exp(row[j]) * total


@jit
def _logsumexp_task(worker, task, x, out, rows):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    shifts, logs = _logs_of_sums(x, first, end)
    out[first:end] = logs + shifts


@jit
def _logsumexp_gradient_task(worker, task, g, x, y, out, rows):
    for i in range(task * rows, min((task + 1) * rows, x.shape[0])):
        row, result, upstream = x[i], out[i], g[i]
        total = y[i] if y[i] != -math.inf else x.dtype.type(0)
        for j in range(row.size):
            result[j] = upstream * exp(row[j] - total)


@jit
def _cross_entropy_task(worker, task, x, labels, losses, rows):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    shifts, logs = _logs_of_sums(x, first, end)
    for i in range(first, end):
        losses[i] = logs[i - first] + shifts[i - first] - x[i, labels[i]]


@jit
def _cross_entropy_gradient_task(worker, task, x, labels, out, scale, rows):
    first, end = task * rows, min((task + 1) * rows, x.shape[0])
    _exponentials(x, first, out[first:end])
    for i in range(first, end):
        row = out[i]
        factor = x.dtype.type(scale / sum_of_run(row))
        for j in range(row.size):
            row[j] *= factor
        row[labels[i]] -= scale


_post_softmax, _post_softmax_gradient = sharing(_softmax_task), sharing(_softmax_gradient_task)
_post_log_softmax, _post_log_softmax_gradient = sharing(_log_softmax_task), sharing(_log_softmax_gradient_task)
_post_logsumexp, _post_logsumexp_gradient = sharing(_logsumexp_task), sharing(_logsumexp_gradient_task)
_post_cross_entropy = sharing(_cross_entropy_task)
_post_cross_entropy_gradient = sharing(_cross_entropy_gradient_task)


@ParallelKernel(reads=1).of
def _softmax(mailbox, x, out, rows):
    _post_softmax(mailbox, (x, out, rows))
    run_tasks(mailbox, -(-x.shape[0] // rows))


@ParallelKernel(reads=2).of
def _softmax_gradient(mailbox, g, y, out, rows):
    _post_softmax_gradient(mailbox, (g, y, out, rows))
    run_tasks(mailbox, -(-y.shape[0] // rows))


@ParallelKernel(reads=1).of
def _log_softmax(mailbox, x, out, rows):
    _post_log_softmax(mailbox, (x, out, rows))
    run_tasks(mailbox, -(-x.shape[0] // rows))


@ParallelKernel(reads=2).of
def _log_softmax_gradient(mailbox, g, y, out, rows):
    _post_log_softmax_gradient(mailbox, (g, y, out, rows))
    run_tasks(mailbox, -(-y.shape[0] // rows))


@ParallelKernel(reads=1).of
def _logsumexp(mailbox, x, out, rows):
    _post_logsumexp(mailbox, (x, out, rows))
    run_tasks(mailbox, -(-x.shape[0] // rows))


@ParallelKernel(reads=3).of
def _logsumexp_gradient(mailbox, g, x, y, out, rows):
    _post_logsumexp_gradient(mailbox, (g, x, y, out, rows))
    run_tasks(mailbox, -(-x.shape[0] // rows))


@ParallelKernel(reads=2).of
def _cross_entropy(mailbox, x, labels, losses, mean, rows):
    _post_cross_entropy(mailbox, (x, labels, losses, rows))
    run_tasks(mailbox, -(-x.shape[0] // rows))
    total = 0.0
    for loss in losses:
        total += loss
    mean[0] = total / losses.size


@ParallelKernel(reads=2).of
def _cross_entropy_gradient(mailbox, x, labels, out, scale, rows):
    _post_cross_entropy_gradient(mailbox, (x, labels, out, x.dtype.type(scale), rows))
    run_tasks(mailbox, -(-x.shape[0] // rows))
