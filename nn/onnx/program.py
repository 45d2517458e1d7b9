"""Program: what a model computes, the same for all sizes of its open axes.

It is made of traces: two of the inputs that the model is exported with and, for each axis that is left open, others in
which that axis alone has another size. They must be the same ops on the same tensors. Numbers in which they differ are
written as a `Size`; whatever else differs depends on the size, and is refused with the line that computed it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd_core import Place, Tensor, Trace
from nn.errors import OnnxError
from nn.onnx.sizes import Sample, Shape, Size, fit

Array = npt.NDArray[Any]


class Step(NamedTuple):
    """One op of the program. Inputs are places, Python's numbers, and sizes."""

    op: str
    inputs: tuple[Any, ...]
    attributes: dict[str, Any]
    outputs: tuple[Place, ...]
    line: str
    formula: Callable[..., Any] | None


class Constant(NamedTuple):
    """Numbers that are the same in every run, spread over `shape` where that has more than one along an axis of 1."""

    array: Array
    shape: Shape


class Counting(NamedTuple):
    """0, 1, 2, ..., so many of them."""

    length: Size
    dtype: np.dtype[Any]


class Above(NamedTuple):
    """A matrix of 0 with one number above the diagonal, as causal masks are."""

    number: np.generic
    shape: Shape


Fixed = Constant | Counting | Above


