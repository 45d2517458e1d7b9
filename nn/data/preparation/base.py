"""What all preparations have in common: learning before use, checks of what comes, and state that can be kept."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import get_default_dtype
from nn.arguments import numbers_of
from nn.errors import DataError, StateError

State = dict[str, NDArray[Any]]
Shape = tuple[int | None, ...]  # None where any size will do


class Preparation(ABC):
    """A change of data whose numbers are learned from the training data. Shapes: (N, ...), examples along axis 0.

    Floating dtypes are kept, whole numbers become the default dtype; what is learned is float64. Raises `StateError`
    if used before `fit` or `load_state_dict`, `DataError` on data that do not fit what was learned.
    """

    @abstractmethod
    def fit(self, x: ArrayLike) -> Self:
        """Learn from `x`, the training data and nothing else; what was learned before is forgotten."""

    @abstractmethod
    def transform(self, x: ArrayLike) -> NDArray[Any]:
        """`x` changed by what was learned; `x` itself stays as it is."""

    @abstractmethod
    def inverse_transform(self, y: ArrayLike) -> NDArray[Any]:
        """What `transform` made `y` from. What was filled in or clipped cannot be told from the rest, and stays."""

    @abstractmethod
    def state_dict(self) -> State:
        """What was learned, as copies: float64 arrays by name."""

    @abstractmethod
    def check_state_dict(self, state_dict: Mapping[str, ArrayLike]) -> None:
        """Raise `StateError` if it is the state of something else."""

    @abstractmethod
    def load_state_dict(self, state_dict: Mapping[str, ArrayLike]) -> None:
        """Take that over; changes nothing if it raises `StateError`."""

    def fit_transform(self, x: ArrayLike) -> NDArray[Any]:
        """`fit(x)`, then `transform(x)`."""
        return self.fit(x).transform(x)


class Chain(Preparation):
    """All `steps`, the first of them first; each learns from what those before it make of the training data."""

    def __init__(self, *steps: Preparation) -> None:
        for step in steps:
            if not isinstance(step, Preparation):
                raise DataError(f"Chain takes preparations like Standardise(), got {step!r}")
        self.steps = steps

    def fit(self, x: ArrayLike) -> Self:
        for step in self.steps:
            x = step.fit_transform(x)
        return self

    def transform(self, x: ArrayLike) -> NDArray[Any]:
        for step in self.steps:
            x = step.transform(x)
        return np.asarray(x)

    def inverse_transform(self, y: ArrayLike) -> NDArray[Any]:
        for step in reversed(self.steps):
            y = step.inverse_transform(y)
        return np.asarray(y)

    def state_dict(self) -> State:
        """Each step's arrays, named "0.offset" and so on."""
        return {
            f"{place}.{name}": array
            for place, step in enumerate(self.steps)
            for name, array in step.state_dict().items()
        }

    def check_state_dict(self, state_dict: Mapping[str, ArrayLike]) -> None:
        foreign = sorted(set(state_dict).difference(*(part for _, part in self._parts(state_dict))))
        if foreign:
            raise StateError(f"Chain of {len(self.steps)} has no {', '.join(foreign)}; was it saved by another chain?")
        for step, part in self._parts(state_dict):
            step.check_state_dict({_after_dot(name): array for name, array in part.items()})

    def load_state_dict(self, state_dict: Mapping[str, ArrayLike]) -> None:
        self.check_state_dict(state_dict)
        for step, part in self._parts(state_dict):
            step.load_state_dict({_after_dot(name): array for name, array in part.items()})

    def _parts(self, state_dict: Mapping[str, ArrayLike]) -> list[tuple[Preparation, dict[str, ArrayLike]]]:
        """Each step, with what is named after it."""
        return [
            (step, {name: array for name, array in state_dict.items() if name.startswith(f"{place}.")})
            for place, step in enumerate(self.steps)
        ]


def _after_dot(name: str) -> str:
    return name.partition(".")[2]


