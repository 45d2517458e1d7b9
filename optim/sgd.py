"""Gradient descent, plain, with momentum and with Nesterov's (decks A, C)."""

from collections.abc import Iterable
from typing import Any

from autograd_core import ArgumentError, UpdateRule, update_rule
from optim.kinds import BelowOne, NonNegative, Share
from optim.optimizer import Numbers, Optimizer, Settings


@update_rule
def _sgd(g, /, p, *, lr, decay, shrink):
    return shrink * p - lr * (g + decay * p)


@update_rule
def _sgd_with_momentum(g, /, p, v, *, lr, momentum, share, decay, shrink):
    v = momentum * v + share * (g + decay * p)
    return shrink * p - lr * v, v


@update_rule
def _sgd_with_nesterov_momentum(g, /, p, v, *, lr, momentum, decay, shrink):
    g = g + decay * p
    v = momentum * v + g
    return shrink * p - lr * (g + momentum * v), v


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - lr·v with v ← momentum·v + ∇, or just ∇ without momentum.

    The deck's Δ = -η∇ + βΔ is the same path, with Δ = -lr·v. `dampening` d puts (1-d)·∇ there, from the second step
    on. `nesterov` steps by ∇ + momentum·v, which is the gradient where the momentum is about to lead
    (Sutskever et al. 2013); it needs a momentum and no dampening.
    """

    state_names = {"v": "momentum_buffer"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-3,
        momentum: BelowOne = 0.0,
        dampening: Share = 0.0,
        weight_decay: NonNegative = 0.0,
        nesterov: bool = False,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def check(self, settings: Settings) -> None:
        """Nesterov's momentum needs one, and no dampening."""
        if settings["nesterov"] and not (settings["momentum"] and not settings["dampening"]):
            raise ArgumentError(
                f"SGD: nesterov needs a momentum above 0 and no dampening,"
                f" got {settings['momentum']} and {settings['dampening']}"
            )

    def rule_for(self, settings: Settings, step: int) -> UpdateRule:
        """Without momentum there is no v to keep."""
        if not settings["momentum"]:
            return _sgd
        return _sgd_with_nesterov_momentum if settings["nesterov"] else _sgd_with_momentum

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The share of the gradient that goes into v, which begins as the whole of it."""
        return {"share": 1.0 if step == 1 else 1.0 - settings["dampening"]}
