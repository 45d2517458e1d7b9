"""Averaged stochastic gradient descent (Polyak and Juditsky 1992), with the rates of Bottou."""

from collections.abc import Iterable
from typing import Any

from autograd_core import update_rule
from optim.kinds import NonNegative
from optim.optimizer import Numbers, Optimizer, Settings


@update_rule
def _asgd(g, /, p, average, *, eta, share, pull, decay, shrink):
    p = (shrink - pull) * p - eta * (g + decay * p)
    return p, (1.0 - share) * average + share * p


class ASGD(Optimizer):
    """Descent whose average is the answer: p ← (1 - λη)·p - η·∇ with η = lr/(1 + λ·lr·(t-1))^α at step t, λ = `lambd`.

    The average of p, which is kept in the state as `ax`, begins after `t0` steps and is p until then: ax ← ax + (p -
    ax)/max(1, t - 1 - t0). `state[i]["ax"]` is that of parameter number i.
    """

    rule = _asgd
    state_names = {"average": "ax"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-2,
        lambd: NonNegative = 1e-4,
        alpha: NonNegative = 0.75,
        t0: NonNegative = 1e6,
        weight_decay: NonNegative = 0.0,
        *,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The rate η, its pull λη towards 0, and the share of p in the average."""
        lr, lambd = settings["lr"], settings["lambd"]
        eta = lr / (1.0 + lambd * lr * (step - 1)) ** settings["alpha"]
        return {"eta": eta, "pull": lambd * eta, "share": 1.0 / max(1.0, step - 1 - settings["t0"])}
