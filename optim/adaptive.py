"""Rates divided by the size of the gradients so far: Adagrad, Adadelta, RMSprop (deck A)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core import Tensor, full_like, sqrt, update_rule, zeros_like
from optim.optimizer import Optimizer, Settings, State


@update_rule
def _adagrad(g, /, p, total, *, rate, eps, decay, shrink):
    g = g + decay * p
    total = total + g * g
    return shrink * p - rate * g / (sqrt(total) + eps), total


class Adagrad(Optimizer):
    """AdaGrad: p ← p - lr·∇ / (√Σ∇² + eps), the sum over all steps (Duchi, Hazan and Singer 2011).

    Σ∇² starts at `initial_accumulator_value`; `lr_decay` δ divides lr by 1 + δ·(t-1).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def _check(self, settings: Settings) -> None:
        super()._check(settings)
        for name in ("lr_decay", "initial_accumulator_value"):
            self._require(settings, name, settings[name] >= 0, "at least 0")

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"sum": full_like(parameter, settings["initial_accumulator_value"])}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        rate = settings["lr"] / (1.0 + (state["step"] - 1) * settings["lr_decay"])
        _adagrad(gradient, parameter, state["sum"], rate=rate, eps=settings["eps"], **self._decay(settings))


@update_rule
def _adadelta(g, /, p, v, d, *, rate, rho, eps, decay, shrink):
    g = g + decay * p
    v = rho * v + (1.0 - rho) * g * g
    change = sqrt(d + eps) / sqrt(v + eps) * g
    d = rho * d + (1.0 - rho) * change * change
    return shrink * p - rate * change, v, d


class Adadelta(Optimizer):
    """AdaDelta: p ← p - lr·Δ with Δ = √(d + eps)/√(v + eps)·∇, which has the parameter's unit (Zeiler 2012).

    v ← ρv + (1-ρ)∇² and d ← ρd + (1-ρ)Δ² are running means; lr = 1 is the paper's.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, decoupled_weight_decay=decoupled_weight_decay
        )

    def _check(self, settings: Settings) -> None:
        super()._check(settings)
        self._require(settings, "rho", 0 <= settings["rho"] <= 1, "from 0 to 1")

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"square_avg": zeros_like(parameter), "acc_delta": zeros_like(parameter)}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        _adadelta(
            gradient,
            parameter,
            state["square_avg"],
            state["acc_delta"],
            rate=settings["lr"],
            rho=settings["rho"],
            eps=settings["eps"],
            **self._decay(settings),
        )


@update_rule
def _rmsprop(g, /, p, v, *, rate, alpha, eps, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    return shrink * p - rate * g / (sqrt(v) + eps), v


@update_rule
def _rmsprop_centered(g, /, p, v, m, *, rate, alpha, eps, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    m = alpha * m + (1.0 - alpha) * g
    return shrink * p - rate * g / (sqrt(v - m * m) + eps), v, m


@update_rule
def _rmsprop_with_momentum(g, /, p, v, b, *, rate, alpha, eps, momentum, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    b = momentum * b + g / (sqrt(v) + eps)
    return shrink * p - rate * b, v, b


@update_rule
def _rmsprop_centered_with_momentum(g, /, p, v, m, b, *, rate, alpha, eps, momentum, decay, shrink):
    g = g + decay * p
    v = alpha * v + (1.0 - alpha) * g * g
    m = alpha * m + (1.0 - alpha) * g
    b = momentum * b + g / (sqrt(v - m * m) + eps)
    return shrink * p - rate * b, v, m, b


class RMSprop(Optimizer):
    """RMSProp: p ← p - lr·∇ / (√v + eps), with the running mean v ← αv + (1-α)∇² (Hinton's lecture 6, 2012).

    `centered` divides by the standard deviation √(v - m²) instead, with m ← αm + (1-α)∇ (Graves 2013).
    `momentum` μ steps by b ← μb + ∇/(√v + eps).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def _check(self, settings: Settings) -> None:
        super()._check(settings)
        for name in ("alpha", "momentum"):
            self._require(settings, name, 0 <= settings[name] < 1, "at least 0 and below 1")

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        names = ["square_avg"] + ["grad_avg"] * settings["centered"] + ["momentum_buffer"] * bool(settings["momentum"])
        return {name: zeros_like(parameter) for name in names}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        tensors = [gradient, parameter, state["square_avg"]]
        numbers = {"rate": settings["lr"], "alpha": settings["alpha"], "eps": settings["eps"], **self._decay(settings)}
        rule = _rmsprop
        if settings["centered"]:
            tensors.append(state["grad_avg"])
            rule = _rmsprop_centered
        if settings["momentum"]:
            tensors.append(state["momentum_buffer"])
            numbers["momentum"] = settings["momentum"]
            rule = _rmsprop_centered_with_momentum if settings["centered"] else _rmsprop_with_momentum
        rule(*tensors, **numbers)
