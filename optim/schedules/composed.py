"""Schedules made of others: one with a warm-up, one after the other, several at once."""

from bisect import bisect_right
from collections.abc import Sequence

from autograd_core import ArgumentError
from optim.kinds import AT_LEAST_1, FROM_0_TO_1, RATE, SCHEDULE, require
from optim.schedules.falling import RISING, Schedule


def warm_up(schedule: Schedule, steps: int, start: float = 0.01) -> Schedule:
    """Rises in a line from `start` times the first rate of `schedule` to that rate in `steps`, then follows `schedule`.

    Σε and Σε² are ∞ where those of `schedule` are.

    >>> [warm_up(lambda k: 1.0 / (1 + k), steps=2, start=0.0)(k) for k in range(4)]
    [0.0, 0.5, 1.0, 0.5]
    """
    require("warm_up", SCHEDULE, schedule=schedule)
    require("warm_up", AT_LEAST_1, steps=steps)
    require("warm_up", FROM_0_TO_1, start=start)

    def at(step: int) -> float:
        if step < steps:
            return schedule(0) * (start + (1.0 - start) * step / steps)
        return schedule(step - steps)

    return at


def sequence(schedules: Sequence[Schedule], milestones: Sequence[int]) -> Schedule:
    """The first of `schedules` up to the first of `milestones`, then the second from its own step 0, and so on.

    Σε and Σε² are ∞ where those of the last schedule are.
    """
    schedules, milestones = list(schedules), list(milestones)
    if len(schedules) != len(milestones) + 1:
        expected = f"one more than the {len(milestones)} milestones"
        raise ArgumentError(f"sequence: schedules must be {expected}, got {len(schedules)}")
    for schedule in schedules:
        require("sequence", SCHEDULE, schedule=schedule)
    require("sequence", RISING, milestones=milestones)

    def at(step: int) -> float:
        passed = bisect_right(milestones, step)
        return schedules[passed](step - (milestones[passed - 1] if passed else 0))

    return at


def chained(lr: float, factors: Sequence[Schedule]) -> Schedule:
    """ε₀ times all `factors`, schedules made with the rate 1.

    Σε and Σε² are finite if those of one factor are, and the others bounded.

    >>> from optim.schedules import exponential, step
    >>> [round(chained(0.5, [exponential(1.0, 0.9), step(1.0, 2)])(k), 4) for k in range(4)]
    [0.5, 0.45, 0.0405, 0.0365]
    """
    require("chained", RATE, lr=lr)
    factors = list(factors)
    for factor in factors:
        require("chained", SCHEDULE, factor=factor)

    def at(step: int) -> float:
        rate = lr
        for factor in factors:
            rate *= factor(step)
        return rate

    return at
