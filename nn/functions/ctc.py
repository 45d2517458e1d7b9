"""The loss of labels whose places in a longer sequence are unknown: connectionist temporal classification.

Speech is read in many short frames, and written in few letters: see `autograd_core.ctc_loss`.
"""

from typing import Any

import autograd_core as ag
from autograd_core import ShapeError, Tensor
from nn.arguments import as_floats
from nn.functions.categories import whole_numbers
from nn.functions.reduction import check_reduction, reduced

__all__ = ["ctc_loss"]


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
    if log_probs.ndim not in (2, 3):
        raise ShapeError(f"ctc_loss: takes log_probs (T, N, C), or (T, C) of one example; got {log_probs.shape}")
    targets, frames, labels = (
        whole_numbers("ctc_loss", *named)
        for named in (("targets", targets), ("input_lengths", input_lengths), ("target_lengths", target_lengths))
    )
    single = log_probs.ndim == 2
    if single:
        log_probs = ag.expand_dims(log_probs, axis=1)
        targets, frames, labels = ag.reshape(targets, (-1,)), ag.reshape(frames, (-1,)), ag.reshape(labels, (-1,))
    losses = ag.ctc_loss(log_probs, targets, frames, labels, blank, reduction == "mean", zero_infinity)
    if reduction == "none" and single:
        losses = ag.squeeze(losses, axis=0)
    return reduced("ctc_loss", losses, reduction)
