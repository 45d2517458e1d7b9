"""Capture: what a function computes while it runs eagerly, op by op, as a plan that can be run again.

Every op of Tensors comes here, forward and backward, and so does every update of a leaf. Elementwise ops wait, to be
computed together (`fusion.py`). Another op all of whose work was launches of kernels is in the plan as these launches;
any other as a call of its function, whose result is copied to where it was the first time. Views need neither: their
memory is that of what they look at.

Results of kernels lie in memory of the capture's own, in which an array takes the place of one that was dropped before
it. That is as true of every later run, whose order is the same: so the plan needs no more memory than the function did.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_core import kernels, ops
from autograd_core.compiler.fusion import Fusion, Group
from autograd_core.compiler.updates import Advance, Negation, Numbers, UpdateStep
from autograd_core.errors import CompileError
from autograd_core.kernels import memory, plan
from autograd_core.kernels.references import counts
from autograd_core.own_packages import is_own
from autograd_core.recording import thread, users_line
from autograd_core.tensor import Tensor

if TYPE_CHECKING:
    from autograd_core.ops.op import Op
    from autograd_core.update import Recount, Update


class Instruction(NamedTuple):
    """One line of a program, for people: which op made which arrays of which, and how."""

    name: str
    inputs: tuple[Any, ...]  # shapes, or numbers
    outputs: tuple[Any, ...]
    how: str  # "launches", "update", "view", "numpy", or which kernel computes it with others
    attributes: dict[str, Any]


class State(NamedTuple):
    """A leaf that is given new numbers, and the array that it had before."""

    leaf: Tensor
    array: Any


class Change(NamedTuple):
    """A leaf has new numbers after so many steps of the plan: those that `arrays[place]` holds then."""

    steps: int
    leaf: Tensor
    arrays: list[Any]
    place: int = 0


class _Before(NamedTuple):
    """A call of an op that could take in the next: its result y, and its first step in the plan."""

    op: Op[Any]
    arrays: Sequence[Any]
    attributes: dict[str, Any]
    y: Any
    first: int


class _Pair:
    """An op and the elementwise one of its result y, both ways: as two steps, and as one that leaves y out.

    Which of them it is to be is known when nobody holds y any more, or somebody looks at it.
    """

    def __init__(self, second: Op[Any], inputs: Sequence[Any], z: Any, apart: list[Any], together: list[Any]) -> None:
        self.second = second
        self.y, *self.others = inputs  # of the second
        self.z = z  # what it gives
        self.apart = apart  # steps that compute y
        self.together = together  # steps that compute z alone

    @property
    def steps(self) -> list[Any]:
        """The steps to take."""
        return self.together or self.apart

    def is_held(self, held: int) -> bool:
        """Whether somebody holds y but this, the capture `held` times."""
        return counts([self.y])[0] > 1 + held  # one is this pair's own


class Capture:
    """A run of a function whose ops are written down in `plan`. Use it as `with capture.running(): function(...)`."""

    def __init__(self, inputs: Sequence[Any], moving: Container[int] = ()) -> None:
        self._moving = moving  # ids of the leaves that are given new numbers elsewhere
        self.instructions: list[Instruction] = []
        self.leaves: dict[int, State] = {}  # all leaves that were read, by id
        self.states: dict[int, State] = {}  # those that were given new numbers
        self.gradients: dict[int, Tensor] = {}  # the leaves whose .grad was set, by id
        self.gradients_before: dict[int, tuple[Tensor, Tensor | None]] = {}  # leaves' .grad that was used: its copy
        self.updates: list[UpdateStep] = []
        self.numbers: dict[int, Numbers] = {}  # of updates, by their ids
        self.changes: list[Change] = []  # of leaves, in order
        self.guards: dict[tuple[int, str], tuple[Any, str, Any]] = {}
        self.fusion = Fusion()
        self.kernels = 0  # that compute several ops each
        self._last: _Before | None = None  # the op before, if it could take in the next
        self._undecided: list[_Pair] = []
        self.arguments: set[int] = set()  # ids of the Tensors that stand for what the function was given
        self._made: dict[int, Any] = {id(plan.owner(x)): plan.owner(x) for x in inputs}  # memory that runs fill anew

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Within it, this thread's ops are captured."""
        if thread.recording.capture is not None:
            raise CompileError("compile: a step is being captured in this thread already")
        with memory.apart() as self.pool:
            self.plan = plan.Plan(self.pool)
            try:
                thread.recording.capture, thread.recording.watched = self, True
                try:
                    yield
                except BaseException as error:  # leaves and gradients may be what was not computed yet
                    try:
                        self.fusion.finish(self._compute)
                    except Exception as other:  # after an interrupt in the midst of fusion: that is to be seen
                        error.add_note(f"compile: not all was computed that the step had begun: {other!r}")
                    raise
                self.fusion.finish(self._compute)
                self._decide()
                self.plan.steps = [
                    step for one in self.plan.steps for step in (one.steps if type(one) is _Pair else [one])
                ]
            finally:
                thread.recording.capture, thread.recording.watched = None, False
                self.plan.known = {}

    # --- ops ----------------------------------------------------------------------------------

    def execute(self, op: Op[Any], args: Sequence[Any], arrays: Sequence[Any], attributes: dict[str, Any]) -> Any:
        """What the op makes of arrays, and how to do it again."""
        for x in args:
            if isinstance(x, Tensor):
                self.reads(x)
        before, self._last = self._last, None
        if self._undecided:
            self._decide(arrays)
        if before is not None and arrays and arrays[0] is before.y and op.name in before.op.taken_in:
            z = self._both(before, op, arrays)
            if z is not None:
                return z
        waiting = None if attributes else self.fusion.add(op, arrays, self._compute)
        if waiting is not None:
            group, y = waiting
            group.lines.append(len(self.instructions))
            self._note(op, arrays, (y,), "waits", attributes)
            return y
        if op.may_view and self.fusion.waits_for(arrays):
            y = op.execute(arrays, attributes)
            if plan.owner(y) is plan.owner(arrays[0]):
                self._note(op, arrays, (y,), "view", attributes)
                return y
        self.fusion.finish_for(arrays, self._compute)
        first = len(self.plan.steps)
        self.plan.expect(arrays)
        # Of a user's op it is not known whether it does other things for other numbers, so runs call it as it stands.
        is_ours = is_own(op.__module__)
        with plan.planning(self.plan) if is_ours else plan.unplanned():
            results = op.execute(arrays, attributes)
        outputs = results if type(results) is tuple else (results,)
        launched = len(self.plan.steps) > first
        # Which of several arrays an op looks at, if it looks at one, may depend on their numbers.
        is_view = not launched and sum([isinstance(x, np.ndarray) for x in arrays]) == 1
        are_known = self.plan.complete and all(type(y) is np.ndarray for y in outputs) and self.plan.knows(outputs)
        if is_ours and are_known and (launched or is_view):
            how = "launches" if launched else "view"
        else:
            how = "numpy"
            if launched or not self.plan.complete:
                # Kernels took part that round otherwise than what its function calls when no plan is made, as later.
                del self.plan.steps[first:]
                with plan.unplanned():
                    results = op.execute(arrays, attributes)
                outputs = results if type(results) is tuple else (results,)
            outputs = tuple([_of_its_own(y) for y in outputs])
            self.plan.call(_Call(op, tuple(arrays), attributes, outputs))
        self._note(op, arrays, outputs, how, attributes)
        if op.taken_in and how == "launches":
            self._last = _Before(op, arrays, attributes, outputs[0], first)
        return outputs if type(results) is tuple else outputs[0]

    def _both(self, before: _Before, op: Op[Any], arrays: Sequence[Any]) -> Any:
        """What the op makes of the result before, in one pass with that; None if there is none for these inputs."""
        first, end = before.first, len(self.plan.steps)
        together = before.op.taken_in[op.name]
        self.plan.expect([*before.arrays, *arrays[1:]])
        with plan.planning(self.plan):
            settings = before.op.defaults | before.attributes
            z = thread.recording.quiet.run(together, *before.arrays, *arrays[1:], **settings)
        steps = self.plan.steps
        apart, one_pass = steps[first:end], steps[end:]
        if z is None or not (self.plan.complete and self.plan.knows((z,))):
            del steps[end:]
            return None
        self._undecided.append(_Pair(op, arrays, z, apart, one_pass))
        steps[first:] = self._undecided[-1:]
        self._note(op, arrays, (z,), "with the op before, if nobody else needs what that gives", {})
        return z

    def _decide(self, arrays: Sequence[Any] | None = None) -> None:
        """See who looks at what the first of two ops gave: something that is given these arrays; None at the end."""
        undecided = []
        while self._undecided:
            both = self._undecided.pop()
            base = plan.owner(both.y)
            if arrays is not None and any(isinstance(x, np.ndarray) and plan.owner(x) is base for x in arrays):
                self._take_apart(both)
            elif not both.is_held(base is both.y and id(base) in self._made):
                both.apart, both.y = [], None
            elif arrays is None:
                self._take_apart(both)
            else:
                undecided.append(both)
        self._undecided = undecided

    def _take_apart(self, both: _Pair) -> None:
        """Have y computed, and then what the second op makes of it."""
        inputs = [both.y, *both.others]
        part = both.second.part(inputs)
        layout, lines = kernels.fused.layout_of(both.y.shape, inputs)  # type: ignore[misc]  # of like arrays there is one
        end = len(self.plan.steps)
        z = both.z.view()
        z.flags.writeable = True
        with plan.planning(self.plan):
            kernels.fused.run([part], lines, [], layout, [(0, z.reshape(-1))])
        both.apart += self.plan.steps[end:]
        both.together = []
        del self.plan.steps[end:]

    def _note(
        self, op: Op[Any], arrays: Sequence[Any], outputs: Sequence[Any], how: str, attributes: dict[str, Any]
    ) -> None:
        for y in outputs:
            owner = plan.owner(y)
            if id(owner) not in self.pool and (how != "view" or self.is_made(y)):
                self._made[id(owner)] = owner
        shapes = tuple([x.shape if isinstance(x, np.ndarray) else x for x in arrays])
        self.instructions.append(Instruction(op.name, shapes, tuple([y.shape for y in outputs]), how, attributes))

    def _compute(self, group: Group) -> None:
        """Compute elementwise ops that waited, as far as somebody looks at what they give."""
        needed = group.needed(lambda x: x.base is None)  # then it is in `_made`
        how = "nobody needs it"
        if needed:
            how = "launches"
            if len(group.parts) > 1:
                self.kernels += 1
                how = f"kernel {self.kernels}"
            first = len(self.plan.steps)
            try:
                with plan.planning(self.plan):
                    group.compute(needed)
                self.plan.steps[first:] = [step._replace(name=group.name) for step in self.plan.steps[first:]]
            except kernels.pasting.NoKernelError:
                how = "numpy"
                del self.plan.steps[first:]
                for op, inputs, value in group.one_by_one():
                    call = _Call(op, tuple(inputs), {}, (value,))
                    thread.recording.quiet.run(call)
                    self.plan.call(call)
        for line in group.lines:
            self.instructions[line] = self.instructions[line]._replace(how=how)

    def memory(self) -> list[Any]:
        """Weak references to all that a later run puts other numbers in; the blocks of the pool come last."""
        blocks = [block.memory for block in self.pool.values()]
        return [weakref.ref(x) for x in [*self._made.values(), *blocks]]

    def is_made(self, array: Any) -> bool:
        """Whether a later run puts other numbers here."""
        owner = plan.owner(array)
        return id(owner) in self.pool or id(owner) in self._made

    @property
    def followed(self) -> list[State]:
        """The leaves whose arrays later runs write to."""
        others = {key: state for key, state in self.leaves.items() if key in self._moving}
        return [*(others | self.states).values()]

    def is_rewritten(self, array: Any) -> bool:
        """Whether a later run puts other numbers here, or into a leaf that looks at it."""
        owners = [plan.owner(state.array) for state in self.followed]
        return self.is_made(array) or any(plan.owner(array) is owner for owner in owners)

    # --- leaves -------------------------------------------------------------------------------

    def reads(self, tensor: Tensor) -> None:
        """A tensor is looked at, by an op or by another tensor: if it is a leaf, runs read what it holds by then."""
        if tensor.node is None and not self.is_made(tensor.array):
            self.leaves.setdefault(id(tensor), State(tensor, tensor.array))

    def assigned(self, leaf: Tensor, value: Any, dtype: np.dtype[Any]) -> Any:
        """The array for a leaf that is given a new value."""
        self._changes(leaf)
        if isinstance(value, Tensor):
            new: Any = value if value.dtype == dtype else ops.astype(value, dtype)
            self.fusion.finish_for((new.array,), self._compute)  # now, for another thread may look at the leaf
            array = new.array
        else:
            array = np.array(value, dtype=dtype)
        self.changes.append(Change(len(self.plan.steps), leaf, [array]))
        return array

    def changes_argument(self, leaf: Tensor, what: str) -> None:
        """Refuse that the function changes what it was given: a run has but the numbers of that."""
        if id(leaf) in self.arguments:
            raise CompileError(
                f"compile: an argument of shape {leaf.shape} was {what}; return the new tensor, or use one that is no "
                "argument"
            )

    def _changes(self, leaf: Tensor) -> None:
        self.changes_argument(leaf, "given new numbers")
        if not self.is_made(leaf.array):
            self.states.setdefault(id(leaf), State(leaf, leaf.array))

    def update(self, update: Update, tensors: Sequence[Tensor]) -> None:
        """Give the leaves that the rule updates new arrays, and note how."""
        self.fusion.finish(self._compute)  # for what waits may read leaves
        updated = tensors[update.rule.first :]
        for tensor in tensors:
            self.reads(tensor)
        for leaf in updated:
            self._changes(leaf)
        reads = [tensor.array for tensor in tensors[: update.rule.first]]
        negation = Negation(reads[0]) if update.maximizes else None
        if negation is not None:
            reads[0] = negation.negated
            self._made[id(reads[0])] = reads[0]
        before = [leaf.array for leaf in updated]
        after = [np.array(x, order="C") for x in before]
        update.rule.compute(update.numbers, [*map(plan.contiguous, reads), *after], least=1)
        numbers = self.numbers.setdefault(id(update), Numbers(update.numbers))
        step = UpdateStep(update, numbers, negation, updated, reads, before, after)
        self.updates.append(step)
        self.plan.steps.append(step)
        for k, (leaf, array) in enumerate(zip(updated, after, strict=True)):
            leaf.array = array
            self._made[id(array)] = array
            self.changes.append(Change(len(self.plan.steps), leaf, after, k))
        shapes = tuple([x.shape for x in tensors])
        self.instructions.append(
            Instruction(update.rule.name, shapes, tuple([x.shape for x in after]), "update", update.numbers)
        )

    def advance(
        self,
        function: Callable[[], Iterable[tuple[Update, Sequence[Tensor]]]],
        recount: Callable[[Any], Recount] | None,
    ) -> Any:
        """The updates that `function` lists; every run calls it anew, for the numbers of that run."""
        self.fusion.finish(self._compute)  # so that nothing but updates comes after the first of them
        listed = list(function())
        for update, (gradient, *_) in listed:
            if any(before is gradient for _, before in self.gradients_before.values()):
                raise CompileError(
                    f"compile: {update.rule.name} uses gradients from outside of the compiled function; call "
                    "backward() within it"
                )
        gradients = [(leaf, leaf.grad) for leaf in self.gradients.values()]
        self.plan.call(Advance(function, recount, listed, gradients))
        return listed

    def sets_gradient(self, leaf: Tensor) -> None:
        """The .grad of a leaf is set or forgotten."""
        self.gradients[id(leaf)] = leaf

    def accumulates(self, leaf: Tensor) -> Tensor | None:
        """A backward pass adds to the .grad of a leaf: what that is up to now."""
        before = self.gradient_of(leaf)
        self.gradients[id(leaf)] = leaf
        return before

    def gradient_of(self, leaf: Tensor) -> Tensor | None:
        """The .grad of a leaf; if it is from before, a copy, which every run fills with what it is by then."""
        current = leaf.current_gradient
        if leaf.node is not None or id(leaf) in self.gradients:
            return current
        if id(leaf) not in self.gradients_before:
            if current is not None and (current.node is not None or current.requires_grad):
                raise CompileError(
                    f"compile: the gradient of {named(leaf)} from before the step has a graph of its own, as "
                    "create_graph=True gives; forget it, or keep leaf.grad.detach()"
                )
            copy = None
            if current is not None:
                copy = Tensor.of(np.array(current.array, order="C"))
                self._made[id(copy.array)] = copy.array
            self.gradients_before[id(leaf)] = leaf, copy
        return self.gradients_before[id(leaf)][1]

    def depends_on(self, owner: Any, name: str) -> None:
        """The program is one for this value of the attribute alone."""
        self.guards[id(owner), name] = (owner, name, getattr(owner, name))

    # --- what cannot be captured --------------------------------------------------------------

    def refuse_work(self, what: str, instead: str) -> None:
        """Stop where Python does what is not made of ops."""
        raise CompileError(f"compile: {what} is Python's work, of which nothing is left in a compiled step; {instead}")

    def refuse(self, tensor: Tensor, what: str) -> None:
        """Stop where Python is given numbers that every run computes anew: what it did with them would be lost."""
        if not (tensor.node is not None or tensor.requires_grad or self.is_made(tensor.array)):
            self.leaves.setdefault(id(tensor), State(tensor, tensor.array))
            return
        raise CompileError(
            f"compile: {what} of a tensor of shape {tensor.shape} was asked for {users_line()}; a compiled step is run "
            "again without Python, so it cannot depend on numbers that it computes: return the tensor and look at it "
            "outside of the compiled function, and choose by where(condition, a, b) instead of if"
        )


