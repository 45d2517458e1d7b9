"""What a hyper-parameter may be: from an interval, evenly or evenly in its logarithm, a whole number, or one of a few.

Each kind turns a number u in [0, 1) into a value (`at`), so that any way to fill the unit cube fills a space.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from autograd_core import ArgumentError


class Dimension(Protocol):
    """What a space is made of."""

    def at(self, u: float, /) -> Any:
        """The value that the share `u` of the dimension lies below, 0 ≤ u < 1."""

    def narrowed(self, best: Sequence[Any], /) -> Dimension:
        """The same kind around the values `best`."""


Space = Mapping[str, Dimension]


@dataclass(frozen=True)
class Uniform:
    """A number from `low` to `high`, evenly.

    >>> Uniform(-1.0, 1.0).at(0.75)
    0.5
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_interval(self)

    def at(self, u: float) -> float:
        """low + u·(high - low)."""
        return self.low + u * (self.high - self.low)

    def narrowed(self, best: Sequence[float]) -> Self:
        """From the least to the greatest of `best`, and as far beyond on each side as they lie apart on average."""
        low, high = min(best), max(best)
        margin = (high - low) / len(best) or (self.high - self.low) / 10
        return replace(self, low=max(self.low, low - margin), high=min(self.high, high + margin))


@dataclass(frozen=True)
class LogUniform:
    """A number above 0, evenly in its logarithm, as suits learning rates and decays: each decade is as likely.

    >>> round(LogUniform(1e-4, 1e-2).at(0.5), 9)
    0.001
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_interval(self)
        if not self.low > 0:
            raise ArgumentError(f"LogUniform: low must be above 0, got {self.low}")

    def at(self, u: float) -> float:
        """low·(high/low)^u."""
        return math.exp(self._logarithms().at(u))

    def narrowed(self, best: Sequence[float]) -> Self:
        """As `Uniform`, of the logarithms."""
        logs = self._logarithms().narrowed([math.log(value) for value in best])
        return replace(self, low=max(self.low, math.exp(logs.low)), high=min(self.high, math.exp(logs.high)))

    def _logarithms(self) -> Uniform:
        return Uniform(math.log(self.low), math.log(self.high))


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`, both included; with `log`, evenly in its logarithm.

    >>> [Integer(1, 3).at(u) for u in (0.0, 0.5, 0.99)]
    [1, 2, 3]
    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _check_interval(self)
        if not (isinstance(self.low, int) and isinstance(self.high, int)) or (self.log and self.low < 1):
            least = " of at least 1" if self.log else ""
            raise ArgumentError(f"Integer: low and high must be whole numbers{least}, got {self.low} and {self.high}")

    def at(self, u: float) -> int:
        """Each number has an interval of its own, of length 1 (or as its logarithm has it)."""
        kind = LogUniform if self.log else Uniform
        return min(math.floor(kind(self.low, self.high + 1).at(u)), self.high)

    def narrowed(self, best: Sequence[int]) -> Self:
        """As `Uniform` or `LogUniform`, rounded outwards."""
        if self.low == self.high:
            return self
        around = (LogUniform if self.log else Uniform)(self.low, self.high).narrowed(best)
        return replace(self, low=max(self.low, math.floor(around.low)), high=min(self.high, math.ceil(around.high)))


@dataclass(frozen=True, init=False)
class Choice:
    """One of `values`, all as likely.

    >>> Choice("relu", "tanh").at(0.7)
    'tanh'
    """

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        if not values:
            raise ArgumentError("Choice: takes the values to choose from, got none")
        object.__setattr__(self, "values", values)

    def at(self, u: float) -> Any:
        """The values have an equal share each."""
        return self.values[int(u * len(self.values))]

    def narrowed(self, best: Sequence[Any]) -> Choice:
        """Those that are among `best`."""
        return Choice(*(value for value in self.values if value in best))


def checked(space: Space) -> Space:
    """The space, if it is one."""
    if not space:
        raise ArgumentError("a space has at least one hyper-parameter, got none")
    for name, dimension in space.items():
        if not hasattr(dimension, "at"):
            raise ArgumentError(
                f"{name} of the space is {dimension!r}; expected Uniform, LogUniform, Integer or Choice"
            )
    return space


def _check_interval(interval: Uniform | LogUniform | Integer) -> None:
    if not (math.isfinite(interval.low) and math.isfinite(interval.high) and interval.low <= interval.high):
        raise ArgumentError(
            f"{type(interval).__name__}: needs finite low ≤ high, got {interval.low} and {interval.high}"
        )
