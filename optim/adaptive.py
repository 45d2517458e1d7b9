"""Rates divided by the size of the gradients so far: Adagrad, Adadelta, RMSprop (deck A)."""

from collections.abc import Iterable
from typing import Any

from autograd_core import Tensor, UpdateRule, full_like, sqrt, update_rule
from optim.kinds import BelowOne, NonNegative, Share
from optim.optimizer import Numbers, Optimizer, Settings, State


@update_rule
def _adagrad(g, /, p, total, *, rate, eps, decay, shrink):
    g = g + decay * p
    total = total + g * g
    return shrink * p - rate * g / (sqrt(total) + eps), total


class Adagrad(Optimizer):
    """AdaGrad: p ← p - lr·∇ / (√Σ∇² + eps), the sum over all steps (Duchi, Hazan and Singer 2011).

    Σ∇² starts at `initial_accumulator_value`; `lr_decay` δ divides lr by 1 + δ·(t-1).
    """

    rule = _adagrad
    state_names = {"total": "sum"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-2,
        lr_decay: NonNegative = 0.0,
        weight_decay: NonNegative = 0.0,
        initial_accumulator_value: NonNegative = 0.0,
        eps: NonNegative = 1e-10,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The rate after `lr_decay`."""
        return {"rate": settings["lr"] / (1.0 + (step - 1) * settings["lr_decay"])}

    def new_state(self, parameter: Tensor, settings: Settings) -> State:
        """The sum starts at `initial_accumulator_value`, which is why lr is not divided by next to nothing at first."""
        return {"step": 0, "sum": full_like(parameter, settings["initial_accumulator_value"])}


@update_rule
def _adadelta(g, /, p, v, d, *, lr, rho, eps, decay, shrink):
    g = g + decay * p
    v = rho * v + (1.0 - rho) * g * g
    change = sqrt(d + eps) / sqrt(v + eps) * g
    d = rho * d + (1.0 - rho) * change * change
    return shrink * p - lr * change, v, d


class Adadelta(Optimizer):
    """AdaDelta: p ← p - lr·Δ with Δ = √(d + eps)/√(v + eps)·∇, which has the parameter's unit (Zeiler 2012).

    v ← ρv + (1-ρ)∇² and d ← ρd + (1-ρ)Δ² are running means; lr = 1 is the paper's.
    """

    rule = _adadelta
    state_names = {"v": "square_avg", "d": "acc_delta"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1.0,
        rho: Share = 0.9,
        eps: NonNegative = 1e-6,
        weight_decay: NonNegative = 0.0,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())


@update_rule
def _rmsprop(g, /, p, v, *, lr, alpha, eps, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    return shrink * p - lr * g / (sqrt(v) + eps), v


@update_rule
def _rmsprop_centered(g, /, p, v, m, *, lr, alpha, eps, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    m = alpha * m + (1.0 - alpha) * g
    return shrink * p - lr * g / (sqrt(v - m * m) + eps), v, m


@update_rule
def _rmsprop_with_momentum(g, /, p, v, b, *, lr, alpha, eps, momentum, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    b = momentum * b + g / (sqrt(v) + eps)
    return shrink * p - lr * b, v, b


@update_rule
def _rmsprop_centered_with_momentum(g, /, p, v, m, b, *, lr, alpha, eps, momentum, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    m = alpha * m + (1.0 - alpha) * g
    b = momentum * b + g / (sqrt(v - m * m) + eps)
    return shrink * p - lr * b, v, m, b


class RMSprop(Optimizer):
    """RMSProp: p ← p - lr·∇ / (√v + eps), with the running mean v ← αv + (1-α)∇² (Hinton's lecture 6, 2012).

    `centered` divides by the standard deviation √(v - m²) instead, with m ← αm + (1-α)∇ (Graves 2013).
    `momentum` μ steps by b ← μb + ∇/(√v + eps).
    """

    state_names = {"v": "square_avg", "m": "grad_avg", "b": "momentum_buffer"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-2,
        alpha: BelowOne = 0.99,
        eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0,
        momentum: BelowOne = 0.0,
        centered: bool = False,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def rule_for(self, settings: Settings, step: int) -> UpdateRule:
        """Only `centered` keeps m, and only a momentum b."""
        if settings["momentum"]:
            return _rmsprop_centered_with_momentum if settings["centered"] else _rmsprop_with_momentum
        return _rmsprop_centered if settings["centered"] else _rmsprop
