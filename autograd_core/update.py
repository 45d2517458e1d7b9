"""Update rules: how an optimiser changes parameters, written as its formula on numbers.

    @update_rule
    def momentum(g, /, p, v, *, rate, beta):
        v = beta * v - rate * g
        return p + v, v

Positional-only parameters are read, the others are updated with what is returned, in order, and
keyword-only parameters are numbers that are the same for all elements.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, GraphError, ShapeError
from autograd_core.kernels.plan import contiguous
from autograd_core.kernels.thresholds import LONG_FOR_UPDATE as _WORTH_A_KERNEL
from autograd_core.recording import thread
from autograd_core.tensor import Tensor


class UpdateRule:
    """Calls a formula with the arrays of tensors, and gives the tensors it updates their new values.

    Where such a value is subnormal, below 1.2e-38 in float32, they get 0. For a running mean of gradients that have
    become 0, as have those of a ReLU that is never positive any more, would shrink to such numbers within a thousand
    steps and never leave them, and processors compute with these many times more slowly. No parameter sees the
    difference, unless the rule takes the mean's sign: then it stops moving.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        parameters = inspect.signature(function).parameters.values()
        self.function = function
        self.name = self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.read = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
        self.updated = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
        self.numbers = tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
        self.first = len(self.read)  # of the tensors, from which on they are updated
        self.names = (*self.read, *self.updated)
        self._number_names = frozenset(self.numbers)
        self._compiles = True
        self._kernels: dict[Any, Callable[..., None]] = {}
        self._staying: dict[str, bool] = {}

    def __call__(self, *tensors: Tensor, **numbers: float) -> None:
        """Update the last of `tensors`, all of one shape, by the rule."""
        self.with_numbers(numbers)(*tensors)

    def with_numbers(self, numbers: Mapping[str, float], maximizes: bool = False) -> Update:
        """The rule as a function of the tensors alone: numbers that are the same for many are looked at once.

        If it `maximizes`, the first tensor, a gradient, counts negative.

        >>> import autograd_core as ag
        >>> @ag.update_rule
        ... def descend(g, /, p, *, rate):
        ...     return p - rate * g
        >>> p, q = ag.tensor([1.0]), ag.tensor([2.0, 3.0])
        >>> descend_slowly = descend.with_numbers({"rate": 0.5})
        >>> descend_slowly(ag.tensor([2.0]), p)
        >>> descend_slowly(ag.tensor([2.0, 2.0]), q)
        >>> p, q
        (Tensor([0.]), Tensor([1., 2.]))
        """
        return Update(self, self._checked_numbers(numbers), maximizes)

    def compute(self, numbers: dict[str, float], arrays: list[Any], least: int = _WORTH_A_KERNEL) -> None:
        """Write what the rule makes of `arrays`, all C-contiguous, into the last of them, which nobody else holds.

        Where they have fewer than `least` elements numpy computes it: 1 within a program, in which a launch costs
        nothing.
        """
        kernel = self._kernel_for(arrays, least)
        if kernel is not None:
            flat = arrays if arrays[0].ndim == 1 else [x.reshape(-1) for x in arrays]
            try:
                kernel(flat[0].size, *flat, *_as_array(numbers))
            except kernels.elementwise.NoKernelError:
                self._compiles = False  # it is beyond Numba
            else:
                return
        with np.errstate(all="ignore"):
            new = self.function(*arrays, **numbers)
        pairs = list(zip(arrays[self.first :], new if isinstance(new, tuple) else (new,), strict=True))
        for array, value in pairs:
            if np.shape(value) != array.shape:
                raise ShapeError(f"{self.name}: returned a value of shape {np.shape(value)} for one of {array.shape}")
        for array, value in pairs:
            np.copyto(array, value, casting="same_kind")
            if array.dtype in kernels.FLOATS:
                array[np.abs(array) < np.finfo(array.dtype).tiny] = 0.0

    def launch(self, arrays: list[Any], numbers: Any) -> Any:
        """The launch that `compute` makes of any size, with numbers that it reads when it is run: None if numpy works.

        `numbers` is an array of float64, in the formula's order.
        """
        kernel = self._kernel_for(arrays, 1) if all(x.flags.c_contiguous for x in arrays) else None
        if kernel is None:
            return None
        flat = [x if x.ndim == 1 else x.reshape(-1) for x in arrays]
        dry: Any = kernels.plan.Plan(dry=True)  # type: ignore[no-untyped-call]
        with kernels.plan.planning(dry) as plan:  # type: ignore[no-untyped-call]
            kernel(flat[0].size, *flat, *([numbers] if numbers.size else []))
        (launch,) = plan.steps
        return launch

    def _checked_numbers(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """Python's floats in the formula's order: one of numpy's would widen what numpy computes in float32."""
        if numbers.keys() != self._number_names:
            raise ArgumentError(f"{self.name}: takes the numbers {self.numbers}, got {tuple(numbers)}")
        return dict(zip(self.numbers, [*map(float, map(numbers.__getitem__, self.numbers))], strict=True))

    def check(self, tensors: Sequence[Tensor]) -> None:
        """Refuse what the rule cannot be called with."""
        names = self.names
        if len(tensors) != len(names):
            raise ArgumentError(f"{self.name}: takes the tensors {names}, got {len(tensors)} of them")
        shape = tensors[0].array.shape
        for place, tensor in enumerate(tensors):
            if tensor.array.shape != shape:
                raise ShapeError(f"{self.name}: tensors of one shape for {names}, got {[t.shape for t in tensors]}")
            if tensor.node is not None and place >= self.first:
                raise GraphError(
                    f"{self.name}: only leaves can be updated; one of {self.updated} was computed from others"
                )

    def _kernel_for(self, arrays: list[Any], least: int) -> Callable[..., None] | None:
        """The kernel for these, if one is worth it: by size and dtype alone, never by what happened before, since a
        resumed training must round like one that was not stopped."""
        dtype = arrays[-1].dtype
        if arrays[-1].size < least or not self._compiles:
            return None
        if arrays[-1].size < _WORTH_A_KERNEL and not self._stays_in(dtype):
            return None  # without compiling numpy computes it, and rounds otherwise
        for x in arrays:
            if x.dtype is not dtype and x.dtype != dtype:
                return None
        kernel = self._kernels.get(dtype.char)
        if kernel is None and dtype in kernels.FLOATS:
            counts = len(self.read), len(self.updated), len(self.numbers)
            try:
                kernel = self._kernels[dtype.char] = kernels.elementwise.updater(self.function, dtype, *counts)
            except kernels.elementwise.NoKernelError:
                self._compiles = False  # its source cannot be found
        return kernel

    def _stays_in(self, dtype: np.dtype[Any]) -> bool:
        """Whether numpy computes the formula in this dtype, as a kernel does: it makes float64 of where(x > 0, 0.5, 2).

        Then both give the same bits.
        """
        if dtype.char not in self._staying:
            ones = [np.ones(1, dtype)] * len(self.names)
            try:
                with np.errstate(all="ignore"):
                    new = self.function(*ones, **dict.fromkeys(self.numbers, 1.0))
                self._staying[dtype.char] = all(x.dtype == dtype for x in (new if isinstance(new, tuple) else (new,)))
            except Exception:  # whatever a formula does not bear that is otherwise given others
                self._staying[dtype.char] = False
        return self._staying[dtype.char]


class Update:
    """A rule and its numbers: called with tensors, it gives those that are to be updated their new values."""

    __slots__ = ("maximizes", "numbers", "rule")

    def __init__(self, rule: UpdateRule, numbers: dict[str, float], maximizes: bool) -> None:
        self.rule = rule
        self.numbers = numbers
        self.maximizes = maximizes

    def with_changes(self, numbers: Mapping[str, float]) -> Update:
        """The same with others of its numbers."""
        changed = dict(self.numbers)
        for name, number in numbers.items():
            changed[name] = float(number)
        return Update(self.rule, changed, self.maximizes)

    def __call__(self, *tensors: Tensor) -> None:
        """Update the last of `tensors`, all of one shape."""
        rule = self.rule
        rule.check(tensors)
        if thread.recording.capture is not None:
            thread.recording.capture.update(self, tensors)
            return
        if self.maximizes:
            tensors = (-tensors[0].detach(), *tensors[1:])
        first = rule.first
        arrays: list[Any] = []
        for place, tensor in enumerate(tensors):
            arrays.append(_own_array(tensor) if place >= first else contiguous(tensor.array))  # type: ignore[no-untyped-call]
        rule.compute(self.numbers, arrays)
        for place in range(first, len(arrays)):
            tensors[place].array = arrays[place]


class Recount(Protocol):
    """What counts the steps that come after one whose updates were listed, before the run that makes the updates."""

    def begin(self) -> None:
        """From here on steps may be counted that `take_back` takes back."""

    def count_step(self) -> list[Update] | None:
        """Count a step: its updates, each once and in order; or None, and nothing is changed.

        None says that other tensors may have to be updated, or by other rules. It may count on the gradients that were
        listed.
        """

    def list_step(self) -> list[tuple[Update, list[Tensor]]]:
        """Count a step, and list its updates."""

    def take_back(self) -> None:
        """Let everything be as it was at the last `begin`, for the step came to nothing."""


def apply_updates(
    list_updates: Callable[[], Iterable[tuple[Update, Sequence[Tensor]]]],
    recount: Callable[[Sequence[tuple[Update, Sequence[Tensor]]]], Recount] | None = None,
) -> None:
    """Make the updates that `list_updates()` lists, each with its tensors.

    In a compiled step it is called again at every run, for the numbers that the updates then have: what it changes in
    Python, such as a count of steps, changes as it would without compiling. That takes long for many tensors; so runs
    use what `recount(listed)` returned instead, if it is given.
    """
    capture = thread.recording.capture
    for update, tensors in list_updates() if capture is None else capture.advance(list_updates, recount):
        update(*tensors)


def _as_array(numbers: dict[str, float]) -> list[Any]:
    """What a kernel takes numbers as: an array, if there are any."""
    return [np.array([*numbers.values()])] if numbers else []


def _count(tensor: Tensor) -> int:
    return sys.getrefcount(tensor.array)


_ALONE = _count(Tensor.of(np.empty(0)))  # of an array that nobody else holds; see kernels/references.py


def _own_array(tensor: Tensor) -> Any:
    """The tensor's array if nobody else holds it, so that it may be written to; else a copy."""
    if _count(tensor) == _ALONE:  # views hold the array that they look at
        array = tensor.array
        if array.flags.owndata and array.flags.c_contiguous:
            return array
    return np.array(tensor.array, order="C")


def update_rule(function: Callable[..., Any]) -> UpdateRule:
    """Make an optimiser's step of a formula: see this module's description for an example."""
    return UpdateRule(function)
