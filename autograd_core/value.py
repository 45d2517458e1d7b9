"""Value: a float in the graph, the engine in its smallest form.

Each Value knows what the lectures say a node knows, and no more: its inputs (`parents`), its
output (`data`), its local gradients, and, after `backward()`, its own gradient (`grad`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from autograd_core.errors import DTypeError, GraphError
from autograd_core.graph import topological_order
from autograd_core.operators import Operators
from autograd_core.ops.definition import Elementwise, check_local_gradient
from autograd_core.ops.op import Op
from autograd_core.recording import Recorded, refuse_to_compile, taping, thread

if TYPE_CHECKING:
    from autograd_core.argument_types import ValueLike  # noqa: F401 - in quotes below


class Value(Operators["Value", bool, "ValueLike"]):
    """A number that remembers how it was computed.

    `v.data` is the number; `float(v)`, and so `math.exp(v)`, is refused with a TypeError, for what comes of it would be
    a constant to the graph: `autograd_core.exp` records.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> f.data, x.grad, y.grad, z.grad
    (-12.0, -4.0, -4.0, 3.0)
    """

    __slots__ = ("__weakref__", "_data", "_grad", "label", "local_gradients", "op", "parents")

    _data: float
    _grad: Any  # a float, or a Value after backward(create_graph=True)
    record_array_op: ClassVar[Callable[..., Any]]  # of lists of Values: by value_list.py, which makes Values itself

    op: Any  # an elementwise op, or an entry of an op on lists of Values; None for a leaf, CONSTANT for a plain number
    parents: tuple[Value, ...]
    local_gradients: tuple[float, ...]
    label: str

    def __init__(self, data: float, label: str = "") -> None:
        tape = thread.recording.tape if taping else None
        self._data = 0.0
        try:
            if isinstance(data, Recorded):
                if tape is None or not tape.is_number(data):
                    raise DTypeError(f"Value takes a number, not a {type(data).__name__}; pass its .data")
                self._data = data.number  # type: ignore[attr-defined]
            else:
                self._data = float(data)
        except (TypeError, ValueError):
            raise DTypeError(
                f"Value takes a number, not {_what(data)}; a Tensor holds arrays, and a list of Values is "
                "[Value(x) for x in ...]"
            ) from None
        self._grad = 0.0
        self.op = None
        self.parents = ()
        self.local_gradients = ()
        self.label = label
        if tape is not None:
            tape.created(self, data)

    # The engine itself uses the slots. A tape is told when Python reads or sets a number, which it else would lose.

    @property
    def data(self) -> float:
        """Its number."""
        tape = thread.recording.tape if taping else None
        return self._data if tape is None else tape.data_of(self)

    @data.setter
    def data(self, number: float) -> None:
        tape = thread.recording.tape if taping else None
        if tape is None:
            self._data = number
        else:
            tape.set_data(self, number)

    @property
    def grad(self) -> float:
        """Its gradient, after a backward pass: a float, or a Value after backward(create_graph=True).

        None where it was set so, until the next pass. For type checkers it is a float, or they would refuse
        `x.data -= 0.1 * x.grad`; `typing.cast(Value, x.grad)` tells them of the Value.
        """
        tape = thread.recording.tape if taping else None
        return self._grad if tape is None else tape.grad_of(self)

    @grad.setter
    def grad(self, gradient: Any) -> None:
        tape = thread.recording.tape if taping else None
        if tape is None:
            self._grad = gradient
        else:
            tape.set_grad(self, gradient)

    @staticmethod
    def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Compute `op` and remember its inputs and local gradients."""
        if not isinstance(op, Elementwise):
            return Value.record_array_op(op, args, attributes)
        if attributes or len(args) != op.arity:
            args, _ = op.split(args, attributes)
        if op.lacking and thread.recording.on:
            op.check_rules([x if type(x) is Value else None for x in args])
        parents = tuple([x if type(x) is Value else _as_value(op, x) for x in args])
        inputs = [parent._data for parent in parents]
        return _computed(op, parents, (*inputs, op.on_numbers(*inputs)))

    @staticmethod
    def record_elements(op: Op[Any], args: tuple[Any, ...]) -> Any:
        """`record` for each number in (nested) lists of Values and numbers; the result is nested as their array is."""
        return np.frompyfunc(op, len(args), 1)(*[np.array(x, dtype=object) for x in args]).tolist()

    @staticmethod
    def record_one(op: Op[Any], x: Any) -> Any:
        """`record` of an op with one input."""
        number = x._data
        try:
            y = op.row(number)  # type: ignore[attr-defined]
        except (ArithmeticError, ValueError):
            y = op.on_numbers(number)  # type: ignore[attr-defined]
        return _computed(op, (x,), (number, y))

    @staticmethod
    def record_two(op: Op[Any], a: Any, b: Any) -> Any:
        """`record` of an op with two inputs, as most are."""
        if type(a) is not Value:
            a = _as_value(op, a)
        if type(b) is not Value:
            b = _as_value(op, b)
        left, right = a._data, b._data
        try:
            y = op.row(left, right)  # type: ignore[attr-defined]
        except (ArithmeticError, ValueError):
            y = op.on_numbers(left, right)  # type: ignore[attr-defined]
        return _computed(op, (a, b), (left, right, y))

    def backward(self, create_graph: bool = False) -> None:
        """Set `grad` of everything that this Value was computed from to ∂self/∂it, by the chain rule.

        In leaves gradients add up over several calls (set `leaf.grad = 0.0` in between);
        in inner nodes each call sets them anew. With `create_graph` the gradients are Values
        themselves, and can be differentiated again.
        """
        self.pull_back(Value(1.0) if create_graph and self.parents else 1.0, create_graph)

    def pull_back(self, gradient: Any, create_graph: bool = False) -> None:
        """`backward` with this upstream gradient in place of 1."""
        tape = thread.recording.tape
        if tape is None:
            refuse_to_compile("the backward pass of a Value", "use Tensors, or Values alone")
        # The chain rule of graph.py with the gradients in the nodes: a training step takes 0.7 of the time so.
        order = topological_order(self)
        if tape is not None:
            tape.begin_backward(order)
        for node in order:
            if node.parents or node._grad is None:
                node._grad = 0.0
        self._grad = gradient if self.parents else self._grad + gradient
        for node in reversed(order):
            if node.parents:
                upstream = node._grad
                local_gradients = node.local_gradients
                if create_graph:
                    local_gradients = node.op.local_gradients((*node.parents, node))
                elif tape is not None:
                    local_gradients = tape.local_gradients(node)
                try:
                    for parent, local in zip(node.parents, local_gradients):  # noqa: B905 - strict takes a tenth longer
                        parent._grad += local * upstream
                except TypeError:
                    if isinstance(node.op, Elementwise):
                        for rule, local in zip(node.op.rules, local_gradients, strict=True):
                            if rule is not None:
                                check_local_gradient(node.op, rule, local)
                    raise

    def update_in_place(self, sign: str, result: Callable[[Any, Any], Any], other: Any) -> Any:
        """Within no_grad() a leaf gets the new number; else the result is a Value of its own, as of v = v + u.

        Errors: GraphError for a leaf that has a gradient while recording is on: what is meant is an update.
        """
        if thread.recording.on and not self.parents and getattr(self._grad, "number", self._grad):
            raise GraphError(
                f"v {sign}= u: this leaf has a gradient, and the name would be given a Value computed from it; "
                f"update it by v.data {sign}= u, or within `with no_grad():`; v = v {sign} u is a new Value"
            )
        new = result(self, other)
        if self.parents or thread.recording.on:
            return new
        self.data = float(new._data) if thread.recording.tape is None else new.data
        return self

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        grad = self.grad.data if isinstance(self.grad, Value) else self.grad
        return f"Value({self.data!r}, grad={grad!r}{label})"

    def __reduce__(self) -> Any:
        if self.parents:
            raise GraphError("only leaves can be pickled or copied; make Value(v.data) of this computed one")
        return _restored, (self.data, self.grad, self.label)

    def item(self) -> float:
        """Its number, as `data`; Tensors of one element have it too."""
        return self.data

    def __float__(self) -> float:
        # float(v) is what math.exp(v) calls as well, and its result would silently be a constant to the graph.
        raise DTypeError(
            "a Value does not become a number by itself, for the graph would lose it: take v.data for its number, and "
            "ag.exp(v), ag.log(v), ... in place of math's functions (import autograd_core as ag)"
        )

    def __int__(self) -> int:
        return int(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else str(self)

    def __bool__(self) -> bool:
        return bool(self.data != 0.0)


# What stands for the op of a plain number that a formula brought, as the 2 of x ** 2. A class of its own would cost a
# tenth of the time: Python is fast at attributes where all objects are of one class.
CONSTANT = object()

_new = Value.__new__


def _computed(op: Any, parents: tuple[Value, ...], at: tuple[float, ...]) -> Any:
    """What an elementwise `op` made of `parents`, whose numbers and its own are `at`."""
    if not op.differentiable:
        return at[-1] if thread.recording.tape is None else thread.recording.tape.plain(op, parents, at[-1])
    try:
        local_gradients = op.local_gradients(at)
    except ArithmeticError:
        local_gradients = op.ieee_local_gradients(at)
    return made(op, parents, at[-1], local_gradients)


def constant(number: float) -> Value:
    """A plain number as the input of a node, whose gradient nobody wants."""
    return made(CONSTANT, (), number, ())


def made(op: Any, parents: tuple[Value, ...], data: float, local_gradients: tuple[float, ...]) -> Value:
    """The Value that `op` made of `parents`; it remembers that if recording is on."""
    out = _new(Value)  # and its slots set one by one: a call of __init__ takes as long as all of them
    out._data = data
    out._grad = 0.0
    out.label = ""
    if thread.recording.on:
        out.op = op
        out.parents = parents
        out.local_gradients = local_gradients
    else:
        out.op = None
        out.parents = ()
        out.local_gradients = ()
    if taping and thread.recording.tape is not None:
        thread.recording.tape.made(out, op, parents)
    return out


def _what(wrong: Any) -> str:
    shape = getattr(wrong, "shape", None)
    return f"a {type(wrong).__name__}" + (f" of shape {shape}" if shape is not None else f", {wrong!r:.40}")


def _restored(data: float, grad: Any, label: str) -> Value:
    """A leaf from what pickle kept of it."""
    out = Value(data, label)
    out.grad = grad
    return out


def _as_value(op: Op[Any], number: Any) -> Value:
    """A plain number among an op's inputs."""
    if type(number) is float:
        return made(CONSTANT, (), number, ())
    # Before isinstance, for a tape's numbers say that they are floats.
    if thread.recording.tape is not None and thread.recording.tape.is_number(number):
        return thread.recording.tape.value_of(number)
    if isinstance(number, (int, float, np.number, np.bool_)):
        return made(CONSTANT, (), float(number), ())
    raise DTypeError(
        f"{op.name}: a Value goes with numbers and other Values, not with a {type(number).__name__}; "
        "use Tensor for arrays"
    )
