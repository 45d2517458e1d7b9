"""Lion (Chen et al. 2023): steps of one size, in the direction of a momentum's sign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core import Tensor, sign, update_rule, zeros_like
from optim.optimizer import Optimizer, Settings, State


@update_rule
def _lion(g, /, p, m, *, rate, beta1, beta2, decay, shrink):
    g = g + decay * p
    step = sign(beta1 * m + (1.0 - beta1) * g)
    m = beta2 * m + (1.0 - beta2) * g
    return shrink * p - rate * step, m


class Lion(Optimizer):
    """Lion: p ← p - lr·(sign(β₁m + (1-β₁)∇) + λp), then m ← β₂m + (1-β₂)∇, with λ = `weight_decay`.

    Every parameter moves by lr, so it wants an lr 3 to 10 times smaller than Adam's, and a λ as much larger. It keeps
    one array a parameter where Adam keeps two. (Torch has none; names are as in the paper's code.)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        decoupled_weight_decay: bool = True,
    ) -> None:
        super().__init__(
            params, lr=lr, betas=betas, weight_decay=weight_decay, decoupled_weight_decay=decoupled_weight_decay
        )

    def _initial_state(self, parameter: Tensor, settings: Settings) -> State:
        return {"exp_avg": zeros_like(parameter)}

    def _update(self, parameter: Tensor, gradient: Tensor, state: State, settings: Settings) -> None:
        beta1, beta2 = settings["betas"]
        _lion(
            gradient,
            parameter,
            state["exp_avg"],
            rate=settings["lr"],
            beta1=beta1,
            beta2=beta2,
            **self._decay(settings),
        )
