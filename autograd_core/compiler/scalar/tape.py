"""Tape: what a function does to Values while it runs eagerly, as a list of nodes that can be computed again.

A node is an op, or upstream times one of its local gradients, and the slots of its operands. The backward pass is
nodes like any other: it runs as it always does, on Numbers, which stand for Python's floats: what `v.data` and `v.grad`
give while there is a tape. They can be computed with; where Python asks what one is, the capture stops.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_core import kernels, ops
from autograd_core.compiler.scalar.number import Number, refuse
from autograd_core.errors import CompileError
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import Op
from autograd_core.recording import on_tape, thread, users_line
from autograd_core.value import CONSTANT, Value
from autograd_core.value_list import WeightedSum

# Where a slot's number comes from, if it is no node: the i-th slot of a code is the i-th that comes from there.
CONSTANTS, INPUTS, DATA, GRADIENTS, OUTSIDE = range(5)
GIVEN = 5


class Kind(NamedTuple):
    """What computes a node: a function of numbers, a row or a local gradient, of which g is to be taken times."""

    name: str
    function: Callable[..., Any] | None
    gradient: bool


SUMS, PRODUCTS = Kind("sum", None, False), Kind("sum of products", None, False)


class Leaf(NamedTuple):
    """A Value that stands outside of the function, and the number and gradient that it had."""

    value: Value
    data: float
    grad: Any


class Check(NamedTuple):
    """What Python would refuse to compute, of the numbers in these slots."""

    slots: tuple[int, ...]
    fails: Callable[..., bool]
    error: str


class Tape:
    """The nodes of one run, in order. Use it as `with tape.running(): function(...)`."""

    def __init__(self) -> None:
        self.codes: list[int] = []  # of each slot: where its number comes from, or its kind
        self.operands: list[tuple[int, ...]] = []
        self.kinds: list[Kind] = [*[Kind("given", None, False)] * GIVEN, SUMS, PRODUCTS]
        self.constants: list[float] = []
        self.inputs: list[float] = []
        self.leaves: list[Leaf] = []
        self.exposed: list[Leaf] = []  # the leaves whose gradient was read
        self.outside: list[Callable[[], float]] = []  # what reads the numbers outside that rows use
        self.checks: list[Check] = []
        self.assigned: dict[int, Leaf] = {}  # the leaves whose number was set, by id,
        self.graded: dict[int, Leaf] = {}  # and those whose gradient was
        self._slots: dict[int, int] = {}  # of the data of Values, by id
        self._kept: list[Value] = []  # the Values made, held so that no other has an id of theirs
        self._leaf_of: dict[int, int] = {}
        self._gradients: dict[int, int] = {}  # the slots of gradients in the end, by the id of the Value
        self._start_of: dict[int, int] = {}  # the slot of the gradient that a leaf had, by id
        self._constant_of: dict[Any, int] = {}
        self._kind_of: dict[Any, int] = {}
        self._outside_of: dict[int, tuple[int, ...]] = {}
        self._locals_of: dict[int, list[_LocalKind]] = {}
        self._products: dict[int, list[int]] = {}  # of weighted sums, by id: the slots of their local gradients
        self._op_of: dict[int, Any] = {}
        self._never_negative_zero: set[int] = set()
        self._zero, self.one = self.constant(0.0), self.constant(1.0)
        self.adds = self._kind_for(ops.add)
        self.multiplies = self._kind_for(ops.multiply)
        self._ones = (_One(self), _One(self))

    @contextlib.contextmanager
    def running(self, given: Sequence[Value] = ()) -> Iterator[None]:
        """Within it, what this thread does to Values is written down; Values hold plain numbers again afterwards.

        `given` are the function's arguments, the first of its leaves, whatever they were computed from. Where something
        is refused, all leaves are what they were before.
        """
        if thread.recording.tape is not None or thread.recording.capture is not None:
            raise CompileError("compile: a step is being captured in this thread already")
        for value in given:
            self.leaf(value)
        graphs = [(value, value.op, value.parents, value.local_gradients) for value in given if value.parents]
        for value, *_ in graphs:
            value.op, value.parents, value.local_gradients = None, (), ()
        thread.recording.capture, thread.recording.watched = _NoTensors(), True
        try:
            # Nothing of this is garbage yet, and looking for some would take a third of the time.
            with kernels.memory.without_collector(), on_tape(self):
                yield
        except CompileError:
            self.roll_back()
            raise
        finally:
            thread.recording.capture, thread.recording.watched = None, thread.recording.anomaly
            for value, op, parents, local_gradients in graphs:
                value.op, value.parents, value.local_gradients = op, parents, local_gradients
            self._settle()

    def _settle(self) -> None:
        """Numbers become plain numbers."""
        for value in (*self._kept, *[leaf.value for leaf in self.leaves]):
            if type(value._grad) is Number:
                self._gradients[id(value)] = value._grad.slot
                value._grad = value._grad.number

    def gradient_slot(self, value: Value) -> int:
        """Where the gradient of a Value is in the end."""
        slot = self._gradients.get(id(value))
        if slot is None:
            gradient = value._grad
            slot = (
                self.slot(gradient)
                if type(gradient) is Value
                else self.constant(0.0 if gradient is None else float(gradient))
            )
        return slot

    def roll_back(self) -> None:
        """Give all leaves what they had before."""
        for leaf in self.leaves:
            leaf.value._data, leaf.value._grad = leaf.data, leaf.grad

    # --- slots --------------------------------------------------------------------------------

    def _add(self, code: int, operands: tuple[int, ...]) -> int:
        slot = len(self.codes)
        self.codes.append(code)
        self.operands.append(operands)
        return slot

    def input(self, number: float) -> Number:
        """A number that every run is given anew."""
        self.inputs.append(number)
        return Number(number, self._add(INPUTS, ()), self)

    def constant(self, number: float) -> int:
        """The slot of a number that is the same in every run."""
        key = number or repr(number)
        slot = self._constant_of.get(key)
        if slot is None:
            self.constants.append(float(number))
            slot = self._constant_of[key] = self._add(CONSTANTS, ())
            if number != 0.0 or math.copysign(1.0, number) > 0.0:
                self._never_negative_zero.add(slot)
        return slot

    def slot(self, value: Value) -> int:
        """Where the number of a Value is."""
        slot = self._slots.get(id(value))
        if slot is None:
            if value.parents:
                refuse("the use of a Value that was computed outside of it", "make it an argument of the function")
            slot = self.leaf(value)
        return slot

    def leaf(self, value: Value) -> int:
        """The slot of a Value from outside, whose number is read before each run."""
        if id(value) not in self._slots:
            self._leaf_of[id(value)] = len(self.leaves)
            self.leaves.append(Leaf(value, value._data, value._grad))
            self._slots[id(value)] = self._add(DATA, ())
        return self._slots[id(value)]

    def leaf_for(self, value: Value) -> Leaf | None:
        """What is known of a Value that stands outside."""
        index = self.leaf_index(value)
        return None if index is None else self.leaves[index]

    def changed_gradients(self) -> list[Leaf]:
        """The leaves whose gradient may be another than before, once the tape has run."""
        starts = self._start_of
        return [leaf for key, leaf in self.graded.items() if self.gradient_slot(leaf.value) != starts.get(key)]

    def has_made(self, value: Value) -> bool:
        """Whether a Value was made while the tape ran."""
        return id(value) in self._slots and id(value) not in self._leaf_of

    def leaf_index(self, value: Value) -> int | None:
        """Which of the leaves a Value is, if any."""
        return self._leaf_of.get(id(value))

    def is_number(self, x: Any) -> bool:
        """Whether x is a Number of this tape. Errors: CompileError for one of another, which means nothing any more."""
        if type(x) is not Number:
            return False
        if x.tape is not self:
            refuse("the use of a number from an earlier call", "return what later calls need, or keep it in .data")
        return True

    def slot_of(self, x: Any) -> int:
        """Where a Number is, or a constant."""
        if self.is_number(x):
            return x.slot  # type: ignore[no-any-return]
        if not isinstance(x, (int, float, np.number, np.bool_)):
            refuse(f"arithmetic of a number that it computes with a {type(x).__name__}", "use numbers, one by one")
        return self.constant(float(x))

    # --- what Values tell ---------------------------------------------------------------------

    def created(self, value: Value, given: Any) -> None:
        """Value(given) was called."""
        self._slots[id(value)] = self.slot_of(given) if type(given) is Number else self.constant(value._data)
        self._kept.append(value)

    def value_of(self, number: Number) -> Value:
        """A number as the input of a node, whose gradient nobody wants."""
        value = Value.__new__(Value)
        value._data, value._grad, value.label = number.number, 0.0, ""
        value.op, value.parents, value.local_gradients = CONSTANT, (), ()
        self._slots[id(value)] = number.slot
        self._kept.append(value)
        return value

    def made(self, value: Value, op: Any, parents: tuple[Value, ...]) -> None:
        """An op made this Value of those."""
        if op is CONSTANT:
            slot = self.constant(value._data)
        elif type(op) is WeightedSum:
            slot = self._weighted_sum(value, op, [self.slot(parent) for parent in parents])
        else:
            slots = self._slots
            try:
                operands = tuple([slots[id(parent)] for parent in parents])
            except KeyError:
                operands = tuple([self.slot(parent) for parent in parents])
            slot = self.node(op, operands)
        self._slots[id(value)] = slot
        self._kept.append(value)

    def arrays(self, name: str) -> Any:
        """An op of lists of Values is to be computed as one of arrays."""
        refuse(f"{name} of these lists of Values", "write it with ops on single numbers, as a loop, or use Tensors")

    def plain(self, op: Op[Any], parents: tuple[Value, ...], result: Any) -> Number:
        """What an op without a gradient made, which is no Value."""
        return Number(result, self.node(op, tuple([self.slot(parent) for parent in parents])), self)

    def data_of(self, value: Value) -> Any:
        """v.data, as a Number unless it is the same in every run."""
        slot = self.slot(value)
        return value._data if self.codes[slot] == CONSTANTS else Number(value._data, slot, self)

    def set_data(self, value: Value, number: Any) -> None:
        """v.data = number."""
        self.slot(value)
        if value.parents:
            refuse("setting .data of a Value that was computed", "make a new Value of it")
        slot = self.slot_of(number) if type(number) is Number else self.constant(float(number))
        value._data = number.number if type(number) is Number else float(number)
        self._slots[id(value)] = slot
        leaf = self.leaf_for(value)
        if leaf is not None:
            self.assigned[id(value)] = leaf

    def grad_of(self, value: Value) -> Any:
        """v.grad, as a Number if it is that of a leaf, or was computed."""
        self.slot(value)
        if value._grad is None:
            refuse("reading .grad of a Value that has None", "set it to 0.0 before")
        self._expose(value)
        return value._grad

    def set_grad(self, value: Value, gradient: Any) -> None:
        """v.grad = gradient."""
        self.slot(value)
        if gradient is None:
            refuse("setting .grad to None", "set it to 0.0")
        if type(gradient) is Number:
            self.is_number(gradient)
        elif type(gradient) is not Value:
            gradient = float(gradient)
        value._grad = gradient
        leaf = self.leaf_for(value)
        if leaf is not None:
            self.graded[id(value)] = leaf

    def begin_backward(self, order: Sequence[Value]) -> None:
        """A backward pass goes through these."""
        for node in order:
            self.slot(node)
            if not node.parents:
                self._expose(node)

    def _expose(self, value: Value) -> None:
        """Have the gradient of a leaf be a Number, which backward passes add to."""
        leaf = self.leaf_for(value)
        if leaf is None or id(value) in self.graded:
            return
        if isinstance(value._grad, Value):
            refuse("the use of a .grad that is a Value from outside of it", "set .grad = 0.0 before")
        self.graded[id(value)] = leaf
        self.exposed.append(leaf)
        slot = self._start_of[id(value)] = self._add(GRADIENTS, ())
        value._grad = Number(0.0 if value._grad is None else value._grad, slot, self)

    def local_gradients(self, value: Value) -> Sequence[Any]:
        """Those of a Value that was made while the tape ran, as what multiplies an upstream gradient."""
        if value.op is ops.add:
            return self._ones
        products = self._products.get(id(value))
        if products is not None:
            numbers = value.local_gradients
            return [_Local(self, self.multiplies, (slot,), x) for slot, x in zip(products, numbers, strict=True)]
        slot = self._slots[id(value)]
        at = (*self.operands[slot], slot)
        return [
            _Local(self, kind, tuple([at[i] for i in arrays]) + outside, x)
            for (kind, arrays, outside), x in zip(self._locals(value.op), value.local_gradients, strict=True)
        ]

    # --- nodes --------------------------------------------------------------------------------

    def node(self, op: Any, operands: tuple[int, ...]) -> int:
        """A node that `op` makes."""
        kind = self._kind_of.get(op)
        if kind is None:
            kind = self._kind_for(op)
        outside = self._outside_of.get(kind)
        return self._add(kind, operands + outside if outside else operands)

    def number(self, op: Any, args: Sequence[Any]) -> Number:
        """What an op makes of numbers."""
        at = [x.number if type(x) is Number else x for x in args]
        slots = [self.slot_of(x) for x in args]
        y = op.on_numbers(*at)
        if op is ops.add:
            return Number(y, self.added(*slots), self)
        return Number(y, self.node(op, tuple(slots)), self)

    def added(self, a: int, b: int) -> int:
        """The slot of a + b, of which 0 + b, where b is not -0, is b."""
        never = self._never_negative_zero
        if a in never or b in never:
            if a == self._zero and b in never:
                return b
            if b == self._zero and a in never:
                return a
            never.add(len(self.codes))
        return self._add(self.adds, (a, b))

    def divided(self, a: Any, b: Any) -> Any:
        """a / b of Python's numbers, which refuse to be divided by 0."""
        if type(a) is Value or type(b) is Value:
            return Value.record_two(ops.divide, a, b)
        (b.number if type(b) is Number else b).__rtruediv__(1.0)  # raises
        if type(b) is Number:
            self.checks.append(Check((b.slot,), lambda x: x == 0.0, "float division by zero"))
        return self.number(ops.divide, (a, b))

    def of_bools(self, op: Any, a: Any, b: Any) -> Any:
        """What an op makes of two results of comparisons."""
        if not all(type(x.number if type(x) is Number else x) is bool for x in (a, b)):
            refuse("&, | or ^ of numbers", "compare them first")
        return self.number(op, (a, b))

    def to_the_power(self, a: Any, b: Any) -> Any:
        """a ** b of Python's numbers, by the C library."""
        if type(a) is Value or type(b) is Value:
            return Value.record_two(ops.pow, a, b)
        y = (a.number if type(a) is Number else a) ** (b.number if type(b) is Number else b)
        if isinstance(y, complex):
            refuse("a power that is a complex number", "use ag.pow, which gives nan (import autograd_core as ag)")
        slots = self.slot_of(a), self.slot_of(b)
        slot = self._add(self._kind_for(_PYTHONS_POWER), slots)
        self.checks.append(Check((*slots, slot), _is_out_of_range, "a power of Python's numbers has no finite result"))
        return Number(y, slot, self)

    def _weighted_sum(self, value: Value, op: WeightedSum, slots: list[int]) -> int:
        n = op.pairs
        rest = slots[2 * n :]
        total = rest.pop(0) if op.starts_with_term else self.constant(0.0)
        for slot in rest:
            total = self.added(total, slot)
        for a, b in zip(slots[:n], slots[n : 2 * n], strict=True):
            total = self.added(total, self._add(self.multiplies, (a, b)))
        ones = [self.one] * (len(slots) - 2 * n)
        self._products[id(value)] = [*slots[n : 2 * n], *slots[:n], *ones]
        return total

    def _kind_for(self, op: Any) -> int:
        """The number of the kind of an op's nodes."""
        kind = self._kind_of.get(op)
        if kind is None:
            if not isinstance(op, (Elementwise, _Power)):
                self.arrays(op.name)
            kind = self._kind_of[op] = self._new_kind(op.name, op.row, False)
        return kind

    def _new_kind(self, name: str, function: Callable[..., Any], gradient: bool) -> int:
        try:
            code = kernels.scalar.code(function, gradient)
        except kernels.scalar.NoKernelError as error:
            raise CompileError(
                f"compile: there is no kernel for {name} of Values, which was asked for {users_line()}: {error}; "
                "leave it out of the compiled function"
            ) from error
        self.kinds.append(Kind(name, function, gradient))
        kind = len(self.kinds) - 1
        self._outside_of[kind] = tuple([self._outside_number(read) for read in code.outside])
        return kind

    def _outside_number(self, read: Callable[[], float]) -> int:
        self.outside.append(read)
        return self._add(OUTSIDE, ())

    def _locals(self, op: Any) -> list[_LocalKind]:
        """For each input of an op, what makes a share of its gradient: a kind and what it takes besides upstream."""
        found = self._locals_of.get(id(op))
        if found is None:
            found = []
            for name, rule in zip(op.inputs, op.rules, strict=True):
                function = rule.function if rule is not None else None
                if function is None or not (rule.names or function.__code__.co_names or function.__code__.co_freevars):
                    number = 0.0 if function is None else function()
                    found.append(_LocalKind(self.multiplies, (), (self.constant(number),)))
                elif function.__code__.co_code == _ITSELF and not function.__code__.co_cellvars:
                    found.append(_LocalKind(self.multiplies, tuple(rule.arrays), ()))
                else:
                    kind = self._new_kind(f"∂{op.name}/∂{name}", function, True)
                    found.append(_LocalKind(kind, tuple(rule.arrays), self._outside_of[kind]))
            self._locals_of[id(op)] = found
            self._op_of[id(op)] = op
        return found


