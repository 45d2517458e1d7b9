"""Connectionist temporal classification: the loss of labels whose places in a longer sequence are unknown.

A path says one label or the blank for each frame; it spells what is left when repeated labels are made one and blanks
are left out. The loss is -log of the sum of the probabilities of all paths that spell the target (Graves et al. 2006).
What computes it and its gradient is a kernel (`kernels/ctc.py`); the formula serves derivatives of higher order.
"""

import math
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops import arranging, elementwise, probabilities, shaping
from autograd_core.ops.definition import array_op
from autograd_core.ops.op import differentiated

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    per_label: bool = False,
    zero_infinity: bool = False,
) -> Any:
    """-log of the probability that the frames spell the target, for each example (Graves et al. 2006).

    Shapes: log_probs (T, N, C); targets (N, S), or all of them one after the other, (Σ target_lengths,); input_lengths
    and target_lengths (N,), how many of the frames and labels of each example count -> (N,). Labels are whole numbers
    other than `blank`. With `per_label` each loss is divided by its number of labels, if there are any. A target that
    is too long for its frames has the loss inf and the gradient nan, or with `zero_infinity` 0 and 0. Sums are float64,
    whatever the dtype.
    Gradient: -upstream · the probability that the path is at this label at this time, given that it spells the target;
    over the number of labels, if so the loss.
    Errors: ShapeError, DTypeError, ArgumentError for lengths and labels out of range.
    """
    how = {"blank": int(blank), "per_label": bool(per_label), "zero_infinity": bool(zero_infinity)}
    return _ctc_loss(log_probs, targets, input_lengths, target_lengths, **how)[0]


@array_op(outputs=("losses", "memory"))
def _ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, /,
    blank: int, per_label: bool, zero_infinity: bool,
) -> Any:  # fmt: skip
    """The losses, and what the backward pass wants to know of every frame."""
    kernels.plan.at_each_run(_check, log_probs, targets, input_lengths, target_lengths, blank)
    given = _contiguous(log_probs, targets, input_lengths, target_lengths)
    losses, memory = kernels.ctc.run(*given, blank, per_label, zero_infinity)
    return losses.astype(log_probs.dtype, copy=False), memory


@_ctc_loss.vjp("log_probs")
@array_op
def _ctc_gradient(
    g: Any, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, memory: Any, /,
    blank: int, per_label: bool, zero_infinity: bool,
) -> Any:  # fmt: skip
    """-g · P(the path is at this label at this time | it spells the target). Shapes: (N,), ... -> (T, N, C)."""
    given = _contiguous(log_probs, targets, input_lengths, target_lengths)
    g = kernels.plan.contiguous(g, given[0].dtype)
    return kernels.ctc.run_back(g, *given, memory, blank, per_label, zero_infinity).astype(log_probs.dtype, copy=False)


