"""Losses of numbers that should have been others, under PyTorch's names.

Shapes: input and target (...), both alike -> (), or with reduction="none" (...). `reduction` is "mean" over all
elements, "sum" or "none". Gradients are given for one element, d = input - target; the mean divides them by the size.
"""

import math
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.functions.reduction import constant, reduced, same_shape

__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "quadratic_loss",
    "smooth_l1_loss",
]


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """d². Gradient: 2d."""
    input, target = same_shape("mse_loss", input, target)
    return reduced("mse_loss", ag.square(input - target), reduction)


def quadratic_loss(input: Any, target: Any) -> Tensor:
    """1/(2n) Σ ‖d‖² over n examples (deck C). Shapes: (n, ...) both -> (). Gradient: d/n.

    For one example, or half the squares' sum whatever their number, it is the decks' ½Σ(z - t)².
    """
    input, target = same_shape("quadratic_loss", input, target)
    if input.ndim == 0:
        raise ShapeError("quadratic_loss: takes examples along the first axis, got a single number; give it shape (1,)")
    return ag.sum(ag.square(input - target)) * (0.5 / max(1, input.shape[0]))


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """|d|. Gradient: sign(d)."""
    input, target = same_shape("l1_loss", input, target)
    return reduced("l1_loss", ag.abs(input - target), reduction)


@ag.elementwise
def _huber(d: Any, delta: Any) -> Any:
    near = ag.minimum(ag.abs(d), delta)
    return near * (ag.abs(d) - 0.5 * near)


@_huber.local_gradient("d")
def _(d: Any, delta: Any) -> Any:
    return ag.minimum(ag.maximum(d, -delta), delta)


@_huber.local_gradient("delta")
def _(d: Any, delta: Any) -> Any:
    return ag.maximum(ag.abs(d) - delta, 0.0)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """d²/2 near 0, and delta·(|d| - delta/2) where |d| > delta (Huber 1964). Gradient: d, but at most ±delta."""
    if not delta > 0:
        raise ArgumentError(f"huber_loss: delta must be above 0, got {delta}; l1_loss is its limit")
    input, target = same_shape("huber_loss", input, target)
    return reduced("huber_loss", _huber(input - target, delta), reduction)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """`huber_loss` with delta = beta, divided by it: l1_loss, smooth within ±beta. Gradient: d/beta, at most ±1."""
    if not beta >= 0:
        raise ArgumentError(f"smooth_l1_loss: beta must be at least 0, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction)
    input, target = same_shape("smooth_l1_loss", input, target)
    return reduced("smooth_l1_loss", _huber(input - target, beta) * (1 / beta), reduction)


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Tensor:
    """-log of the Poisson probability of the counts `target`, whose mean is e^input: e^input - target·input.

    Without `log_input` the mean is the input itself: input - target·log(input + eps). `full` adds Stirling's
    approximation of log(target!) where target > 1. Gradient: e^input - target, or 1 - target/(input + eps).
    """
    input, target = same_shape("poisson_nll_loss", input, target)
    losses = ag.exp(input) - target * input if log_input else input - target * ag.log(input + eps)
    if full:
        t = ag.where(target > 1, target, 1.0)
        losses = losses + ag.where(target > 1, t * ag.log(t) - t + 0.5 * ag.log(2 * math.pi * t), 0.0)
    return reduced("poisson_nll_loss", losses, reduction)


def _checked_at_least(variances: Any, least: Any) -> Any:
    if (variances < 0).any():
        raise ArgumentError(f"gaussian_nll_loss: variances are at least 0, got {variances.min()}")
    return np.maximum(variances, least)


@ag.elementwise(array=_checked_at_least)
def _at_least(x: Any, least: Any) -> Any:
    return ag.maximum(x, least)


@_at_least.local_gradient("x")
def _() -> Any:
    return 1.0


_at_least.not_differentiable("least")


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """-log of the density of `target` under N(input, var): ½(log var + d²/var), `full` with ½ log 2π.

    Shapes: var as input, or one for each row: (..., 1) or (...) without input's last axis; or a single number.
    Gradient: d/var; to var ½(1 - d²/var)/var. A variance below `eps` is taken as eps, though its gradient flows.
    """
    input, target = same_shape("gaussian_nll_loss", input, target)
    var = constant(var, input.dtype)
    if var.ndim and var.shape == input.shape[:-1]:
        var = ag.expand_dims(var, axis=-1)
    if var.ndim and var.shape not in (input.shape, (*input.shape[:-1], 1)):
        raise ShapeError(
            f"gaussian_nll_loss: var must have input's shape {input.shape}, or one number for each row; got {var.shape}"
        )
    var = _at_least(var, eps)
    losses = 0.5 * (ag.log(var) + ag.square(input - target) / var)
    return reduced("gaussian_nll_loss", losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)
