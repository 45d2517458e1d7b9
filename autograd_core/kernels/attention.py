"""Attention, softmax(scale·q kᵀ + bias) v, and its gradients: one launch, in which a task has one head of one sequence.

All of a head's work, up to six products of small matrices and the rows of a softmax between them, is done while its
numbers are in the second-level cache. Operands are read where they are, whatever their strides: heads are columns of
one matrix as a rule, and results are laid out so that heads side by side are one, too.

A product packs b once, in strips (`gemm.py`), and then some rows of a at a time. If `causal`, row i of the weights
ends with column i, and products leave out what lies beyond.
"""

import math

import numpy as np

from autograd_core.kernels import memory, simd
from autograd_core.kernels.exponential import exp
from autograd_core.kernels.gemm import first_entry, multiply_strip, pack, starts_of, whole_strides
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, In3, InInts1, Out1, Out3, kernel
from autograd_core.kernels.plan import planned
from autograd_core.kernels.reduction import dot_of_piece, largest_of_run, sum_of_run
from autograd_core.kernels.threads import get_num_threads, scratch
from autograd_core.kernels.thresholds import DEPTH, EXPONENTIAL

_EVERYTHING, _LOWER, _UPPER = 0, 1, 2  # which entries of a are there: all, those with k ≤ i, or those with k ≥ i


@planned
def attend(q, k, v, bias, scale, causal):
    """(The averages, the weights).  Shapes: q (..., L, E), k (..., S, E), v (..., S, V), bias (..., L, S) or None.

    Leading axes broadcast, those of the bias to the others'. -> (..., L, V), (..., L, S), the latter C-contiguous.
    """
    batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    (length, width), (keys, columns) = q.shape[-2:], v.shape[-2:]
    heads = math.prod(batch)
    weights = memory.empty((heads, length, keys), q.dtype)
    y, y_places = _result(batch, length, columns, q.dtype)
    given = bias is not None
    added = _operand(np.broadcast_to(bias, (*batch, length, keys)) if given else q[..., :1, :1], batch)
    space, size, panel = _space(q.dtype, (width, keys), (keys, columns))
    work = heads * length * keys * (width + columns + EXPONENTIAL)
    operands = [part for x in (q, k, v) for part in _operand(x, batch)]
    _attend(
        work, heads, *operands, *added, given, weights, y, *y_places, width, columns, float(scale), causal,
        space, size, panel,
    )  # fmt: skip
    return _as_given(y, batch, length, columns), weights.reshape(*batch, length, keys)


@planned
def attend_back(g, q, k, v, weights, scale, causal):
    """The gradients of q, k and v, with all leading axes, from that of the averages and the weights."""
    batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    (length, width), (keys, columns) = q.shape[-2:], v.shape[-2:]
    heads = math.prod(batch)
    to_q, q_layout = _result(batch, length, width, q.dtype)
    to_k, k_layout = _result(batch, keys, width, q.dtype)
    to_v, v_layout = _result(batch, keys, columns, q.dtype)
    products = (length, columns), (columns, keys), (keys, width), (length, width)
    space, size, panel = _space(q.dtype, *products, more=length * keys)
    work = heads * length * keys * (3 * width + 2 * columns)
    operands = [part for x in (g, q, k, v) for part in _operand(x, batch)]
    results = to_q, *q_layout, to_k, *k_layout, to_v, *v_layout
    flat = weights.reshape(heads, length, keys)
    _attend_back(
        work, heads, *operands, flat, *results, width, columns, float(scale), causal, space, size, panel
    )  # fmt: skip
    return (
        _as_given(to_q, batch, length, width),
        _as_given(to_k, batch, keys, width),
        _as_given(to_v, batch, keys, columns),
    )


def _operand(x, batch):
    """An anchor, where each head starts, and the distances between rows and between columns."""
    x = whole_strides(x)
    return first_entry(x), starts_of(x, batch), x.strides[-2] // x.itemsize, x.strides[-1] // x.itemsize


