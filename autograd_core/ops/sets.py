"""The different elements of an array: which there are, where they are, and how often.

Each nan differs from every other, and -0 equals 0. Which elements they are is not differentiable, their values are:
the gradient goes to the first place of each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_core.ops.definition import array_op
from autograd_core.ops.indexing import take
from autograd_core.ops.shaping import as_array, flatten

__all__ = ["unique_all", "unique_counts", "unique_inverse", "unique_values"]


class UniqueAllResult(NamedTuple):
    """The different elements going up, where each comes first, which of them each element is, and how often each is."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """The different elements going up, and how often each is there."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """The different elements going up, and which of them each element is."""

    values: Any
    inverse_indices: Any


@array_op(outputs=("indices", "inverse", "counts"))
def _unique(x: Any, /) -> Any:
    """Where each different element comes first in x as if it were flat, which each element is, and how many there are.

    Sorted with the order of equals kept, nan last, and each nan by itself.
    """
    flat = x.reshape(-1)
    order = np.argsort(flat, stable=True)
    ordered = flat[order]
    starts = np.ones(flat.shape, bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    places = np.flatnonzero(starts)
    inverse = np.empty(flat.shape, np.int64)
    inverse[order] = np.cumsum(starts) - 1
    return order[places], inverse.reshape(x.shape), np.diff(places, append=flat.size)


_unique.not_differentiable()


def unique_all(x: Any, /) -> UniqueAllResult:
    """The different elements, where each comes first in the flattened x, which of them each element is, and the counts.

    Shapes: (...) -> (k,), (k,), (...) and (k,). Gradient: of the values, to the first place of each.
    """
    x = as_array(x, "unique_all")
    indices, inverse, counts = _unique(x)
    return UniqueAllResult(take(flatten(x), indices), indices, inverse, counts)


def unique_counts(x: Any, /) -> UniqueCountsResult:
    """The different elements, and how often each is there: (...) -> (k,), (k,). See `unique_all`."""
    found = unique_all(x)
    return UniqueCountsResult(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverseResult:
    """The different elements, and for each element of x which it is: values[inverse_indices] is x. See `unique_all`."""
    found = unique_all(x)
    return UniqueInverseResult(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Any:
    """The different elements, going up: (...) -> (k,). See `unique_all`."""
    return unique_all(x).values
