"""Lion (Chen et al. 2023): steps of one size, in the direction of a momentum's sign."""

from collections.abc import Iterable
from typing import Any

from autograd_core import sign, update_rule
from optim.kinds import Betas, NonNegative
from optim.optimizer import Optimizer


@update_rule
def _lion(g, /, p, m, *, lr, beta1, beta2, decay, shrink):
    g = g + decay * p
    direction = sign(beta1 * m + (1.0 - beta1) * g)
    m = beta2 * m + (1.0 - beta2) * g
    return shrink * p - lr * direction, m


class Lion(Optimizer):
    """Lion: p ← p - lr·(sign(β₁m + (1-β₁)∇) + λp), then m ← β₂m + (1-β₂)∇, with λ = `weight_decay`.

    Every parameter moves by lr, so it wants an lr 3 to 10 times smaller than Adam's, and a λ as much larger. It keeps
    one array a parameter where Adam keeps two. (Torch has none; names are as in the paper's code.)
    """

    rule = _lion
    state_names = {"m": "exp_avg"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-4,
        betas: Betas = (0.9, 0.99),
        weight_decay: NonNegative = 0.0,
        *,
        decoupled_weight_decay: bool = True,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())
