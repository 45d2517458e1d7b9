"""Mapped: within `vmap`, a tensor of one example that stands for those of all examples at once.

It has the shape and dtype that one example's tensor has, and holds a tensor with one more axis, the first, over
examples; or one without, where all examples have the same. An op of such tensors computes what they hold, by its rule
in `batching_rules.py`. What they hold are ordinary tensors, or those of a vmap around this one, so vmaps nest.

Gradients have two ways to go. What a transform within the vmap differentiates is a Mapped leaf: the graph that leads to
it is made of Mapped tensors, and its backward pass runs on them, so that every example has a gradient of its own. What
is differentiated from outside is an ordinary tensor: it is recorded by the ops that compute what Mapped tensors hold.
An op is in either graph, in both or in none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core import ops
from autograd_core.backward import backpropagate
from autograd_core.errors import GraphError, MappedError, NoLengthError, ShapeError
from autograd_core.graph import Node
from autograd_core.methods.shapes import Size
from autograd_core.op_calls import as_input
from autograd_core.ops.op import Op
from autograd_core.promotion import cast_to_common_dtype
from autograd_core.recording import thread
from autograd_core.tensor import Tensor, get_default_dtype


class Level:
    """One vmap at work, over `size` examples. Use it as `with Level(n) as level:`; those around it are `outer`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.outer: Level | None = thread.recording.level
        self.depth: int = 1 if self.outer is None else self.outer.depth + 1
        self.over = False

    def __enter__(self) -> Level:
        thread.recording.level = self
        return self

    def __exit__(self, *_: object) -> None:
        thread.recording.level = self.outer
        self.over = True

    def mapped(self, value: Any, has_axis: bool = True) -> Mapped:
        """A tensor, whose first axis is that over examples unless it has none, as what stands for one example."""
        return _mapped(self, value if isinstance(value, Tensor) else Tensor.of(value), has_axis)

    def held(self, y: Any) -> tuple[Any, bool]:
        """What a tensor holds here, and whether it has the axis over examples; one from outside is the same in all."""
        return (y.value, y.has_axis) if isinstance(y, Mapped) and y.level is self else (y, False)

    def stacked(self, y: Any) -> Any:
        """What a tensor holds for all examples, along the first axis; repeated, where it is the same in all."""
        value, has_axis = self.held(y)
        return value if has_axis else ops.broadcast_to(value, (self.size, *value.shape))

    def stand_in(self, x: Any, recorded: bool, beside: Sequence[Any] | None) -> Any:
        """A tensor to differentiate by in place of x: see `Tensor.stand_in`.

        It belongs to the innermost vmap that what is computed with it does: to that of those `beside`, or to this one.
        """
        level = self if beside is None else _innermost((x, *beside))
        if level is None:
            return None
        value, has_axis = level.held(x)
        if recorded and value is not x and x.requires_grad:
            return ops.reshape(x, x.shape)
        value = value if isinstance(value, Tensor) else Tensor.of(value)
        leaf = _mapped(level, value if recorded else value.detach(), has_axis)
        leaf._tracked = True
        return leaf


