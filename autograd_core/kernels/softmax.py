"""Softmax and its cross-entropy over the rows of a matrix: each row is read while it is at hand, in one go.

numpy would go over the array once for each of the largest, the difference, the exponential, the sum and the quotient,
and a small one, ten classes for each of a batch, costs some microseconds each time.
"""

import math

import numpy as np

from autograd_core.kernels import memory
from autograd_core.kernels.jit import jit
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel

# Entries in a task.
_CHUNK = 1 << 12
# What an exponential costs, in multiplications: so much sooner a second thread pays.
_EXPONENTIAL = 8


def cross_entropy(x, labels):
    """The mean of log Σ exp(row) - row[label].  Shapes: x (n, classes), labels (n,) int64, both C-contiguous -> ().

    Labels must be classes: that is not checked, neither here nor below.
    """
    losses = np.empty(len(x), x.dtype)
    mean = np.empty((), x.dtype)
    _cross_entropy(_EXPONENTIAL * x.size, x, labels, losses, mean.reshape(1), _rows(x))
    return mean


def cross_entropy_gradient(x, labels, scale):
    """(softmax(row) - one-hot(label)) · scale for each row of x, C-contiguous."""
    out = memory.empty(x.shape, x.dtype)
    _cross_entropy_gradient(_EXPONENTIAL * x.size, x, labels, out, scale, _rows(x))
    return out


def _rows(x):
    """Rows in a task."""
    return max(1, _CHUNK // max(1, x.shape[1]))


@jit
def _shift(row):
    """The largest entry, or 0 where it is infinite, for ±inf - ±inf would be nan; nans are left to the sum to show."""
    largest = row[0]
    for x in row:
        largest = max(largest, x)
    return largest if math.isfinite(largest) else row.dtype.type(0)


@jit
def _cross_entropy_task(worker, task, x, labels, losses, rows):
    for i in range(task * rows, min((task + 1) * rows, x.shape[0])):
        row = x[i]
        shift = _shift(row)
        total = x.dtype.type(0)
        for entry in row:
            total += math.exp(entry - shift)
        losses[i] = math.log(total) + shift - row[labels[i]]


@jit
def _cross_entropy_gradient_task(worker, task, x, labels, out, scale, rows):
    for i in range(task * rows, min((task + 1) * rows, x.shape[0])):
        row, result = x[i], out[i]
        shift = _shift(row)
        total = x.dtype.type(0)
        for j in range(row.size):
            result[j] = math.exp(row[j] - shift)
            total += result[j]
        factor = scale / total
        for j in range(row.size):
            result[j] *= factor
        result[labels[i]] -= scale


_post_cross_entropy = sharing(_cross_entropy_task)
_post_cross_entropy_gradient = sharing(_cross_entropy_gradient_task)


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
