"""The loss of labels whose places in a longer sequence are unknown: connectionist temporal classification.

Speech is read in many short frames, and written in few letters. A path says one label or the blank for each frame; it
spells what is left when repeated labels are made one and blanks are left out. The loss is -log of the sum of the
probabilities of all paths that spell the target (Graves et al. 2006).
"""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.arguments import as_floats
from nn.functions.categories import check_range, whole_numbers
from nn.functions.reduction import check_reduction, reduced

__all__ = ["ctc_loss"]

# The logarithm that stands for that of 0: -inf would make nan of differences. It is far below what sums of logarithms
# of probabilities come to, and sums of it still are finite.
_LOW = -1e30
_IMPOSSIBLE = _LOW / 2  # what is below is as good as 0


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability that the frames spell the target: the sum over all paths that do (Graves et al. 2006).

    Shapes: log_probs (T, N, C), by `log_softmax`, or (T, C) for a single example; targets (N, S), or all of them one
    after the other, (Σ target_lengths,); input_lengths and target_lengths (N,), how many of the frames and labels of
    each example count -> (), or with reduction="none" (N,). Labels are whole numbers other than `blank`.

    "mean" divides the loss of each example by its number of labels before the mean. A target that is too long for its
    frames has the loss inf and the gradient nan, or with `zero_infinity` 0 and 0. Sums are float64, whatever the dtype.
    Gradient: minus the probability that the path is at this label at this time, given that it spells the target.
    PyTorch's has exp(log_probs) added, which makes no difference once it has gone through `log_softmax`.
    Errors: ShapeError, DTypeError, ArgumentError for lengths and labels out of range.

    >>> even = ag.log_softmax(ag.zeros((2, 1, 3)), axis=2)  # of the 9 paths, 3 spell (1): 11, 1- and -1
    >>> round(float(ag.exp(-ctc_loss(even, [[1]], [2], [1]))) * 9, 4)
    3.0
    """
    log_probs = as_floats("ctc_loss", log_probs)
    check_reduction("ctc_loss", reduction)
    targets, frames, labels = (
        whole_numbers("ctc_loss", *named)
        for named in (("targets", targets), ("input_lengths", input_lengths), ("target_lengths", target_lengths))
    )
    single = log_probs.ndim == 2
    if single:
        log_probs = ag.expand_dims(log_probs, axis=1)
        targets, frames, labels = ag.reshape(targets, (-1,)), ag.reshape(frames, (-1,)), ag.reshape(labels, (-1,))
    losses = _ctc_loss(log_probs, targets, frames, labels, blank=blank, zero_infinity=zero_infinity)
    if reduction == "mean":
        losses = losses / ag.astype(ag.maximum(labels, 1), losses.dtype)
    elif reduction == "none" and single:
        losses = ag.squeeze(losses, axis=0)
    return reduced("ctc_loss", losses, reduction)


@ag.array_op
def _ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, /, blank: int, zero_infinity: bool
) -> Any:
    """The loss of each example. Shapes: (T, N, C), ... -> (N,)."""
    _check(log_probs, targets, input_lengths, target_lengths, blank)
    states, ways, *_ = _layout(targets, input_lengths, target_lengths, frames=len(log_probs), blank=blank)
    totals = _totals(_passed(_emissions(log_probs, states), ways[0]), input_lengths, target_lengths)
    return np.where(totals > _IMPOSSIBLE, -totals, 0.0 if zero_infinity else np.inf).astype(log_probs.dtype)


@_ctc_loss.vjp("log_probs")
@ag.array_op
def _ctc_gradient(
    g: Any, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, /, blank: int, zero_infinity: bool
) -> Any:
    """-g · P(the path is at this label at this time | it spells the target). Shapes: (N,), ... -> (T, N, C)."""
    return _expected_labels(g, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity)


@ag.array_op(outputs=("states", "ways", "times", "mirrored", "counted"))
def _layout(targets: Any, input_lengths: Any, target_lengths: Any, /, frames: int, blank: int) -> Any:
    """What paths go through: the target's labels with a blank before, between and after them, which may be left out.

    Shapes: states (N, 2S + 1), labels; ways (2, N, 3, 2S + 1), whether a state may follow itself, the one before it and
    the one before that, in this order and the reverse; times (T, N, 1) and mirrored (1, N, 2S + 1), the numbers in
    reverse, of what counts; counted (T, N, 2S + 1).
    """
    if targets.ndim == 1:
        padded = np.full((len(target_lengths), max(target_lengths, default=0)), blank, targets.dtype)
        padded[np.arange(padded.shape[1]) < target_lengths[:, None]] = targets
        targets = padded
    count, length = targets.shape
    states = np.full((count, 2 * length + 1), blank, np.intp)
    numbers, ends = np.arange(2 * length + 1), 2 * target_lengths[:, None]
    labels = np.arange(length) < target_lengths[:, None]
    states[:, 1::2][labels] = targets[labels]  # what is beyond the lengths may be no label
    mirrored = np.maximum(ends - numbers, 0)
    both = np.stack([states, np.take_along_axis(states, mirrored, 1)])
    ways = np.ones((2, count, 3, 2 * length + 1), bool)
    ways[:, :, 1, 0] = ways[:, :, 2, :2] = False
    ways[:, :, 2, 2:] = (both[..., 2:] != blank) & (both[..., 2:] != both[..., :-2])
    times = np.arange(frames)[:, None]
    counted = (times < input_lengths)[..., None] & (numbers <= ends)
    return states, ways, np.maximum(input_lengths - 1 - times, 0)[..., None], mirrored[None], counted


_layout.not_differentiable()
for _op in (_ctc_loss, _ctc_gradient):
    _op.not_differentiable("targets", "input_lengths", "target_lengths")
    _op.promotes = False


@_ctc_gradient.formula
def _expected_labels(
    g: Any, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int, zero_infinity: bool
) -> Any:
    frames, count, _ = shape = log_probs.shape
    states, ways, times, mirrored, counted = _layout(targets, input_lengths, target_lengths, frames=frames, blank=blank)
    emissions, each = _emissions(log_probs, states), np.arange(count)[:, None]
    # A path read backwards spells the target backwards: one recursion, of twice as many examples, finds both.
    back = (times, each, mirrored)
    both = _passed(ag.concat([emissions, emissions[back]], axis=1), ag.reshape(ways, (2 * count, 3, -1)))
    before, after = both[:, :count], both[:, count:][back]
    totals = _totals(before, input_lengths, target_lengths)
    shares = ag.exp(ag.where(counted, before + after - emissions - totals[:, None], _LOW))
    g = ag.where(totals > _IMPOSSIBLE, ag.astype(-g, shares.dtype), 0.0 if zero_infinity else np.nan)
    return ag.astype(ag.scatter_add(g[:, None] * shares, shape, (slice(None), each, states)), log_probs.dtype)


def _emissions(log_probs: Any, states: Any) -> Any:
    """The logarithm of the probability of each state's label at each time. Shapes: (T, N, C) -> (T, N, 2S + 1)."""
    return ag.maximum(ag.astype(log_probs[:, np.arange(len(states))[:, None], states], np.float64), _LOW)


