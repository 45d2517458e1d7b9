"""Checks of the arguments that data sets, batches and augmentations are made with."""

import math
import operator
from typing import Any

from nn.errors import DataError


def whole_number(name: str, value: Any, *, at_least: int) -> int:
    """`value` as an int. Raises `DataError` unless it is a whole number of at least `at_least`."""
    try:
        number = operator.index(value)
    except TypeError:
        number = at_least - 1
    if number < at_least:
        raise DataError(f"{name} is {value!r}, expected a whole number of at least {at_least}")
    return number


def number_in(name: str, value: Any, low: float, high: float = math.inf) -> float:
    """`value` as a float. Raises `DataError` unless it is a finite number in [low, high]."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and low <= number <= high):
        limits = f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}"
        raise DataError(f"{name} is {value!r}, expected a number of {limits}")
    return number
