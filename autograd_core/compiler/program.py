"""Program: a captured step that can be run again, on other inputs and on what the leaves hold by then."""

from __future__ import annotations

import operator
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_core.compiler.capture import Capture, State, named
from autograd_core.compiler.holders import Held, holders, kept_gradient
from autograd_core.compiler.updates import OTHER_UPDATES, Advance, Copy, OtherUpdates, UpdateStep, updates_alike
from autograd_core.errors import CompileError
from autograd_core.kernels import plan
from autograd_core.kernels.addresses import address_of
from autograd_core.kernels.references import counts
from autograd_core.kernels.threads import get_num_threads
from autograd_core.recording import structure, thread
from autograd_core.tensor import Tensor

_array_of = operator.attrgetter("array")
_gradient_of = operator.attrgetter("current_gradient")


class Stale(Exception):
    """The program speaks of memory that a leaf has left, or that somebody else looks at: the step is captured anew.

    `leaves` are those it reads that were given new numbers elsewhere, as they may be again.
    """

    def __init__(self, text: str, leaves: Sequence[Tensor] = ()) -> None:
        super().__init__(text)
        self.leaves = leaves


class Program:
    """The steps of a capture, in order, on arrays that stay where they are from run to run."""

    def __init__(self, capture: Capture, inputs: Sequence[Any], outputs: Sequence[Tensor]) -> None:
        self.instructions = capture.instructions
        self.guards = list(capture.guards.values())
        self._guarded = [owner for owner, _, _ in self.guards], [name for _, name, _ in self.guards]
        self._guard_values = [value for _, _, value in self.guards]
        self._thread = threading.get_ident()
        self._version = structure.version
        self._pool = capture.pool
        self._outputs = [y.array for y in outputs]
        self._states = list(capture.states.values())
        self._followed = capture.followed  # these, and those that are given new numbers elsewhere
        known = {id(leaf) for leaf, _ in self._followed}
        self._constants = [state for key, state in capture.leaves.items() if key not in known]
        self._leaves = [s.leaf for s in [*self._constants, *self._followed]]
        self._arrays = [s.array for s in [*self._constants, *self._followed]]
        self._gradients_before = [*capture.gradients_before.values()]
        self._gradients: list[tuple[Tensor, Tensor | None]] = []
        for leaf in capture.gradients.values():
            self._gradients.append((leaf, leaf.grad))
        self._advances = [step for step in capture.plan.steps if type(step) is Advance]
        self._places = [i for i, step in enumerate(capture.plan.steps) if type(step) is Advance]  # in the capture
        for advance in self._advances:
            advance.find_numbers(capture.numbers)
        self._changes = capture.changes
        updated = {id(plan.owner(x)) for step in capture.updates for x in step.after}
        looked_at = [*self._outputs, *[g.array for _, g in self._gradients if g is not None]]
        self._shows_updates = any(id(plan.owner(x)) in updated for x in looked_at)
        self._apart: dict[int, Any] = {}  # copies of what leaves were that others are to be, by the ids of these
        self._ends: list[Any] = []  # the last step in the plan of each that was captured
        self.updates = capture.updates
        self._last = next((s for s in reversed(capture.plan.steps) if type(s) is not UpdateStep), None)
        self._rehearsing = False  # a run whose steps Python has counted already
        self.outdated = False
        starts = self._apart_from_states()
        self.plan = self._planned(capture)
        self.plan.steps[:0] = starts
        counting = [advance for advance in self._advances if advance.can_count]
        self._counted_plan = self.plan.without(counting)  # to be run once these have counted
        results = [*self._outputs] + [g.array for _, g in self._gradients if g is not None]
        results += [change.arrays[change.place] for change in self._changes]
        shown = {id(plan.owner(x)) for x in results}
        self._inputs = [_Input(x, self.plan.steps, movable=id(x) not in shown) for x in inputs]
        self._own_tensors: set[int] = set()  # ids of those that nobody else holds
        self._graded: list[Tensor] = []  # leaves that get gradients,
        self._given: list[Tensor] = []  # and these
        self._written: list[Any] = []  # memory and gradients that a run changes,
        self._looking: list[int] = []  # how many references but programs' there are to each,
        self._most: list[int] = []  # and all together, with those of the programs
        self._known_holders = 0  # that there were then

    def _apart_from_states(self) -> list[Any]:
        """Steps that put aside what a leaf was, where that is a result, a gradient or what another leaf is to be."""
        owners = {id(array) for _, array in self._followed}
        steps: list[Any] = []

        def apart(array: Any) -> Any:
            if id(plan.owner(array)) not in owners:
                return array
            copy = np.array(array)
            steps.append(Copy(copy, array))
            return copy

        self._outputs = [*map(apart, self._outputs)]
        for leaf, array in self._states:
            if leaf.array is not array:
                final = leaf.array
                leaf.array = self._apart[id(final)] = apart(final)
        for _, gradient in self._gradients:
            if gradient is not None:
                gradient.array = apart(gradient.array)
        return steps

    def _planned(self, capture: Capture) -> Any:
        """The capture's plan, with leaves updated where they are if nobody asks for their old numbers afterwards."""
        steps = capture.plan.steps
        finals = {id(state.array): state.leaf.array for state in self._states}
        shown = [*self._outputs] + [g.array for _, g in self._gradients if g is not None]
        touched = {id(plan.owner(x)) for x in shown}  # by what comes after a step, or looked at in the end
        for step in reversed(steps):
            touched_by_it = {id(plan.owner(x)) for x in _touched(step)}
            if type(step) is UpdateStep:
                for k, (old, new) in enumerate(zip(step.before, step.after, strict=True)):
                    others = {id(plan.owner(state.leaf.array)) for state in self._states if state.array is not old}
                    both = {id(plan.owner(old)), id(new)}
                    if finals.get(id(old)) is new and both.isdisjoint(touched) and both.isdisjoint(others):
                        step.after[k] = old
            touched |= touched_by_it
        done = plan.Plan(self._pool)
        done.threads = capture.plan.threads
        for step in steps:
            done.steps.extend(step.steps() if type(step) is UpdateStep else [step])
            self._ends.append(done.steps[-1])
        kept = {id(x) for step in self.updates for x in step.after}
        for state in self._states:
            final = state.leaf.array
            if final is not state.array and id(state.array) not in kept:
                done.call(Copy(state.array, final))
        return done

    def settle(self) -> None:
        """Bring the leaves' new numbers to where the program has them, once it was captured."""
        for leaf, array in self._states:
            if leaf.array is not array:
                np.copyto(array, leaf.array)
                leaf.array = array

    def count_in(self) -> Held:
        """Have what it holds count as a program's: that is returned."""
        self._graded = [leaf for leaf, gradient in self._gradients if gradient is not None]
        self._given = [gradient for _, gradient in self._gradients if gradient is not None]
        arrays = [array for gradient in self._given for array in (gradient.array, plan.owner(gradient.array))]
        self._written = [*self.written, *self._given, *{id(x): x for x in arrays}.values()]
        del arrays
        held, self._own_tensors = holders.add(self)
        return held

    def may_write(self) -> bool:
        """Whether nobody but programs looks at where leaves were when the step was captured, and that is whole."""
        arrays = [array for _, array in self._followed]
        leaves = [leaf.array is array for leaf, array in self._followed]
        are_whole = all(array.base is None and array.flags.c_contiguous for array in arrays)
        return are_whole and counts(arrays) == [*map(operator.add, holders.of(arrays), leaves)]

    def own(self) -> None:
        """Remember how many look at the memory that runs write to: when there are more, it is not ours alone."""
        self._known_holders = holders.version
        self._most = [*map(sys.getrefcount, self._written)]
        self._looking = [*map(operator.sub, self._most, holders.of(self._written))]

    def kept_gradient(self, held: Held) -> Tensor | None:
        """A gradient that somebody else holds, who would see it overwritten; `held` is what the program has."""
        return kept_gradient(self._gradients, held)

    @property
    def is_current(self) -> bool:
        """Whether nothing was replaced since that programs take for granted."""
        return self._version == structure.version

    def fits(self) -> bool:
        """Whether what Python's objects say is what it was when the step was captured."""
        if self._thread != threading.get_ident() or self._version != structure.version:
            return False
        if self.plan.threads != get_num_threads():
            return False
        for leaf, before in self._gradients_before:
            if not _is_like(leaf.grad, before):
                return False
        return [*map(getattr, *self._guarded)] == self._guard_values

    def why_unfit(self) -> str:
        """What `fits` found."""
        if self._thread != threading.get_ident():
            return "another thread calls it"
        if self.plan.threads != get_num_threads():
            return f"the number of threads is {get_num_threads()} and was {self.plan.threads}"
        if self._version != structure.version:
            return "a module was changed"
        changed = [(o, name, value) for o, name, value in self.guards if getattr(o, name) != value]
        texts = [f"{type(o).__name__}.{name} is {getattr(o, name)!r} and was {value!r}" for o, name, value in changed]
        for leaf, before in self._gradients_before:
            if not _is_like(leaf.grad, before):
                now, then = ("a gradient" if x is not None else "no gradient" for x in (leaf.grad, before))
                texts.append(f"{named(leaf)} has {now} from before and had {then}")
                break
        return "; ".join(texts)

    def check(self) -> None:
        """Raise Stale unless the program may run: it overwrites leaves and gradients, and reads where leaves were."""
        if self.outdated:
            raise Stale(OTHER_UPDATES)
        if self._known_holders != holders.version:
            self._known_holders = holders.version  # first: another thread's program may end meanwhile
            self._most = [*map(operator.add, self._looking, holders.of(self._written))]
        counts: Iterable[int] = map(sys.getrefcount, self._written)
        unmoved = all(map(operator.is_, map(_array_of, self._leaves), self._arrays))
        if not unmoved or not all(map(operator.is_, map(_gradient_of, self._graded), self._given)):
            # In place of a leaf, which has let go of what was its own, there may be somebody else.
            gone = [leaf.array is not array for leaf, array in self._followed]
            gone += [leaf.grad is not gradient for leaf, gradient in zip(self._graded, self._given, strict=True)]
            counts = map(operator.add, counts, [*gone, *[False] * (len(self._written) - len(gone))])
        counts = [*counts]
        if counts != self._most and any(map(operator.gt, counts, self._most)):
            raise Stale("something holds a view of a leaf or gradient that it writes to")
        if not unmoved:
            self._follow_leaves()

    def _follow_leaves(self) -> None:
        """Take over new numbers that leaves were given since."""
        others = [leaf for leaf, array in self._constants if leaf.array is not array]
        if others:
            raise Stale(f"{named(others[0])}, which it only reads, was given new numbers", others)
        for leaf, array in self._followed:
            if leaf.array is not array:
                if leaf.array.shape != array.shape or leaf.array.dtype != array.dtype:
                    raise Stale(f"{named(leaf)} was given another shape or dtype")
                np.copyto(array, leaf.array)
                leaf.array = array

    def run(self, inputs: Sequence[Any]) -> list[Tensor]:
        """Run every step; the outputs are Tensors with numbers of their own."""
        for advance in self._advances:
            advance.begin()
        chosen = self.plan
        chosen.begun = self._counted_plan.begun = -1  # with no piece yet
        try:
            if self._rehearsing or self._count_ahead():
                chosen = self._counted_plan
            for given, x in zip(self._inputs, inputs, strict=True):
                given.take(x)
            for leaf, before in self._gradients_before:
                if before is not None:
                    np.copyto(before.array, leaf.grad.array)  # type: ignore[union-attr]  # as `fits` has seen
            thread.recording.quiet.run(chosen.run)
        except OtherUpdates as other:
            self._finish_with(other)
        except BaseException:
            self._break_off(chosen)
            raise
        finally:
            for given in self._inputs:
                given.let_go()
        for leaf, gradient in self._gradients:
            leaf.current_gradient = gradient
        return [Tensor.of(array.copy()) for array in self._outputs]

    def _count_ahead(self) -> bool:
        """Count the steps of optimisers before the run; False, and nothing has changed, if one of them raises.

        Errors: Stale if the updates of the next step are others than those that were captured.
        """
        try:
            for advance in self._advances:
                advance.count_ahead()
            return True
        except OtherUpdates:
            raise Stale(OTHER_UPDATES) from None
        except Exception:
            self._take_back()
            return False  # the optimiser's step will raise it again, where it belongs

    def _take_back(self, done: int = 0) -> None:
        """Have those that counted ahead take it back, but for what belongs to so many of the captured steps."""
        for place, advance in reversed([*zip(self._places, self._advances, strict=True)]):
            if done < place + 2:  # the first of its updates is the one after it
                advance.take_back()

    def _break_off(self, broken: Any) -> None:
        """Let leaves and counts be what they would be had the function come as far as the plan that was broken off."""
        finished = {*map(id, broken.finished())}
        done = max([i + 1 for i, step in enumerate(self._ends) if id(step) in finished], default=0)
        self._take_back(done)
        if broken.begun < 0:
            return
        self._show_changes(done)
        for leaf, _ in self._gradients:
            leaf.current_gradient = None  # what there was before the step is overwritten
        for leaf, before in self._gradients_before:
            leaf.current_gradient = None if before is None else Tensor.of(before.array.copy())

    def _show_changes(self, steps: int) -> None:
        """Bring leaves to where they are after so many of the captured steps.

        A leaf that changes several times has its numbers elsewhere meanwhile.
        """
        latest = {id(change.leaf): change for change in self._changes if change.steps <= steps}
        for change in latest.values():
            numbers = change.arrays[change.place]
            if change.leaf.array is not numbers:
                np.copyto(change.leaf.array, self._apart.get(id(numbers), numbers))

    def _finish_with(self, other: OtherUpdates) -> None:
        """Make updates as they are listed now, the last of a step; the program, which has others, is not run again."""
        self.outdated = True
        self._show_changes(self._places[self._advances.index(other.advance)])
        for update, tensors in other.listed:
            update(*tensors)
        if other.advance is not self._last or self._shows_updates:
            raise CompileError(
                "compile: an optimiser updates other tensors, or by another rule, than when the step was captured. It "
                "has made these updates, but not what comes after them in the step; call the function once more, and "
                "it is captured anew"
            ) from None

    def rehearse(self, inputs: Sequence[Any], capture: Capture) -> list[Tensor]:
        """A run with the numbers of another capture of the same step, which has changed already what Python changes."""
        self._check_alike(capture)
        for step, other in zip(self.updates, capture.updates, strict=True):
            step.numbers.set(other.numbers.values)
        self._rehearsing = True
        try:
            return self.run(inputs)
        finally:
            self._rehearsing = False

    def updates_differ(self, capture: Capture) -> bool:
        """Whether another capture of the same step differs in updates alone, as after a change of settings or state."""
        ours, theirs = (
            [_line(i.name, i.inputs, i.outputs) for i in x.instructions if i.how != "update"] for x in (self, capture)
        )
        return ours == theirs and updates_alike(self.updates) != updates_alike(capture.updates)

    def _check_alike(self, capture: Capture) -> None:
        ours, theirs = ([(i.name, i.inputs, i.outputs) for i in x.instructions] for x in (self, capture))
        shorter = min(len(ours), len(theirs))
        # Numbers are compared by their text, for nan is not equal to itself.
        place = next((i for i in range(shorter) if str(ours[i]) != str(theirs[i])), shorter)
        if place == len(ours) == len(theirs):
            return
        what = [_line(x[place][0], x[place][1], x[place][2]) if place < len(x) else "the end" for x in (ours, theirs)]
        raise CompileError(
            f"compile: the function did something else when it was called again: in place of {what[0]} came {what[1]}; "
            "what is compiled must do the same at every call, whatever the numbers"
        )

    def compare(
        self,
        outputs: Sequence[Tensor],
        expected: Sequence[Tensor],
        finals: dict[int, Any],
        gradients: dict[int, Tensor | None],
    ) -> None:
        """Raise CompileError unless a rehearsal gave, to the bit, what the function did; leaves go by their ids."""
        pairs = [(f"output {i}", y.array, e.array) for i, (y, e) in enumerate(zip(outputs, expected, strict=True))]
        if finals.keys() != {id(leaf) for leaf, _ in self._states}:
            raise CompileError("compile: the function gave new numbers to other tensors when it was called again")
        pairs += [(f"the new numbers of {named(leaf)}", leaf.array, finals[id(leaf)]) for leaf, _ in self._states]
        for leaf, gradient in self._gradients:
            other = gradients.get(id(leaf))
            if (gradient is None) != (other is None):
                raise CompileError(f"compile: {named(leaf)} has a gradient after one call and none after another")
            if gradient is not None and other is not None:
                pairs.append((f"the gradient of {named(leaf)}", gradient.array, other.array))
        for what, ours, eager in pairs:
            # To ask for nan takes three times as long, and there is hardly ever one.
            if not np.array_equal(ours, eager) and not np.array_equal(ours, eager, equal_nan=ours.dtype.kind == "f"):
                raise CompileError(
                    f"compile: {what} differs from what the function computes without compiling, by up to "
                    f"{np.abs(np.subtract(ours, eager, dtype=float)).max():.3g}: it depends on something that is no "
                    "tensor of the step, such as numbers that numpy, Python or another generator made; make it an "
                    "argument, or compute it with ops of tensors"
                )

    def __str__(self) -> str:
        lines = [_line(i.name, i.inputs, i.outputs, i.how, i.attributes) for i in self.instructions]
        steps = self.plan.steps
        launches = sum(isinstance(step, plan.Launch) for step in steps)
        head = f"{len(lines)} ops: {launches} launches, {len(steps) - launches} calls of Python"
        return "\n".join([head, *lines, "after passes:", *map(_step_line, steps)])

    @property
    def generators(self) -> list[Any]:
        """The generators that ops were given to draw from."""
        return [generator for step in self.plan.steps for generator in getattr(step, "generators", ())]

    @property
    def tensors(self) -> list[Tensor | None]:
        """All leaves that it reads, and those that get gradients, with these; but for those that are its own."""
        gradients = [x for leaf, own in self._gradients for x in (leaf, leaf.grad, own)]
        return [x for x in (*self._leaves, *gradients) if id(x) not in self._own_tensors]

    @property
    def gradients_before(self) -> list[tuple[Tensor, Tensor | None]]:
        """The leaves to whose gradients a run adds, and what these are now."""
        return [(leaf, leaf.grad) for leaf, _ in self._gradients_before]

    @property
    def written(self) -> list[Any]:
        """The arrays of leaves, whole, that runs give new numbers."""
        return [plan.owner(array) for _, array in self._followed]

    @property
    def states(self) -> list[State]:
        """The leaves that a run gives new numbers."""
        return self._states


