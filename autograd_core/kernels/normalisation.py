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
from autograd_core.kernels.launch import In1, In2, In3, Out1, Out2, Out3, OutDoubles1, kernel
from autograd_core.kernels.plan import planned
from autograd_core.kernels.reduction import add_parts, sum_of_run
from autograd_core.kernels.threads import get_num_threads, scratch
from autograd_core.kernels.thresholds import NORMALISATION_COLUMNS, NORMALISATION_TASK, PARTS, PIECE, SHORT_RUN

_DOUBLE = np.dtype(np.float64)


@planned
def normalize(x, weight, bias, shape, eps, centre):
    """(x - mean)/√(var + eps)·weight + bias, and the mean and variance of each slice, (K,).

    `shape` is x as (N, K, M); weight and bias are tables (P, Q). All arrays are C-contiguous and of one dtype. Without
    `centre` the mean counts as 0.
    """
    y = memory.empty(x.shape, x.dtype)
    images, count, run = shape
    mean, var = np.empty(count, x.dtype), np.empty(count, x.dtype)
    if _are_columns(shape, weight):
        matrix = (images, count * run)
        tasks, width, space = _columns_at_once(count * run, run, x.dtype, 1, 3)
        arrays = x.reshape(matrix), weight.reshape(-1), bias.reshape(-1), y.reshape(matrix), mean, var
        _normalize_columns(x.size, tasks, *arrays, eps, centre, run, width, *space)
    else:
        slices = _slices_at_once(shape)
        arrays = x.reshape(shape), weight, bias, y.reshape(shape), mean, var
        _normalize(x.size, -(-count // slices), *arrays, eps, centre, slices)
    return y, mean, var


@planned
def normalize_gradient(g, x, weight, mean, var, shape, eps, centre):
    """The gradients of Σ g · normalize(x): to x, and to the tables of weights and biases."""
    images, count, run = shape
    dx = memory.empty(x.shape, x.dtype)
    if _are_columns(shape, weight):
        matrix = (images, count * run)
        tasks, width, space = _columns_at_once(count * run, run, x.dtype, 2, 5)
        tables = [np.empty(weight.shape, x.dtype) for _ in range(2)]
        arrays = (array.reshape(matrix) for array in (g, x))
        results = (dx.reshape(matrix), *(table.reshape(-1) for table in tables))
        how = (eps, centre, run, width, *space)
        _gradient_of_columns(x.size, tasks, *arrays, weight.reshape(-1), mean, var, *results, *how)
        return dx, *tables
    parts = min(count, PARTS, -(-x.size // NORMALISATION_TASK))
    sums = [np.empty((parts, *weight.shape), x.dtype) for _ in range(2)]
    results = (dx.reshape(shape), *sums)
    _gradient(x.size, parts, g.reshape(shape), x.reshape(shape), weight, mean, var, *results, eps, centre)
    if parts == 1:
        return dx, *(array[0] for array in sums)
    tables = [np.empty(weight.shape, x.dtype) for _ in range(2)]
    for parts_of_table, table in zip(sums, tables, strict=True):
        add_parts(parts_of_table.size, 1, parts_of_table.reshape(parts, -1), table.reshape(-1))
    return dx, *tables


@planned
def variance(x, shape):
    """The variance of each slice of x, C-contiguous, as (N, K, M) -> (K,)."""
    var, slices = np.empty(shape[1], x.dtype), _slices_at_once(shape)
    _variance(x.size, -(-shape[1] // slices), x.reshape(shape), var, slices)
    return var


def _slices_at_once(shape):
    """Slices in a task."""
    return max(1, NORMALISATION_TASK // max(1, shape[0] * shape[2]))


def _columns_at_once(columns, run, dtype, sums, rows):
    """How many tasks there are; columns in each, whole runs; and working memory: so many sums, and rows of x, of them.

    Short runs of several images are read a row of neighbours at a time, as many columns side by side as a task has:
    slice by slice, every read would wait for memory, and meet the others in the same few lines of the cache. Sums are
    float64.
    """
    width, threads = max(1, NORMALISATION_COLUMNS // run) * run, get_num_threads()
    space = scratch(threads * sums * width, _DOUBLE, "sums"), scratch(threads * rows * width, dtype)
    return -(-columns // width), width, space


def _are_columns(shape, weight):
    """Whether the runs of several images are short, and each slice has a weight of its own."""
    return shape[0] > 1 and shape[2] <= SHORT_RUN and weight.shape == (shape[1], 1)


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


@kernel
def _normalize(
    worker, task, x: In3, weight: In2, bias: In2, y: Out3, mean: Out1, var: Out1, eps: float, centre: bool, slices
):
    for k in range(task * slices, min((task + 1) * slices, x.shape[1])):
        mean[k], variance = _moments(x, k, centre)
        var[k] = variance
        scale = x.dtype.type(1 / math.sqrt(variance + eps))
        row = k % weight.shape[0]
        for image in range(x.shape[0]):
            _write_run(x[image, k], weight[row], bias[row], mean[k], scale, y[image, k])


@kernel
def _variance(worker, task, x: In3, var: Out1, slices):
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


@kernel
def _gradient(
    worker, part, g: In3, x: In3, weight: In2, mean: In1, var: In1, dx: Out3, to_weights: Out3, to_biases: Out3,
    eps: float, centre: bool,
):  # fmt: skip
    (images, slices, run), number = x.shape, x.dtype.type
    to_weight, to_bias = to_weights[part], to_biases[part]
    to_weight[:] = 0
    to_bias[:] = 0
    count = images * run
    for k in range(part * slices // len(to_weights), (part + 1) * slices // len(to_weights)):
        row = k % weight.shape[0]
        scale = _scale(var[k], eps)
        total = along = 0.0
        for image in range(images):
            here, aside = _sums_of_run(
                g[image, k], x[image, k], weight[row], mean[k], scale, to_weight[row], to_bias[row]
            )
            total += here
            along += aside
        shift = number(total / count) if centre else number(0)
        slope = number(along / count * scale * scale)
        for image in range(images):
            _write_gradient(g[image, k], x[image, k], weight[row], mean[k], scale, shift, slope, dx[image, k])


@jit
def _scale(var, eps):
    """1/√(var + eps), in the dtype of var."""
    number = type(var)
    return number(1) / number(math.sqrt(var + number(eps)))


@jit
def _add_up_runs(total, run):
    """Give each column the total of its run."""
    for start in range(0, total.size if run > 1 else 0, run):
        one = 0.0  # a loop, since for an array's own sum() Numba loads a module that imports all of scipy's linalg
        for i in range(start, start + run):
            one += total[i]
        total[start : start + run] = one


@jit
def _row(memory, worker, rows, i, width, size):
    """The first `size` entries of row i of a worker's working memory."""
    start = (worker * rows + i) * width
    return memory[start : start + size]


@jit
def _spread(values, first, run, target):
    """Write the value of each column's slice."""
    for i in range(target.size):
        target[i] = values[(first + i) // run]


@jit
def _gather(columns, first, run, target):
    """Write to each slice's entry the value that all columns of the slice have: the inverse of `_spread`."""
    for i in range(0, columns.size, run):
        target[(first + i) // run] = columns[i]


@kernel
def _normalize_columns(
    worker, task, x: In2, weight: In1, bias: In1, y: Out2, mean: Out1, var: Out1, eps: float, centre: bool,
    run, width, wide_memory: OutDoubles1, memory: Out1,
):  # fmt: skip
    first = task * width
    size = min(width, x.shape[1] - first)
    end, count = first + size, x.shape[0] * run
    total = _row(wide_memory, worker, 1, 0, width, size)
    middle, shift = _row(memory, worker, 3, 0, width, size), _row(memory, worker, 3, 1, width, size)
    factor = _row(memory, worker, 3, 2, width, size)
    total[:] = 0
    middle[:] = 0
    if centre:
        for n in range(x.shape[0]):
            row = x[n, first:end]
            for i in range(size):
                total[i] += row[i]
        _add_up_runs(total, run)
        for i in range(size):
            middle[i] = total[i] / count
            total[i] = 0
    for n in range(x.shape[0]):
        row = x[n, first:end]
        for i in range(size):
            apart = row[i] - middle[i]
            total[i] += apart * apart
    _add_up_runs(total, run)
    _spread(weight, first, run, factor)
    _spread(bias, first, run, shift)
    for i in range(size):
        total[i] /= count
        factor[i] /= math.sqrt(total[i] + eps)
    _gather(middle, first, run, mean)
    _gather(total, first, run, var)
    for n in range(x.shape[0]):
        row, result = x[n, first:end], y[n, first:end]
        for i in range(size):
            result[i] = (row[i] - middle[i]) * factor[i] + shift[i]


@kernel
def _gradient_of_columns(
    worker, task, g: In2, x: In2, weight: In1, mean: In1, var: In1, dx: Out2, to_weight: Out1, to_bias: Out1,
    eps: float, centre: bool, run, width, wide_memory: OutDoubles1, memory: Out1,
):  # fmt: skip
    first = task * width
    size = min(width, x.shape[1] - first)
    end, count = first + size, x.shape[0] * run
    total, along = _row(wide_memory, worker, 2, 0, width, size), _row(wide_memory, worker, 2, 1, width, size)
    middle, spread = _row(memory, worker, 5, 0, width, size), _row(memory, worker, 5, 1, width, size)
    factor, shift = _row(memory, worker, 5, 2, width, size), _row(memory, worker, 5, 3, width, size)
    slope = _row(memory, worker, 5, 4, width, size)
    total[:] = 0
    along[:] = 0
    _spread(mean, first, run, middle)
    for i in range(size):
        spread[i] = _scale(var[(first + i) // run], eps)
    _spread(weight, first, run, factor)
    for n in range(x.shape[0]):
        upstream, row = g[n, first:end], x[n, first:end]
        for i in range(size):
            total[i] += upstream[i]
            along[i] += upstream[i] * (row[i] - middle[i])
    _add_up_runs(total, run)
    _add_up_runs(along, run)
    for i in range(size):
        along[i] *= spread[i]
        shift[i] = total[i] / count if centre else 0
        slope[i] = along[i] / count * spread[i]
        factor[i] *= spread[i]
    _gather(along, first, run, to_weight)
    _gather(total, first, run, to_bias)
    for n in range(x.shape[0]):
        upstream, row, result = g[n, first:end], x[n, first:end], dx[n, first:end]
        for i in range(size):
            result[i] = (upstream[i] - shift[i] - (row[i] - middle[i]) * slope[i]) * factor[i]
