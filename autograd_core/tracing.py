"""Trace: what a function of Tensors computed, op by op, for those who translate it into another language.

A trace is one run, written down. What Python decided meanwhile (`if`, loops) is in it as it was decided, and numbers
that left the graph for Python (`item()`, `numpy()`) are constants when they come back; a warning says where.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_core import ops
from autograd_core.errors import ArgumentError, DTypeError, GraphError
from autograd_core.ops.definition import Elementwise, LocalProduct
from autograd_core.ops.op import Op
from autograd_core.recording import no_grad, thread, users_line
from autograd_core.tensor import Tensor
from autograd_core.transforms import leaves_of, map_tree

__all__ = ["Call", "Place", "Trace", "traced"]


class Place(int):
    """The number of a tensor in a trace: `trace.tensors[place]` is that tensor."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"tensor {int(self)}"


class Call(NamedTuple):
    """One op that was computed."""

    op: str
    """The op's name."""
    inputs: tuple[Any, ...]
    """A Place for each tensor or array, and Python's numbers."""
    attributes: dict[str, Any]
    """The op's other arguments, with defaults filled in."""
    outputs: tuple[Place, ...]
    line: str
    """Where in the user's program it was computed, for messages."""
    formula: Callable[..., Any] | None
    """For an elementwise op that is a formula of other ops: this formula, a function of its inputs."""


class Trace:
    """The calls of a function, in order, and the tensors that they were of."""

    def __init__(self, fixed: Iterable[Tensor] = ()) -> None:
        self.tensors: list[Tensor] = []
        self.calls: list[Call] = []
        self.arguments: list[Place] = []
        """The places of the tensors that the function was given, in order."""
        self.result: Any = None
        """What the function returned, with a Place for each tensor."""
        self.dependent: set[Place] = set()
        """The places of all that was computed from the arguments, and of these."""
        self._places: dict[int, Place] = {}  # by the id of an array; the tensors keep the arrays alive,
        self._kept: list[Any] = []  # and this those that leaves were assigned
        self._fixed = {id(tensor) for tensor in fixed}
        self._warned: set[str] = set()

    def place(self, tensor: Tensor) -> Place | None:
        """Where a tensor is in this trace, or None if no op was given it. One that is detached is the same."""
        return self._places.get(id(tensor.array))

    # --- what a thread that records tells its capture -------------------------------------------

    def execute(self, op: Op[Any], args: Sequence[Any], arrays: Sequence[Any], attributes: dict[str, Any]) -> Any:
        """What the op makes of arrays; noted."""
        inputs = tuple([self._of_input(x) if isinstance(x, np.ndarray) else x for x in arrays])
        results = op.execute(arrays, attributes)
        several = type(results) is tuple
        made = [np.asarray(y) for y in (results if several else (results,))]
        if any(id(y) in self._places for y in made):  # an op that gives back what it was given: a place of its own
            made = [y.view() if id(y) in self._places else y for y in made]
        outputs = tuple([self._add(y) for y in made])
        if any(x in self.dependent for x in inputs if isinstance(x, Place)):
            self.dependent.update(outputs)
        self.calls.append(Call(op.name, inputs, op.defaults | attributes, outputs, users_line(), _formula_of(op)))
        return tuple(made) if several else made[0]

    def reads(self, tensor: Tensor) -> None:
        """What looks at the same numbers is in the same place."""

    def refuse(self, tensor: Tensor, what: str) -> None:
        """Python is given numbers: say so where they are computed from arguments, for what it does is not in here."""
        if self.place(tensor) not in self.dependent:
            return
        message = (
            f"traced: {what} of a tensor of shape {tensor.shape} was asked for {users_line()}; what depends on it in "
            "Python stays as it was for these inputs: choose by where(condition, a, b) instead of if"
        )
        if message not in self._warned:
            self._warned.add(message)
            warnings.warn(message, stacklevel=2)

    def refuse_work(self, what: str, instead: str) -> None:
        """Python's work around ops, such as a hook's, is fine: the ops that it calls are noted."""

    def depends_on(self, owner: Any, name: str) -> None:
        """A trace is one run, whatever it depended on."""

    def assigned(self, leaf: Tensor, value: Any, dtype: np.dtype[Any]) -> Any:
        """The array for a leaf that is given a new value: what reads it from now on reads that."""
        if id(leaf) in self._fixed:
            raise _state_changes(leaf)
        if not isinstance(value, Tensor):
            return np.array(value, dtype=dtype)
        new: Any = value if value.dtype == dtype else ops.astype(value, dtype)
        array = new.array.view()
        self._places[id(array)] = self._of_input(new.array)
        self._kept.append(array)
        return array

    def update(self, update: Any, tensors: Sequence[Tensor]) -> None:
        """Refused: an optimiser is there to change state."""
        raise _state_changes(tensors[-1])

    def advance(self, function: Callable[[], Any], recount: Any) -> Any:
        """The updates of an optimiser, which are refused one by one."""
        return function()

    def changes_argument(self, leaf: Tensor, what: str) -> None:
        """That it requires a gradient changes no number."""

    def sets_gradient(self, leaf: Tensor) -> None:
        """A gradient within the function is computed by ops, which are noted."""

    def accumulates(self, leaf: Tensor) -> Tensor | None:
        """As `sets_gradient`."""
        return leaf.current_gradient

    def gradient_of(self, leaf: Tensor) -> Tensor | None:
        """The .grad of a leaf."""
        return leaf.current_gradient

    # --- within ---------------------------------------------------------------------------------

    def _of_input(self, array: Any) -> Place:
        known = self._places.get(id(array))
        return self._add(array) if known is None else known

    def _add(self, array: Any) -> Place:
        """A new place. It holds the array, not a leaf that has it now and may be given another."""
        place = Place(len(self.tensors))
        self.tensors.append(Tensor.of(array))
        self._places[id(array)] = place
        return place

    def run(self, function: Callable[..., Any], inputs: Sequence[Tensor]) -> None:
        """Write down what the function computes from tensors."""
        for x in inputs:
            self.arguments.append(self._add(x.array))
        self.dependent.update(self.arguments)
        with _writing(self), no_grad():
            result = function(*inputs)
        self.result = map_tree(self._of_result, result)

    def _of_result(self, y: Any) -> Place:
        if not isinstance(y, Tensor):
            raise DTypeError(f"traced: the function must return tensors, got a {type(y).__name__}")
        return self._of_input(y.array)