class Program:
    """Steps in order, the shapes of all tensors, and those that are no step's: arguments, parameters, constants."""

    def __init__(
        self,
        base: Trace,
        others: Sequence[Trace],
        samples: Sequence[Sample],
        sizes: dict[str, int],
        state: dict[str, Tensor],
    ) -> None:
        self._samples, self._sizes = samples, sizes
        self._traces = [base, *others]
        self._check_alike(base, others)
        self.steps = [self._step(i) for i in range(len(base.calls))]
        self.arguments = base.arguments
        self.result = base.result
        # Of several names for one tensor the first, which is that of `named_parameters()`.
        self.names = {
            place: name for name, tensor in reversed(state.items()) if (place := base.place(tensor)) is not None
        }
        self.dtypes = [tensor.dtype for tensor in base.tensors]
        self.shapes: list[Shape] = [self._shape(Place(i)) for i in range(len(base.tensors))]
        self._made = {place for step in self.steps for place in step.outputs}
        self._fixed: dict[Place, Fixed | None] = {}
        self._of_state = self._computed_from(set(self.names))
        self.dependent = base.dependent | self._computed_from(self._drawn())

    def fixed(self, place: Place) -> Fixed | None:
        """What a tensor holds that depends on neither inputs nor parameters; None for one that does.

        Errors: OnnxError for a tensor that no op made and whose numbers depend on the size of an open axis.
        """
        if place not in self._fixed:
            depends = place in self.dependent or place in self._of_state
            self._fixed[place] = None if depends else self._constant(place)
        return self._fixed[place]

    def needed(self) -> set[Place]:
        """The places of the results, and of all that they were computed from."""
        found = set(places_in(self.result))
        for step in reversed(self.steps):
            if not found.isdisjoint(step.outputs):
                found.update([x for x in step.inputs if isinstance(x, Place)])
        return found

    def value(self, place: Place) -> Array:
        """The numbers of a tensor in the run with the inputs that the model is exported with."""
        return self._traces[0].tensors[place].numpy()

    def _drawn(self) -> set[Place]:
        """Random numbers: of ops without inputs, or with a generator. They are no constants."""
        drawn = [step for step in self.steps if not step.inputs or "generator" in step.attributes]
        return {place for step in drawn for place in step.outputs}

    def _computed_from(self, found: set[Place]) -> set[Place]:
        for step in self.steps:
            if not found.isdisjoint([x for x in step.inputs if isinstance(x, Place)]):
                found.update(step.outputs)
        return found

    def _constant(self, place: Place) -> Fixed | None:
        arrays = [trace.tensors[place].numpy() for trace in self._traces]
        shape = self.shapes[place]
        first = arrays[0]
        counts = first.dtype.kind in "iu" and all(np.array_equal(x, np.arange(x.size)) for x in arrays)
        if counts and len(shape) == 1 and isinstance(shape[0], Size):
            return Counting(shape[0], first.dtype)
        if len(shape) == 2 and all(isinstance(n, Size) for n in shape):
            numbers = {x[0, -1] for x in arrays if x.shape[1] > 1}
            if len(numbers) == 1:
                (number,) = numbers
                if all(_same(np.triu(np.full_like(x, number), 1), x) for x in arrays):
                    return Above(number, shape)
        once = tuple([slice(0, 1) if isinstance(n, Size) else slice(None) for n in shape])
        kept = first[once]
        if all(_same(np.broadcast_to(kept, x.shape), x) for x in arrays):
            return Constant(kept, shape)
        if place in self._made:
            return None  # the graph computes it
        line = next((step.line for step in self.steps if place in step.inputs), "in its forward method")
        raise self._depends(f"a constant of shape {first.shape} that no op computed, used", line)

    # --- what the traces have in common -----------------------------------------------------------

    def _symbols(self) -> str:
        return " or ".join(sorted({repr(sample.symbol) for sample in self._samples if sample.symbol}))

    def _depends(self, what: str, line: str) -> OnnxError:
        if not self._symbols():
            return OnnxError(
                f"export: {what} {line}, is another in every run; a graph computes the same each time: compute it from "
                "the inputs, and draw no random numbers"
            )
        return OnnxError(
            f"export: {what} {line}, depends on the size of {self._symbols()} in a way that a graph does not express; "
            "compute it by ops from the input, or export with fixed sizes (without `dynamic`)"
        )

    def _check_alike(self, base: Trace, others: Sequence[Trace]) -> None:
        for other in others:
            for mine, its in zip(base.calls, other.calls, strict=False):
                if (mine.op, mine.outputs, len(mine.inputs)) != (its.op, its.outputs, len(its.inputs)):
                    raise self._depends(f"which op comes next ({mine.op} or {its.op})", mine.line)
            if len(base.calls) != len(other.calls) or base.result != other.result:
                line = base.calls[-1].line if base.calls else "in its forward method"
                raise self._depends("how much the model computes", line)

    def _step(self, index: int) -> Step:
        calls = [trace.calls[index] for trace in self._traces]
        first = calls[0]

        def merged(what: str, values: list[Any]) -> Any:
            found = self._merged(values)
            if found is _DIFFER:
                raise self._depends(f"{what} of {first.op} ({values[0]!r}, and elsewhere {values[-1]!r})", first.line)
            return found

        inputs = tuple([merged("an input", list(each)) for each in zip(*[call.inputs for call in calls], strict=True)])
        attributes = {key: merged(key, [call.attributes[key] for call in calls]) for key in first.attributes}
        return Step(first.op, inputs, attributes, first.outputs, first.line, first.formula)

    def _shape(self, place: Place) -> Shape:
        shapes = [trace.tensors[place].shape for trace in self._traces]
        if len({len(shape) for shape in shapes}) > 1:
            raise self._depends(f"how many axes a tensor of shape {shapes[0]} has", "in its forward method")
        lengths = [self._merged(list(each)) for each in zip(*shapes, strict=True)]
        # One that follows no rule, as behind a stride, is refused where it is asked for, which it rarely is.
        return tuple(
            [
                Size(1, (f"length_{place:d}_{axis}",), 0, at) if found is _DIFFER else found
                for axis, (found, at) in enumerate(zip(lengths, shapes[0], strict=True))
            ]
        )

    def _merged(self, values: list[Any]) -> Any:
        """One value for all traces, in which numbers that differ are sizes; `_DIFFER` if there is none."""
        first = values[0]
        if any(type(value) is not type(first) for value in values):
            return _DIFFER
        if isinstance(first, (tuple, list)):
            if any(len(value) != len(first) for value in values):
                return _DIFFER
            parts = [self._merged(list(each)) for each in zip(*values, strict=True)]
            return _DIFFER if any(part is _DIFFER for part in parts) else type(first)(parts)
        if isinstance(first, slice):
            parts = [self._merged([getattr(v, name) for v in values]) for name in ("start", "stop", "step")]
            return _DIFFER if any(part is _DIFFER for part in parts) else slice(*parts)
        if isinstance(first, np.ndarray):
            return first if all(_same(first, value) for value in values) else _DIFFER
        if type(first) is int:
            found = fit(self._sizes, self._samples, first, values[1:])
            return _DIFFER if found is None else found
        if isinstance(first, float) and all(value.is_integer() for value in values):
            found = fit(self._sizes, self._samples, int(first), [int(value) for value in values[1:]])
            return _DIFFER if found is None else first if isinstance(found, int) else found
        same = all(value is first or value == first or repr(value) == repr(first) for value in values)  # nan is nan
        return first if same else _DIFFER


_DIFFER = object()


def places_in(result: Any) -> list[Place]:
    """The places in nested tuples, lists and dictionaries, in order."""
    if isinstance(result, Place):
        return [result]
    parts = result.values() if isinstance(result, dict) else result
    return [place for part in parts for place in places_in(part)]


def _same(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


__all__ = ["Above", "Constant", "Counting", "Fixed", "Program", "Step", "places_in"]
