"""What is said of numbers: one by one to a few digits, and of many their range, norm, zeros and histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

FEW = 12
"""Up to so many numbers are shown one by one."""
BINS = 11
"""Bars of a histogram."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How many of many numbers lie where: a histogram between the smallest and the largest."""

    low: float
    high: float
    bins: tuple[int, ...]


def number_text(number: float, digits: int = 6) -> str:
    """A number as it is shown: `digits` significant digits, and no -0."""
    return format(number + 0.0, f".{digits}g")


def spread(array: Any) -> Spread | None:
    """The histogram of many numbers; None where there are few, some are not finite, or all are the same but for what
    rounding makes of them.
    """
    numbers = np.asarray(array, np.float64).ravel()
    if numbers.size < FEW:
        return None
    low, high = float(numbers.min()), float(numbers.max())
    if not (math.isfinite(high - low) and high - low > 1e-6 * max(abs(low), abs(high))):
        return None
    place = np.minimum((numbers - low) / (high - low) * BINS, BINS - 1).astype(np.intp)
    return Spread(low, high, tuple(np.bincount(place, minlength=BINS).tolist()))


def summary(array: Any) -> str:
    """What there is to say of many numbers: their range, norm and share of zeros; empty for what is unknown."""
    if array is None or np.size(array) == 0:
        return ""
    numbers = np.asarray(array, np.float64)
    strange = numbers.size - int(np.isfinite(numbers).sum())
    if strange:
        return f"{strange} of {numbers.size} are nan or infinite"
    low, high, norm = (number_text(float(x), digits=4) for x in (numbers.min(), numbers.max(), np.linalg.norm(numbers)))
    return f"from {low} to {high}, norm {norm}, {(numbers == 0).mean():.0%} zeros"
