"""Recurrent cells run over whole sequences, and backwards through time: one launch for all steps.

The rows of a mini-batch know nothing of each other, so a task takes some rows through all steps, and no thread waits
for another between steps. What rows share is the matrix that the state before is multiplied with at each step; it is
packed once, as `gemm.py` packs strips of B, and then read from the second-level cache. A step is one product, and then
the gates of each row while what they work on is in the first-level cache.

    forward     r = h wᵀ of all rows that are still within their sequence, then gates of x + b, r -> h', c'
    backward    from gates and the gradients of h', c' those of x and r, then (gradient of r) w, which goes to h

Sequences may be of different lengths. Beyond its own a row has no part in products, its h is written as 0, and so is
its gradient. Backwards in time (`reverse`) each row starts from its own last step.

`memory` is what a backward pass wants to know of every step: of an LSTM i, f, g, o and c', of a GRU s, z, n and the
part of r that s is multiplied with; of an RNN nothing, for h' itself says it.
"""

import numpy as np

from autograd_core.kernels import memory, simd
from autograd_core.kernels.exponential import exp, tanh
from autograd_core.kernels.gemm import multiply_strip, pack
from autograd_core.kernels.jit import entry, jit
from autograd_core.kernels.launch import In1, In2, In3, InInts1, Out1, Out3, OutInts2, kernel
from autograd_core.kernels.plan import planned
from autograd_core.kernels.threads import get_num_threads, int_scratch, scratch
from autograd_core.kernels.thresholds import DEPTH, EXPONENTIAL, RECURRENT_ROWS

# Cells by the names that ops know them by: how many times the width of h a step leaves in memory.
KEPT = {"RNN": 0, "ReLURNN": 0, "LSTM": 5, "GRU": 4}


