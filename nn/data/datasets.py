"""Data sets: what has a length and gives examples by number, from memory or read when asked for; parts and unions.

An example is one array or number, or a tuple or a dictionary of them; a batch is a tuple of arrays, or a dictionary of
the same keys, with the examples along axis 0.
"""

import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import DataError

Batch = tuple[NDArray[Any], ...]
Chosen = slice | NDArray[np.integer[Any]]  # which examples: a slice where they are neighbours, else their numbers


class Dataset(Protocol):
    """Anything with these two methods; a list of examples is one. What reads files does so in `__getitem__`.

    A data set may also have `batch(chosen)`, which gives several examples at once, stacked, where that is faster than
    one by one; `chosen` is a slice or an array of numbers.
    """

    def __len__(self) -> int:
        """The number of examples."""

    def __getitem__(self, index: int, /) -> Any:
        """The example number `index`: an array or a number, or a tuple or a dictionary of them."""


class ArrayDataset:
    """Arrays of equal length, one example across all of them at each index. Shapes: arrays (N, ...).

    Raises `DataError` if their lengths differ.

    >>> examples = ArrayDataset(np.eye(3), np.array([2, 0, 1]))
    >>> len(examples), examples[1]
    (3, (array([0., 1., 0.]), np.int64(0)))
    """

    def __init__(self, *arrays: ArrayLike) -> None:
        self.arrays = tuple(map(np.asarray, arrays))
        if not arrays or any(array.ndim == 0 for array in self.arrays):
            raise DataError(f"expected one or more arrays of at least one dimension, got {_shapes(self.arrays)}")
        if len({len(array) for array in self.arrays}) > 1:
            raise DataError(f"expected arrays of equal length, got shapes {_shapes(self.arrays)}; pair them up first")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return tuple(array[index] for array in self.arrays)

    def batch(self, chosen: Chosen) -> Batch:
        """Several examples; a slice gives views, nothing is copied."""
        return tuple(array[chosen] for array in self.arrays)


