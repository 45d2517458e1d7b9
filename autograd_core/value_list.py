"""Ops on arrays, given lists of Values: `sum([x, y])`, `max`, `logsumexp`, `softmax(logits)`, `matmul(w, x)`.

The op computes the whole array at once; every entry of its result is a Value of its own, whose
parents are all the numbers that went in. What its local gradients are is written nowhere but in
the op's row, and found by differentiating an array with it; and theirs by differentiating twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_core.errors import DTypeError
from autograd_core.graph import enable_grad, recording
from autograd_core.ops.definition import Op
from autograd_core.tensor import Tensor
from autograd_core.value import Value


class Entry:
    """One entry of what `function` makes of a vector: the op of a Value with a parent for each of its numbers."""

    __slots__ = ("_function", "_place", "name")

    def __init__(self, name: str, function: Callable[[Tensor], Tensor], place: int) -> None:
        self.name = name
        self._function = function
        self._place = place

    def local_gradients(self, at: Sequence[Value]) -> tuple[Value, ...]:
        """The local gradients at (*inputs, y) as Values, recorded as functions of the same numbers."""
        return tuple(_record(f"∂{self.name}", self._gradient, at[:-1]))

    def _gradient(self, x: Tensor) -> Tensor:
        return _gradient(self._function(x), self._place, x, create_graph=True)


def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Compute `op`, some of whose inputs are (nested) lists with Values; the result is nested as its array would be.

    Errors: DTypeError for a Value that stands alone, or beside what is no number; and the op's own.
    """
    inputs, attributes = op.split(args, attributes)
    numbers: list[Value] = []
    parts: list[Any] = []  # of each input: its shape and where it stands among the numbers, or the constant it is
    for argument in inputs:
        array = np.array(argument, dtype=object)
        if not any(isinstance(x, Value) for x in array.flat):
            parts.append(np.asarray(argument))
        elif isinstance(argument, Value):
            raise DTypeError(f"{op.name} works on arrays and a Value is a single number; pass a list, or use a Tensor")
        else:
            parts.append((array.shape, slice(len(numbers), len(numbers) + array.size)))
            numbers += [x if isinstance(x, Value) else _constant(op, x) for x in array.flat]

    def function(x: Tensor) -> Any:
        arrays = [x[part[1]].reshape(part[0]) if isinstance(part, tuple) else part for part in parts]
        return op(*arrays, **attributes)

    return _record(op.name, function, numbers) if op.differentiable else function(_vector(numbers)).tolist()


def _record(name: str, function: Callable[[Tensor], Tensor], numbers: Sequence[Value]) -> Any:
    """function(numbers), nested as its array is; every entry is a Value that remembers it."""
    with enable_grad():
        x = _vector(numbers)
        y = function(x)
    values = np.empty(y.size, object)
    for place, number in enumerate(y.array.flat):
        values[place] = value = Value(number)
        if recording.on:
            value.op = Entry(name if y.size == 1 else f"{name}[{place}]", function, place)
            value.parents = tuple(numbers)
            value.local_gradients = tuple(_gradient(y, place, x, create_graph=False).tolist())
    return values.reshape(y.shape).tolist()


def _vector(numbers: Sequence[Value]) -> Tensor:
    return Tensor(np.array([number.data for number in numbers]), requires_grad=True)


def _gradient(y: Tensor, place: int, x: Tensor, create_graph: bool) -> Tensor:
    """∂y[place]/∂x, recorded itself with `create_graph`."""
    if y.requires_grad:
        y.reshape(-1)[place].backward(retain_graph=True, create_graph=create_graph)
    gradient, x.grad = x.grad, None
    return Tensor(np.zeros(x.shape)) if gradient is None else gradient


def _constant(op: Op[Any], number: Any) -> Value:
    if isinstance(number, (int, float, np.number, np.bool_)):
        return Value(float(number))
    raise DTypeError(f"{op.name}: a list of Values holds numbers beside them, not a {type(number).__name__}")
