"""The graph and the backward pass: which op made what from what, and how gradients flow back.

Nothing here knows an op, a float or an array: a node says which op made it (`op`), from which
nodes (`parents`), and the op knows its own derivatives (`ops/definition.py`).

Ownership runs one way only, from a result to what it was made from, so reference counting
alone frees a graph as soon as its result is dropped: no cycles, nothing left for `gc`.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core.errors import AnomalyError, GraphError
from autograd_core.kernels import memory

if TYPE_CHECKING:
    from autograd_core.ops.op import Op


class Recorded:
    """Base of what ops record when they are called with it: `Value` and `Tensor`."""

    __slots__ = ()

    parents: tuple[Any, ...]

    @staticmethod
    def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Compute `op` and, if recording is on, remember it."""
        raise NotImplementedError

    @classmethod
    def record_elements(cls, op: Op[Any], args: tuple[Any, ...]) -> Any:
        """`record` of an elementwise op given lists with such in them; a class may do better."""
        return cls.record(op, args, {})

    @classmethod
    def record_one(cls, op: Op[Any], x: Any) -> Any:
        """`record` of an op with one input; a class may do better."""
        return cls.record(op, (x,), {})

    @classmethod
    def record_two(cls, op: Op[Any], a: Any, b: Any) -> Any:
        """`record` of an op with two inputs; a class may do better."""
        return cls.record(op, (a, b), {})


class _Recording(threading.local):
    on = True
    anomaly = False
    number_dtype: Any = None  # of Python's floats where nothing else says one; None is the default dtype

    def __init__(self) -> None:
        # Inf and nan are numbers too; detect_anomaly() is what looks for them, not numpy's warnings. Running in this
        # context, where those are off, costs nothing; `with np.errstate` takes longer than a small op.
        self.quiet = contextvars.copy_context()
        self.quiet.run(np.seterr, all="ignore")


recording = _Recording()


class _SetRecording(contextlib.ContextDecorator):
    _on: bool

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """As a decorator it may do without parentheses."""
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        self._before: list[bool] = []  # a stack, for one object may be entered many times over

    def __call__(self, function: Callable[..., Any]) -> Any:
        """The function, run within this; a generator function, too, whose body runs after it was called."""
        if not inspect.isgeneratorfunction(function):
            return super().__call__(function)

        @functools.wraps(function)
        def stepwise(*args: Any, **named: Any) -> Any:
            generator = function(*args, **named)
            step: Callable[[], Any] = functools.partial(next, generator)
            while True:
                with type(self)():
                    try:
                        made = step()
                    except StopIteration as end:
                        return end.value
                try:
                    sent = yield made
                    step = functools.partial(generator.send, sent)
                except GeneratorExit:
                    generator.close()
                    raise
                except BaseException as error:
                    step = functools.partial(generator.throw, error)

        return stepwise

    def __enter__(self) -> None:
        self._before.append(recording.on)
        recording.on = self._on

    def __exit__(self, *_: object) -> None:
        recording.on = self._before.pop()


class no_grad(_SetRecording):
    """Within it, or in a function decorated with it, this thread records nothing.

    >>> from autograd_core import Value, no_grad
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.parents
    ()
    """

    _on = False


class enable_grad(_SetRecording):
    """Switch recording on again inside `no_grad`."""

    _on = True


class detect_anomaly(contextlib.ContextDecorator):
    """Within it, the first op whose result or gradient is nan or infinite raises an AnomalyError that names it.

    Put both the forward and the backward pass into it: the error then says in which line of your
    program the op was recorded. It is slow; take it out again.
    """

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(recording.anomaly)
        recording.anomaly = True

    def __exit__(self, *_: object) -> None:
        recording.anomaly = self._before.pop()


class Node:
    """One recorded op on arrays: what the backward pass needs of it, and nothing else.

    `parents` has one entry an input: the Node that made it, the leaf Tensor that it is, or None
    where no gradient is wanted. `saved` holds the arrays that the op's rules name: inputs in
    order and the output last, None where nothing is needed. `Op.node` makes them.
    """

    __slots__ = (
        "__weakref__",
        "attributes",
        "dtype",
        "hooks",
        "line",
        "op",
        "parents",
        "retained",
        "saved",
        "shape",
        "shapes",
    )

    op: Op[Any]
    parents: tuple[Any, ...]
    saved: Sequence[Any] | None  # None once released
    shapes: tuple[tuple[int, ...], ...] | None  # of the inputs, where a rule asks for one
    attributes: dict[str, Any]
    shape: tuple[int, ...]  # of the output
    dtype: Any
    retained: Any  # weak reference to the Tensor whose .grad is asked for, or None
    hooks: list[Any] | None  # called with the gradient when it is complete
    line: str | None  # where in the user's program it was recorded, within detect_anomaly()


