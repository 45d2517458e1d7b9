"""Features moved and scaled: y = (x - offset) / scale; one that is constant in the training data is only moved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in
from nn.data.preparation.base import PerFeature, State
from nn.errors import DataError


def mean_and_deviation(columns: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Each column's mean and standard deviation (over n), without nan. Shapes: (N, F) -> (F,), (F,).

    Those of a constant column are its value and 0 exactly, which rounding would else make nearly so; dividing by such a
    deviation would make noise of it.
    """
    least, most = np.nanmin(columns, axis=0), np.nanmax(columns, axis=0)
    mean = np.where(least == most, least, np.nanmean(columns, axis=0))
    return mean, np.where(least == most, 0.0, np.nanstd(columns, axis=0, mean=mean[None]))


class _Affine(PerFeature):
    names = ("offset", "scale")

    def _apply(self, x: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        offset, scale = state
        scaled: NDArray[Any] = (x - offset) / scale
        return scaled

    def _belongs(self, state: State) -> bool:
        return super()._belongs(state) and bool((state["scale"] != 0).all())

    def _undo(self, y: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        offset, scale = state
        unscaled: NDArray[Any] = y * scale + offset
        return unscaled


class Centre(_Affine):
    """Each feature minus its mean."""

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        mean, _ = mean_and_deviation(columns)
        return mean, np.ones_like(mean)


class UnitVariance(_Affine):
    """Each feature divided by its standard deviation, not moved."""

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        _, deviation = mean_and_deviation(columns)
        return np.zeros_like(deviation), _or_one(deviation)


class Standardise(_Affine):
    """Each feature with mean 0 and variance 1 (over n).

    >>> Standardise().fit_transform([[1.0, 7.0], [3.0, 7.0]]).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        mean, deviation = mean_and_deviation(columns)
        return mean, _or_one(deviation)


class MinMaxScale(_Affine):
    """Each feature from `low`, at its least in the training data, to `high`; a constant one is `low`.

    >>> MinMaxScale(-1, 1).fit_transform([[2.0], [3.0], [6.0]]).tolist()
    [[-1.0], [-0.5], [1.0]]
    """

    def __init__(self, low: float = 0.0, high: float = 1.0, axes: int | tuple[int, ...] | None = 0) -> None:
        super().__init__(axes)
        self.low, self.high = (number_in("MinMaxScale: low and high", end, -np.inf) for end in (low, high))
        if self.low >= self.high:
            raise DataError(f"MinMaxScale: low is {low} and high {high}, expected low < high")

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        least, most = columns.min(axis=0), columns.max(axis=0)
        scale = _or_one((most - least) / (self.high - self.low))
        return least - self.low * scale, scale


def _or_one(scale: NDArray[Any]) -> NDArray[Any]:
    return np.where(scale == 0, 1.0, scale)
