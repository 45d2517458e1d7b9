"""What others made of Adam: Adamax, NAdam, RAdam."""

from collections.abc import Iterable
from typing import Any

from autograd_core import UpdateRule, abs, maximum, sqrt, update_rule
from optim.kinds import Betas, NonNegative
from optim.optimizer import Numbers, Optimizer, Settings


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

    rule = _adamax
    state_names = {"m": "exp_avg", "u": "exp_inf"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The rate, with the correction 1 - β₁ᵗ of m's bias."""
        return {"rate": settings["lr"] / (1.0 - settings["betas"][0] ** step)}


@update_rule
def _nadam(g, /, p, m, v, *, rate_g, rate_m, beta1, beta2, eps, correction2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return shrink * p - (rate_g * g + rate_m * m) / (sqrt(v / correction2) + eps), m, v


class NAdam(Optimizer):
    """NAdam: Adam with Nesterov's momentum (Dozat 2016), p ← p - lr·m̄/(√v̂ + eps).

    m̄ = (1-μₜ)∇/(1-Πμ) + μₜ₊₁m/(1-μₜ₊₁Πμ) looks one step of the momentum ahead, where μₜ = β₁(1 - ½·0.96^(t·ψ)) warms
    up with ψ = `momentum_decay` and Πμ is the product of all up to μₜ. m, v and v̂ are Adam's.
    """

    rule = _nadam
    state_names = {"m": "exp_avg", "v": "exp_avg_sq"}
    carried = {"mu_product": 1.0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 2e-3,
        betas: Betas = (0.9, 0.999),
        eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0,
        momentum_decay: NonNegative = 4e-3,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def numbers(self, settings: Settings, step: int, mu_product: float = 1.0) -> Numbers:
        """The rates of ∇ and of m, the correction 1 - β₂ᵗ of v's bias, and Πμ, given what that was a step before."""
        lr, (beta1, beta2) = settings["lr"], settings["betas"]
        mu, next_mu = (beta1 * (1.0 - 0.5 * 0.96 ** (t * settings["momentum_decay"])) for t in (step, step + 1))
        mu_product *= mu
        return {
            "rate_g": lr * (1.0 - mu) / (1.0 - mu_product),
            "rate_m": lr * next_mu / (1.0 - mu_product * next_mu),
            "correction2": 1.0 - beta2**step,
            "mu_product": mu_product,
        }


@update_rule
def _radam(g, /, p, m, v, *, rate, beta1, beta2, eps, root, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return shrink * p - rate * m * (root / (sqrt(v) + eps)), m, v


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

    state_names = {"m": "exp_avg", "v": "exp_avg_sq"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def rule_for(self, settings: Settings, step: int) -> UpdateRule:
        """While ρ ≤ 5 the step is one without v, which is kept up all the same."""
        return _radam if _squared_rectification(settings["betas"][1], step) else _radam_at_first

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The rate, with r and the correction 1 - β₁ᵗ of m's bias, and the root of the correction 1 - β₂ᵗ of v's."""
        beta1, beta2 = settings["betas"]
        r = _squared_rectification(beta2, step) ** 0.5 or 1.0  # at first there is no v to rectify
        return {"rate": r * settings["lr"] / (1.0 - beta1**step), "root": (1.0 - beta2**step) ** 0.5}


def _squared_rectification(beta2: float, step: int) -> float:
    """r² as of `RAdam`, or 0 while v rests on too few steps."""
    rho_inf = 2.0 / (1.0 - beta2) - 1.0
    rho = rho_inf - 2.0 * step * beta2**step / (1.0 - beta2**step)
    return (rho - 4.0) * (rho - 2.0) * rho_inf / ((rho_inf - 4.0) * (rho_inf - 2.0) * rho) if rho > 5.0 else 0.0
