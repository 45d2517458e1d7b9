"""Fusion: elementwise ops of a capture that follow each other become one pass over memory.

An elementwise op is not computed when it is captured: it waits in a group, whose ops give results of one shape, until
something else reads a result, changes a leaf, or the capture ends. Then the group is computed by one kernel. What
nobody holds any more by then, neither the function's variables nor the graph for its backward pass, is written to no
array. What a group reads cannot change meanwhile, for the group holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core import kernels
from autograd_core.kernels import memory, plan
from autograd_core.kernels.references import counts

if TYPE_CHECKING:
    from autograd_core.kernels.fused import Part
    from autograd_core.ops.op import Op

_MOST_PARTS, _MOST_ARRAYS = 64, 32
Compute = Callable[["Group"], None]


class Group:
    """Elementwise ops that wait, each computed from arrays or from those before it."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape = shape
        self.dtype = dtype
        self.ops: list[tuple[Op[Any], list[Any]]] = []  # each with its numbers, and arrays or places of values
        self.parts: list[Part] = []
        self.values: list[Any] = []  # the arrays for what each op gives
        self.arrays: list[Any] = []  # what is read besides
        self.numbers: list[float] = []
        self.lines: list[int] = []  # of the program, for people
        self._places: dict[int, int] = {}  # of values, by the id of the array

    @property
    def name(self) -> str:
        """For people: the ops."""
        return ", ".join([op.name for op, _ in self.ops])

    def place(self, x: Any) -> int | None:
        """Which value this array is to hold, if it is one of them."""
        return self._places.get(id(x))

    def owns(self, x: Any) -> bool:
        """Whether the array lies in memory of a value."""
        base = plan.owner(x)
        return any(plan.owner(value) is base for value in self.values)

    def has_room(self, arrays: Sequence[Any]) -> bool:
        """Whether an op that reads these arrays besides values may join."""
        others = [x for x in arrays if not any(x is known for known in self.arrays)]
        if len(self.parts) >= _MOST_PARTS or len(self.arrays) + len(self.values) + len(others) >= _MOST_ARRAYS:
            return False
        return kernels.fused.layout_of(self.shape, [*self.arrays, *others]) is not None

    def add(self, op: Op[Any], part: Part, inputs: Sequence[Any], value: Any) -> None:
        """Have `op` of inputs, whose result is to be in `value`, wait here."""
        arguments, kept = [], []
        for x in inputs:
            if not isinstance(x, np.ndarray):
                arguments.append(("number", len(self.numbers)))
                self.numbers.append(float(x))
                kept.append(x)
            elif (place := self.place(x)) is not None:
                arguments.append(("part", place))
                kept.append(_Value(place))
            else:
                known = next((i for i, array in enumerate(self.arrays) if array is x), None)
                if known is None:
                    known = len(self.arrays)
                    self.arrays.append(x)
                arguments.append(("array", known))
                kept.append(x)
        self._places[id(value)] = len(self.values)
        self.values.append(value)
        self.parts.append(part._replace(arguments=tuple(arguments)))
        self.ops.append((op, kept))

    def needed(self, held: Callable[[Any], int]) -> list[int]:
        """The values that somebody beside this group looks at; `held(x)` is how often the capture itself holds x."""
        memory_free = 2  # what keeps it, and the array made of it
        arrays, bases = counts(self.values), counts([x.base for x in self.values])
        return [
            k
            for k, x in enumerate(self.values)
            if arrays[k] > held(x) or (x.base is not None and bases[k] > memory_free)
        ]

    def compute(self, needed: list[int]) -> None:
        """Compute those values, by one kernel, which a plan in the making keeps. Errors: NoKernelError."""
        layout, flat = kernels.fused.layout_of(self.shape, self.arrays)  # type: ignore[misc]  # as `has_room` saw
        outputs = [(k, self.values[k].reshape(-1)) for k in needed]
        kernels.fused.run(self.parts, flat, self.numbers, layout, outputs)

    def one_by_one(self) -> list[tuple[Op[Any], list[Any], Any]]:
        """All ops, with what each is given and the array for its result."""
        return [
            (op, [self.values[x.place] if type(x) is _Value else x for x in inputs], value)
            for (op, inputs), value in zip(self.ops, self.values, strict=True)
        ]


class _Value:
    """Stands for a value of the same group, which it does not hold."""

    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place


class Fusion:
    """The groups of a capture that wait, at most one for each shape and dtype; `compute(group)` is what ends that."""

    def __init__(self) -> None:
        self._waiting: dict[Any, Group] = {}

    def add(self, op: Op[Any], arrays: Sequence[Any], compute: Compute) -> tuple[Group, Any] | None:
        """Have an elementwise op wait: its group, and the array for its result. None if it cannot be fused."""
        read = [x for x in arrays if isinstance(x, np.ndarray)]
        floats = [x.dtype for x in read if x.dtype.kind == "f"]
        if not floats or floats[0] not in kernels.FLOATS or any(x.dtype not in (floats[0], bool) for x in read):
            return None
        part = op.part(arrays)
        if part is None or not kernels.fused.can_be_pasted(part):
            return None
        shape = np.broadcast_shapes(*[x.shape for x in read])
        if 0 in shape:
            return None
        key = shape, floats[0]
        group = self._waiting.get(key)
        self.finish_for([x for x in read if group is None or group.place(x) is None], compute)
        group = self._waiting.get(key)  # which may have been finished
        others = [x for x in read if group is None or group.place(x) is None]
        if group is not None and not group.has_room(others):
            self._end(key, compute)
            group, others = None, read
        if group is None:
            group = Group(shape, floats[0])
            if not group.has_room(others):
                return None
            self._waiting[key] = group
        value = memory.empty(shape, np.dtype(bool) if part.gives_bool else floats[0])
        group.add(op, part, arrays, value)
        return group, value

    def waits_for(self, arrays: Sequence[Any]) -> bool:
        """Whether any of these is not computed yet."""
        return any(group.owns(x) for group in self._waiting.values() for x in arrays if isinstance(x, np.ndarray))

    def finish_for(self, arrays: Sequence[Any], compute: Compute) -> None:
        """Compute what of these is not computed yet, and all that waits with it."""
        for key, group in list(self._waiting.items()):
            if any(group.owns(x) for x in arrays if isinstance(x, np.ndarray)):
                self._end(key, compute)

    def finish(self, compute: Compute) -> None:
        """Compute all that waits."""
        while self._waiting:
            self._end(next(iter(self._waiting)), compute)

    def _end(self, key: Any, compute: Compute) -> None:
        compute(self._waiting[key])
        del self._waiting[key]  # only now, for where Ctrl-C interrupts it, it is computed again
