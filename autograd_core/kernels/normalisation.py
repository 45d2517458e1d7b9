"""Normalisation, and its gradient, in two or three readings of an array that stays in the cache between them.

One formulation serves all layers. An array is seen as (N, K, M): each of K slices, N runs of M neighbours, is shifted
and scaled by moments of its own. Batch normalisation has N images and K channels; layer, group and instance
normalisation have N = 1 and a slice for each example, group or channel. Weights are a table (P, Q): slice k takes row
k mod P, whose Q entries each cover M/Q neighbours.

Sums are taken in the array's dtype along a short piece of a run, and in float64 over the pieces. Which entries are
summed together depends on the shape alone, so results do not depend on the number of threads.
"""

import math

import numpy as np

from autograd_core.kernels import memory
from autograd_core.kernels.jit import REORDER, jit
from autograd_core.kernels.reduction import PIECE, sum_of_run
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel

# Entries in a task at least.
_ENTRIES = 1 << 14
# Parts that sums for weights are taken in, at most.
_PARTS = 32
# Neighbours that are too few to be summed up by themselves.
_SHORT = 32


def normalize(x, weight, bias, shape, eps, centre):
    """(x - mean)/√(var + eps)·weight + bias, and the mean and variance of each slice, (K,).

    `shape` is x as (N, K, M); weight and bias are tables (P, Q). All arrays are C-contiguous and of one dtype. Without
    `centre` the mean counts as 0.
    """
    y = memory.empty(x.shape, x.dtype)
    mean, var = np.empty(shape[1], x.dtype), np.empty(shape[1], x.dtype)
    how = (mean, var, eps, centre)
    if _are_columns(shape, weight):
        matrix = (shape[0], shape[1] * shape[2])
        x, out = x.reshape(matrix), y.reshape(matrix)
        _normalize_columns(x.size, x, weight.reshape(-1), bias.reshape(-1), out, *how, shape[2])
    else:
        _normalize(x.size, x.reshape(shape), weight, bias, y.reshape(shape), *how)
    return y, mean, var