@planned
def run(cell, x, w, b, s, lengths, reverse):
    """(h of every step, the last state of each row, memory).

    Shapes: x (L, N, gates·H), w (gates·H, H), b (2, gates·H) for x and for r, s (parts, N, H), lengths (N,) int64 ->
    (L, N, H), (parts, N, H), (L, N, kept·H).  All C-contiguous, of one dtype but for lengths; L at least 1.
    """
    steps, n, gates = x.shape
    hidden = w.shape[1]
    h, last = memory.empty((steps, n, hidden), x.dtype), np.empty(s.shape, x.dtype)
    kept = memory.empty((steps, n, KEPT[cell] * hidden), x.dtype)
    packed = _packed(w, hidden, gates, 1, hidden)
    rows, space, numbers, size = _shares(n, hidden, gates, x.dtype)
    work = steps * n * (gates * hidden + EXPONENTIAL * gates)
    launch = {"RNN": _run_rnn, "ReLURNN": _run_rnn, "LSTM": _run_lstm, "GRU": _run_gru}[cell]
    launch(
        work, -(-n // rows), x, packed, b, s, lengths, h, last, kept, space, numbers, size, rows, reverse,
        *((cell == "ReLURNN",) if launch is _run_rnn else ()),
    )  # fmt: skip
    return h, last, kept


@planned
def run_back(cell, g, g_last, w, s, lengths, h, kept, reverse):
    """The gradients of x, r and s, from those of h at every step and of the last state; shapes as for `run`.

    Of cells that use nothing but x + r, that of r is that of x: the same array.
    """
    steps, n, hidden = h.shape
    gates = w.shape[0]
    to_x, to_s = memory.empty((steps, n, gates), h.dtype), np.empty(s.shape, h.dtype)
    packed = _packed(w, gates, hidden, hidden, 1)
    rows, space, numbers, size = _shares(n, gates, hidden, h.dtype)
    work, tasks = steps * n * (gates * hidden + 4 * gates), -(-n // rows)
    if cell == "GRU":
        to_r = memory.empty(to_x.shape, h.dtype)
        _gru_back(
            work, tasks, g, g_last, packed, s, lengths, h, kept, to_x, to_r, to_s, space, numbers, size, rows, reverse
        )
        return to_x, to_r, to_s
    if cell == "LSTM":
        _lstm_back(work, tasks, g, g_last, packed, s, lengths, kept, to_x, to_s, space, numbers, size, rows, reverse)
    else:
        rectified = cell == "ReLURNN"
        _rnn_back(
            work, tasks, g, g_last, packed, lengths, h, to_x, to_s, space, numbers, size, rows, reverse, rectified
        )
    return to_x, to_x, to_s


def _shares(n, depth, columns, dtype):
    """Rows of a task; working memory of each worker for numbers and for row numbers; and how much the former is."""
    threads = get_num_threads()
    rows = min(RECURRENT_ROWS, -(-n // threads))
    rows += -rows % simd.ROWS
    width = simd.TILE_BYTES // dtype.itemsize
    size = rows * (depth + _thickness(depth) + columns) + columns + 4 * width
    size += -size % 64
    return rows, scratch(threads * size, dtype, "recurrent"), int_scratch(threads, rows), size


# --- products with a matrix that is packed once -------------------------------------------------


@entry
def _thickness(depth):
    """How much of k is packed together."""
    return -(-depth // -(-depth // DEPTH))


@planned
def _packed(w, depth, columns, down, across):
    """The matrix b[k, j] = w[k·down + j·across], of w's entries as they lie in memory, in strips."""
    width = simd.TILE_BYTES // w.itemsize
    strips, step = -(-columns // width), _thickness(depth)
    packed = memory.empty((strips * width * depth,), w.dtype)
    _pack(w.size, -(-depth // step) * strips, w, packed, depth, columns, down, across, step)
    return packed


@kernel
def _pack(worker, task, w: In2, packed: Out1, depth, columns, down, across, step):
    width = simd.TILE_BYTES // packed.itemsize
    strips = -(-columns // width)
    block, strip = divmod(task, strips)
    k, j = block * step, strip * width
    thickness = min(step, depth - k)
    target = k * strips * width + strip * width * thickness
    pack(w, k * down + j * across, across, min(width, columns - j), down, thickness, packed, target, width)


@jit
def _multiply(a, a_start, rows, depth, b, own, c_start, columns, panels):
    """own[c_start + i·columns + j] = Σ_k a[i, k]·b[k, j]; rows of a have no gaps, b is packed, panels are in own."""
    width = simd.TILE_BYTES // own.itemsize
    step, strip = _thickness(depth), 0
    for k in range(0, depth, step):
        thickness = min(step, depth - k)
        for i in range(0, rows, simd.ROWS):
            lanes = min(simd.ROWS, rows - i)
            pack(a, a_start + i * depth + k, depth, lanes, 1, thickness, own, panels + i * thickness, simd.ROWS)
        for j in range(0, columns, width):
            multiply_strip(own, panels, b, strip, thickness, own, c_start + j, columns, rows, columns - j, k > 0)
            strip += width * thickness


# --- rows and steps -----------------------------------------------------------------------------


@jit
def _active(t, lengths, first, end, numbers):
    """Write down which rows are within their sequence at step t, and say how many."""
    count = 0
    for row in range(first, end):
        if t < lengths[row]:
            numbers[count] = row
            count += 1
    return count


@jit
def _step(i, steps, reverse):
    """The step that is computed i-th."""
    return steps - 1 - i if reverse else i


@jit
def _is_first(t, length, reverse):
    """Whether a row of this length has nothing but its initial state before step t."""
    return t == length - 1 if reverse else t == 0


@jit
def _before(t, reverse):
    """The step before t."""
    return t + 1 if reverse else t - 1


@jit
def _states_before(t, s, lengths, h, numbers, count, reverse, target):
    """Copy the h before step t of these rows to `target`, row by row."""
    hidden = h.shape[2]
    for i in range(count):
        row = numbers[i]
        source = s[0, row] if _is_first(t, lengths[row], reverse) else h[_before(t, reverse), row]
        _copy(source, target[i * hidden : (i + 1) * hidden])


@jit
def _given_by_h(t, s, packed, lengths, h, first, end, active, own, columns, reverse):
    """Write down which rows are within their sequence at step t, and say how many.

    To `own` go the h before of each of them, then, from a place of as many rows as a task has, what it gives to gates.
    """
    hidden = h.shape[2]
    count, products = _active(t, lengths, first, end, active), len(active) * hidden
    _states_before(t, s, lengths, h, active, count, reverse, own)
    _multiply(own, 0, count, hidden, packed, own, products, columns, products + len(active) * columns)
    return count


@jit
def _copy(source, target):
    """An assignment to a slice would first make sure of shapes, for as long as a short row takes."""
    for j in range(target.size):
        target[j] = source[j]


@jit
def _finish(lengths, first, end, h, kept, s, last, reverse):
    """Write zeros beyond the sequences, and each row's last h."""
    for row in range(first, end):
        length = lengths[row]
        for t in range(max(0, length), len(h)):
            h[t, row] = 0
            kept[t, row] = 0
        last[0, row] = s[0, row] if length <= 0 else h[0 if reverse else length - 1, row]


@jit
def _add(x, x_bias, r, r_bias, out):
    for j in range(out.size):
        out[j] = (x[j] + x_bias[j]) + (r[j] + r_bias[j])


@jit
def _sigmoid(x):
    """σ in place."""
    one = x.dtype.type(1)
    for j in range(x.size):
        x[j] = one / (one + exp(-x[j]))


@jit
def _tanh(x):
    """tanh in place; of x and another array that were the same, LLVM would make no vectors."""
    for j in range(x.size):
        x[j] = tanh(x[j])


# --- forward ------------------------------------------------------------------------------------


@kernel
def _run_rnn(
    worker, task, x: In3, packed: In1, b: In2, s: In3, lengths: InInts1, h: Out3, last: Out3, kept: Out3,
    space: Out1, numbers: OutInts2, size, rows, reverse: bool, rectify: bool,
):  # fmt: skip
    steps, n, hidden = h.shape
    first, end, active = task * rows, min((task + 1) * rows, n), numbers[worker]
    own = space[worker * size : (worker + 1) * size]
    products = rows * hidden
    zero = h.dtype.type(0)
    for i in range(steps):
        t = _step(i, steps, reverse)
        count = _given_by_h(t, s, packed, lengths, h, first, end, active, own, hidden, reverse)
        for k in range(count):
            row = active[k]
            r, given, out = own[products + k * hidden : products + (k + 1) * hidden], x[t, row], h[t, row]
            _add(given, b[0], r, b[1], out)
            if rectify:
                for j in range(hidden):
                    out[j] = out[j] if out[j] > zero or out[j] != out[j] else zero
            else:
                _tanh(out)
    _finish(lengths, first, end, h, kept, s, last, reverse)


@kernel
def _run_lstm(
    worker, task, x: In3, packed: In1, b: In2, s: In3, lengths: InInts1, h: Out3, last: Out3, kept: Out3,
    space: Out1, numbers: OutInts2, size, rows, reverse: bool,
):  # fmt: skip
    steps, n, hidden = h.shape
    first, end, active = task * rows, min((task + 1) * rows, n), numbers[worker]
    own = space[worker * size : (worker + 1) * size]
    products = rows * hidden
    for i in range(steps):
        t = _step(i, steps, reverse)
        count = _given_by_h(t, s, packed, lengths, h, first, end, active, own, 4 * hidden, reverse)
        for k in range(count):
            row = active[k]
            start = products + k * 4 * hidden
            c = s[1, row] if _is_first(t, lengths[row], reverse) else kept[_before(t, reverse), row, 4 * hidden :]
            _lstm_step(x[t, row], own[start : start + 4 * hidden], b, c, kept[t, row], h[t, row])
    _finish(lengths, first, end, h, kept, s, last, reverse)
    for row in range(first, end):
        length = lengths[row]
        last[1, row] = s[1, row] if length <= 0 else kept[0 if reverse else length - 1, row, 4 * hidden :]


@jit
def _lstm_step(x, r, b, c, kept, h):
    """i, f, o = σ, g = tanh of their parts of x + r;  c' = f·c + i·g;  h = o·tanh(c')."""
    hidden = h.size
    gates, after = kept[: 4 * hidden], kept[4 * hidden :]
    _add(x, b[0], r, b[1], gates)
    i, f, g, o = gates[:hidden], gates[hidden : 2 * hidden], gates[2 * hidden : 3 * hidden], gates[3 * hidden :]
    _sigmoid(gates[: 2 * hidden])
    _tanh(g)
    _sigmoid(o)
    for j in range(hidden):
        after[j] = f[j] * c[j] + i[j] * g[j]
    for j in range(hidden):
        h[j] = o[j] * tanh(after[j])


@kernel
def _run_gru(
    worker, task, x: In3, packed: In1, b: In2, s: In3, lengths: InInts1, h: Out3, last: Out3, kept: Out3,
    space: Out1, numbers: OutInts2, size, rows, reverse: bool,
):  # fmt: skip
    steps, n, hidden = h.shape
    first, end, active = task * rows, min((task + 1) * rows, n), numbers[worker]
    own = space[worker * size : (worker + 1) * size]
    products = rows * hidden
    for i in range(steps):
        t = _step(i, steps, reverse)
        count = _given_by_h(t, s, packed, lengths, h, first, end, active, own, 3 * hidden, reverse)
        for k in range(count):
            row, start = active[k], products + k * 3 * hidden
            before, r = own[k * hidden : (k + 1) * hidden], own[start : start + 3 * hidden]
            _gru_step(x[t, row], r, b, before, kept[t, row], h[t, row])
    _finish(lengths, first, end, h, kept, s, last, reverse)


@jit
def _gru_step(x, r, b, before, kept, h):
    """s, z = σ of their parts of x + r;  n = tanh(x_n + s·r_n);  h' = n + z·(h - n)."""
    hidden = h.size
    both = kept[: 2 * hidden]
    _add(x, b[0], r, b[1], both)
    _sigmoid(both)
    s, z, n, of_r = both[:hidden], both[hidden:], kept[2 * hidden : 3 * hidden], kept[3 * hidden :]
    r_n, x_n, r_bias, x_bias = r[2 * hidden :], x[2 * hidden :], b[1, 2 * hidden :], b[0, 2 * hidden :]
    for j in range(hidden):
        of_r[j] = r_n[j] + r_bias[j]
    for j in range(hidden):
        n[j] = x_n[j] + x_bias[j]
    for j in range(hidden):
        n[j] += s[j] * of_r[j]
    _tanh(n)
    for j in range(hidden):
        h[j] = n[j] + z[j] * (before[j] - n[j])


# --- backward -----------------------------------------------------------------------------------


@jit
def _back_through_r(to_r, t, active, count, packed, own, columns, panels):
    """(The gradient of r at step t) w for these rows, to own[rows·depth:]; what is before it is memory for copies."""
    n, depth = to_r.shape[1:]
    products = len(active) * depth
    if count and active[count - 1] - active[0] == count - 1:
        start = (t * n + active[0]) * depth
        _multiply(to_r.reshape(-1), start, count, depth, packed, own, products, columns, panels)
        return
    for k in range(count):
        _copy(to_r[t, active[k]], own[k * depth : (k + 1) * depth])
    _multiply(own, 0, count, depth, packed, own, products, columns, panels)


@jit
def _zeros_beyond(lengths, first, end, gradient):
    for row in range(first, end):
        for t in range(max(0, lengths[row]), len(gradient)):
            gradient[t, row] = 0


@kernel
def _rnn_back(
    worker, task, g: In3, g_last: In3, packed: In1, lengths: InInts1, h: In3, to_x: Out3, to_s: Out3,
    space: Out1, numbers: OutInts2, size, rows, reverse: bool, rectified: bool,
):  # fmt: skip
    steps, n, hidden = h.shape
    first, end, active = task * rows, min((task + 1) * rows, n), numbers[worker]
    own = space[worker * size : (worker + 1) * size]
    products = rows * hidden
    one, zero = h.dtype.type(1), h.dtype.type(0)
    to_s[0, first:end] = g_last[0, first:end]
    for i in range(steps):
        t = _step(i, steps, not reverse)
        count = _active(t, lengths, first, end, active)
        for k in range(count):
            row = active[k]
            upstream, carried, after, share = g[t, row], to_s[0, row], h[t, row], to_x[t, row]
            for j in range(hidden):
                share[j] = upstream[j] + carried[j]
            if rectified:
                for j in range(hidden):
                    share[j] = share[j] * (one if after[j] > zero else zero)
            else:
                for j in range(hidden):
                    share[j] *= one - after[j] * after[j]
        _back_through_r(to_x, t, active, count, packed, own, hidden, products + rows * hidden)
        for k in range(count):
            _copy(own[products + k * hidden : products + (k + 1) * hidden], to_s[0, active[k]])
    _zeros_beyond(lengths, first, end, to_x)


@kernel
def _lstm_back(
    worker, task, g: In3, g_last: In3, packed: In1, s: In3, lengths: InInts1, kept: In3, to_x: Out3, to_s: Out3,
    space: Out1, numbers: OutInts2, size, rows, reverse: bool,
):  # fmt: skip
    steps, n, hidden = g.shape
    first, end, active = task * rows, min((task + 1) * rows, n), numbers[worker]
    own = space[worker * size : (worker + 1) * size]
    products = rows * 4 * hidden
    squashed = own[products + rows * hidden : products + (rows + 1) * hidden]
    to_s[:, first:end] = g_last[:, first:end]
    for i in range(steps):
        t = _step(i, steps, not reverse)
        count = _active(t, lengths, first, end, active)
        for k in range(count):
            row = active[k]
            c = s[1, row] if _is_first(t, lengths[row], reverse) else kept[_before(t, reverse), row, 4 * hidden :]
            _lstm_step_back(g[t, row], to_s[0, row], to_s[1, row], c, kept[t, row], to_x[t, row], squashed)
        _back_through_r(to_x, t, active, count, packed, own, hidden, products + (rows + 1) * hidden)
        for k in range(count):
            _copy(own[products + k * hidden : products + (k + 1) * hidden], to_s[0, active[k]])
    _zeros_beyond(lengths, first, end, to_x)


@jit
def _lstm_step_back(g, to_h, to_c, before, kept, share, squashed):
    """The gradients of the gates' sums, and in place those of h, still without its way through r, and c before."""
    hidden = g.size
    one = g.dtype.type(1)
    i, f, o, c = kept[:hidden], kept[hidden : 2 * hidden], kept[3 * hidden : 4 * hidden], kept[4 * hidden :]
    candidate = kept[2 * hidden : 3 * hidden]
    to_i, to_f, to_o = share[:hidden], share[hidden : 2 * hidden], share[3 * hidden :]
    to_candidate = share[2 * hidden : 3 * hidden]
    for j in range(hidden):
        squashed[j] = tanh(c[j])
    for j in range(hidden):
        to_h[j] += g[j]
    for j in range(hidden):
        to_c[j] += to_h[j] * o[j] * (one - squashed[j] * squashed[j])
    for j in range(hidden):
        to_o[j] = to_h[j] * squashed[j] * o[j] * (one - o[j])
    for j in range(hidden):
        to_i[j] = to_c[j] * candidate[j] * i[j] * (one - i[j])
    for j in range(hidden):
        to_candidate[j] = to_c[j] * i[j] * (one - candidate[j] * candidate[j])
    for j in range(hidden):
        to_f[j] = to_c[j] * before[j] * f[j] * (one - f[j])
    for j in range(hidden):
        to_c[j] *= f[j]


@kernel
def _gru_back(
    worker, task, g: In3, g_last: In3, packed: In1, s: In3, lengths: InInts1, h: In3, kept: In3, to_x: Out3,
    to_r: Out3, to_s: Out3, space: Out1, numbers: OutInts2, size, rows, reverse: bool,
):  # fmt: skip
    steps, n, hidden = h.shape
    first, end, active = task * rows, min((task + 1) * rows, n), numbers[worker]
    own = space[worker * size : (worker + 1) * size]
    products = rows * 3 * hidden
    to_s[0, first:end] = g_last[0, first:end]
    for i in range(steps):
        t = _step(i, steps, not reverse)
        count = _active(t, lengths, first, end, active)
        for k in range(count):
            row = active[k]
            before = s[0, row] if _is_first(t, lengths[row], reverse) else h[_before(t, reverse), row]
            _gru_step_back(g[t, row], to_s[0, row], before, kept[t, row], to_x[t, row], to_r[t, row])
        _back_through_r(to_r, t, active, count, packed, own, hidden, products + rows * hidden)
        for k in range(count):
            carried, through_r = to_s[0, active[k]], own[products + k * hidden : products + (k + 1) * hidden]
            for j in range(hidden):
                carried[j] += through_r[j]
    _zeros_beyond(lengths, first, end, to_x)
    _zeros_beyond(lengths, first, end, to_r)


@jit
def _gru_step_back(g, to_h, before, kept, to_x, to_r):
    """The gradients of the sums, and in place that of h before, still without its way through r."""
    hidden = g.size
    one = g.dtype.type(1)
    s, z, n, of_r = kept[:hidden], kept[hidden : 2 * hidden], kept[2 * hidden : 3 * hidden], kept[3 * hidden :]
    to_s, to_z, to_n, to_of_r = to_x[:hidden], to_x[hidden : 2 * hidden], to_x[2 * hidden :], to_r[2 * hidden :]
    for j in range(hidden):
        to_h[j] += g[j]
    for j in range(hidden):
        to_n[j] = to_h[j] * (one - z[j]) * (one - n[j] * n[j])
    for j in range(hidden):
        to_s[j] = to_n[j] * of_r[j] * s[j] * (one - s[j])
    for j in range(hidden):
        to_z[j] = to_h[j] * (before[j] - n[j]) * z[j] * (one - z[j])
    for j in range(hidden):
        to_of_r[j] = to_n[j] * s[j]
    both, same = to_x[: 2 * hidden], to_r[: 2 * hidden]
    for j in range(both.size):
        same[j] = both[j]
    for j in range(hidden):
        to_h[j] *= z[j]
