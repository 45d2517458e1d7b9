"""Outputs: what a function leaves behind that every run computes: what it returns, and what it gives to leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_core.compiler.scalar.number import Number
from autograd_core.compiler.scalar.tape import Leaf, Tape
from autograd_core.graph import topological_order
from autograd_core.transforms import map_tree
from autograd_core.value import Value


@dataclasses.dataclass(frozen=True)  # for a named tuple is nested itself
class Result:
    """Stands in what a function returned for a number, the `place`-th of the outputs, or a Value of it.

    A Value has in `parents` the leaves that it is computed from; at `gradient` is its own, if it has one.
    """

    type: type
    place: int
    parents: tuple[int, ...] = ()
    gradient: int | None = None


@dataclasses.dataclass(frozen=True)
class Given:
    """Stands in what a function returned for one of its arguments."""

    index: int


class Outputs:
    """Those of the run of a function that is on a tape: their slots, and in `numbers` what they were then.

    First come those in the result, then the new numbers of leaves, from `for_data` on, then their gradients, from
    `for_gradients` on. `tree` is the result with a mark where an output or an argument goes.
    """

    def __init__(self, tape: Tape, result: Any, given: int) -> None:
        self.slots: list[int] = []
        self.numbers: list[float] = []
        self.results: list[Result] = []
        self.given = given
        self._tape = tape
        graded = tape.changed_gradients()
        self.is_pure = not graded and not tape.assigned
        self.tree = map_tree(self._marked, result)
        self.for_data = len(self.slots)
        self.assigned = [self._index(leaf) for leaf in tape.assigned.values()]
        for leaf in tape.assigned.values():
            self._add(tape.slot(leaf.value), leaf.value._data)
        self.for_gradients = len(self.slots)
        self.graded = [self._index(leaf) for leaf in graded]
        self.graph_of = [isinstance(leaf.value._grad, Value) for leaf in graded]  # whether they are Values
        for leaf in graded:
            self._add_gradient(leaf.value)
        del self._tape

    def _index(self, leaf: Leaf) -> int:
        return self._tape.leaf_index(leaf.value) or 0

    def _add(self, slot: int, number: float) -> int:
        self.slots.append(slot)
        self.numbers.append(number)
        return len(self.slots) - 1

    def _add_gradient(self, value: Value) -> int:
        gradient = value._grad
        return self._add(self._tape.gradient_slot(value), gradient._data if type(gradient) is Value else gradient)

    def _marked(self, x: Any) -> Any:
        if type(x) is Number:
            made = Result(type(x.number), self._add(x.slot, x.number))
        elif type(x) is not Value:
            return x
        elif self._tape.has_made(x):
            made = self._of_value(x)
        else:
            index = self._tape.leaf_index(x)
            return x if index is None or index >= self.given else Given(index)
        self.results.append(made)
        return made

    def _of_value(self, x: Value) -> Result:
        tape = self._tape
        place = self._add(tape.slot(x), x._data)
        gradient = None if type(x._grad) is float and x._grad == 0.0 else self._add_gradient(x)
        found = map(tape.leaf_index, topological_order(x)) if self.is_pure else ()
        return Result(Value, place, tuple(sorted({i for i in found if i is not None})), gradient)

    def filled(self, given: Sequence[Value], outputs: Sequence[Any], value: Callable[[Result], Any]) -> Any:
        """What the function returns for these outputs; `value` makes the Values."""

        def fill(x: Any) -> Any:
            if type(x) is Given:
                return given[x.index]
            if type(x) is not Result:
                return x
            if x.type is Value:
                return value(x)
            number = outputs[x.place]
            return bool(number) if x.type is bool and not isinstance(number, np.ndarray) else number

        return map_tree(fill, self.tree)


def computed(tape: Tape, result: Any) -> list[Any]:
    """The Values and Numbers in a result that every run computes, in the order of `Outputs.results`."""
    found: list[Any] = []

    def look(x: Any) -> None:
        if type(x) is Number or (type(x) is Value and tape.has_made(x)):
            found.append(x)

    map_tree(look, result)
    return found


def as_it_was(result: Any) -> Any:
    """What a function returned, with plain numbers in the place of Numbers."""
    return map_tree(lambda x: x.number if type(x) is Number else x, result)


def without_graph(tape: Tape, result: Any) -> Any:
    """What a function returned that changes leaves, as later runs return it: Values that remember nothing."""

    def alone(x: Any) -> Any:
        if type(x) is not Value or not tape.has_made(x):
            return x
        copy = Value(x._data)
        copy._grad = Value(x._grad._data) if isinstance(x._grad, Value) else x._grad
        return copy

    return map_tree(alone, result)
