"""Missing values, which are nan, filled in."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in
from nn.data.preparation.base import PerFeature
from nn.errors import DataError


def _most_frequent(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column's most frequent value, the smallest of several."""
    result = np.empty(columns.shape[1])
    for feature, column in enumerate(columns.T):
        values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        result[feature] = values[counts.argmax()]
    return result


_STRATEGIES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "mean": lambda columns: np.nanmean(columns, axis=0),
    "median": lambda columns: np.nanmedian(columns, axis=0),
    "most_frequent": _most_frequent,
}


class FillMissing(PerFeature):
    """Each nan becomes its feature's mean, median or most frequent value in the training data, or a constant `value`.

    `strategy` is "mean", "median", "most_frequent" or "constant". A feature without any value in the training data is
    refused.

    >>> FillMissing("most_frequent").fit_transform([[1.0], [7.0], [np.nan], [7.0]]).tolist()
    [[1.0], [7.0], [7.0], [7.0]]
    """

    names = ("value",)
    takes_missing = True

    def __init__(
        self, strategy: str = "mean", value: float | None = None, axes: int | tuple[int, ...] | None = 0
    ) -> None:
        super().__init__(axes)
        if strategy != "constant" and strategy not in _STRATEGIES:
            raise DataError(f"FillMissing: strategy is {strategy!r}, expected {', '.join(_STRATEGIES)} or constant")
        if (strategy == "constant") != (value is not None):
            raise DataError(f"FillMissing: value is {value!r}; give one with the strategy constant, and only then")
        self.strategy = strategy
        self.value = None if value is None else number_in("FillMissing: value", value, -np.inf)

    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        if self.value is not None:
            return (np.full(columns.shape[1], self.value),)
        return (_STRATEGIES[self.strategy](columns),)

    def _apply(self, x: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        return np.where(np.isnan(x), state[0], x)