def _result(batch, rows, columns, dtype):
    """Memory for (*batch, rows, columns), of two axes or more of the batch the last within rows; and where heads start.

    So heads side by side make up one row.
    """
    inner = batch[-1] if len(batch) > 1 else 1
    outer = math.prod(batch) // inner
    starts = np.arange(outer)[:, None] * (rows * inner * columns) + np.arange(inner) * columns
    return memory.empty((outer * rows * inner * columns,), dtype), (starts.reshape(-1), inner * columns)


def _as_given(y, batch, rows, columns):
    """The result as (*batch, rows, columns)."""
    if len(batch) < 2:
        return y.reshape(*batch, rows, columns)
    return y.reshape(*batch[:-1], rows, batch[-1], columns).swapaxes(-2, -3)


def _space(dtype, *packed, more=0):
    """Working memory of all workers; how much is each one's; and where in it a is packed, behind the largest b."""
    width = simd.TILE_BYTES // dtype.itemsize
    panel = max(depth * (columns + -columns % width) for depth, columns in packed)
    size = panel + max(max(pair) for pair in packed) * simd.ROWS + 4 * width + more
    size += -size % 64
    return scratch(get_num_threads() * size, dtype, "attention"), size, panel


# --- products -----------------------------------------------------------------------------------


@jit
def _pack_strips(b, start, down, across, depth, columns, own):
    """own = b[k, j] = b[start + k·down + j·across], packed in strips, a block of depth after the other."""
    width = simd.TILE_BYTES // own.itemsize
    step, target = -(-depth // -(-depth // DEPTH)), 0
    for k in range(0, depth, step):
        thickness = min(step, depth - k)
        for j in range(0, columns, width):
            pack(b, start + k * down + j * across, across, min(width, columns - j), down, thickness, own, target, width)
            target += width * thickness


@jit
def _multiply(a, start, down, across, rows, depth, which, own, panel, c, c_start, c_stride, columns, below):
    """c[i, j] = Σ_k a[i, k]·b[k, j], of the b that is packed in `own`.

    `which` says what there is of a: the rest is taken for 0. If `below`, entries with j > i are not wanted.
    """
    width = simd.TILE_BYTES // own.itemsize
    step = -(-depth // -(-depth // DEPTH))
    for i in range(0, rows, simd.ROWS):
        lanes = min(simd.ROWS, rows - i)
        first = min(i, depth) if which == _UPPER else 0
        end = min(depth, i + simd.ROWS) if which == _LOWER else depth
        wanted = min(columns, i + simd.ROWS) if below else columns
        add = False
        for k in range(0, depth, step):
            thickness = min(step, depth - k)
            lower, upper = max(0, first - k), min(thickness, end - k)
            block = k * (columns + -columns % width)
            if lower < upper:
                pack(
                    a, start + i * down + (k + lower) * across, down, lanes, across, upper - lower,
                    own, panel, simd.ROWS,
                )  # fmt: skip
                for j in range(0, wanted, width):
                    strip = block + j * thickness + lower * width
                    multiply_strip(
                        own, panel, own, strip, upper - lower, c, c_start + i * c_stride + j, c_stride,
                        lanes, columns - j, add,
                    )  # fmt: skip
                add = True
        if not add:
            for row in range(lanes):
                place = c_start + (i + row) * c_stride
                c[place : place + columns] = 0


# --- forward and backward -----------------------------------------------------------------------


@jit
def _add_bias(row, scale, bias, start, across):
    for j in range(row.size):
        row[j] = row[j] * scale + simd.entry(bias, start + j * across)


@jit
def _softmax_row(row, scale):
    """exp(scale·row) / Σ exp(scale·row) in place; 0 where all are -inf."""
    for j in range(row.size):
        row[j] *= scale
    largest = largest_of_run(row)
    if largest == -math.inf:
        row[:] = 0
        return
    shift = largest if math.isfinite(largest) else row.dtype.type(0)
    for j in range(row.size):
        row[j] = exp(row[j] - shift)
    factor = row.dtype.type(1.0 / sum_of_run(row))
    for j in range(row.size):
        row[j] *= factor


@kernel
def _attend(
    worker, task, q: In1, q_starts: InInts1, q_down, q_across, k: In1, k_starts: InInts1, k_down, k_across,
    v: In1, v_starts: InInts1, v_down, v_across, bias: In1, bias_starts: InInts1, bias_down, bias_across, given: bool,
    weights: Out3, y: Out1, y_starts: InInts1, y_stride, width, columns, scale: float, causal: bool,
    space: Out1, size, panel,
):  # fmt: skip
    length, keys = weights.shape[1:]
    own = space[worker * size : (worker + 1) * size]
    factor, one = weights.dtype.type(scale), weights.dtype.type(1)
    flat, place = weights.reshape(-1), task * length * keys
    _pack_strips(k, k_starts[task], k_across, k_down, width, keys, own)
    _multiply(
        q, q_starts[task], q_down, q_across, length, width, _EVERYTHING, own, panel, flat, place, keys, keys, causal
    )
    for i in range(length):
        end = min(keys, i + 1) if causal else keys
        row = weights[task, i, :end]
        if given:
            _add_bias(row, factor, bias, bias_starts[task] + i * bias_down, bias_across)
            _softmax_row(row, one)
        else:
            _softmax_row(row, factor)
        weights[task, i, end:] = 0
    _pack_strips(v, v_starts[task], v_down, v_across, keys, columns, own)
    which = _LOWER if causal else _EVERYTHING
    _multiply(flat, place, keys, 1, length, keys, which, own, panel, y, y_starts[task], y_stride, columns, False)


@kernel
def _attend_back(
    worker, task, g: In1, g_starts: InInts1, g_down, g_across, q: In1, q_starts: InInts1, q_down, q_across,
    k: In1, k_starts: InInts1, k_down, k_across, v: In1, v_starts: InInts1, v_down, v_across, weights: In3,
    to_q: Out1, to_q_starts: InInts1, to_q_stride, to_k: Out1, to_k_starts: InInts1, to_k_stride,
    to_v: Out1, to_v_starts: InInts1, to_v_stride, width, columns, scale: float, causal: bool, space: Out1, size, panel,
):  # fmt: skip
    length, keys = weights.shape[1:]
    shares = space[worker * size : worker * size + length * keys]
    own = space[worker * size + length * keys : (worker + 1) * size]
    factor = weights.dtype.type(scale)
    flat, place = weights.reshape(-1), task * length * keys
    lower, upper = (_LOWER, _UPPER) if causal else (_EVERYTHING, _EVERYTHING)
    _pack_strips(g, g_starts[task], g_down, g_across, length, columns, own)
    _multiply(
        flat, place, 1, keys, keys, length, upper, own, panel, to_v, to_v_starts[task], to_v_stride, columns, False
    )
    _pack_strips(v, v_starts[task], v_across, v_down, columns, keys, own)
    _multiply(
        g, g_starts[task], g_down, g_across, length, columns, _EVERYTHING, own, panel, shares, 0, keys, keys, causal
    )
    for i in range(length):
        end = min(keys, i + 1) if causal else keys
        share, row = shares[i * keys : i * keys + end], weights[task, i, :end]
        dot = weights.dtype.type(dot_of_piece(share, row))
        for j in range(end):
            share[j] = (share[j] - dot) * row[j] * factor
        shares[i * keys + end : (i + 1) * keys] = 0
    _pack_strips(k, k_starts[task], k_down, k_across, keys, width, own)
    _multiply(shares, 0, keys, 1, length, keys, lower, own, panel, to_q, to_q_starts[task], to_q_stride, width, False)
    _pack_strips(q, q_starts[task], q_down, q_across, length, width, own)
    _multiply(shares, 0, 1, keys, keys, length, upper, own, panel, to_k, to_k_starts[task], to_k_stride, width, False)
