"""Program: what a tape has of a function, to be computed for other numbers and what the leaves hold by then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.compiler.scalar.flat import Flat
from autograd_core.compiler.scalar.outputs import Outputs
from autograd_core.compiler.scalar.tape import DATA, GRADIENTS, INPUTS, OUTSIDE, Tape
from autograd_core.errors import CompileError
from autograd_core.value import Value

OTHER_VALUES = "it used other Values from outside"


class Program:
    """A function of numbers that are given and of leaves: the first `given` ones are its arguments."""

    def __init__(self, tape: Tape, result: Any, given: int) -> None:
        self.outputs = Outputs(tape, result, given)
        self.inputs = len(tape.inputs)
        self._given = given
        self.fixed = [leaf.value for leaf in tape.leaves[given:]]
        self.exposed = [tape.leaf_index(leaf.value) or 0 for leaf in tape.exposed]
        self._checks, self._outside = tape.checks, tape.outside
        self._record = _Record(tape, self.outputs)
        slots = [*self.outputs.slots, *[slot for check in tape.checks for slot in check.slots]]
        self.flat = Flat(tape, slots)
        self._lock = threading.Lock()
        self._parts: dict[Any, Any] = {}

    def evaluate(self, inputs: Sequence[float], data: Sequence[float], gradients: Sequence[float]) -> list[float]:
        """All outputs, for these inputs, these numbers of all leaves and these gradients of the exposed ones.

        Errors: ArithmeticError where Python's arithmetic on floats has one.
        """
        flat = self.flat
        with self._lock:
            arena, sweep = flat.single
            arena[flat.given[INPUTS]] = inputs
            arena[flat.given[DATA]] = data
            if gradients:
                arena[flat.given[GRADIENTS]] = gradients
            if self._outside:
                arena[flat.given[OUTSIDE]] = [read() for read in self._outside]
            sweep()
            outputs: list[float] = arena[flat.wanted].tolist()
        if self._checks:
            self._check(outputs[len(self.outputs.slots) :])
        return outputs

    def _check(self, numbers: list[float]) -> None:
        rest = iter(numbers)
        for check in self._checks:
            if check.fails(*[next(rest) for _ in check.slots]):
                raise ArithmeticError(f"compile: {check.error}; ops of Values give infinity or nan instead")

    def part(self, name: Any, make: Callable[[], Any]) -> Any:
        """What belongs to this program, made when it is asked for first."""
        if name not in self._parts:
            self._parts[name] = make()
        return self._parts[name]

    def leaves(self, given: Sequence[Value]) -> list[Value]:
        """All leaves, if these are given."""
        return [*given, *self.fixed]

    def gradients(self, leaves: Sequence[Value]) -> list[float]:
        """Those that leaves have, of the exposed ones."""
        found = [leaves[i]._grad for i in self.exposed]
        if any(type(g) is not float for g in found):
            for i, g in enumerate(found):
                if isinstance(g, Value):
                    raise CompileError(
                        "compile: a compiled function adds to a .grad that is a Value, of backward(create_graph=True); "
                        "set .grad = 0.0 before"
                    )
                found[i] = 0.0 if g is None else float(g)
        return found

    def run(self, inputs: Sequence[float], given: Sequence[Value]) -> tuple[list[float], list[float]]:
        """The outputs, once the leaves have what is theirs; and the numbers that all leaves had."""
        leaves = self.leaves(given)
        data = [leaf._data for leaf in leaves]
        outputs = self.evaluate(inputs, data, self.gradients(leaves))
        about = self.outputs
        for i, number in zip(about.assigned, outputs[about.for_data :], strict=False):
            leaves[i]._data = number
        for i, number, is_value in zip(about.graded, outputs[about.for_gradients :], about.graph_of, strict=False):
            leaves[i]._grad = Value(number) if is_value else number
        return outputs, data

    def run_lanes(self, inputs: Sequence[Any], given: Sequence[Value], size: int) -> list[Any]:
        """The outputs as arrays, for inputs some of which are arrays of this size.

        The gradient of a leaf grows by the sum, from first to last, of what each run by itself would leave from 0.
        """
        flat, about = self.flat, self.outputs
        leaves = self.leaves(given)
        before = self.gradients(leaves)
        returned, graded, checked = np.split(flat.wanted, [about.for_gradients, len(about.slots)])
        outputs = np.empty((len(returned), size))
        totals = np.zeros(len(graded))
        with self._lock:
            arena, sweep = flat.in_lanes
            arena[flat.given[DATA]] = np.reshape([leaf._data for leaf in leaves], (-1, 1))
            arena[flat.given[GRADIENTS]] = 0.0
            arena[flat.given[OUTSIDE]] = np.reshape([read() for read in self._outside], (-1, 1))
            lanes, first = arena.shape[1], flat.given[INPUTS].start
            for start in range(0, size, lanes):
                count = min(lanes, size - start)
                for i, x in enumerate(inputs):
                    arena[first + i, :count] = x[start : start + count] if isinstance(x, np.ndarray) else x
                sweep()
                for column in arena[checked, :count].T.tolist() if self._checks else ():
                    self._check(column)
                outputs[:, start : start + count] = arena[returned, :count]
                kernels.scalar.add_lanes(arena, graded, count, totals)
        started = dict(zip(self.exposed, before, strict=True))
        for i, gradient in zip(about.graded, totals.tolist(), strict=True):
            leaves[i]._grad = started.get(i, 0.0) + gradient
        return list(outputs)

    def difference(self, tape: Tape, result: Any) -> str | None:
        """What another run of the function did otherwise, if anything."""
        return self._record.difference(_Record(tape, Outputs(tape, result, self._given)))

    def compare(self, tape: Tape, result: Any) -> None:
        """Raise CompileError unless the program gives, to the bit, what a run of the function itself has given."""
        gradients = [0.0 if leaf.grad is None else float(leaf.grad) for leaf in tape.exposed]
        ours = self.evaluate(tape.inputs, [leaf.data for leaf in tape.leaves], gradients)
        for a, b in zip(ours, Outputs(tape, result, self._given).numbers, strict=False):
            if not (float(a).hex() == float(b).hex() or (a != a and b != b)):
                raise CompileError(
                    f"compile: the kernels give {a!r} where the function itself gives {float(b)!r}: one of its ops, or "
                    "what it calls, rounds otherwise there; leave it out of the compiled function"
                )

    def __str__(self) -> str:
        flat = self.flat
        ops = ", ".join([f"{count:,} {name}" for name, count in flat.counts().items()])
        return (
            f"{flat.size:,} of {self._record.size:,} numbers: {self.inputs} inputs, {self._given} given and "
            f"{len(self.fixed)} other Values, {len(flat.constants)} constants\n"
            f"{flat.levels} levels in {len(flat.runs)} runs: {ops or 'no ops'}"
        )


class _Record:
    """What two runs of a function have in common if they did the same."""

    def __init__(self, tape: Tape, outputs: Outputs) -> None:
        self.size = len(tape.codes)
        self._codes = np.array(tape.codes)
        self._operands = np.array([x for operands in tape.operands for x in operands], np.uint32)
        self._constants = np.array(tape.constants)
        self._kinds = [(kind.function, kind.gradient) for kind in tape.kinds]
        self._leaves = [leaf.value for leaf in tape.leaves[outputs.given :]]
        self._outputs = outputs.slots, outputs.assigned, outputs.graded

    def difference(self, other: _Record) -> str | None:
        """What is different, in words."""
        if list(map(id, self._leaves)) != list(map(id, other._leaves)):
            return OTHER_VALUES
        ours, theirs = self._constants.view(np.int64), other._constants.view(np.int64)
        for i in range(min(len(ours), len(theirs))):
            if ours[i] != theirs[i]:
                return f"{self._constants[i].item()!r} has become {other._constants[i].item()!r}"
        if self._kinds != other._kinds or not np.array_equal(self._codes, other._codes):
            return f"it computed {self.size} numbers, then {other.size}, or by other ops"
        if not np.array_equal(self._operands, other._operands):
            return "its ops took other numbers"
        return None if self._outputs == other._outputs else "it returned or changed other numbers"
