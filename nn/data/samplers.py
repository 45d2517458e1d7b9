"""Samplers: which examples an epoch has, and in which order, where that is not each of them once."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.data.arguments import whole_number
from nn.data.random_streams import random_numbers
from nn.errors import DataError


class Sampler(Protocol):
    """Anything with these two methods; it has no state, so that an epoch can be entered anywhere."""

    def __len__(self) -> int:
        """How many examples an epoch has."""

    def __call__(self, *, seed: int, epoch: int) -> NDArray[np.integer[Any]]:
        """Their numbers, in order: a function of (seed, epoch) alone. Shape (len,)."""


class WeightedSampler:
    """Draws examples by weights: each is drawn with a probability in proportion to its weight, again and again.

    `weights` (N,) need not sum to 1. An epoch has `num_samples` examples, by default N. Without `replacement` none is
    drawn twice in an epoch (Efraimidis and Spirakis 2006). With the weights 1/(examples of the class), all classes
    come equally often. Errors: DataError for weights below 0 or none above, and for more examples than there are.

    >>> from nn.data import Batches
    >>> labels = np.array([0] * 90 + [1] * 10)
    >>> sampler = WeightedSampler(1 / np.bincount(labels)[labels], num_samples=1000)
    >>> (drawn,) = next(iter(Batches(labels, batch_size=1000, seed=0, sampler=sampler)))
    >>> 450 < sum(drawn.tolist()) < 550
    True
    """

    def __init__(self, weights: ArrayLike, num_samples: int | None = None, replacement: bool = True) -> None:
        self._weights = np.array(weights, np.float64)
        if self._weights.ndim != 1 or not (np.isfinite(self._weights) & (self._weights >= 0)).all():
            raise DataError("WeightedSampler takes a weight for each example, shape (N,), finite and none below 0")
        drawable = int(np.count_nonzero(self._weights))
        if not drawable:
            raise DataError("WeightedSampler: no weight is above 0, so that no example can be drawn")
        wanted = len(self._weights) if num_samples is None else num_samples
        self._num_samples = whole_number("num_samples", wanted, at_least=1)
        if not replacement and self._num_samples > drawable:
            raise DataError(
                f"WeightedSampler: num_samples is {self._num_samples}, but without replacement only the {drawable}"
                " examples of a weight above 0 can be drawn"
            )
        self._replacement = replacement

    def __len__(self) -> int:
        return self._num_samples

    def __call__(self, *, seed: int, epoch: int) -> NDArray[np.integer[Any]]:
        """The numbers of the epoch's examples. Shape (num_samples,)."""
        chosen: NDArray[np.integer[Any]]
        if self._replacement:
            ends = np.cumsum(self._weights / self._weights.max())
            drawn = random_numbers(self._num_samples, seed=seed, epoch=epoch) * ends[-1]
            # Rounding may bring a number to the very end, beyond the last example that can be drawn.
            last = np.flatnonzero(self._weights)[-1]
            chosen = np.minimum(np.searchsorted(ends, drawn, side="right"), last)
        else:
            places = np.flatnonzero(self._weights)
            times = -np.log1p(-random_numbers(len(places), seed=seed, epoch=epoch)) / self._weights[places]
            chosen = places[np.argsort(times, kind="stable")[: self._num_samples]]
        return chosen
