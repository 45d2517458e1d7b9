"""Adam (Kingma and Ba 2015, deck A) and AdamW: a step size of its own for every parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core import Tensor, maximum, sqrt, update_rule, zeros_like
from optim.optimizer import Optimizer, Settings, State


@update_rule
def _adam(g, /, p, m, v, *, rate, beta1, beta2, eps, unbias1, unbias2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return shrink * p - rate * (m / unbias1) / (sqrt(v / unbias2) + eps), m, v


@update_rule
def _amsgrad(g, /, p, m, v, largest, *, rate, beta1, beta2, eps, unbias1, unbias2, decay, shrink):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    largest = maximum(largest, v)
    return shrink * p - rate * (m / unbias1) / (sqrt(largest / unbias2) + eps), m, v, largest


class Adam(Optimizer):
    """Adam: p ← p - lr·m̂ / (√v̂ + eps), with running means m of the gradient and v of its square.

    m ← β₁m + (1-β₁)∇, v ← β₂v + (1-β₂)∇², and m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ) undo the pull of their start at zero.
    `amsgrad` divides by the largest v so far, so that no step size grows again (Reddi, Kale and Kumar 2018).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * settings["amsgrad"]
        return {name: zeros_like(parameter) for name in names}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        beta1, beta2 = settings["betas"]
        tensors = [gradient, parameter, state["exp_avg"], state["exp_avg_sq"]]
        rule = _adam
        if settings["amsgrad"]:
            tensors.append(state["max_exp_avg_sq"])
            rule = _amsgrad
        rule(
            *tensors,
            rate=settings["lr"],
            beta1=beta1,
            beta2=beta2,
            eps=settings["eps"],
            unbias1=1.0 - beta1 ** state["step"],
            unbias2=1.0 - beta2 ** state["step"],
            **self._decay(settings),
        )


class AdamW(Adam):
    """Adam with decoupled weight decay: the parameters shrink by lr·λ of themselves beside the step."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay=True)