class Mapped(Tensor):
    """A tensor of one example within `vmap`."""

    __slots__ = ("dtype", "has_axis", "level", "shape", "value")

    level: Level
    value: Tensor  # what it holds
    has_axis: bool  # whether that has the axis over examples
    shape: tuple[int, ...]  # in one example
    dtype: np.dtype[Any]

    @property
    def array(self) -> Any:  # type: ignore[override]  # there is none
        """None, which is an error: there is one of all examples, and `held` knows it."""
        raise MappedError(
            f"vmap: a tensor within it stands for {self.level.size} examples at once, so `if`, `while`, float(), "
            "item(), numpy() and assign have no single number to go by; choose with where(condition, a, b), and look "
            "at numbers outside of vmap"
        )

    @property
    def ndim(self) -> int:
        """The number of its axes, in one example."""
        return len(self.shape)

    @property
    def size(self) -> Size:
        """The number of its elements, in one example."""
        size = Size(math.prod(self.shape))
        size._shape = self.shape
        return size

    def numel(self) -> int:
        """The number of its elements, in one example."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        if not self.ndim:
            raise NoLengthError("len() of a 0-d tensor")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"Mapped(shape={self.shape}, dtype={self.dtype}, for each of {self.level.size} examples)"

    def detach(self) -> Tensor:
        """The same numbers, without their history."""
        return _mapped(self.level, self.value.detach(), self.has_axis)

    def with_node(self, node: Node | None) -> Tensor:
        """The same numbers, recorded by `node`."""
        out = _mapped(self.level, self.value, self.has_axis)
        out.node = node
        out._tracked = node is not None
        return out

    @property
    def is_recorded_outside(self) -> bool:
        """Whether gradients flow to it from outside of its vmap."""
        value = self.value
        return value.requires_grad or (isinstance(value, Mapped) and value.is_recorded_outside)

    def assign(self, value: Any, *, dtype: Any = None) -> None:
        """Refused: there is no array to put another in place of."""
        raise GraphError("assign: not within vmap, where a tensor stands for all examples at once")

    @staticmethod
    def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Compute `op` for all examples, and remember how if an input requires a gradient within the vmap."""
        if attributes or len(args) != op.arity:
            args, attributes = op.split(args, attributes)
        inputs: list[Any] = [x if isinstance(x, Tensor) else as_input(op, x) for x in args]
        level = _innermost(inputs)
        if level is None or level.over:
            raise GraphError(
                f"{op.name}: this tensor was left over by a vmap that is over; return it from the function"
            )
        if op.promotes and len(inputs) > 1:
            inputs = _promoted(op, args, inputs)
        values, has, parents = [], [], []
        mapped = tracked = False
        for x in inputs:
            own = isinstance(x, Mapped) and x.level is level
            values.append(x.value if own else x)
            has.append(own and x.has_axis)
            parents.append((x.node or x) if own and x._tracked else None)
            mapped = mapped or has[-1]
            tracked = tracked or parents[-1] is not None
        from autograd_core.batching_rules import Call, batched, run  # few programs have need of them

        if mapped:
            result = batched(Call(op, tuple(values), tuple(has), attributes, level.size, level.mapped, level.held))
        else:
            result = run(op, tuple(values), attributes)
        tracked = tracked and thread.recording.on and op.differentiable
        if op.several:
            several = tuple([level.mapped(y, mapped) for y in result])
            node = op.node(parents, inputs, several, attributes) if tracked else None
            return tuple([op.as_output(y, place, node) for place, y in enumerate(several)])
        y = level.mapped(result, mapped)
        if not (tracked and y.dtype.kind == "f"):
            return y
        return y.with_node(op.node(parents, inputs, y, attributes))  # which holds y, and so not itself

    @staticmethod
    def record_two(op: Op[Any], a: Any, b: Any) -> Any:
        """`record` of an op with two inputs."""
        return Mapped.record(op, (a, b), {})

    def pull_back(
        self, caller: str, gradient: Any, retain_graph: bool, create_graph: bool, wanted: Any = None
    ) -> dict[Any, Any]:
        """The gradients of a backward pass from here, one of each example's own: Tensors."""
        upstream = self._one(caller) if gradient is None else gradient
        upstream = upstream if isinstance(upstream, Tensor) else Tensor.of(np.asarray(upstream, self.dtype))
        if upstream.shape != self.shape:
            raise ShapeError(
                f"{caller}: upstream gradient of shape {upstream.shape} for a tensor of shape {self.shape}"
            )
        return backpropagate(self.node or self, upstream, retain_graph, create_graph, True, wanted)

    def _one(self, caller: str) -> Any:
        if self.numel() != 1:
            raise GraphError(
                f"{caller}: starts from a single number of each example, such as its loss, not from shape {self.shape}"
            )
        return np.ones(self.shape, self.dtype)


_new = Mapped.__new__


def _mapped(level: Level, value: Tensor, has_axis: bool) -> Mapped:
    out = _new(Mapped)
    out.level = level
    out.value = value
    out.has_axis = has_axis
    shape = value.shape
    out.shape = shape[1:] if has_axis else shape
    out.dtype = value.dtype
    out.node = None
    out._tracked = False
    out.current_gradient = None
    out._hooks = None
    out.label = ""
    return out


def _innermost(inputs: Sequence[Any]) -> Level | None:
    """The innermost of the vmaps that these are of."""
    found: Level | None = None
    for x in inputs:
        if isinstance(x, Mapped) and (found is None or x.level.depth > found.depth):
            found = x.level
    return found


def _promoted(op: Op[Any], given: Sequence[Any], inputs: list[Any]) -> list[Any]:
    """An op's inputs in the dtype in which one example's would meet: what has no axes there may have one here."""
    dtypes = {x.dtype for x in inputs if hasattr(x, "dtype")}
    if len(dtypes) == 1 and dtypes.pop().kind == "f":
        return inputs
    places = [i for i in range(len(inputs)) if i not in op.constants]
    like = [np.empty((1,) * x.ndim, x.dtype) if hasattr(x, "dtype") else x for x in [inputs[i] for i in places]]
    weak = [not isinstance(given[i], (Tensor, np.ndarray)) for i in places]
    cast = cast_to_common_dtype(like, weak, thread.recording.number_dtype or get_default_dtype())
    if cast is None:
        return inputs
    promoted = list(inputs)
    for i, old, new in zip(places, like, cast, strict=True):
        if new is not old:
            x = inputs[i]
            promoted[i] = ops.astype(x, new.dtype) if isinstance(x, Tensor) else np.asarray(x, new.dtype)
    return promoted
