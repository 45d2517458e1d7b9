"""Losses of yes-or-no answers, under PyTorch's names.

Shapes: input and target (...), both alike -> (), or with reduction="none" (...). `reduction` is "mean" over all
elements, "sum" or "none". `weight` and `pos_weight` broadcast against the input. Gradients are given for one element.
"""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.functions.reduction import as_floats, constant, reduced, same_shape, signs

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "hinge_embedding_loss",
    "hinge_loss",
    "margin_ranking_loss",
]

_smallest: Any = np.minimum.reduce  # what min() calls, after a microsecond of its own
_largest: Any = np.maximum.reduce
_LEAST_LOG = -100.0  # what log(0) is taken as, and
_LEAST_VARIANCE = 1e-12  # p(1 - p) at least: PyTorch's, so that a sure and wrong answer costs and teaches as there


@ag.elementwise
def _cross_entropy_of_probability(p: Any, t: Any) -> Any:
    return -t * ag.maximum(ag.log(p), _LEAST_LOG) - (1.0 - t) * ag.maximum(ag.log1p(-p), _LEAST_LOG)


@_cross_entropy_of_probability.local_gradient("p")
def _(p: Any, t: Any) -> Any:
    return (p - t) / ag.maximum(p * (1.0 - p), _LEAST_VARIANCE)


@_cross_entropy_of_probability.local_gradient("t")
def _(p: Any) -> Any:
    return ag.maximum(ag.log1p(-p), _LEAST_LOG) - ag.maximum(ag.log(p), _LEAST_LOG)


_unchecked = _cross_entropy_of_probability.on_arrays


def _checked(p: Any, t: Any) -> Any:
    """The op on arrays, whose first are probabilities, or an error."""
    if p.size and not (_smallest(p, None) >= 0 and _largest(p, None) <= 1):
        raise ArgumentError(
            f"binary_cross_entropy: takes probabilities from 0 to 1, got numbers from {p.min()} to {p.max()}; put a "
            "sigmoid before it, or use binary_cross_entropy_with_logits"
        )
    return _unchecked(p, t)


_cross_entropy_of_probability.on_arrays = _checked


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) of probabilities p = input (decks A to E), logarithms at least -100.

    Gradient: (p - t)/(p(1 - p)), whose denominator is taken as at least 1e-12. On what goes into the sigmoid,
    `binary_cross_entropy_with_logits` is exact however sure the answer.
    Errors: ArgumentError for an input that is no probability.
    """
    p, t = same_shape("binary_cross_entropy", input, target)
    losses = _weighted("binary_cross_entropy", "weight", weight, _cross_entropy_of_probability(p, t))
    return reduced("binary_cross_entropy", losses, reduction)


@ag.elementwise
def _cross_entropy_of_logit(x: Any, t: Any, yes: Any) -> Any:
    # Two terms of one sign: (1 - t)x - log σ(x) cancels where the answer is a sure and right no.
    return yes * t * ag.softplus(-x) + (1.0 - t) * ag.softplus(x)


@_cross_entropy_of_logit.local_gradient("x")
def _(x: Any, t: Any, yes: Any) -> Any:
    return (1.0 - t) * ag.sigmoid(x) - yes * t * ag.sigmoid(-x)


@_cross_entropy_of_logit.local_gradient("t")
def _(x: Any, yes: Any) -> Any:
    return yes * ag.softplus(-x) - ag.softplus(x)


@_cross_entropy_of_logit.local_gradient("yes")
def _(x: Any, t: Any) -> Any:
    return t * ag.softplus(-x)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Tensor:
    """-(pos_weight·t log σ(x) + (1 - t) log(1 - σ(x))) of x = input, without ever taking log σ(x).

    Gradient: σ(x) - t without pos_weight: the sigmoid's matching loss (deck C). `pos_weight` above 1 has fewer
    positives missed.
    """
    x, t = same_shape("binary_cross_entropy_with_logits", input, target)
    yes: Any = 1.0
    if pos_weight is not None:
        yes = _broadcast("binary_cross_entropy_with_logits", "pos_weight", pos_weight, x)
    losses = _cross_entropy_of_logit(x, t, yes)
    losses = _weighted("binary_cross_entropy_with_logits", "weight", weight, losses)
    return reduced("binary_cross_entropy_with_logits", losses, reduction)


def hinge_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """max(0, margin - t·x) for labels t of -1 and 1: the support vector machine's. Gradient: -t within the margin."""
    x, t = same_shape("hinge_loss", input, target)
    check_signs(t, name="hinge_loss")
    return reduced("hinge_loss", ag.relu(margin - t * x), reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """x where the label is 1 (alike), max(0, margin - x) where it is -1; x is a distance. Gradient: ±1, or 0."""
    x = as_floats(input)
    target = signs("hinge_embedding_loss", target, x.dtype)
    if x.shape != target.shape:
        raise ShapeError(
            f"hinge_embedding_loss: input and labels must have one shape, got {x.shape} and {target.shape}; reshape one"
        )
    check_signs(target, name="hinge_embedding_loss")
    return reduced("hinge_embedding_loss", ag.where(target > 0, x, ag.relu(margin - x)), reduction)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Tensor:
    """max(0, margin - t·(x1 - x2)): the first is to rank higher where the label t is 1, and lower where it is -1.

    Shapes: all alike. Gradient to x1: -t within the margin; to x2: t.
    """
    input1, input2 = same_shape("margin_ranking_loss", input1, input2)
    _, target = same_shape("margin_ranking_loss", input1, target)
    check_signs(target, name="margin_ranking_loss")
    return reduced("margin_ranking_loss", ag.relu(margin - target * (input1 - input2)), reduction)


@ag.array_op
def check_signs(t: Any, /, name: str) -> Any:
    """True, or an error of the function `name`, unless all labels are -1 and 1."""
    if not (np.abs(t) == 1).all():
        raise ArgumentError(f"{name}: labels are -1 and 1, got {np.unique(t)[:5].tolist()}; use 2·y - 1 for 0 and 1")
    return np.True_


check_signs.not_differentiable()


def _weighted(name: str, argument: str, weight: Any, losses: Any) -> Any:
    return losses if weight is None else losses * _broadcast(name, argument, weight, losses)


def _broadcast(name: str, argument: str, weight: Any, x: Any) -> Any:
    """A weight for each element, spread over x."""
    weight = constant(weight, x.dtype)
    try:
        return ag.broadcast_to(weight, x.shape)
    except ShapeError:
        raise ShapeError(
            f"{name}: {argument} of shape {weight.shape} does not broadcast against input of shape {x.shape}"
        ) from None
