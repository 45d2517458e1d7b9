"""Graph: the nodes, constants and parameters of an ONNX graph while a program is translated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd_core import Place, ones, traced
from nn.errors import OnnxError
from nn.onnx.library import onnx_library
from nn.onnx.program import Above, Constant, Program, Step
from nn.onnx.sizes import Length, Shape, Size, now

Array = npt.NDArray[Any]


class Value(NamedTuple):
    """A tensor in the graph: its name there, and what is known of it."""

    name: str
    shape: Shape
    dtype: np.dtype[Any]
    known: Array | None = None  # its numbers, if they are the same in every run
    step: Step | None = None  # what made it
    parts: tuple[Value, ...] = ()  # tensors that stand for it, where no tensor of the graph is it

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return len(self.shape)


Translation = Callable[..., Any]
"""A function of the graph, the step, and its inputs, which adds nodes and returns the names of the outputs.

It may return NotImplemented for what ONNX has no operator for, before it adds any: an op that is a formula of others is
written as these.
"""


class Graph:
    """What is translated so far. `add` is what translations are made of."""

    def __init__(self, program: Program, translations: dict[str, Translation]) -> None:
        self.onnx = onnx_library()
        self.program = program
        self.nodes: list[Any] = []
        self.initializers: dict[str, Array] = {}
        self.values: dict[Place, Value] = {}
        self._translations = translations
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}
        self._constants: dict[tuple[Any, ...], str] = {}
        self._where: dict[str, tuple[str, int]] = {}  # the input and axis that has an open size
        self._lengths: dict[Size, str] = {}
        self._step: Step | None = None  # that is being translated

    # --- names ------------------------------------------------------------------------------------

    def take(self, name: str) -> str:
        """The name itself, if it is free, or else with a number behind it; it is taken then."""
        wanted, n = name, 0
        while name in self._taken:
            n += 1
            name = f"{wanted}_{n}"
        self._taken.add(name)
        return name

    def _numbered(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, -1) + 1
        return self.take(f"{kind}_{self._counts[kind]}")

    # --- what translations use --------------------------------------------------------------------

    def add(self, kind: str, *inputs: str | Value, outputs: int = 1, **attributes: Any) -> Any:
        """A node of this ONNX operator; returns the name of its output, or of all of several.

        An input "" is one that is left out; so is an attribute that is None.
        """
        name = self._numbered(kind)
        made = [name] if outputs == 1 else [self.take(f"{name}_output_{i}") for i in range(outputs)]
        given = [self.name(x) if isinstance(x, Value) else x for x in inputs]
        while given and given[-1] == "":
            given.pop()
        present = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(self.onnx.helper.make_node(kind, given, made, name=name, **present))
        return made[0] if outputs == 1 else made

    def name(self, value: Value) -> str:
        """The name of a tensor, that must be one in the graph."""
        if value.parts:
            assert value.step is not None
            raise self.refused(value.step, "its states at all steps are used otherwise than a recurrent layer does")
        return value.name

    def constant(self, array: Any, dtype: Any = None) -> str:
        """Numbers, once for all who ask for the same."""
        array = np.asarray(array, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self._numbered("constant")
            self.initializers[self._constants[key]] = array
        return self._constants[key]

    def integers(self, lengths: Iterable[Length]) -> str:
        """Whole numbers as a tensor of one axis, such as a shape; sizes among them are computed."""
        parts: list[str] = []
        run: list[int] = []
        for length in [*lengths, None]:
            if isinstance(length, int):
                run.append(int(length))
                continue
            if run:
                parts.append(self.constant(run, np.int64))
                run = []
            if length is not None:
                parts.append(self.length(length))
        if not parts:
            return self.constant([], np.int64)
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=0)

    def length(self, size: Size) -> str:
        """A size as a tensor of one whole number, computed from the shapes of the inputs."""
        if size not in self._lengths:
            factors = []
            for symbol in size.symbols:
                if symbol not in self._where:
                    line = f" for {self._step.op} {self._step.line}" if self._step else ""
                    raise OnnxError(
                        f"export: the length of an axis, {size.at} here, is needed as a number{line}, and follows from "
                        "the open sizes in a way that a graph does not express; export with fixed sizes"
                    )
                name, axis = self._where[symbol]
                factors.append(self.add("Shape", name, start=axis, end=axis + 1))
            found = factors[0]
            for factor in factors[1:]:
                found = self.add("Mul", found, factor)
            if size.scale != 1:
                found = self.add("Mul", found, self.constant([size.scale], np.int64))
            if size.offset:
                found = self.add("Add", found, self.constant([size.offset], np.int64))
            self._lengths[size] = found
        return self._lengths[size]

    def operand(self, x: Any, dtype: np.dtype[Any]) -> str:
        """A tensor's name; a number or size as a tensor of this dtype, of no axes."""
        if isinstance(x, Value):
            return self.name(x)
        if isinstance(x, Size):
            whole = self.add("Reshape", self.length(x), self.constant([], np.int64))
            return whole if dtype == np.int64 else self.cast(whole, dtype)
        return self.constant(x, dtype)

    def operands(self, step: Step, inputs: Sequence[Any]) -> list[str]:
        """The inputs of an elementwise op, numbers in the dtype of the tensors beside them."""
        dtype = next((x.dtype for x in reversed(inputs) if isinstance(x, Value) and x.dtype != bool), None)
        if dtype is None:
            dtype = self.output_dtype(step)
        return [
            self.cast(x.name, dtype)
            if isinstance(x, Value) and x.dtype.kind == "b" != dtype.kind
            else self.operand(x, dtype)
            for x in inputs
        ]

    def output_dtype(self, step: Step) -> np.dtype[Any]:
        """The dtype of a step's (first) output."""
        return self.program.dtypes[step.outputs[0]]

    def output_shape(self, step: Step) -> Shape:
        """The shape of a step's (first) output."""
        return self.program.shapes[step.outputs[0]]

    def cast(self, name: str, dtype: Any) -> str:
        """The tensor in another dtype."""
        found: str = self.add("Cast", name, to=self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
        return found

    def reshape(self, x: str | Value, shape: Sequence[Length]) -> str:
        """The tensor in another shape; of one open axis the graph finds the length itself."""
        opens = [i for i, n in enumerate(shape) if isinstance(n, Size)]
        if len(opens) == 1 and 0 not in shape and -1 not in shape:
            shape = [-1 if i in opens else n for i, n in enumerate(shape)]
        found: str = self.add("Reshape", x, self.integers(shape), allowzero=1 if 0 in shape else None)
        return found

    def refused(self, step: Step, why: str) -> OnnxError:
        """The error for a step that has no translation, or none in this case."""
        return OnnxError(f"export: {step.op}, {step.line}, cannot be written in ONNX: {why}")

    def fixed_length(self, step: Step, length: Length, what: str) -> int:
        """A length that the graph cannot leave open."""
        if isinstance(length, Size):
            raise self.refused(step, f"{what} must be a fixed number, and depends on an open size ({length})")
        return length

    # --- a whole program --------------------------------------------------------------------------

    def add_input(self, place: Place, name: str, symbols: dict[int, str]) -> None:
        """An input of the graph; `symbols` says which of its axes are open."""
        self._taken.add(name)
        self.values[place] = Value(name, self.program.shapes[place], self.program.dtypes[place])
        for axis, symbol in symbols.items():
            self._where.setdefault(symbol, (name, axis))

    def value(self, place: Place) -> Value:
        """A tensor of the program, in the graph."""
        if place not in self.values:
            self.values[place] = self._leaf(place)
        return self.values[place]

    def _leaf(self, place: Place) -> Value:
        """A tensor that no step of the graph makes: a parameter, or a constant."""
        program = self.program
        shape, dtype = program.shapes[place], program.dtypes[place]
        if place in program.names:
            name = program.names[place]
            self.initializers[name] = program.value(place)
            return Value(name, shape, dtype)
        fixed = program.fixed(place)
        if fixed is None:
            raise AssertionError(f"tensor {place} is used before it is made")
        if isinstance(fixed, Constant):
            name = self.constant(fixed.array)
            if fixed.array.shape != tuple(map(now, shape)):
                name = self.add("Expand", name, self.integers(shape))
            return Value(name, shape, dtype, fixed.array)
        if isinstance(fixed, Above):
            whole = self.add("Expand", self.constant(fixed.number), self.integers(shape))
            return Value(self.add("Trilu", whole, self.constant(1, np.int64), upper=1), shape, dtype)
        count = self.operand(fixed.length, np.dtype(np.int64))
        name = self.add("Range", self.constant(0, np.int64), count, self.constant(1, np.int64))
        return Value(name if dtype == np.int64 else self.cast(name, dtype), shape, dtype)

    def translate(self) -> None:
        """Translate all steps that the results need, and whose own depend on inputs or parameters."""
        needed = self.program.needed()
        for step in self.program.steps:
            if any(place in needed and self.program.fixed(place) is None for place in step.outputs):
                inputs = [self.value(x) if isinstance(x, Place) else x for x in step.inputs]
                for place, value in zip(step.outputs, self.run(step, inputs), strict=True):
                    self.values[place] = value

    def run(self, step: Step, inputs: Sequence[Any]) -> list[Value]:
        """Translate one step of these inputs; returns its outputs."""
        self._step = step
        translation = self._translations.get(step.op)
        made = NotImplemented if translation is None else translation(self, step, *inputs)
        if made is NotImplemented:
            if step.formula is not None:
                return [self._by_formula(step, inputs)]
            if not any(place in self.program.dependent for place in step.outputs):
                return [self._folded(place) for place in step.outputs]
            if not step.inputs or "generator" in step.attributes:
                raise self.refused(step, "it draws random numbers, which would be the same in every run")
            raise self.refused(
                step,
                "there is no translation for this op; compute it by others, or add one with "
                f"@nn.onnx.translates({step.op!r})",
            )
        found = []
        made = [made] if isinstance(made, (str, Value)) else made
        for place, name in zip(step.outputs, made, strict=True):
            parts = name.parts if isinstance(name, Value) else ()
            label = name.name if isinstance(name, Value) else name
            found.append(Value(label, self.program.shapes[place], self.program.dtypes[place], None, step, parts))
        return found

    def _folded(self, place: Place) -> Value:
        """What is computed from parameters by an op that ONNX lacks, as it is now."""
        array = self.program.value(place)
        return Value(self.constant(array), array.shape, array.dtype)

    def _by_formula(self, step: Step, inputs: Sequence[Any]) -> Value:
        """An elementwise op that is a formula of others, by these."""
        assert step.formula is not None
        tensors = [x for x in inputs if isinstance(x, Value)]
        formula = step.formula

        def of_tensors(*given: Any) -> Any:
            rest = iter(given)
            return formula(
                *[next(rest) if isinstance(x, Value) else now(x) if isinstance(x, Size) else x for x in inputs]
            )

        if any(isinstance(x, Size) for x in inputs):
            raise self.refused(step, "a number in it depends on an open size")
        found = traced(of_tensors, *[ones((), dtype=x.dtype) for x in tensors])
        known: dict[Place, Value] = dict(zip(found.arguments, tensors, strict=True))
        shape, dtype = self.output_shape(step), self.output_dtype(step)
        for call in found.calls:
            given = [self._inlined(known, found, x) if isinstance(x, Place) else x for x in call.inputs]
            inner = Step(call.op, call.inputs, call.attributes, step.outputs, step.line, call.formula)
            translation = self._translations.get(call.op)
            made = NotImplemented if translation is None else translation(self, inner, *given)
            if made is NotImplemented and call.formula is None:
                raise self.refused(inner, f"there is no translation for {call.op}, of which {step.op} is made")
            made = self._by_formula(inner, given).name if made is NotImplemented else made
            known[call.outputs[0]] = Value(made, shape, found.tensors[call.outputs[0]].dtype)
        result = known[found.result]
        return Value(result.name, shape, dtype, None, step)

    def _inlined(self, known: dict[Place, Value], found: Any, place: Place) -> Value:
        if place not in known:
            array = found.tensors[place].numpy()
            known[place] = Value(self.constant(array), array.shape, array.dtype, array)
        return known[place]


__all__ = ["Graph", "Translation", "Value"]
