"""Data sets in parts: to train on, to validate, to test; by chance or with the classes in proportion; and k folds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.data.arguments import whole_number
from nn.data.datasets import Dataset, Subset, as_dataset
from nn.data.random_streams import split_order
from nn.errors import DataError


def split(
    dataset: Dataset | NDArray[Any],
    lengths: Sequence[float],
    *,
    seed: int,
    stratify: ArrayLike | None = None,
) -> tuple[Subset, ...]:
    """Parts of `dataset` that together are all of it, drawn by chance; in each, examples keep their order.

    `lengths` are whole numbers that add up to its length, or shares that add up to 1. With `stratify`, the class of
    each example, shape (N,), each part has every class in proportion, to within an example or so. The same seed gives
    the same parts on every machine. Raises `DataError` on lengths or classes that do not fit.

    >>> labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    >>> train, test = split(labels, [0.8, 0.2], seed=0, stratify=labels)
    >>> len(train), [int(label) for (label,) in test]
    (8, [0, 1])
    """
    dataset = as_dataset(dataset)
    counts = _counts(lengths, len(dataset))
    rest = _order(len(dataset), seed, stratify)
    parts = []
    for count in counts:
        taken = _evenly(len(rest), count)
        parts.append(Subset(dataset, np.sort(rest[taken])))
        rest = rest[~taken]
    return tuple(parts)


def k_fold(
    dataset: Dataset | NDArray[Any], k: int, *, seed: int, stratify: ArrayLike | None = None
) -> list[tuple[Subset, Subset]]:
    """k pairs (train, validation) in which each example is once for validation, k-1 times for training.

    Folds differ in length by one example at most; `stratify`, `seed` and errors are those of `split`.

    >>> [(len(train), len(validation)) for train, validation in k_fold(np.arange(10), 3, seed=0)]
    [(6, 4), (7, 3), (7, 3)]
    """
    k = whole_number("k", k, at_least=2)
    length = len(dataset)
    if k > length:
        raise DataError(f"k_fold: {k} folds of {length} examples; k can be at most the number of examples")
    folds = split(dataset, [length // k + (fold < length % k) for fold in range(k)], seed=seed, stratify=stratify)
    everything = np.arange(length)
    return [(Subset(fold.dataset, np.setdiff1d(everything, fold.indices)), fold) for fold in folds]


def _counts(lengths: Sequence[float], total: int) -> list[int]:
    """How many examples each part has; what rounding shares down leaves over goes to the first parts, one each."""
    given = np.asarray(lengths)
    if given.ndim != 1 or given.size == 0 or given.dtype.kind not in "iuf" or not (given >= 0).all():
        raise DataError(f"split: lengths are {lengths!r}, expected one number of at least 0 for each part")
    if given.dtype.kind != "f":
        if given.sum() != total:
            raise DataError(f"split: lengths add up to {given.sum()}, but there are {total} examples")
        return [int(count) for count in given]
    if abs(given.sum() - 1) > 1e-9:
        raise DataError(f"split: shares add up to {given.sum():g}, expected 1 (or whole numbers of examples)")
    counts = np.floor(given * total + 1e-9).astype(int)  # 0.7 · 10 is 7, though just below it in binary
    counts[np.flatnonzero(given)[: total - counts.sum()]] += 1
    return [int(count) for count in counts]


def _order(length: int, seed: int, stratify: ArrayLike | None) -> NDArray[np.intp]:
    """All examples in an order of chance, or by class, and within each class in an order of chance."""
    order = split_order(length, seed=whole_number("seed", seed, at_least=0))
    if stratify is None:
        return order
    classes = np.asarray(stratify)
    if classes.shape != (length,) or (classes.dtype.kind == "f" and np.isnan(classes).any()):
        raise DataError(
            f"stratify must be the class of each example, shape ({length},) and never nan, got {classes.dtype} of"
            f" shape {classes.shape}"
        )
    return order[np.argsort(classes[order], kind="stable")]


def _evenly(length: int, count: int) -> NDArray[np.bool_]:
    """A mask of `count` of `length` places, spread evenly: any run of n has count·n/length of them, rounded up or down.

    Over examples sorted by class that makes the classes proportional, and the number exact (systematic sampling).
    """
    steps = np.arange(length + 1) * count // max(length, 1)
    return np.diff(steps).astype(bool)
