"""Losses of examples that count more or less."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ShapeError
from nn.functions import mse_loss
from nn.functions.reduction import same_shape

Array = NDArray[Any]
Loss = Callable[..., Any]


def squared_error(input: Any, target: Any, reduction: str = "mean") -> Any:
    """½(input - target)², as scikit-learn's networks have it; half of `mse_loss`. Gradient: input - target."""
    input, target = same_shape("squared_error", input, target)
    if reduction == "mean" and input.ndim:
        return _half_mean_square(input, target)
    return 0.5 * mse_loss(input, target, reduction)


@ag.array_op
def _half_mean_square(x: Any, t: Any, /) -> Any:
    """One op in place of four: with few outputs, calls are what a loss costs."""
    d = x - t
    return np.add.reduce(d * d, axis=None) * (0.5 / max(1, d.size))


@_half_mean_square.vjp("x", "t")
def _(g: Any, x: Any, t: Any) -> Any:
    to_x = (x - t) * (g / max(1, x.size))
    return to_x, -to_x


def with_weights(targets: Array, weights: Array) -> Array:
    """Targets (n, ...) and the weights (n,) of their examples as one array, whose rows stay together."""
    both = np.empty(len(targets), [("target", targets.dtype, targets.shape[1:]), ("weight", weights.dtype)])
    both["target"], both["weight"] = targets, weights
    return both


def mean_loss(loss: Loss, outputs: int) -> Loss:
    """`loss` as a training takes it: the mean over a mini-batch, by weights where the targets come with such.

    `loss(outputs, targets, reduction=)` is one of `nn.functions`. A mini-batch whose weights are all 0 has loss 0.
    Errors: ShapeError if the network gives another number of `outputs`.
    """

    def mean(y: Any, targets: Array) -> Any:
        if y.shape != (len(targets), outputs):
            raise ShapeError(
                f"the module must give {outputs} numbers for each of {len(targets)} examples, got shape {y.shape}"
            )
        if targets.dtype.names is None:
            return loss(y, targets)
        weights = targets["weight"]
        losses = loss(y, targets["target"], reduction="none")
        if losses.ndim > 1:
            losses = ag.mean(losses, axis=tuple(range(1, losses.ndim)))
        return ag.vecdot(losses, weights / max(weights.sum(), np.finfo(weights.dtype).tiny))

    return mean
