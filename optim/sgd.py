"""Gradient descent, plain and with momentum (decks A, C)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core import Tensor, update_rule, zeros_like
from optim.optimizer import Optimizer


@update_rule
def _descend(g, /, p, *, rate, decay):
    return p - rate * (g + decay * p)


@update_rule
def _descend_with_momentum(g, /, p, v, *, rate, momentum, decay):
    v = momentum * v + g + decay * p
    return p - rate * v, v


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - lr·v with v ← momentum·v + ∇, or just ∇ without momentum.

    `weight_decay` λ adds λ·p to the gradient (L2). The deck's Δ = -η∇ + βΔ is the same path, with Δ = -lr·v.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    def _check(self, settings: dict[str, Any]) -> None:
        super()._check(settings)
        self._require(settings, "momentum", 0 <= settings["momentum"] < 1, "at least 0 and below 1")

    def _initial_state(self, parameter: Tensor, settings: dict[str, Any]) -> dict[str, Any]:
        return {"velocity": zeros_like(parameter)} if settings["momentum"] else {}

    def _update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], settings: dict[str, Any]) -> None:
        rate, decay = settings["lr"], settings["weight_decay"]
        if settings["momentum"]:
            _descend_with_momentum(
                gradient, parameter, state["velocity"], rate=rate, momentum=settings["momentum"], decay=decay
            )
        else:
            _descend(gradient, parameter, rate=rate, decay=decay)