@array_op(outputs=("states", "ways"))
def _ctc_states(targets: Any, target_lengths: Any, /, blank: int) -> Any:
    """What paths go through: the target's labels with a blank before, between and after them, which may be left out.

    Shapes: states (N, 2S + 1), labels; ways (N, 3, 2S + 1), whether a state may follow itself, the one before it and
    the one before that.
    """
    if targets.ndim == 1:
        padded = np.full((len(target_lengths), max(target_lengths, default=0)), blank, targets.dtype)
        padded[np.arange(padded.shape[1]) < target_lengths[:, None]] = targets
        targets = padded
    count, length = targets.shape
    states = np.full((count, 2 * length + 1), blank, np.intp)
    labels = np.arange(length) < target_lengths[:, None]
    states[:, 1::2][labels] = targets[labels]  # what is beyond the lengths may be no label
    ways = np.ones((count, 3, 2 * length + 1), bool)
    ways[:, 1, 0] = ways[:, 2, :2] = False
    ways[:, 2, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    return states, ways


_ctc_states.not_differentiable()
for _op in (_ctc_loss, _ctc_gradient):
    _op.not_differentiable("targets", "input_lengths", "target_lengths", "memory")  # the last follows from log_probs
    _op.promotes = False


@_ctc_gradient.formula
def _by_frames_back(g, log_probs, targets, input_lengths, target_lengths, memory, blank, per_label, zero_infinity):
    def formula(log_probs):
        return _by_frames(log_probs, targets, input_lengths, target_lengths, blank, per_label, zero_infinity)

    return differentiated(formula, (log_probs,), 0, g)


def _by_frames(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any,
    blank: int, per_label: bool, zero_infinity: bool,
) -> Any:  # fmt: skip
    """The losses, frame by frame: log P(all that the path says up to this one, and that it ends in this state)."""
    low = kernels.ctc.LOW
    states, ways = _ctc_states(targets, target_lengths, blank=blank)
    examples, numbers = np.arange(len(states)), np.arange(states.shape[1])
    emissions = shaping.astype(log_probs[:, examples[:, None], states], np.float64)
    emissions = elementwise.maximum(emissions, low)
    before, barriers = np.maximum(numbers - np.arange(3)[:, None], 0), elementwise.where(ways, 0.0, low)
    passed = [elementwise.where(numbers < 2, emissions[0], low)]
    for emission in arranging.unstack(emissions)[1:]:
        passed.append(emission + probabilities.logsumexp(passed[-1][:, before] + barriers, axis=1))
    last = arranging.stack(passed)[input_lengths - 1, examples]
    ends = 2 * shaping.expand_dims(target_lengths, 1) - np.arange(2)  # in the last blank, or the label before it
    at_ends = last[examples[:, None], elementwise.maximum(ends, 0)]
    totals = probabilities.logsumexp(elementwise.where(ends >= 0, at_ends, low), axis=1)
    hopeless = 0.0 if zero_infinity else math.nan  # as the gradient is
    losses = totals * elementwise.where(totals <= kernels.ctc.IMPOSSIBLE, hopeless, -1.0)
    if per_label:
        losses = losses / elementwise.maximum(target_lengths, 1)
    return shaping.astype(losses, log_probs.dtype)


def _contiguous(log_probs: Any, *whole_numbers: Any) -> list[Any]:
    dtype = log_probs.dtype if log_probs.dtype in kernels.FLOATS else np.dtype(np.float64)
    return [
        kernels.plan.contiguous(log_probs, dtype),
        *[kernels.plan.contiguous(numbers, np.int64) for numbers in whole_numbers],
    ]


def _check(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int) -> None:
    if log_probs.ndim != 3 or 0 in log_probs.shape:
        raise ShapeError(f"ctc_loss: takes log_probs (T, N, C), got shape {log_probs.shape}")
    frames, count, classes = log_probs.shape
    for name, numbers in (
        ("targets", targets),
        ("input_lengths", input_lengths),
        ("target_lengths", target_lengths),
    ):
        if numbers.dtype.kind not in "iu":
            raise DTypeError(f"ctc_loss: {name} are whole numbers, got {numbers.dtype}")
    for name, lengths, least, most in (
        ("input_lengths", input_lengths, 1, frames),
        ("target_lengths", target_lengths, 0, targets.shape[1] if targets.ndim == 2 else targets.size),
    ):
        if lengths.shape != (count,):
            raise ShapeError(f"ctc_loss: takes {name} ({count},), one for each example, got shape {lengths.shape}")
        if lengths.min() < least or lengths.max() > most:
            raise ArgumentError(f"ctc_loss: {name} go from {least} to {most}, got {lengths.min()} to {lengths.max()}")
    if targets.shape[:1] != ((count,) if targets.ndim == 2 else (target_lengths.sum(),)):
        raise ShapeError(
            f"ctc_loss: takes targets ({count}, S), or ({target_lengths.sum()},), one after the other, for {count} "
            f"examples with so many labels in all; got shape {targets.shape}"
        )
    if not 0 <= blank < classes:
        raise ArgumentError(f"ctc_loss: blank is one of the {classes} classes, from 0; got {blank}")
    if targets.ndim == 2:
        targets = targets[np.arange(targets.shape[1]) < target_lengths[:, None]]
    if targets.size and not 0 <= targets.min() <= targets.max() < classes:
        raise ArgumentError(
            f"ctc_loss: targets go from 0 to {classes - 1}, got some from {targets.min()} to {targets.max()}"
        )
    if (targets == blank).any():
        raise ArgumentError(f"ctc_loss: the targets have the label {blank}, which is the blank; number them otherwise")