_ITSELF = (lambda x: x).__code__.co_code


class _LocalKind(NamedTuple):
    kind: int
    arrays: tuple[int, ...]  # which of (*inputs, y) it takes
    rest: tuple[int, ...]


class _Local:
    """A local gradient of a node, to be multiplied by an upstream gradient."""

    __slots__ = ("kind", "number", "operands", "tape")

    def __init__(self, tape: Tape, kind: int, operands: tuple[int, ...], number: float) -> None:
        self.tape = tape
        self.kind = kind
        self.operands = operands
        self.number = number

    def __mul__(self, upstream: Any) -> Any:
        tape = self.tape
        if type(upstream) is Number:
            g, slot = upstream.number, upstream.slot
        else:
            g, slot = upstream, tape.constant(upstream)
        return Number(self.number * g, tape._add(self.kind, (slot, *self.operands)), tape)


class _NoTensors:
    """In place of a capture of Tensors, of which there is nothing in a tape."""

    def __getattr__(self, name: str) -> Any:
        refuse("work with Tensors, or with generators of random numbers,", "keep it out of functions of Values")

    def depends_on(self, owner: Any, name: str) -> None:
        """A module is in this mode: a tape has no modules."""


class _One:
    """The local gradient of what is just added."""

    __slots__ = ("tape",)

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def __mul__(self, upstream: Any) -> Any:
        return upstream if type(upstream) is Number else Number(upstream, self.tape.constant(upstream), self.tape)


class _Power(NamedTuple):
    name: str
    row: Callable[..., Any]


def _pythons_power(a: Any, b: Any) -> Any:
    return math.pow(a, b)


_PYTHONS_POWER = _Power("pow", _pythons_power)


def _is_out_of_range(a: float, b: float, y: float) -> bool:
    return math.isfinite(a) and math.isfinite(b) and not math.isfinite(y)
