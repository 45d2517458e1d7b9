"""What the schedules refuse, in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Real

from autograd_core import ArgumentError


def require(schedule: str, name: str, value: object, holds: bool, expected: str) -> None:
    """Raise `ArgumentError` unless it `holds`."""
    if not holds:
        raise ArgumentError(f"{schedule}: {name} must be {expected}, got {value!r}")


def check_lr(schedule: str, lr: float) -> None:
    """A rate is a number of at least 0."""
    require(schedule, "lr", lr, isinstance(lr, Real) and lr >= 0, "a number of at least 0")


def check_steps(schedule: str, steps: float, name: str = "steps") -> None:
    """There is at least one step."""
    require(schedule, name, steps, isinstance(steps, Real) and steps >= 1, "at least 1")


def check_share(schedule: str, name: str, share: float) -> None:
    """A share of a rate is one of its parts."""
    require(schedule, name, share, 0 <= share <= 1, "from 0 to 1")


def check_milestones(schedule: str, milestones: Sequence[float]) -> None:
    """Milestones are numbers of steps, in rising order."""
    rising = all(a <= b for a, b in pairwise(milestones))
    require(
        schedule, "milestones", list(milestones), rising and all(m >= 0 for m in milestones), "steps in rising order"
    )
