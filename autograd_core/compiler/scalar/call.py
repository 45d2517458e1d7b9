"""Call: the op of a Value that a program has computed, with the function's arguments and other leaves as its inputs.

Its local gradients are found when a backward pass asks for them, by a program of the function's own backward pass. That
goes on from the upstream gradient, and from the gradients that the leaves have by then, so that all sums are taken in
the order in which they are without compiling.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from autograd_core.compiler.scalar.arguments import Arguments
from autograd_core.compiler.scalar.outputs import computed
from autograd_core.compiler.scalar.program import Program
from autograd_core.compiler.scalar.tape import Tape
from autograd_core.recording import thread
from autograd_core.value import Value

if TYPE_CHECKING:
    from autograd_core.compiler.scalar.compiled import ScalarFunction


class Call:
    """A call of a compiled function, whose `place`-th computed result a Value is.

    `data` has the numbers that all leaves of the `program` had, of which `parents` says what the result depends on.
    """

    def __init__(
        self,
        owner: ScalarFunction,
        arguments: Arguments,
        program: Program,
        data: list[float],
        place: int,
        parents: tuple[int, ...],
    ) -> None:
        self.name = owner.name
        self.parents = parents
        self._owner = owner
        self._arguments = arguments
        self._program = program
        self._data = data
        self._place = place

    def on_numbers(self, *inputs: float) -> float:
        """The result for other numbers of its parents."""
        outputs = self._program.evaluate(self._arguments.inputs, self._with(inputs), [])
        return outputs[self._program.outputs.results[self._place].place]

    def local_gradients(self, at: Sequence[Any]) -> Sequence[Any]:
        """Those at (*parents, y): numbers for numbers, Values for Values."""
        if isinstance(at[-1], Value):
            arguments = self._arguments
            found: list[Any] = self._derivative()(*arguments.args, **arguments.named)
            return found
        return self.gradients(1.0, [0.0] * len(self.parents), self._with(at[:-1]))

    def gradients(self, upstream: float, starts: Sequence[float], data: Sequence[float] | None = None) -> list[float]:
        """What a backward pass makes of these gradients of its parents, if its own is `upstream`."""
        pull: Program = self._program.part(self._place, self._pull)
        start_of = dict(zip(self.parents, starts, strict=True))
        starting = [start_of.get(i, 0.0) for i in pull.exposed]
        inputs = [*self._arguments.inputs, upstream]
        return pull.evaluate(inputs, self._data if data is None else data, starting)[: len(self.parents)]

    def _with(self, numbers: Sequence[float]) -> list[float]:
        data = list(self._data)
        for i, number in zip(self.parents, numbers, strict=True):
            data[i] = number
        return data

    def _pull(self) -> Program:
        """The program that goes back from the result."""

        def backward(tape: Tape, result: Any) -> list[Any]:
            computed(tape, result)[self._place].pull_back(tape.input(1.0))
            return [tape.leaves[i].value.grad for i in self.parents]

        tape, gradients = self._owner.capture(self._arguments, self._arguments.inputs, backward)
        tape.roll_back()
        return Program(tape, gradients, len(self._arguments.values))

    def _derivative(self) -> ScalarFunction:
        """The function of the local gradients, compiled as well."""

        def local_gradients(*args: Any, **named: Any) -> list[Any]:
            leaves = self._program.leaves(Arguments(self.name, args, named).values)
            wanted = [leaves[i] for i in self.parents]
            before = [leaf.grad for leaf in wanted]
            for leaf in wanted:
                leaf.grad = 0.0
            result = self._owner.function(*args, **named)
            computed(thread.recording.tape, result)[self._place].backward(create_graph=True)
            found = [leaf.grad for leaf in wanted]
            for leaf, gradient in zip(wanted, before, strict=True):
                leaf.grad = gradient
            return found

        made: ScalarFunction = self._program.part(
            ("derivative", self._place), lambda: type(self._owner)(local_gradients, self._owner.outside)
        )
        return made


class LocalGradients(Sequence[Any]):
    """Those of a Value that a Call made of `parents`, to be found when they are multiplied by its gradient."""

    def __init__(self, call: Call, parents: Sequence[Value]) -> None:
        self._call = call
        self._parents = parents
        self.grown: list[Any] = []

    def __len__(self) -> int:
        return len(self._parents)

    @overload
    def __getitem__(self, i: int) -> Any: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Any]: ...
    def __getitem__(self, i: Any) -> Any:
        if not 0 <= i < len(self._parents):
            raise IndexError(i)
        return _LocalGradient(self, i)

    @functools.cached_property
    def numbers(self) -> list[float]:
        """All of them as numbers."""
        return self._call.gradients(1.0, [0.0] * len(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.numbers, dtype)

    def grow(self, upstream: float) -> None:
        """Find what becomes of the gradients that the parents have."""
        starts = [parent._grad for parent in self._parents]
        numbers = [g if type(g) is float else 0.0 for g in starts]
        self.grown = list(zip(starts, numbers, self._call.gradients(upstream, numbers), strict=True))


class _LocalGradient:
    """One of them. A backward pass takes each, in order, times upstream, and adds it to the gradient of the parent."""

    def __init__(self, all_of_them: LocalGradients, i: int) -> None:
        self._all = all_of_them
        self._i = i

    def __float__(self) -> float:
        return self._all.numbers[self._i]

    def __mul__(self, upstream: Any) -> Any:
        if isinstance(upstream, Value):
            return float(self) * upstream
        if self._i == 0:
            self._all.grow(upstream)
        return _Share(*self._all.grown[self._i])


class _Share:
    """What adds up with the gradient `start`, which counts as `number`, to `total`."""

    def __init__(self, start: Any, number: float, total: float) -> None:
        self._start = start
        self._number = number
        self._total = total

    def __radd__(self, gradient: Any) -> Any:
        if gradient is self._start and type(gradient) is float:
            return self._total
        return gradient + (self._total - self._number)
