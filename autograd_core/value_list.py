"""Ops on arrays, given lists of Values: `sum([x, y])`, `max`, `logsumexp`, `softmax(logits)`, `vecdot(w, x)`.

The op computes the whole array at once; every entry of its result is a Value of its own, whose
parents are all the numbers that went in. What its local gradients are is written nowhere but in
the op's row, and found by differentiating an array with it; and theirs by differentiating twice.

Sums and sums of products, of which neurons are made, go a shorter way: their entries depend on few
of the numbers, and their local gradients are those of add and multiply. A neuron is one node then.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograd_core import ops
from autograd_core.errors import DTypeError
from autograd_core.ops.op import Op
from autograd_core.recording import enable_grad, thread
from autograd_core.tensor import Tensor
from autograd_core.value import Value, constant, made


class Entry:
    """One entry of what `function` makes of a vector: the op of a Value with a parent for each of its numbers."""

    __slots__ = ("_function", "_place", "name")

    def __init__(self, name: str, function: Callable[[Tensor], Tensor], place: int) -> None:
        self.name = name
        self._function = function
        self._place = place

    def on_numbers(self, *inputs: float) -> float:
        """The entry for other numbers."""
        return float(self._function(Tensor(np.array(inputs))).array.flat[self._place])

    def local_gradients(self, at: Sequence[Value]) -> tuple[Value, ...]:
        """The local gradients at (*inputs, y) as Values, recorded as functions of the same numbers."""
        return tuple(_record(f"∂{self.name}", self._gradient, at[:-1]))

    def _gradient(self, x: Tensor) -> Tensor:
        return _gradient(self._function(x), self._place, x, create_graph=True)


def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Compute `op`, some of whose inputs are (nested) lists with Values; the result is nested as its array would be.

    Errors: DTypeError for a Value that stands alone, or beside what is no number; and the op's own.
    """
    if op in _SHORT_WAYS and not attributes and len(args) == op.arity:
        try:
            return _SHORT_WAYS[op](*args)
        except (_NotPlainError, AttributeError, TypeError):
            pass  # nested lists, or something else than Values in them
    with nullcontext() if thread.recording.tape is None else thread.recording.tape.arrays(op.name):
        return _record_arrays(op, args, attributes)


def _record_arrays(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
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
        if thread.recording.on:
            value.op = Entry(name if y.size == 1 else f"{name}[{place}]", function, place)
            value.parents = tuple(numbers)
            value.local_gradients = tuple(_gradient(y, place, x, create_graph=False).tolist())
    return values.reshape(y.shape).tolist()


def _vector(numbers: Sequence[Value]) -> Tensor:
    return Tensor(np.array([number._data for number in numbers]), requires_grad=True)


def _gradient(y: Tensor, place: int, x: Tensor, create_graph: bool) -> Tensor:
    """∂y[place]/∂x, recorded itself with `create_graph`."""
    if y.requires_grad:
        y.reshape(-1)[place].backward(retain_graph=True, create_graph=create_graph)
    gradient, x.grad = x.grad, None
    return Tensor(np.zeros(x.shape)) if gradient is None else gradient


def _constant(op: Op[Any], number: Any) -> Value:
    if isinstance(number, (int, float, np.number, np.bool_)):
        return constant(float(number))
    raise DTypeError(f"{op.name}: a list of Values holds numbers beside them, not a {type(number).__name__}")


class WeightedSum:
    """The op of Σ aᵢbᵢ + Σ cⱼ: addition copies its upstream gradient, multiplication switches its inputs (deck C)."""

    def __init__(self, name: str, pairs: int) -> None:
        self.name = name
        self.pairs = pairs
        self.starts_with_term = name == "linear"  # as it does with its bias; others start with 0

    def on_numbers(self, *inputs: float) -> float:
        """The sum for other numbers."""
        n = self.pairs
        return _dot(inputs[:n], inputs[n : 2 * n], _total(inputs[2 * n :]))

    def local_gradients(self, at: Sequence[Any]) -> tuple[Any, ...]:
        """Those at (*a, *b, *c, y): numbers for numbers, Values for Values."""
        n = self.pairs
        return self.of(at[:n], at[n : 2 * n], len(at) - 1 - 2 * n)

    @staticmethod
    def of(a: Sequence[Any], b: Sequence[Any], alone: int) -> tuple[Any, ...]:
        """The local gradients by a, by b, and by the `alone` numbers c."""
        return (*b, *a, *(1.0,) * alone)


_weighted_sum = functools.cache(WeightedSum)


class _NotPlainError(Exception):
    """The inputs are not the plain lists of Values that a short way is made for, or do not go together."""


def _sum(x: list[Value]) -> Value:
    return _summed("sum", (*x,), (), (), _total(_numbers(x)))


def _vecdot(a: list[Value], b: list[Value]) -> Value:
    left, right = _numbers(a), _numbers(b)
    return _summed("vecdot", (*a, *b), left, right, _dot(left, right, 0.0))


def _linear(x: list[Value], w: list[list[Value]], b: list[Value]) -> list[Value]:
    inputs, biases = _numbers(x), _numbers(b)
    if len(w) != len(b):
        raise _NotPlainError
    units = []
    for row, unit, bias in zip(w, b, biases, strict=True):
        weights = _numbers(row)
        # The inputs come first, as in the op itself.
        units.append(_summed("linear", (*x, *row, unit), inputs, weights, _dot(inputs, weights, bias)))
    return units


def _numbers(values: list[Value]) -> list[float]:
    return [x._data for x in values]


# Number by number, as it is compiled: Python's own sum of floats makes up for rounding from Python 3.12 on.


def _total(numbers: Sequence[float]) -> float:
    total = 0.0
    for x in numbers:
        total += x
    return total


def _dot(a: Sequence[float], b: Sequence[float], start: float) -> float:
    if len(a) != len(b):
        raise _NotPlainError
    total = start
    for x, y in zip(a, b, strict=True):
        total += x * y
    return total


def _summed(name: str, parents: tuple[Value, ...], a: Sequence[float], b: Sequence[float], y: float) -> Value:
    """The node of y = Σ aᵢbᵢ + Σ cⱼ, whose `parents` are those of a, b and c."""
    if type(y) is not float:  # the data of Tensors or of numpy's numbers, which have some too
        raise _NotPlainError
    op = _weighted_sum(name, len(a))
    return made(op, parents, y, op.of(a, b, len(parents) - 2 * len(a)))


_SHORT_WAYS: dict[Op[Any], Callable[..., Any]] = {ops.sum: _sum, ops.linalg._vecdot: _vecdot, ops.linear: _linear}

Value.record_array_op = staticmethod(record)
