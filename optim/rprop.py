"""Rprop (Riedmiller and Braun 1993): steps by the signs of the gradients, whose sizes their changes of sign decide."""

from collections.abc import Iterable
from typing import Any

from autograd_core import ArgumentError, Tensor, full_like, maximum, minimum, sign, update_rule, where
from optim.kinds import NonNegative, Pair
from optim.optimizer import Numbers, Optimizer, Settings, State


@update_rule
def _rprop(g, /, p, before, size, *, shorter, longer, least, most):
    agreement = g * before
    factor = where(agreement > 0.0, longer, where(agreement < 0.0, shorter, 1.0))
    size = minimum(maximum(size * factor, least), most)
    g = where(agreement < 0.0, 0.0, g)
    return p - size * sign(g), g, size


class Rprop(Optimizer):
    """Rprop: p ← p - size·sign(∇), each element with a step size of its own.

    It begins as `lr`, grows by the second of `etas` where ∇ has the sign of the step before, and shrinks by the first
    where it has the other: there no step is taken, and the next one changes no size. Sizes stay within `step_sizes`.
    It is for gradients of all examples, whose signs mini-batches would shuffle.
    """

    rule = _rprop
    state_names = {"before": "prev", "size": "step_size"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: NonNegative = 1e-2,
        etas: Pair = (0.5, 1.2),
        step_sizes: Pair = (1e-6, 50.0),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(locals())

    def check(self, settings: Settings) -> None:
        """Sizes shrink by less than 1, grow by more, and have a least and a largest."""
        (shorter, longer), (least, most) = settings["etas"], settings["step_sizes"]
        if not 0 < shorter < 1 < longer:
            raise ArgumentError(f"Rprop: etas must be a factor below 1 and one above, got {settings['etas']}")
        if not 0 <= least <= most:
            raise ArgumentError(f"Rprop: step_sizes must be the least and the largest, got {settings['step_sizes']}")

    def numbers(self, settings: Settings, step: int) -> Numbers:
        """The pairs, apart."""
        (shorter, longer), (least, most) = settings["etas"], settings["step_sizes"]
        return {"shorter": shorter, "longer": longer, "least": least, "most": most}

    def new_state(self, parameter: Tensor, settings: Settings) -> State:
        """Step sizes begin as `lr`."""
        return {**super().new_state(parameter, settings), "step_size": full_like(parameter, settings["lr"])}
