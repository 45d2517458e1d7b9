"""Outliers brought back to the limits of what is usual. Missing values stay missing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in
from nn.data.preparation.base import PerFeature
from nn.data.preparation.scaling import mean_and_deviation
from nn.errors import DataError


class _Clip(PerFeature):
    names = ("low", "high")
    takes_missing = True

    def _apply(self, x: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        return np.clip(x, *state)


class ClipZScore(_Clip):
    """Each feature within `threshold` standard deviations of its mean."""

    def __init__(self, threshold: float = 3.0, axes: int | tuple[int, ...] | None = 0) -> None:
        super().__init__(axes)
        self.threshold = number_in("ClipZScore: threshold", threshold, 0)

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        mean, deviation = mean_and_deviation(columns)
        return mean - self.threshold * deviation, mean + self.threshold * deviation


class ClipQuantiles(_Clip):
    """Each feature within its quantiles `low` and `high`.

    >>> ClipQuantiles(0.25, 0.75).fit_transform([0.0, 1.0, 2.0, 3.0, 400.0]).tolist()
    [1.0, 1.0, 2.0, 3.0, 3.0]
    """

    def __init__(self, low: float = 0.01, high: float = 0.99, axes: int | tuple[int, ...] | None = 0) -> None:
        super().__init__(axes)
        self.low, self.high = (number_in("ClipQuantiles: low and high", end, 0, 1) for end in (low, high))
        if self.low >= self.high:
            raise DataError(f"ClipQuantiles: low is {low} and high {high}, expected low < high")

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        low, high = np.nanquantile(columns, [self.low, self.high], axis=0)
        return low, high


class ClipIQR(_Clip):
    """Each feature from q₁ - f·(q₃ - q₁) to q₃ + f·(q₃ - q₁), for its quartiles q₁, q₃ and f = `factor` (Tukey)."""

    def __init__(self, factor: float = 1.5, axes: int | tuple[int, ...] | None = 0) -> None:
        super().__init__(axes)
        self.factor = number_in("ClipIQR: factor", factor, 0)

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        first, third = np.nanquantile(columns, [0.25, 0.75], axis=0)
        margin = self.factor * (third - first)
        return first - margin, third + margin
