"""Adam (Kingma and Ba 2015, deck A) and AdamW: a step size of its own for every parameter."""

from collections.abc import Iterable
from typing import Any

from autograd_core import UpdateRule, maximum, sqrt, update_rule
from optim.kinds import Betas, NonNegative
from optim.optimizer import Numbers, Optimizer, Settings


@update_rule
def _adam(g, /, p, m, v, *, lr, beta1, beta2, eps, correction1, correction2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return shrink * p - lr * (m / correction1) / (sqrt(v / correction2) + eps), m, v


@update_rule
def _amsgrad(g, /, p, m, v, largest, *, lr, beta1, beta2, eps, correction1, correction2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    largest = maximum(largest, v)
    return shrink * p - lr * (m / correction1) / (sqrt(largest / correction2) + eps), m, v, largest


class Adam(Optimizer):
    """Adam: p ← p - lr·m̂ / (√v̂ + eps), with running means m of the gradient and v of its square.

    m ← β₁m + (1-β₁)∇, v ← β₂v + (1-β₂)∇², and m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ) undo the pull of their start at zero.
    `amsgrad` divides by the largest v so far, so that no step size grows again (Reddi, Kale and Kumar 2018).
    """

    state_names = {"m": "exp_avg", "v": "exp_avg_sq", "largest": "max_exp_avg_sq"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 0.0,
        amsgrad: bool = False,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def rule_for(self, settings: Settings, step: int) -> UpdateRule:
        """Only `amsgrad` keeps the largest v."""
        return _amsgrad if settings["amsgrad"] else _adam

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The corrections 1 - βᵗ of the two means' bias."""
        beta1, beta2 = settings["betas"]
        return {"correction1": 1.0 - beta1**step, "correction2": 1.0 - beta2**step}


class AdamW(Adam):
    """Adam with decoupled weight decay: the parameters shrink by lr·λ of themselves beside the step."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-3,
        betas: Betas = (0.9, 0.999),
        eps: NonNegative = 1e-8,
        weight_decay: NonNegative = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay=True, maximize=maximize)
