"""Connectionist temporal classification: the sum over all paths through labels and blanks that spell a target.

An example's path is at each frame at one of its S labels or at a blank before, between or after them, and from frame to
frame it stays or goes on. The recursion (Graves et al. 2006) is over log P(all frames so far, and where the path is),
in float64 whatever the dtype. A row of it has two halves: blank 0, 1, ... S, and label 0, 1, ... S - 1, which comes
after the blank of its number. Halves end in places that are impossible, one at least, and are whole vectors, so that
the arithmetic goes over all places alike. Read from the last frame and label back, a target is spelled by the same
recursion.

An example is a task: it is a chain of steps that wait for each other, and knows nothing of the other examples.
"""

import numpy as np

from autograd_core.kernels import memory
from autograd_core.kernels.exponential import exp, log_of_normal
from autograd_core.kernels.jit import REORDER, jit
from autograd_core.kernels.launch import In1, In3, InDoubles1, InInts1, Out1, Out3, OutDoubles1, OutDoubles2, kernel
from autograd_core.kernels.plan import planned
from autograd_core.kernels.threads import get_num_threads, scratch
from autograd_core.kernels.thresholds import EXPONENTIAL

# The logarithm that stands for that of 0: -inf would make nan of differences. It is far below what sums of logarithms
# of probabilities come to, and sums of it still are finite.
LOW = -1e30
IMPOSSIBLE = LOW / 2  # what is not above it is as good as 0
# Doubles in the widest vector, and places that a half has more than there are labels, at most.
_LANES, _MORE = 8, 9
_DOUBLE = np.dtype(np.float64)


@planned
def run(log_probs, targets, input_lengths, target_lengths, blank, per_label, zero_infinity):
    """(-log P of each target, or that `per_label`; the rows of the recursion, for `run_back`).

    Shapes: log_probs (T, N, C); targets (N, S), or of all examples one after the other; lengths (N,) -> (N,), in the
    dtype of log_probs, and as many float64 as shapes alone say. C-contiguous, whole numbers int64 and in range.
    """
    frames, n, _ = log_probs.shape
    losses = np.empty(n, log_probs.dtype)
    passed = memory.empty((2 * (frames + 1) * (targets.size + _MORE * n),), _DOUBLE)
    _run(
        EXPONENTIAL * passed.size, n, log_probs, *_labels(targets, target_lengths), input_lengths, losses, passed,
        *_space(targets, 0), blank, per_label, zero_infinity,
    )  # fmt: skip
    return losses, passed


@planned
def run_back(g, log_probs, targets, input_lengths, target_lengths, passed, blank, per_label, zero_infinity):
    """The gradient of log_probs from those of the losses; shapes as for `run`."""
    to_log_probs = memory.empty(log_probs.shape, log_probs.dtype)
    _run_back(
        2 * EXPONENTIAL * passed.size, len(g), g, log_probs, *_labels(targets, target_lengths), input_lengths, passed,
        to_log_probs, *_space(targets, log_probs.shape[2]), blank, per_label, zero_infinity,
    )  # fmt: skip
    return to_log_probs


def _labels(targets, target_lengths):
    """All targets, their lengths, and how far apart they begin: -1 says that each does where the one before it ends."""
    return targets.reshape(-1), target_lengths, targets.shape[1] if targets.ndim == 2 else -1


def _space(targets, classes):
    """Working memory for each worker: some halves, and numbers by class."""
    threads, size = get_num_threads(), 13 * (targets.shape[-1] + _MORE) + classes
    return (scratch(threads * size, _DOUBLE, "ctc")[: threads * size].reshape(threads, size),)


# --- the recursion ------------------------------------------------------------------------------


@jit
def _start(n, target_lengths, apart):
    """Where the labels of example n begin."""
    if apart >= 0:
        return n * apart
    total = 0
    for i in range(n):
        total += target_lengths[i]
    return total


