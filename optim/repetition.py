"""Repetition: the count of a step that updates what the one before did, as compiled steps do again and again."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core import Tensor, Update

if TYPE_CHECKING:
    from optim.optimizer import Optimizer, State

Call = Callable[[int, "State"], tuple[Update, list[str], dict[str, float]]]


class Repetition:
    """Counts the next steps of an optimiser in place of listing their updates, while these are those of the last step.

    All that a list of them is made from is compared by identity, in loops that Python has in C.
    """

    def __init__(self, optimizer: Optimizer, listed: Sequence[tuple[Update, Sequence[Tensor]]], call: Call) -> None:
        self._optimizer = optimizer
        self._call = call
        self._groups = list(optimizer.param_groups)
        self._without_gradient: list[Tensor] = []
        self._parts: list[_Part] = []
        updates = {id(parameter): update for update, (_, parameter, *_) in listed}
        indices = itertools.count()
        for place, group in enumerate(self._groups):
            numbered = [(next(indices), parameter, updates.get(id(parameter))) for parameter in group["params"]]
            self._without_gradient += [parameter for _, parameter, update in numbered if update is None]
            updated = {index: update for index, _, update in numbered if update is not None}
            if updated:
                self._parts.append(_Part(optimizer, place, updated))

    def count_step(self) -> list[Update] | None:
        """The next step's updates, one for each group; or None, if they have to be listed anew."""
        if not _are_same(self._optimizer.param_groups, self._groups):
            return None
        for parameter in self._without_gradient:
            if parameter.grad is not None:
                return None
        for part in self._parts:
            if not part.stays():
                return None
        for part in self._parts:
            part.remember()
        try:
            return [part.count(self._call) for part in self._parts]
        except BaseException:  # from a rule or numbers of somebody's own, or of who waits no longer
            self.take_back()
            raise

    def take_back(self) -> None:
        """Count one step less, for the last one came to nothing."""
        for part in self._parts:
            part.take_back()


class _Part:
    """The parameters of a group that have gradients: which they are, and what their state is."""

    def __init__(self, optimizer: Optimizer, place: int, updates: dict[int, Update]) -> None:
        self._optimizer = optimizer
        self._place = place
        self._group = optimizer.param_groups[place]
        self._parameters = list(self._group["params"])
        self._update = next(iter(updates.values()))
        self._indices = list(updates)
        self._states = [optimizer.state[index] for index in self._indices]
        counts = [{name: state[name] for name in ("step", *optimizer.carried)} for state in self._states]
        self._counts = counts[0]  # before the last count
        self._entries: list[Any] = []  # none is like this, so where parameters differ in their counts steps are listed
        if all(count == counts[0] for count in counts):
            self._set_counts(counts[0])

    def _set_counts(self, counts: Mapping[str, float]) -> None:
        """Give all states the very same counts, so that identity tells whether anybody has changed one."""
        for state in self._states:
            state.update(counts)
        self._entries = [*itertools.chain.from_iterable(map(dict.values, self._states))]

    def stays(self) -> bool:
        """Whether the next step updates the same tensors by the same rule, and nobody has changed their state."""
        group, state = self._group, self._optimizer.state
        return (
            _are_same(group["params"], self._parameters)
            and all(map(operator.is_, map(state.get, self._indices), self._states))
            and _are_same([*itertools.chain.from_iterable(map(dict.values, self._states))], self._entries)
            and self._optimizer.rule_for(group, self._states[0]["step"] + 1) is self._update.rule
            and bool(group.get("maximize")) == self._update.maximizes
        )

    def remember(self) -> None:
        """Keep the counts, to be able to take back the next."""
        first = self._states[0]
        self._counts = {name: first[name] for name in self._counts}

    def count(self, call: Call) -> Update:
        """The next step's update."""
        first = self._states[0]
        first["step"] += 1
        update, _, carried = call(self._place, first)
        self._set_counts({"step": first["step"], **carried})
        return update

    def take_back(self) -> None:
        """Be where it was before the last count."""
        self._set_counts(self._counts)


def _are_same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether these are the same objects, as many."""
    return len(found) == len(expected) and all(map(operator.is_, found, expected))
