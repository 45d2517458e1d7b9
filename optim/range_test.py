"""The learning-rate range test (Smith 2017): which rates a training can bear, found in one short run."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograd_core import ArgumentError, get_random_state, set_random_state
from optim.kinds import number, require
from optim.optimizer import Optimizer

_SMOOTHING = 0.9  # of the losses' running mean, which judges them since single mini-batches differ


@dataclass(frozen=True)
class RangeTest:
    """What a range test found: the loss with each rate, and their running mean without its pull towards 0."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    diverged: bool

    @property
    def suggestion(self) -> float | None:
        """A tenth of the rate at which the smoothed loss is least, near the largest; None if it never falls."""
        best = min(range(len(self.smoothed)), key=self.smoothed.__getitem__)
        return self.rates[best] / 10.0 if best else None


def learning_rate_range_test(
    optimizer: Optimizer,
    closure: Callable[[], Any],
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    divergence: float = 4.0,
) -> RangeTest:
    """Train for up to `steps` steps with rates that rise from `lowest` to `highest`, each by the same factor.

    `closure` takes the next mini-batch, clears the gradients, computes the loss, calls backward and returns the loss.
    It ends once the smoothed loss is above `divergence` times its least, or no number. The parameters, the optimiser's
    state and rates, and the default random generator are then as they were, also after an error in `closure`; what it
    changes besides, such as the running moments of a batch normalisation, is the caller's to keep.
    """
    if not (0 < lowest < highest < math.inf):
        raise ArgumentError(f"learning_rate_range_test: rates must be 0 < lowest < highest, got {lowest}, {highest}")
    require("learning_rate_range_test", number("at least 2", lambda x: x >= 2), steps=steps)
    require("learning_rate_range_test", number("above 1", lambda x: x > 1), divergence=divergence)
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    held = [(parameter, parameter.numpy(), parameter.grad) for parameter in parameters]
    state, random_state = optimizer.state_dict(), get_random_state()
    rates: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    mean, diverged = 0.0, False
    try:
        for step in range(steps):
            rate = lowest * (highest / lowest) ** (step / (steps - 1))
            optimizer.set_lr(rate)
            loss = float(closure())
            mean = _SMOOTHING * mean + (1.0 - _SMOOTHING) * loss
            rates.append(rate)
            losses.append(loss)
            smoothed.append(mean / (1.0 - _SMOOTHING ** (step + 1)))
            least = min(smoothed)
            diverged = not smoothed[-1] <= least + (divergence - 1.0) * abs(least)
            if diverged:
                break
            optimizer.step()
    finally:
        for parameter, array, gradient in held:
            parameter.assign(array)
            parameter.grad = gradient
        optimizer.load_state_dict(state)
        set_random_state(random_state)
    return RangeTest(tuple(rates), tuple(losses), tuple(smoothed), diverged)
