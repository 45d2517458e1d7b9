"""What others made of Adam: Adamax, NAdam, RAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core import Tensor, abs, maximum, sqrt, update_rule, zeros_like
from optim.optimizer import Optimizer, Settings, State


@update_rule
def _adamax(g, /, p, m, u, *, rate, beta1, beta2, eps, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    u = maximum(beta2 * u, abs(g) + eps)
    return shrink * p - rate * m / u, m, u


class Adamax(Optimizer):
    """Adamax: p ← p - lr·m̂/u, Adam with the largest recent gradient u instead of the mean square.

    m ← β₁m + (1-β₁)∇, m̂ = m/(1-β₁ᵗ), u ← max(β₂u, |∇| + eps) (Kingma and Ba 2015, section 7).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"exp_avg": zeros_like(parameter), "exp_inf": zeros_like(parameter)}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        beta1, beta2 = settings["betas"]
        _adamax(
            gradient,
            parameter,
            state["exp_avg"],
            state["exp_inf"],
            rate=settings["lr"] / (1.0 - beta1 ** state["step"]),
            beta1=beta1,
            beta2=beta2,
            eps=settings["eps"],
            **self._decay(settings),
        )


@update_rule
def _nadam(g, /, p, m, v, *, rate_g, rate_m, beta1, beta2, eps, unbias2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return shrink * p - (rate_g * g + rate_m * m) / (sqrt(v / unbias2) + eps), m, v


class NAdam(Optimizer):
    """NAdam: Adam with Nesterov's momentum (Dozat 2016), p ← p - lr·m̄/(√v̂ + eps).

    m̄ = (1-μₜ)∇/(1-Πμ) + μₜ₊₁m/(1-μₜ₊₁Πμ) looks one step of the momentum ahead, where μₜ = β₁(1 - ½·0.96^(t·ψ)) warms
    up with ψ = `momentum_decay` and Πμ is the product of all up to μₜ. m, v and v̂ are Adam's.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def _check(self, settings: Settings) -> None:
        super()._check(settings)
        self._require(settings, "momentum_decay", settings["momentum_decay"] >= 0, "at least 0")

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"mu_product": 1.0, "exp_avg": zeros_like(parameter), "exp_avg_sq": zeros_like(parameter)}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        lr, (beta1, beta2) = settings["lr"], settings["betas"]
        mu, next_mu = (
            beta1 * (1.0 - 0.5 * 0.96 ** (step * settings["momentum_decay"]))
            for step in (state["step"], state["step"] + 1)
        )
        state["mu_product"] *= mu
        _nadam(
            gradient,
            parameter,
            state["exp_avg"],
            state["exp_avg_sq"],
            rate_g=lr * (1.0 - mu) / (1.0 - state["mu_product"]),
            rate_m=lr * next_mu / (1.0 - state["mu_product"] * next_mu),
            beta1=beta1,
            beta2=beta2,
            eps=settings["eps"],
            unbias2=1.0 - beta2 ** state["step"],
            **self._decay(settings),
        )


@update_rule
def _radam(g, /, p, m, v, *, rate, beta1, beta2, eps, unbias2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return shrink * p - rate * m * (sqrt(unbias2) / (sqrt(v) + eps)), m, v


@update_rule
def _radam_at_first(g, /, p, m, v, *, rate, beta1, beta2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return shrink * p - rate * m, m, v


class RAdam(Optimizer):
    """RAdam: p ← p - lr·r·m̂·√(1-β₂ᵗ)/(√v + eps), Adam that knows how little v says at first (Liu et al. 2020).

    v rests on about ρ = ρ∞ - 2tβ₂ᵗ/(1-β₂ᵗ) steps, with ρ∞ = 2/(1-β₂) - 1, and
    r = √((ρ-4)(ρ-2)ρ∞ / ((ρ∞-4)(ρ∞-2)ρ)) rectifies for it. While ρ ≤ 5 it is too uncertain: p ← p - lr·m̂.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"exp_avg": zeros_like(parameter), "exp_avg_sq": zeros_like(parameter)}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        step, (beta1, beta2) = state["step"], settings["betas"]
        unbias2 = 1.0 - beta2**step
        longest = 2.0 / (1.0 - beta2) - 1.0
        length = longest - 2.0 * step * beta2**step / unbias2
        tensors = (gradient, parameter, state["exp_avg"], state["exp_avg_sq"])
        rate = settings["lr"] / (1.0 - beta1**step)
        if length <= 5.0:
            _radam_at_first(*tensors, rate=rate, beta1=beta1, beta2=beta2, **self._decay(settings))
            return
        rectified = (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length)
        _radam(
            *tensors,
            rate=rate * rectified**0.5,
            beta1=beta1,
            beta2=beta2,
            eps=settings["eps"],
            unbias2=unbias2,
            **self._decay(settings),
        )