def _state_changes(leaf: Tensor) -> GraphError:
    return GraphError(
        f"traced: a tensor of shape {leaf.shape} was changed {users_line()}; a trace holds what is computed from the "
        "inputs, and no state that changes: return the new value, or call eval() first"
    )


def _formula_of(op: Op[Any]) -> Callable[..., Any] | None:
    """What an elementwise op is made of, unless it is numpy's own function."""
    if isinstance(op, LocalProduct):
        return op.formula
    return op.row if isinstance(op, Elementwise) and op.on_arrays == op.by_kernel else None


@contextlib.contextmanager
def _writing(into: Trace) -> Iterator[None]:
    thread.recording.capture, thread.recording.watched = into, True
    try:
        yield
    finally:
        thread.recording.capture, thread.recording.watched = None, thread.recording.anomaly


def traced(function: Callable[..., Any], *inputs: Any, fixed: Iterable[Tensor] = ()) -> Trace:
    """Run `function(*inputs)`, and return what it computed: every op with its inputs and arguments, in order.

    Inputs are tensors, or what becomes one; it returns tensors, in tuples, lists and dictionaries if there are several.
    Nothing is recorded for gradients, but for what the function differentiates itself. What Python decides is in the
    trace as decided for these inputs: there is a warning for each line that asks for numbers computed from them.
    Tensors that it changes in place are followed; those that are `fixed`, such as a module's, must not be.
    Errors: GraphError for a function that changes those, or runs an optimiser, and within a trace, a compiled
    function's capture or vmap; DTypeError for what is no tensor.

    >>> import autograd_core as ag
    >>> found = ag.traced(lambda x: ag.tanh(x) * 2.0, ag.ones(3))
    >>> [(call.op, call.inputs, call.outputs) for call in found.calls]
    [('tanh', (tensor 0,), (tensor 1,)), ('multiply', (tensor 1, 2.0), (tensor 2,))]
    >>> found.result
    tensor 2
    """
    if not callable(function):
        raise ArgumentError(f"traced: takes a function and what to call it with, got a {type(function).__name__}")
    if thread.recording.capture is not None or thread.recording.level is not None:
        raise GraphError("traced: not within another trace, a function that is being compiled, or vmap")
    copies = [Tensor(x) for x in inputs]  # of their own, so that no two share an array
    found = Trace(fixed)
    found.run(function, copies)
    if not leaves_of(found.result):
        raise DTypeError("traced: the function returned no tensor")
    return found
