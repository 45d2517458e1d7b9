"""Updates of leaves in a program, and the numbers that every run has of its own for them, such as rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core.kernels import plan
from autograd_core.tensor import Tensor

if TYPE_CHECKING:
    from autograd_core.update import Recount, Update


OTHER_UPDATES = "an optimiser updates other tensors, or by another rule"  # why a program is not run again


class Numbers:
    """The numbers by name of all updates that were made with them, in an array that their launches read."""

    def __init__(self, values: dict[str, float]) -> None:
        self.array = np.array([*values.values()], np.float64)
        self.values = values

    def set(self, values: dict[str, float]) -> None:
        """These are the numbers of the runs from now on."""
        if values is not self.values and values != self.values:
            self.array[:] = [*values.values()]
            self.values = values


class UpdateStep:
    """An update of `leaves`: `before` are their arrays, `after` those that are to hold the result, perhaps the same."""

    def __init__(
        self,
        update: Update,
        numbers: Numbers,
        negation: Negation | None,
        leaves: Sequence[Tensor],
        reads: list[Any],
        before: list[Any],
        after: list[Any],
    ) -> None:
        self.update = update
        self.leaves = leaves
        self.numbers = numbers
        self._first: list[Any] = [] if negation is None else [negation]
        self.name = update.rule.name
        self.reads = reads
        self.before = before
        self.after = after

    @property
    def touched(self) -> list[Any]:
        """All arrays that it reads or writes."""
        return [*self.reads, *self.before, *self.after, *[x for step in self._first for x in step.touched]]

    def steps(self) -> list[Any]:
        """What a plan has in place of this: a launch, if there is a kernel for it, after copies, if any are needed."""
        copies = [Copy(new, old) for old, new in zip(self.before, self.after, strict=True) if new is not old]
        launch = self.update.rule.launch([*self.reads, *self.after], self.numbers.array)
        return [*self._first, *copies, self if launch is None else launch._replace(name=self.name)]

    def __call__(self) -> None:
        """Compute it by numpy, where there is no kernel."""
        self.update.rule.compute(self.numbers.values, [*map(plan.contiguous, self.reads), *self.after], least=1)


class Negation:
    """The gradient of an update that maximises, with the other sign."""

    name = "negative"

    def __init__(self, gradient: Any) -> None:
        self.negated = np.empty(gradient.shape, gradient.dtype)
        self.touched = [self.negated, gradient]
        self()

    def __call__(self) -> None:
        np.negative(self.touched[1], out=self.negated)


class Copy:
    """new[...] = old."""

    name = "copy"

    def __init__(self, new: Any, old: Any) -> None:
        self.touched = [new, old]

    def __call__(self) -> None:
        np.copyto(*self.touched)


class OtherUpdates(Exception):
    """An optimiser updates other tensors, or by another rule, than when the step was captured."""

    def __init__(self, advance: Advance, listed: Any) -> None:
        super().__init__()
        self.advance = advance
        self.listed = listed


class Advance:
    """A call of a function that lists updates, whose numbers are handed to the launches that were captured of them.

    Python takes twice as long between kernels, whose numbers have driven its own out of the caches. So a run
    counts its steps before it begins, where `recount` can: see `apply_updates`.
    """

    def __init__(
        self,
        function: Callable[[], Any],
        recount: Callable[[Any], Recount] | None,
        listed: Any,
        gradients: list[tuple[Tensor, Tensor | None]],
    ) -> None:
        self.touched: list[Any] = []
        self.name = "numbers of updates"
        self._function = function
        self._make_recount = recount
        self._recount: Recount | None = None
        self._counting: Recount | None = None  # the one that counts in this run, for it knows what to take back
        self.has_counted = False
        self._gradients = gradients  # that leaves have at this point
        self._listed = listed  # so that no other update will have an id of these
        self._alike = _alike(listed)
        self._numbers: list[tuple[Numbers, list[int]]] = []  # each with its places in the list,
        self._sources: list[int] = []  # and with that of its update among those of `recount`

    def find_numbers(self, of_updates: dict[int, Numbers]) -> None:
        """Take those that it hands out from all of the step's, which are by the ids of updates."""
        places: dict[int, list[int]] = {}
        for place, (update, _) in enumerate(self._listed):
            places.setdefault(id(update), []).append(place)
        self._numbers = [(of_updates[key], found) for key, found in places.items()]
        self._start_recount(self._listed)

    def _start_recount(self, listed: Any) -> None:
        if self._make_recount is not None:
            self._recount = self._make_recount(listed)
            order = {key: i for i, key in enumerate(dict.fromkeys(id(update) for update, _ in listed))}
            self._sources = [order[id(listed[places[0]][0])] for _, places in self._numbers]

    @property
    def can_count(self) -> bool:
        """Whether its steps can be counted before runs."""
        return self._recount is not None

    def begin(self) -> None:
        """A run begins, which has counted nothing so far."""
        self.has_counted = False
        if self._recount is not None:
            self._recount.begin()
            self._counting = self._recount

    def count_ahead(self) -> None:
        """Count a step and hand on its numbers before the run comes to it.

        Errors: OtherUpdates, and what the optimiser raises; whatever it is, `take_back` undoes what was counted.
        """
        if self._recount is None:
            return
        self.has_counted = True
        updates = self._recount.count_step()
        if updates is not None:
            for (numbers, _), source in zip(self._numbers, self._sources):  # noqa: B905 -- as many, and often
                numbers.set(updates[source].numbers)
            return
        before = [(leaf, leaf.current_gradient) for leaf, _ in self._gradients]
        try:
            self._set_gradients()
            self._hand_on(self._recount.list_step())
        finally:
            for leaf, gradient in before:
                leaf.current_gradient = gradient

    def take_back(self) -> None:
        """The run, which may have counted ahead, did not come to it."""
        if self.has_counted and self._counting is not None:
            self._counting.take_back()
            self.has_counted = False

    def __call__(self) -> None:
        """Count a step in Python, and hand on its numbers."""
        self._set_gradients()
        self._hand_on(list(self._function()))

    def _set_gradients(self) -> None:
        for leaf, gradient in self._gradients:
            leaf.current_gradient = gradient

    def _hand_on(self, listed: Any) -> None:
        """Use the numbers of these updates. Errors: OtherUpdates if they are others."""
        if _alike(listed) != self._alike:
            raise OtherUpdates(self, listed)
        for numbers, places in self._numbers:
            found = [listed[place][0].numbers for place in places]
            if any(values != found[0] for values in found):  # as of parameters that differ by now in their steps
                raise OtherUpdates(self, listed)
            numbers.set(found[0])
        self._start_recount(listed)


def _alike(listed: Any) -> list[Any]:
    """What two lists of updates have in common that differ in their numbers alone."""
    found: list[Any] = []
    for update, tensors in listed:
        found += update.rule, update.maximizes
        found += map(id, tensors)
    return found


def updates_alike(updates: Sequence[UpdateStep]) -> list[Any]:
    """What two captures' updates have in common that differ in their numbers alone."""
    places: dict[int, int] = {}  # of numbers that several share
    return [
        (s.update.rule, s.update.maximizes, [*map(id, s.leaves)], places.setdefault(id(s.numbers), len(places)))
        for s in updates
    ]