@jit
def _width(length):
    """The places of a half."""
    return -(-(length + 2) // _LANES) * _LANES


@jit
def _rows(passed, n, start, length, frames):
    """Those of example n, one before each frame and one after the last."""
    size, begin = 2 * _width(length), 2 * frames * (start + _MORE * n)
    return passed[begin : begin + frames * size].reshape((frames, size))


@jit
def _outset(row):
    """Before the first frame a path is nowhere but, so to speak, at the first blank."""
    row[:] = LOW
    row[0] = 0.0


@jit
def _barriers(labels, barriers):
    """Write down 0 for labels that may follow the one before without a blank, which those that differ may, else LOW."""
    barriers[:] = LOW
    for i in range(1, labels.size):
        if labels[i] != labels[i - 1]:
            barriers[i] = 0.0


@jit
def _bounded(log_prob):
    """As float64, and LOW for -inf."""
    return max(np.float64(log_prob), LOW)


@jit
def _emissions(log_probs, labels, blank, emissions):
    """Write down log P(what a path says at this frame) for all places that are possible."""
    width = emissions.size // 2
    emissions[: labels.size + 1] = _bounded(log_probs[blank])
    for i in range(labels.size):
        emissions[width + i] = _bounded(log_probs[labels[i]])


@jit(forceinline=True)
def _larger_first(a, b):
    return (a, b) if a > b else (b, a)


@jit
def _step(before, emissions, barriers, after):
    """One frame further: a blank follows itself or a label, a label itself, a blank or the label before."""
    width = barriers.size
    blanks, labels, labels_before = before[:width], before[width:], before[width - 1 : -1]
    new_blanks, new_labels, of_blanks, of_labels = after[:width], after[width:], emissions[:width], emissions[width:]
    for i in range(width):
        a, b = _larger_first(blanks[i], labels_before[i])
        new_blanks[i] = a + log_of_normal(1.0 + exp(b - a)) + of_blanks[i]
    for i in range(width):
        a, b = _larger_first(blanks[i], labels[i])
        a, c = _larger_first(a, labels_before[i] + barriers[i])
        new_labels[i] = a + log_of_normal(1.0 + exp(b - a) + exp(c - a)) + of_labels[i]


@jit
def _total(row, length):
    """log P of the target: its paths end in the last blank, or the label before it."""
    width = row.size // 2
    a, b = _larger_first(row[length], row[width + length - 1])
    return a + log_of_normal(1.0 + exp(b - a))


@jit
def _parts(length, per_label):
    """What the loss is divided by."""
    return np.float64(max(length, 1) if per_label else 1)


@kernel
def _run(
    worker, task, log_probs: In3, targets: InInts1, target_lengths: InInts1, apart, input_lengths: InInts1,
    losses: Out1, passed: OutDoubles1, space: OutDoubles2, blank, per_label: bool,
    zero_infinity: bool,
):  # fmt: skip
    start, length = _start(task, target_lengths, apart), target_lengths[task]
    labels, width = targets[start : start + length], _width(length)
    emissions, barriers = space[worker, : 2 * width], space[worker, 2 * width : 3 * width]
    rows = _rows(passed, task, start, length, len(log_probs) + 1)
    _outset(rows[0])
    _barriers(labels, barriers)
    emissions[:] = LOW
    for t in range(input_lengths[task]):
        _emissions(log_probs[t, task], labels, blank, emissions)
        _step(rows[t], emissions, barriers, rows[t + 1])
    total = _total(rows[input_lengths[task]], length)
    if total <= IMPOSSIBLE:
        losses[task] = 0.0 if zero_infinity else np.inf
    else:
        losses[task] = -total / _parts(length, per_label)


# --- backward -----------------------------------------------------------------------------------


@jit
def _reverse(row, length, out):
    """What stands in a row, with the possible places of each half in the reverse order."""
    width = row.size // 2
    for i in range(length + 1):
        out[i] = row[length - i]
    for i in range(length):
        out[width + i] = row[width + length - 1 - i]


@jit
def _shares(before, after, emissions, total, shares):
    """P(the path is here | it spells the target); both rows have what the path says at this frame in them."""
    for i in range(shares.size):
        shares[i] = exp(before[i] + after[i] - emissions[i] - total)


@jit(fastmath=REORDER)
def _sum(x):
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@kernel
def _run_back(
    worker, task, g: In1, log_probs: In3, targets: InInts1, target_lengths: InInts1, apart, input_lengths: InInts1,
    passed: InDoubles1, to_log_probs: Out3, space: OutDoubles2, blank, per_label: bool,
    zero_infinity: bool,
):  # fmt: skip
    start, length, steps = _start(task, target_lengths, apart), target_lengths[task], input_lengths[task]
    labels, width, classes = targets[start : start + length], _width(length), log_probs.shape[2]
    rows = _rows(passed, task, start, length, len(log_probs) + 1)
    total, zero = _total(rows[steps], length), g.dtype.type(0)
    for t in range(steps, len(log_probs)):
        to_log_probs[t, task] = zero
    if total <= IMPOSSIBLE:
        for t in range(steps):
            to_log_probs[t, task] = zero if zero_infinity else np.nan
        return
    share = -g[task] / _parts(length, per_label)
    sums, own = space[worker, :classes], space[worker, classes : classes + 13 * width]
    own[:] = LOW
    barriers, halves = own[:width], own[width:].reshape((6, 2 * width))
    emissions, reversed_emissions, row = halves[0], halves[1], halves[2]
    next_row, after, shares = halves[3], halves[4], halves[5]
    _outset(row)
    _barriers(labels[::-1], barriers)
    for t in range(steps - 1, -1, -1):
        _emissions(log_probs[t, task], labels, blank, emissions)
        _reverse(emissions, length, reversed_emissions)
        _step(row, reversed_emissions, barriers, next_row)
        row, next_row = next_row, row
        _reverse(row, length, after)
        _shares(rows[t + 1], after, emissions, total, shares)
        sums[:] = 0.0
        sums[blank] = _sum(shares[:width])
        for i in range(length):
            sums[labels[i]] += shares[width + i]
        out = to_log_probs[t, task]
        for c in range(classes):
            out[c] = share * sums[c]
