"""Repetition: the count of a step that updates what the one before did, as compiled steps do again and again."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core import Tensor, Update

if TYPE_CHECKING:
    from optim.optimizer import Optimizer, State

Call = Callable[[int, dict[str, float]], tuple[Update, list[str], dict[str, float]]]
Listing = Callable[[], list[tuple[Update, list[Tensor]]]]


class Repetition:
    """Counts the next steps of an optimiser in place of listing their updates, while these are those of the last step.

    All that a list of them is made from is compared by identity, in loops that Python has in C.
    """

    def __init__(
        self, optimizer: Optimizer, listed: Sequence[tuple[Update, Sequence[Tensor]]], call: Call, list_updates: Listing
    ) -> None:
        self._list_updates = list_updates
        self._optimizer = optimizer
        self._call = call
        self._without_gradient: list[Tensor] = []
        self._parts: list[_Part] = []
        self._states: dict[int, State] | None = None  # before a step was listed since then
        updates = {id(parameter): update for update, (_, parameter, *_) in listed}
        indices = itertools.count()
        for place, group in enumerate(optimizer.param_groups):
            numbered = [(next(indices), parameter, updates.get(id(parameter))) for parameter in group["params"]]
            self._without_gradient += [parameter for _, parameter, update in numbered if update is None]
            updated = {index: update for index, _, update in numbered if update is not None}
            if updated:
                self._parts.append(_Part(optimizer, place, updated))

    def begin(self) -> None:
        """From here on steps may be counted that `take_back` takes back."""
        self._states = None
        for part in self._parts:
            part.before = None

    def count_step(self) -> list[Update] | None:
        """The next step's updates, one for each group; or None, and nothing is counted, if they have to be listed."""
        for parameter in self._without_gradient:
            if parameter.grad is not None:
                return None
        updates: list[Update] = []
        for part in self._parts:
            update = part.count(self._call)
            if update is None:
                self.take_back()
                return None
            updates.append(update)
        return updates

    def list_step(self) -> list[tuple[Update, list[Tensor]]]:
        """Count a step as the optimiser does without compiling."""
        self._states = {index: dict(entries) for index, entries in self._optimizer.state.items()}
        return self._list_updates()

    def take_back(self) -> None:
        """Let the optimiser's state be as it was at the last `begin`."""
        for part in self._parts:
            part.take_back()
        if self._states is not None:
            state = self._optimizer.state
            for index in [*state]:
                if index in self._states:
                    state[index].clear()
                    state[index].update(self._states[index])
                else:
                    del state[index]


class _Part:
    """The parameters of a group that have gradients: which they are, and what their state is."""

    def __init__(self, optimizer: Optimizer, place: int, updates: dict[int, Update]) -> None:
        self._optimizer = optimizer
        self._place = place
        self._update = next(iter(updates.values()))
        self._indices = list(updates)
        self._states = [optimizer.state[index] for index in self._indices]
        every = [{name: state[name] for name in ("step", *optimizer.carried)} for state in self._states]
        self.counts = every[0]
        self.before: dict[str, float] | None = None  # the last count, if that may be taken back
        self._are_equal = all(counts == self.counts for counts in every)
        if self._are_equal:
            for state in self._states:
                state.update(self.counts)  # with the very same, so that identity tells whether anybody has changed one
        self._found = self._find()
        first = len(self._found)
        self._places: list[tuple[int, str]] = []  # of counts in what was found
        for state in reversed(self._states):
            first -= len(state)
            self._places += [(first + i, name) for i, name in enumerate(state) if name in self.counts]

    def _find(self) -> list[Any]:
        """The groups, the parameters of this one and their states, and what is in these, as they are now."""
        groups, states = self._optimizer.param_groups, self._optimizer.state
        entries = itertools.chain.from_iterable(map(dict.values, self._states))
        return [*groups, *groups[self._place]["params"], *map(states.get, self._indices), *entries]

    def count(self, call: Call) -> Update | None:
        """The next step's update; or None, and nothing is counted, if it is another or of other tensors."""
        found = self._find()
        if len(found) != len(self._found) or not (self._are_equal and all(map(operator.is_, found, self._found))):
            return None
        counts = {**self.counts, "step": self.counts["step"] + 1}
        update, _, carried = call(self._place, counts)
        if update.rule is not self._update.rule or update.maximizes != self._update.maximizes:
            return None
        self.before = self.counts
        self._set(counts | carried)
        return update

    def take_back(self) -> None:
        """Be where it was at the last `begin`."""
        if self.before is not None:
            self._set(self.before)
            self.before = None

    def _set(self, counts: dict[str, float]) -> None:
        self.counts = counts
        for state in self._states:
            state.update(counts)
        for place, name in self._places:
            self._found[place] = counts[name]
