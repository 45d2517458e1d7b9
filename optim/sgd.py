"""Gradient descent, plain, with momentum and with Nesterov's (decks A, C)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core import ArgumentError, Tensor, update_rule, zeros_like
from optim.optimizer import Optimizer, Settings, State


@update_rule
def _descend(g, /, p, *, rate, decay, shrink):
    return shrink * p - rate * (g + decay * p)


@update_rule
def _descend_with_momentum(g, /, p, v, *, rate, momentum, new, decay, shrink):
    v = momentum * v + new * (g + decay * p)
    return shrink * p - rate * v, v


@update_rule
def _descend_by_nesterov(g, /, p, v, *, rate, momentum, decay, shrink):
    g = g + decay * p
    v = momentum * v + g
    return shrink * p - rate * (g + momentum * v), v


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - lr·v with v ← momentum·v + ∇, or just ∇ without momentum.

    The deck's Δ = -η∇ + βΔ is the same path, with Δ = -lr·v. `dampening` d puts (1-d)·∇ there, from the second step
    on. `nesterov` steps by ∇ + momentum·v, which is the gradient where the momentum is about to lead
    (Sutskever et al. 2013); it needs a momentum and no dampening.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            decoupled_weight_decay=decoupled_weight_decay,
        )

    def _check(self, settings: Settings) -> None:
        super()._check(settings)
        self._require(settings, "momentum", 0 <= settings["momentum"] < 1, "at least 0 and below 1")
        self._require(settings, "dampening", 0 <= settings["dampening"] <= 1, "from 0 to 1")
        if settings["nesterov"] and not (settings["momentum"] and not settings["dampening"]):
            raise ArgumentError(
                f"SGD: nesterov needs a momentum above 0 and no dampening,"
                f" got {settings['momentum']} and {settings['dampening']}"
            )

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"momentum_buffer": zeros_like(parameter)} if settings["momentum"] else {}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        rate, momentum = settings["lr"], settings["momentum"]
        decay = self._decay(settings)
        if not momentum:
            _descend(gradient, parameter, rate=rate, **decay)
        elif settings["nesterov"]:
            _descend_by_nesterov(gradient, parameter, state["momentum_buffer"], rate=rate, momentum=momentum, **decay)
        else:
            new = 1.0 if state["step"] == 1 else 1.0 - settings["dampening"]
            _descend_with_momentum(
                gradient, parameter, state["momentum_buffer"], rate=rate, momentum=momentum, new=new, **decay
            )