def named(leaf: Tensor) -> str:
    """A leaf, for people: by its label if it has one."""
    return repr(leaf.label) if leaf.label else f"a leaf of shape {leaf.shape}"


def _of_its_own(y: Any) -> Any:
    """An array that results may be copied into again."""
    return y if type(y) is np.ndarray and y.flags.writeable and y.flags.owndata else np.array(y)


class _Call:
    """An op that is run by its own function, whose results go where they were the first time."""

    def __init__(
        self, op: Op[Any], arrays: tuple[Any, ...], attributes: dict[str, Any], outputs: tuple[Any, ...]
    ) -> None:
        self.name = op.name
        self.touched = [x for x in (*arrays, *outputs) if isinstance(x, np.ndarray)]
        self.generators = [x for x in attributes.values() if isinstance(x, np.random.Generator)]
        self._function = op.on_arrays
        self._arrays = arrays
        self._attributes = attributes
        self._outputs = outputs
        self._writes = isinstance(self._function, np.ufunc) and not attributes

    def __call__(self) -> None:
        if self._writes:
            self._function(*self._arrays, out=self._outputs[0])
            return
        results = self._function(*self._arrays, **self._attributes)
        for place, y in zip(self._outputs, results if type(results) is tuple else (results,), strict=True):
            if place.shape != np.shape(y):
                raise CompileError(
                    f"compile: {self.name} gives shape {np.shape(y)}, and gave {place.shape} when it was captured; "
                    "shapes in a compiled step must not depend on numbers: use where(condition, a, b) for a mask"
                )
            np.copyto(place, y, casting="unsafe")