class Subset:
    """The examples of `dataset` at `indices`, in that order. Raises `DataError` on indices out of range.

    >>> Subset(["a", "b", "c"], [2, 0])[0]
    'c'
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int] | NDArray[np.integer[Any]]) -> None:
        self.dataset = dataset
        self.indices = np.asarray(indices, np.intp) if len(indices) == 0 else np.asarray(indices)
        if self.indices.ndim != 1 or not np.issubdtype(self.indices.dtype, np.integer):
            raise DataError(
                f"Subset takes the numbers of its examples, shape (N,), got {self.indices.dtype} of shape"
                f" {self.indices.shape}; np.flatnonzero makes such numbers of a mask"
            )
        outside = self.indices[(self.indices < 0) | (self.indices >= len(dataset))]
        if outside.size:
            raise DataError(f"Subset: there is no example {outside[0]}; the data set has {len(dataset)}, from 0")

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]

    def batch(self, chosen: Chosen) -> Any:
        """Several examples, as the whole data set gives them."""
        return fetch(self.dataset, self.indices[chosen])


class ConcatDataset:
    """Several data sets as one, their examples one after the other. Raises `DataError` if there are none.

    >>> both = ConcatDataset(["a", "b"], ["c"])
    >>> len(both), both[2]
    (3, 'c')
    """

    def __init__(self, *datasets: Dataset) -> None:
        if not datasets:
            raise DataError("ConcatDataset takes one or more data sets, got none")
        self.datasets = datasets
        self._starts = np.array([0, *itertools.accumulate(len(dataset) for dataset in datasets)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> Any:
        index = range(len(self))[operator.index(index)]  # which also refuses what is out of range, and counts from -1
        part = np.searchsorted(self._starts, index, side="right") - 1
        return self.datasets[part][int(index - self._starts[part])]

    def batch(self, chosen: Chosen) -> Any:
        """Several examples, each data set asked once."""
        indices = np.arange(len(self))[chosen]
        part_of = np.searchsorted(self._starts, indices, side="right") - 1
        present = np.unique(part_of) if len(indices) else [0]
        pieces = [fetch(self.datasets[part], indices[part_of == part] - self._starts[part]) for part in present]
        if len(pieces) == 1:
            return pieces[0]
        places = np.argsort(np.concatenate([np.flatnonzero(part_of == part) for part in present]))
        return _together(pieces, lambda arrays: _joined(arrays)[places])


def as_dataset(*source: Any) -> Dataset:
    """One data set of what the user gave: arrays of equal length, or a data set. Raises `DataError` otherwise."""
    if all(hasattr(array, "__array__") for array in source):
        return ArrayDataset(*source)
    # A tuple is one example, not two arrays to go along; a dictionary or a text has examples by no number.
    if len(source) == 1 and _has_examples(source[0]) and not isinstance(source[0], tuple | Mapping | str | bytes):
        dataset: Dataset = source[0]
        return dataset
    got = ", ".join(type(part).__name__ for part in source)
    raise DataError(f"expected numpy arrays, each an argument, or one data set with len() and [i], got {got}")


def fetch(dataset: Dataset, chosen: Chosen) -> Any:
    """The `chosen` examples of any data set, stacked."""
    return dataset.batch(chosen) if hasattr(dataset, "batch") else collate(examples_of(dataset, chosen))


def examples_of(dataset: Dataset, chosen: Chosen) -> list[Any]:
    """The `chosen` examples of any data set, one by one."""
    numbers = range(len(dataset))[chosen] if isinstance(chosen, slice) else chosen.tolist()
    return [dataset[number] for number in numbers]


def collate(examples: Sequence[Any]) -> Any:
    """Examples as one batch: tuples of (...) become a tuple of (N, ...), dictionaries one dictionary of the same keys.

    What is in them may be tuples and dictionaries in turn. Lone arrays or numbers make a tuple of one.
    Raises `DataError` if examples differ in number, keys, shape or kind.

    >>> collate([([1.0, 2.0], 0), ([3.0, 4.0], 1)])
    (array([[1., 2.], [3., 4.]]), array([0, 1]))
    >>> collate([{"pixels": [1.0, 2.0], "label": 0}, {"pixels": [3.0, 4.0], "label": 1}])["label"]
    array([0, 1])
    """
    if not examples:
        raise DataError("collate needs at least one example, got none")
    return _together([x if isinstance(x, (tuple, Mapping)) else (x,) for x in examples], _gathered)


def _gathered(parts: Sequence[Any]) -> Any:
    return _together(parts, _gathered) if isinstance(parts[0], (tuple, Mapping)) else _stacked(parts)


def _together(examples: Sequence[Any], gather: Callable[[Sequence[Any]], Any]) -> Any:
    """Of tuples or dictionaries, one of what `gather` makes of all that stands in one place of them."""
    if not any(isinstance(example, Mapping) for example in examples):
        if not all(isinstance(example, tuple) for example in examples):
            raise DataError("examples of one batch must be alike, got tuples and others")
        return tuple(gather(parts) for parts in _transposed(examples))
    keys = {frozenset(example) if isinstance(example, Mapping) else None for example in examples}
    if len(keys) > 1:
        kinds = [sorted(map(str, key)) if key is not None else "no dictionary" for key in keys]
        raise DataError(f"examples of one batch must have the same keys, got {' and '.join(sorted(map(str, kinds)))}")
    return {key: gather([example[key] for example in examples]) for key in examples[0]}


def _has_examples(source: Any) -> bool:
    return hasattr(source, "__len__") and hasattr(source, "__getitem__")


def _transposed(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    sizes = {len(row) for row in rows}
    if len(sizes) > 1:
        raise DataError(f"examples of one batch must have equally many parts, got {' and '.join(map(str, sizes))}")
    return list(zip(*rows, strict=True))


def _stacked(parts: Sequence[Any]) -> NDArray[Any]:
    arrays = [np.asarray(part) for part in parts]
    _check_alike({array.shape for array in arrays})
    return _checked(np.stack(arrays))


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    _check_alike({array.shape[1:] for array in arrays})
    return _checked(np.concatenate(arrays))


def _check_alike(shapes: set[tuple[int, ...]]) -> None:
    if len(shapes) > 1:
        raise DataError(
            f"examples of one batch must have one shape, got {' and '.join(map(str, sorted(shapes)))};"
            " crop, scale or pad them first, or give Batches a function collate(examples) that does"
        )


def _checked(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == object:
        raise DataError(
            "examples must be arrays or numbers, or tuples or dictionaries of them, got other Python objects;"
            " give Batches a function collate(examples) that makes arrays of them"
        )
    return array


def _shapes(arrays: Sequence[NDArray[Any]]) -> str:
    return ", ".join(str(array.shape) for array in arrays) or "none"
