"""ScalarFunction: a function of Values and floats as a program for each kind of arguments that it is called with."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_core.compiler.kinds import MOST_PROGRAMS
from autograd_core.compiler.scalar.arguments import Arguments
from autograd_core.compiler.scalar.call import Call, LocalGradients
from autograd_core.compiler.scalar.number import Number
from autograd_core.compiler.scalar.outputs import Result, as_it_was, without_graph
from autograd_core.compiler.scalar.program import OTHER_VALUES, Program
from autograd_core.compiler.scalar.tape import Tape
from autograd_core.errors import CompileError, DTypeError, ShapeError
from autograd_core.recording import thread
from autograd_core.transforms import leaves_of, map_tree
from autograd_core.value import Value, made


class ScalarFunction:
    """A function of floats and Values that is run as it stands twice, and then by its program.

    The second run is compared with the first: what is compiled must do the same at every call, but for the numbers.
    `outside` tells what is around the function, of which other things make another program.
    """

    def __init__(self, function: Callable[..., Any], outside: Callable[[], Sequence[Any]]) -> None:
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        self.outside = outside
        self._entries: dict[Any, list[_Ready]] = {}

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The function's result."""
        arguments = Arguments(self.name, args, named)
        key = self._key(arguments)
        ready = self._find(key, arguments.values)
        if ready is not None and ready.serves(arguments.values):
            return self._replayed(arguments, ready.program)
        tape, result = self._learn(key, arguments, arguments.inputs, ready)
        result = as_it_was(result)
        return without_graph(tape, result) if tape.assigned or tape.changed_gradients() else result

    def _replayed(self, arguments: Arguments, program: Program) -> Any:
        outputs, data = program.run(arguments.inputs, arguments.values)
        about = program.outputs
        leaves = program.leaves(arguments.values) if about.is_pure and thread.recording.on else []

        def value(result: Result) -> Value:
            if leaves and result.parents:
                parents = tuple([leaves[i] for i in result.parents])
                call = Call(self, arguments, program, data, about.results.index(result), result.parents)
                return made(call, parents, outputs[result.place], LocalGradients(call, parents))  # type: ignore[arg-type]
            alone = Value(outputs[result.place])
            if result.gradient is not None:
                alone.grad = outputs[result.gradient]
            return alone

        return about.filled(arguments.values, outputs, value)

    def capture(
        self, arguments: Arguments, inputs: Sequence[float], after: Callable[[Tape, Any], Any] | None = None
    ) -> tuple[Tape, Any]:
        """A run of the function on a tape, for these inputs, and what `after` makes of its result."""
        tape = Tape()
        with tape.running(arguments.values):
            args, named = arguments.with_inputs([tape.input(x) for x in inputs])
            result = self.function(*args, **named)
            if after is not None:
                result = after(tape, result)
        return tape, result

    def _learn(self, key: Any, arguments: Arguments, inputs: Sequence[float], ready: _Ready | None) -> tuple[Tape, Any]:
        """Run the function, and make a program of what it did, or compare it with that of `ready`."""
        tape, result = self.capture(arguments, inputs)
        values = arguments.values
        if ready is not None:
            difference = ready.program.difference(tape, result)
            if difference is None:
                ready.program.compare(tape, result)
                ready.is_general = ready.is_general or not ready.has_seen(values)
                ready.is_checked = True
                return tape, result
            # Else a Value that it was given before is one that it knows by another name as well: another program.
            if difference is not OTHER_VALUES or ready.has_seen(values):
                self._entries[key].remove(ready)
                tape.roll_back()
                raise CompileError(
                    f"compile: {self.name} did something else when it was called again: {difference}; what is compiled "
                    "must do the same at every call, but for arguments that are floats and the .data of Values"
                )
        program = Program(tape, result, len(values))
        self._entries.setdefault(key, []).append(_Ready(program, values))
        self._forget_oldest()
        return tape, result

    # --- which program ------------------------------------------------------------------------

    def _key(self, arguments: Arguments) -> Any:
        return (*arguments.key, thread.recording.on, *self.outside())

    def _find(self, key: Any, values: list[Value]) -> _Ready | None:
        try:
            found = self._entries.get(key, [])
        except TypeError as error:
            raise CompileError(f"compile: an argument is none that can be told from others: {error}") from None
        for ready in found:
            if ready.has_seen(values):
                return ready
        return next((ready for ready in reversed(found) if not ready.knows(values)), None)

    def _forget_oldest(self) -> None:
        if sum(map(len, self._entries.values())) > MOST_PROGRAMS:
            warnings.warn(
                f"compile: {self.name} was called with more than {MOST_PROGRAMS} kinds of arguments, and each is "
                "captured apart: pass numbers that change as floats",
                RuntimeWarning,
                stacklevel=5,
            )
            oldest = next(iter(self._entries))
            self._entries[oldest].pop(0)
            if not self._entries[oldest]:
                del self._entries[oldest]

    def __str__(self) -> str:
        programs = [ready.program for found in self._entries.values() for ready in found]
        return "\n\n".join([f"<compiled {self.name}, of Values: {len(programs)} program(s)>", *map(str, programs)])

    # --- many inputs at once ------------------------------------------------------------------

    def in_lanes(self, *args: Any) -> Any:
        """The results for each number of the arrays that stand among the arguments in place of floats, as arrays."""
        arguments = Arguments(self.name, args, {}, lanes=True)
        arrays = [x for x in arguments.inputs if isinstance(x, np.ndarray)]
        if not arrays or any(x.ndim != 1 or len(x) != len(arrays[0]) for x in arrays):
            shapes = ", ".join([str(x.shape) for x in arrays]) or "none"
            raise ShapeError(f"{self.name}: takes arrays of one shape (n,) in place of floats, got {shapes}")
        program = self._prepared(arguments)
        outputs = program.run_lanes(arguments.inputs, arguments.values, len(arrays[0]))
        result = program.outputs.filled(arguments.values, outputs, lambda result: outputs[result.place])

        def for_each(x: Any) -> Any:
            """What is the same for all inputs, as an array too."""
            number = x.data if type(x) is Value else x
            return np.full(len(arrays[0]), number) if isinstance(number, (int, float, np.generic)) else number

        return map_tree(for_each, result)

    def _prepared(self, arguments: Arguments) -> Program:
        """The program for arguments of this kind; it is found by runs that leave nothing behind."""
        key = self._key(arguments)
        inputs = [float(x[0]) if isinstance(x, np.ndarray) and len(x) else 1.0 for x in arguments.inputs]
        while True:
            ready = self._find(key, arguments.values)
            if ready is not None and ready.serves(arguments.values):
                break
            tape, _ = self._learn(key, arguments, inputs, ready)
            tape.roll_back()
        if ready.program.outputs.assigned:
            raise CompileError(f"compile: {self.name} gives Values new numbers, so it is not for many inputs at once")
        return ready.program