def _passed(emissions: Any, ways: Any) -> Any:
    """log P(all that the path says up to this time, which it ends in this state). Shapes: (T, N, 2S + 1) -> the same.

    A state follows itself, the state before it or, where it may be left out, the one before that. What lies beyond an
    example's lengths has no influence on what lies within.
    """
    states = np.arange(emissions.shape[2])
    before = np.maximum(states - np.arange(3)[:, None], 0)
    barriers = ag.where(ways, 0.0, _LOW)
    passed = [ag.where(states < 2, emissions[0], _LOW)]
    for time in range(1, len(emissions)):
        passed.append(emissions[time] + ag.logsumexp(passed[-1][:, before] + barriers, axis=1))
    return ag.stack(passed)


def _totals(passed: Any, input_lengths: Any, target_lengths: Any) -> Any:
    """log P of each example's target: its paths end in the last label, or the blank after it. Shapes: -> (N,)."""
    place = input_lengths - 1, np.arange(passed.shape[1])
    at_label = passed[(*place, ag.maximum(2 * target_lengths - 1, 0))]
    return ag.logaddexp(passed[(*place, 2 * target_lengths)], ag.where(target_lengths > 0, at_label, _LOW))


def _check(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int) -> None:
    if log_probs.ndim != 3 or 0 in log_probs.shape:
        raise ShapeError(f"ctc_loss: takes log_probs (T, N, C), or (T, C) of one example; got {log_probs.shape}")
    frames, count, classes = log_probs.shape
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
    check_range("ctc_loss", "targets", targets, classes)
    if (targets == blank).any():
        raise ArgumentError(f"ctc_loss: the targets have the label {blank}, which is the blank; number them otherwise")