def normalize_gradient(g, x, weight, mean, var, shape, eps, centre):
    """The gradients of Σ g · normalize(x): to x, and to the tables of weights and biases."""
    dx = memory.empty(x.shape, x.dtype)
    scale = 1 / np.sqrt(var + x.dtype.type(eps))
    columns = _are_columns(shape, weight)
    parts = 1 if columns else min(shape[1], _PARTS, -(-x.size // _ENTRIES))
    sums = [np.empty((parts, *weight.shape), x.dtype) for _ in range(2)]
    if columns:
        arrays = [array.reshape(shape[0], shape[1] * shape[2]) for array in (g, x, dx)]
        flat = [array.reshape(1, -1) for array in sums]
        how = (weight.reshape(-1), mean, scale, arrays[2], *flat, centre, shape[2])
        _gradient_of_columns(x.size, *arrays[:2], *how)
    else:
        arrays = [array.reshape(shape) for array in (g, x, dx)]
        _gradient(x.size, *arrays[:2], weight, mean, scale, arrays[2], *sums, centre)
    return dx, *(array[0] if parts == 1 else array.sum(0) for array in sums)


def variance(x, shape):
    """The variance of each slice of x, C-contiguous, as (N, K, M) -> (K,)."""
    var = np.empty(shape[1], x.dtype)
    _variance(x.size, x.reshape(shape), var)
    return var


def _are_columns(shape, weight):
    """Whether the runs of several images are short, and each slice has a weight of its own."""
    return shape[0] > 1 and shape[2] <= _SHORT and weight.shape == (shape[1], 1)


@jit(fastmath=REORDER)
def _squares_of_piece(x, mean):
    total = x.dtype.type(0)
    for i in range(x.size):
        total += (x[i] - mean) * (x[i] - mean)
    return total


@jit
def _moments(x, k, centre):
    """The mean and the variance of slice k."""
    images, _, run = x.shape
    mean, total = x.dtype.type(0), 0.0
    if centre:
        for image in range(images):
            total += sum_of_run(x[image, k])
        mean = x.dtype.type(total / (images * run))
    total = 0.0
    for image in range(images):
        for start in range(0, run, PIECE):
            total += _squares_of_piece(x[image, k, start : start + PIECE], mean)
    return mean, total / (images * run)


@jit
def _write_run(x, weight, bias, mean, scale, y):
    if weight.size == x.size:
        for i in range(x.size):
            y[i] = (x[i] - mean) * scale * weight[i] + bias[i]
        return
    width = x.size // weight.size
    for q in range(weight.size):
        factor, shift = scale * weight[q], bias[q]
        x_run, y_run = x[q * width : (q + 1) * width], y[q * width : (q + 1) * width]
        for i in range(width):
            y_run[i] = (x_run[i] - mean) * factor + shift


@jit
def _task(worker, task, x, weight, bias, y, mean, var, eps, centre, slices):
    for k in range(task * slices, min((task + 1) * slices, x.shape[1])):
        mean[k], variance = _moments(x, k, centre)
        var[k] = variance
        scale = x.dtype.type(1 / math.sqrt(variance + eps))
        row = k % weight.shape[0]
        for image in range(x.shape[0]):
            _write_run(x[image, k], weight[row], bias[row], mean[k], scale, y[image, k])


@jit
def _variance_task(worker, task, x, var, slices):
    for k in range(task * slices, min((task + 1) * slices, x.shape[1])):
        var[k] = _moments(x, k, True)[1]


@jit(fastmath=REORDER)
def _sums_of_piece(g, x, mean):
    """Σ g and Σ g·(x - mean)."""
    total = along = x.dtype.type(0)
    for i in range(x.size):
        total += g[i]
        along += g[i] * (x[i] - mean)
    return total, along


@jit(fastmath=REORDER)
def _sums_of_weighted_piece(g, x, weight, mean, scale, to_weight, to_bias):
    """The same of g·weight, where each entry has its own weight; Σ g·(x - mean)·scale and Σ g are added for each."""
    total = along = x.dtype.type(0)
    for i in range(x.size):
        apart = x[i] - mean
        to_weight[i] += g[i] * apart * scale
        to_bias[i] += g[i]
        total += g[i] * weight[i]
        along += g[i] * weight[i] * apart
    return total, along


@jit
def _sums_of_run(g, x, weight, mean, scale, to_weight, to_bias):
    total = along = 0.0
    if weight.size == x.size:
        for start in range(0, x.size, PIECE):
            end = start + PIECE
            here, aside = _sums_of_weighted_piece(
                g[start:end], x[start:end], weight[start:end], mean, scale, to_weight[start:end], to_bias[start:end]
            )
            total += here
            along += aside
        return total, along
    width = x.size // weight.size
    for q in range(weight.size):
        for start in range(q * width, (q + 1) * width, PIECE):
            end = min(start + PIECE, (q + 1) * width)
            here, aside = _sums_of_piece(g[start:end], x[start:end], mean)
            to_weight[q] += aside * scale
            to_bias[q] += here
            total += here * weight[q]
            along += aside * weight[q]
    return total, along


@jit
def _write_gradient(g, x, weight, mean, scale, shift, slope, dx):
    if weight.size == x.size:
        for i in range(x.size):
            dx[i] = (g[i] * weight[i] - shift - (x[i] - mean) * slope) * scale
        return
    width = x.size // weight.size
    for q in range(weight.size):
        start, end, factor = q * width, (q + 1) * width, weight[q]
        g_run, x_run, dx_run = g[start:end], x[start:end], dx[start:end]
        for i in range(width):
            dx_run[i] = (g_run[i] * factor - shift - (x_run[i] - mean) * slope) * scale


@jit
def _gradient_task(worker, part, g, x, weight, mean, scale, dx, to_weights, to_biases, centre):
    (images, slices, run), number = x.shape, x.dtype.type
    to_weight, to_bias = to_weights[part], to_biases[part]
    to_weight[:] = 0
    to_bias[:] = 0
    count = images * run
    for k in range(part * slices // len(to_weights), (part + 1) * slices // len(to_weights)):
        row = k % weight.shape[0]
        total = along = 0.0
        for image in range(images):
            here, aside = _sums_of_run(
                g[image, k], x[image, k], weight[row], mean[k], scale[k], to_weight[row], to_bias[row]
            )
            total += here
            along += aside
        shift = number(total / count) if centre else number(0)
        slope = number(along / count * scale[k] * scale[k])
        for image in range(images):
            _write_gradient(g[image, k], x[image, k], weight[row], mean[k], scale[k], shift, slope, dx[image, k])


# Short runs of several images are read a row of neighbours at a time, as many columns side by side as a task has:
# slice by slice, every read would wait for memory, and meet the others in the same few lines of the cache.
_WIDTH = 128


@jit
def _width(run):
    """Columns in a task: whole runs."""
    return max(1, _WIDTH // run) * run


@jit
def _columns_of(task, columns, run):
    """The first column of a task, and the one after its last."""
    width = _width(run)
    return task * width, min((task + 1) * width, columns)


@jit
def _add_up_runs(total, run):
    """Give each column the total of its run."""
    for start in range(0, total.size if run > 1 else 0, run):
        total[start : start + run] = total[start : start + run].sum()


@jit
def _spread(values, first, end, run):
    """The value of each column's slice."""
    spread = np.empty(end - first, values.dtype)
    for i in range(spread.size):
        spread[i] = values[(first + i) // run]
    return spread


@jit
def _columns_task(worker, task, x, weight, bias, y, mean, var, eps, centre, run):
    first, end = _columns_of(task, x.shape[1], run)
    total, middle = np.zeros(end - first), np.zeros(end - first, x.dtype)
    count = x.shape[0] * run
    if centre:
        for n in range(x.shape[0]):
            row = x[n, first:end]
            for i in range(total.size):
                total[i] += row[i]
        _add_up_runs(total, run)
        for i in range(total.size):
            middle[i] = total[i] / count
            total[i] = 0
    for n in range(x.shape[0]):
        row = x[n, first:end]
        for i in range(total.size):
            apart = row[i] - middle[i]
            total[i] += apart * apart
    _add_up_runs(total, run)
    mean[first // run : end // run] = middle[::run]
    var[first // run : end // run] = total[::run] / count
    factor, shift = _spread(weight, first, end, run), _spread(bias, first, end, run)
    for i in range(total.size):
        factor[i] /= math.sqrt(total[i] / count + eps)
    for n in range(x.shape[0]):
        row, result = x[n, first:end], y[n, first:end]
        for i in range(total.size):
            result[i] = (row[i] - middle[i]) * factor[i] + shift[i]


@jit
def _gradient_of_columns_task(worker, task, g, x, weight, mean, scale, dx, to_weights, to_biases, centre, run):
    first, end = _columns_of(task, x.shape[1], run)
    total, along = np.zeros(end - first), np.zeros(end - first)
    middle, spread = _spread(mean, first, end, run), _spread(scale, first, end, run)
    factor, count = _spread(weight, first, end, run), x.shape[0] * run
    for n in range(x.shape[0]):
        upstream, row = g[n, first:end], x[n, first:end]
        for i in range(total.size):
            total[i] += upstream[i]
            along[i] += upstream[i] * (row[i] - middle[i])
    _add_up_runs(total, run)
    _add_up_runs(along, run)
    to_weights[0, first // run : end // run] = (along * spread)[::run]
    to_biases[0, first // run : end // run] = total[::run]
    shift, slope = np.empty(total.size, x.dtype), np.empty(total.size, x.dtype)
    for i in range(total.size):
        shift[i] = total[i] / count if centre else 0
        slope[i] = along[i] / count * spread[i] * spread[i]
        factor[i] *= spread[i]
    for n in range(x.shape[0]):
        upstream, row, result = g[n, first:end], x[n, first:end], dx[n, first:end]
        for i in range(total.size):
            result[i] = (upstream[i] - shift[i] - (row[i] - middle[i]) * slope[i]) * factor[i]


_post, _post_gradient, _post_variance = sharing(_task), sharing(_gradient_task), sharing(_variance_task)
_post_columns, _post_columns_gradient = sharing(_columns_task), sharing(_gradient_of_columns_task)


@ParallelKernel(reads=3).of
def _normalize(mailbox, x, weight, bias, y, mean, var, eps, centre):
    slices = max(1, _ENTRIES // max(1, x.shape[0] * x.shape[2]))
    _post(mailbox, (x, weight, bias, y, mean, var, eps, centre, slices))
    run_tasks(mailbox, -(-x.shape[1] // slices))


@ParallelKernel(reads=1).of
def _variance(mailbox, x, var):
    slices = max(1, _ENTRIES // (x.shape[0] * x.shape[2]))
    _post_variance(mailbox, (x, var, slices))
    run_tasks(mailbox, -(-x.shape[1] // slices))


@ParallelKernel(reads=5).of
def _gradient(mailbox, g, x, weight, mean, scale, dx, to_weights, to_biases, centre):
    _post_gradient(mailbox, (g, x, weight, mean, scale, dx, to_weights, to_biases, centre))
    run_tasks(mailbox, to_weights.shape[0])


@ParallelKernel(reads=3).of
def _normalize_columns(mailbox, x, weight, bias, y, mean, var, eps, centre, run):
    _post_columns(mailbox, (x, weight, bias, y, mean, var, eps, centre, run))
    run_tasks(mailbox, -(-x.shape[1] // _width(run)))


@ParallelKernel(reads=5).of
def _gradient_of_columns(mailbox, g, x, weight, mean, scale, dx, to_weights, to_biases, centre, run):
    _post_columns_gradient(mailbox, (g, x, weight, mean, scale, dx, to_weights, to_biases, centre, run))
    run_tasks(mailbox, -(-x.shape[1] // _width(run)))
