"""Adam (Kingma and Ba 2015, deck A): a step size of its own for every parameter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core import Tensor, sqrt, update_rule, zeros_like
from optim.optimizer import Optimizer


@update_rule
def _adam(g, /, p, m, v, *, rate, beta1, beta2, eps, decay, unbias1, unbias2):
    g = g + decay * p
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * g * g
    return p - rate * (m / unbias1) / (sqrt(v / unbias2) + eps), m, v


class Adam(Optimizer):
    """Adam: p ← p - lr·m̂ / (√v̂ + eps), with running means m of the gradient and v of its square.

    m ← β₁m + (1-β₁)∇, v ← β₂v + (1-β₂)∇², and m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ) undo the pull of their start at zero.
    `weight_decay` λ adds λ·p to the gradient.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay})

    def _check(self, settings: dict[str, Any]) -> None:
        super()._check(settings)
        settings["betas"] = tuple(settings["betas"])
        self._require(
            settings,
            "betas",
            len(settings["betas"]) == 2 and all(0 <= beta < 1 for beta in settings["betas"]),
            "two numbers of at least 0 and below 1",
        )
        self._require(settings, "eps", settings["eps"] >= 0, "at least 0")

    def _initial_state(self, parameter: Tensor, settings: dict[str, Any]) -> dict[str, Any]:
        return {"step": 0, "exp_avg": zeros_like(parameter), "exp_avg_sq": zeros_like(parameter)}

    def _update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], settings: dict[str, Any]) -> None:
        state["step"] += 1
        beta1, beta2 = settings["betas"]
        _adam(
            gradient,
            parameter,
            state["exp_avg"],
            state["exp_avg_sq"],
            rate=settings["lr"],
            beta1=beta1,
            beta2=beta2,
            eps=settings["eps"],
            decay=settings["weight_decay"],
            unbias1=1.0 - beta1 ** state["step"],
            unbias2=1.0 - beta2 ** state["step"],
        )