def topological_order(root: Any) -> list[Any]:
    """Every node that `root` depends on, each after all of its parents; `root` comes last.

    Depth-first and iterative, so a chain of a million nodes needs no recursion. The order
    depends on the graph alone, so gradients are summed in the same order in every run.
    """
    order: list[Any] = []
    seen: set[Any] = {None}
    stack = [root]
    pop, push, extend, append = stack.pop, stack.append, stack.extend, order.append
    see, is_seen = seen.add, seen.__contains__
    finished = object()  # on the stack above a node whose parents have all been placed
    while stack:
        node = pop()
        if node is finished:
            append(pop())
        elif node not in seen:
            see(node)
            if node.parents:
                push(node)
                push(finished)
                # Of many parents most have been seen: weights, by the neuron before. It saves pushing them.
                extend(node.parents if len(node.parents) < 4 else itertools.filterfalse(is_seen, node.parents))
            else:
                append(node)
    return order


def backpropagate(
    root: Any,
    gradient: Any,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    wanted: Iterable[Any] | None = None,
) -> dict[Any, Any]:
    """Gradients of `root`, times `gradient`, for every leaf (or for the `wanted` nodes and leaves).

    The chain rule, once through the graph backwards: when a node is reached, all that follows
    it has been, so its upstream gradient is complete; each parent then gets its share.
    With `create_graph` the gradients are Tensors and are recorded themselves.
    """
    order = topological_order(root)
    kept = None if wanted is None else set(wanted)
    needed = None if kept is None else _leads_to(order, kept)
    upstream: dict[Any, Any] = {root: gradient}
    result: dict[Any, Any] = {}
    anomaly = recording.anomaly
    while order:
        node = order.pop()  # popping frees what has been passed, while the rest is still at work
        total = upstream.pop(node, None)
        if total is None:
            continue
        is_leaf = type(node) is not Node
        if node.hooks is not None:
            total = _hooked(node, total, create_graph)
        if (is_leaf and kept is None) or (kept is not None and node in kept):
            result[node] = total
        if is_leaf:
            continue
        if node.retained is not None and (tensor := node.retained()) is not None:
            tensor.accumulate(total)
        if node.saved is None:
            raise GraphError(
                f"{node.op.name}: this graph was differentiated before and its saved arrays are released; "
                "call the first backward(retain_graph=True), or compute the result again"
            )
        found: dict[Any, Any] = {}
        for index, parent in enumerate(node.parents):
            if parent is None or (needed is not None and parent not in needed):
                continue
            share = node.op.pull_back(node, index, parent, total, create_graph, found)
            if share is None:
                continue
            if anomaly:
                _check_finite(node, share)
            before = upstream.get(parent)
            upstream[parent] = share if before is None else _sum(before, share)
        if not (retain_graph or create_graph):
            node.saved = None
    return result


def _sum(a: Any, b: Any) -> Any:
    """The sum of two shares of a gradient: numbers, arrays or, with create_graph, Tensors."""
    if type(a) is np.ndarray and a.nbytes >= memory.LARGE_RESULT:
        return memory.compute(np.add, a, b)  # type: ignore[no-untyped-call]  # as all kernels are
    return a + b


def _hooked(node: Any, gradient: Any, create_graph: bool) -> Any:
    """What the hooks make of a complete gradient; one that returns None leaves it as it is."""
    for hook in node.hooks:
        changed = hook(gradient)
        if changed is not None:
            gradient = changed if create_graph else getattr(changed, "array", changed)
    return gradient


def _check_finite(node: Node, share: Any) -> None:
    share = getattr(share, "array", share)
    if not np.isfinite(share).all():
        raise AnomalyError(
            f"the gradient that {node.op.name} passes back {_what_is_wrong(share)}; it was recorded "
            f"{node.line or 'outside detect_anomaly(): put the forward pass into it too, to see where'}"
        )


def check_output(name: str, output: Any) -> str:
    """Within detect_anomaly(): the line of the user's program that runs this op, whose output must be finite."""
    line = _users_line()
    if output.dtype.kind == "f" and not np.isfinite(output).all():
        raise AnomalyError(f"the result of {name} {_what_is_wrong(output)}; it was computed {line}")
    return line


def _what_is_wrong(array: Any) -> str:
    return "has a nan" if np.isnan(array).any() else "has an infinity"


def _users_line() -> str:
    """The innermost line that is not this package's own."""
    package = os.path.dirname(__file__)
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
    return f"at {frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}"


def _leads_to(order: list[Any], kept: set[Any]) -> set[Any]:
    """The nodes of `order` from which a path of parents reaches one of `kept`."""
    found: set[Any] = set()
    for node in order:
        if node in kept or any(parent in found for parent in node.parents):
            found.add(node)
    return found