class Learned(Preparation):
    """A preparation with a state of its own: a subclass names its arrays, learns them and applies them."""

    names: ClassVar[tuple[str, ...]]
    takes_missing: ClassVar[bool] = False  # nan is no data; infinity is always a mistake

    def __init__(self) -> None:
        self._state: State | None = None

    @abstractmethod
    def _learn(self, x: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """The arrays called `names`, in that order and float64, from one example or more."""

    @abstractmethod
    def _apply(self, x: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        """`x` changed by the arrays called `names`, which have its dtype."""

    def _undo(self, y: NDArray[Any], *state: NDArray[Any]) -> NDArray[Any]:
        """The inverse of `_apply`, where there is one."""
        return y.copy()

    @abstractmethod
    def _shape(self, state: State) -> Shape:
        """The shape that `transform` takes."""

    def _prepared_shape(self, state: State) -> Shape:
        """The shape that `inverse_transform` takes."""
        return self._shape(state)

    def fit(self, x: ArrayLike) -> Self:
        """Raises `DataError` if there is nothing to learn from."""
        values = self._checked(x)
        if values.size == 0:
            raise DataError(f"{type(self).__name__}: nothing to learn from, the data have shape {values.shape}")
        self._state = dict(zip(self.names, self._learn(values), strict=True))
        return self

    def transform(self, x: ArrayLike) -> NDArray[Any]:
        """Any number of examples, each as in the training data."""
        state = self._fitted()
        values = self._checked(x)
        self._check_shape(values, self._shape(state))
        return self._apply(values, *(array.astype(values.dtype) for array in state.values()))

    def inverse_transform(self, y: ArrayLike) -> NDArray[Any]:
        """Any number of examples, each as `transform` makes them."""
        state = self._fitted()
        values = self._floating(y)
        self._check_shape(values, self._prepared_shape(state))
        return self._undo(values, *(array.astype(values.dtype) for array in state.values()))

    def state_dict(self) -> State:
        return {name: array.copy() for name, array in self._fitted().items()}

    def check_state_dict(self, state_dict: Mapping[str, ArrayLike]) -> None:
        """All of `names` and no others, all numbers finite, of shapes that go together."""
        self._parsed(state_dict)

    def load_state_dict(self, state_dict: Mapping[str, ArrayLike]) -> None:
        self._state = self._parsed(state_dict)

    @abstractmethod
    def _belongs(self, state: State) -> bool:
        """Whether the shapes go together, and with how this preparation was made."""

    def _parsed(self, state_dict: Mapping[str, ArrayLike]) -> State:
        name = type(self).__name__
        if set(state_dict) != set(self.names):
            raise StateError(
                f"{name}: expected a state of {', '.join(self.names)}, got {', '.join(sorted(state_dict)) or 'none'};"
                " was it saved by another preparation?"
            )
        try:
            state = {key: np.array(state_dict[key], np.float64) for key in self.names}
        except (TypeError, ValueError) as error:
            raise StateError(f"{name}: the state holds what are no numbers ({error})") from error
        if not all(np.isfinite(array).all() for array in state.values()):
            raise StateError(f"{name}: the state holds numbers that are not finite; fit again")
        if any(array.ndim == 0 for array in state.values()) or not self._belongs(state):
            shapes = ", ".join(f"{key} {array.shape}" for key, array in state.items())
            raise StateError(f"{name}: the state has shapes that do not fit it ({shapes}); was it made alike?")
        return state

    def _fitted(self) -> State:
        if self._state is None:
            raise StateError(f"{type(self).__name__} has learned nothing yet; call fit with the training data first")
        return self._state

    def _floating(self, x: ArrayLike) -> NDArray[Any]:
        values = numbers_of(x)
        if values.ndim == 0 or values.dtype.kind not in "biuf":
            raise DataError(
                f"{type(self).__name__} takes arrays of numbers, shape (N, ...), got {values.dtype} of shape"
                f" {values.shape}"
            )
        return values if values.dtype.kind == "f" else values.astype(get_default_dtype())

    def _checked(self, x: ArrayLike) -> NDArray[Any]:
        values = self._floating(x)
        wrong = np.isinf(values) if self.takes_missing else ~np.isfinite(values)
        if wrong.any():
            example, *feature = np.argwhere(wrong)[0].tolist()
            where = f"example {example}" + (f", feature {', '.join(map(str, feature))}" if feature else "")
            remedy = "" if self.takes_missing else "; FillMissing takes care of nan"
            raise DataError(
                f"{type(self).__name__}: {np.count_nonzero(wrong)} values are no finite numbers, the first"
                f" {values[wrong][0]} in {where}{remedy}"
            )
        return values

    def _check_shape(self, values: NDArray[Any], shape: Shape) -> None:
        if len(shape) != values.ndim or any(
            size not in (None, given) for size, given in zip(shape, values.shape, strict=True)
        ):
            sizes = ", ".join("any" if size is None else str(size) for size in shape)
            raise DataError(f"{type(self).__name__}: expected the shape ({sizes}) that it learned, got {values.shape}")


class PerFeature(Learned):
    """One number each for every feature.

    `axes` are those over which it is learned: by default 0, the examples, so each feature has its own; (0, 2, 3) gives
    images of shape (N, C, height, width) one a channel, and None gives everything one.
    """

    def __init__(self, axes: int | tuple[int, ...] | None = 0) -> None:
        super().__init__()
        self.axes = axes

    @abstractmethod
    def _of_columns(self, columns: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
        """The arrays called `names` from columns that each have a value. Shapes: (n, features) -> (features,)."""

    def _learn(self, x: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Raises `DataError` if a feature has no value. Shapes: that of `x`, with 1 for each of `axes`."""
        reduced = self._reduced(x.ndim)
        columns = np.moveaxis(x, reduced, range(len(reduced)))
        columns = columns.reshape(math.prod(columns.shape[: len(reduced)]), -1).astype(np.float64, copy=False)
        empty = np.flatnonzero(np.isnan(columns).all(axis=0))
        if empty.size:
            raise DataError(f"{type(self).__name__}: feature {empty[0]} has no value in any example; leave it out")
        shape = tuple(1 if axis in reduced else size for axis, size in enumerate(x.shape))
        return tuple(array.reshape(shape) for array in self._of_columns(columns))

    def _belongs(self, state: State) -> bool:
        shapes = {array.shape for array in state.values()}
        shape = shapes.pop()
        return not shapes and all(shape[axis] == 1 for axis in self._reduced(len(shape)))

    def _shape(self, state: State) -> Shape:
        learned = state[self.names[0]].shape
        reduced = self._reduced(len(learned))
        return tuple(None if axis in reduced else size for axis, size in enumerate(learned))

    def _reduced(self, ndim: int) -> tuple[int, ...]:
        if self.axes is None:
            return tuple(range(ndim))
        axes = (self.axes,) if isinstance(self.axes, int) else tuple(self.axes)
        if 0 not in axes or not all(0 <= axis < ndim for axis in axes) or len(set(axes)) < len(axes):
            raise DataError(
                f"{type(self).__name__}: axes are {self.axes!r}, expected 0 (the examples), and others below {ndim}"
            )
        return axes