class _Ready:
    """A program, and for which Values as arguments it is known to be right."""

    def __init__(self, program: Program, values: list[Value]) -> None:
        self.program = program
        self.is_checked = False
        self.is_general = not values  # whether other Values than those of the first call gave the same
        self._values = values
        self._fixed = {id(leaf) for leaf in program.fixed}

    def knows(self, values: list[Value]) -> bool:
        """Whether one of these Values is one that the function reaches by another way as well."""
        return not self._fixed.isdisjoint(map(id, values))

    def has_seen(self, values: list[Value]) -> bool:
        """Whether these Values are those of the first call."""
        return all(map(operator.is_, values, self._values))

    def serves(self, values: list[Value]) -> bool:
        """Whether it may be run in place of the function."""
        return self.is_checked and (self.is_general or self.has_seen(values))


def value_and_gradients(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives the number of what `function` returns, and its gradients by all floats among `args`.

    What is no float or Value, such as a whole number of layers, has None in the place of a gradient.
    """

    def both(*args: Any) -> Any:
        numbers: list[Value] = []

        def as_leaf(x: Any) -> Any:
            if not isinstance(x, (float, Number, Value)):
                return x
            number: Any = x.data if isinstance(x, Value) else x
            numbers.append(Value(number))
            return numbers[-1]

        y = function(*map_tree(as_leaf, args))
        if not isinstance(y, Value):
            whole = next((x for x in leaves_of(args) if type(x) is int), None)
            remedy = f"; gradients are by floats and Values, so write {whole}.0 for {whole}" * (whole is not None)
            raise DTypeError(f"value_and_grad: the function must return a Value, got a {type(y).__name__}{remedy}")
        y.backward()
        rest = iter(numbers)
        return y.data, map_tree(lambda x: next(rest).grad if isinstance(x, (float, Number, Value)) else None, args)

    both.__name__ = f"value_and_grad of {getattr(function, '__name__', 'a function')}"
    return both