class _Input:
    """An input of the program: launches are told where it is, unless anything else wants it to be where it was."""

    def __init__(self, place: Any, steps: Sequence[Any], movable: bool) -> None:
        self._place = place
        self._movable = movable
        self._words: list[tuple[Any, int]] = []  # of launches' records that hold its address, and how far in
        self._arguments: list[tuple[list[Any], int]] = []  # of calls: the places that have it
        for step in steps:
            mine = [x for x in _touched(step) if plan.owner(x) is place]
            if isinstance(step, plan.Call) and all(x is place for x in mine):
                self._arguments += [(step.arguments, i) for i, x in enumerate(step.arguments) if x is place]
            elif mine and not isinstance(step, plan.Launch):
                self._movable = False
            elif self._movable:
                for address in set(map(address_of, mine)):
                    places = np.flatnonzero(step.record == address)
                    self._words += [(step.record[i : i + 1], address - address_of(place)) for i in places]

    def take(self, x: Any) -> None:
        """Have the next run compute with x, which must live as long."""
        flags = x.flags
        if not (self._movable and flags.c_contiguous and flags.aligned and x.dtype.isnative):
            np.copyto(self._place, x)
            x = self._place
        if self._movable:
            address = address_of(x)
            for word, distance in self._words:
                word[0] = address + distance
            for arguments, i in self._arguments:
                arguments[i] = x

    def let_go(self) -> None:
        """Hold no more what was taken."""
        for arguments, i in self._arguments:
            arguments[i] = self._place


def _line(name: str, inputs: Any, outputs: Any, how: str = "", attributes: dict[str, Any] | None = None) -> str:
    settings = "".join([f", {key}={value}" for key, value in (attributes or {}).items()])
    made = ", ".join(map(str, outputs))
    return f"  {made} = {name.lstrip('_')}({', '.join(map(str, inputs))}{settings})" + (f"  # {how}" if how else "")


def _step_line(step: Any) -> str:
    """A step of the plan: the kernel that it launches, or the ops that this computes, or what is called."""
    if isinstance(step, plan.Launch):
        return f"  {step.name.lstrip('_')}" + f"  # {step.tasks} tasks, shared" * step.shared
    return f"  {(getattr(step, 'name', None) or step.__name__).lstrip('_')}  # called"


def _is_like(gradient: Tensor | None, before: Tensor | None) -> bool:
    """Whether a gradient may be copied to where a program expects it; and there is none where it expects none."""
    if gradient is None or before is None:
        return gradient is before
    return gradient.dtype == before.dtype and not gradient.requires_grad


def _touched(step: Any) -> list[Any]:
    found: list[Any] = step.kept if isinstance(step, plan.Launch) else step.touched
    return found
