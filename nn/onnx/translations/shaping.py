"""Ops that put elements in other places: shapes, joining, reading and writing parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step
from nn.onnx.sizes import Length, Shape, Size, difference
from nn.onnx.translations.table import translates

_END = np.iinfo(np.int64).max


@translates("reshape")
def _(graph: Graph, step: Step, x: Value) -> Any:
    asked, shape = step.attributes["shape"], graph.output_shape(step)
    asked = asked if isinstance(asked, (tuple, list)) else (asked,)
    if -1 in asked and not any(isinstance(n, Size) for n in asked) and 0 not in shape:
        return graph.add("Reshape", x, graph.integers(asked))
    return graph.reshape(x, shape)


@translates("permute_dims")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Transpose", x, perm=[axis % x.ndim for axis in step.attributes["axes"]])


@translates("broadcast_to")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Expand", x, graph.integers(graph.output_shape(step)))


@translates("expand_dims")
def _(graph: Graph, step: Step, x: Value) -> Any:
    axis = step.attributes["axis"]
    axes = [a % len(graph.output_shape(step)) for a in (axis if isinstance(axis, (tuple, list)) else (axis,))]
    return graph.add("Unsqueeze", x, graph.constant(axes, np.int64))


@translates("concat")
def _(graph: Graph, step: Step, *arrays: Value) -> Any:
    axis, dtype = step.attributes["axis"], graph.output_dtype(step)
    names = [x.name if x.dtype == dtype else graph.cast(x.name, dtype) for x in arrays]
    if axis is None:
        return graph.add("Concat", *[graph.reshape(name, [-1]) for name in names], axis=0)
    return graph.add("Concat", *names, axis=axis % arrays[0].ndim)


@translates("astype")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.cast(x.name, step.attributes["dtype"])


@translates("roll")
def _(graph: Graph, step: Step, x: Value) -> Any:
    name = x.name
    for shift, axis in zip(step.attributes["shift"], step.attributes["axis"], strict=True):
        axis %= x.ndim
        cut = -(shift % graph.fixed_length(step, x.shape[axis], "the length of an axis"))
        if cut:
            back = _slice(graph, name, [(axis, cut, _END, 1)])
            name = graph.add("Concat", back, _slice(graph, name, [(axis, 0, cut, 1)]), axis=axis)
    return name if name != x.name else graph.add("Identity", x)


def _slice(graph: Graph, x: str | Value, parts: list[tuple[int, Length, Length, int]]) -> str:
    """Parts along axes, each (axis, start, stop, step)."""
    axes, starts, stops, steps = zip(*parts, strict=True)
    found: str = graph.add(
        "Slice", x, graph.integers(starts), graph.integers(stops), graph.integers(axes), graph.integers(steps)
    )
    return found


# --- reading parts ----------------------------------------------------------------------------


def _is_input(part: Any) -> bool:
    return isinstance(part, int) and type(part) is not int and not isinstance(part, (bool, np.integer))


def _complete(index: Any, ndim: int) -> list[Any]:
    """An index with a part for each axis, and for each new one."""
    parts = list(index) if isinstance(index, tuple) else [index]
    used = len([part for part in parts if part is not None and part is not Ellipsis])
    rest = [slice(None)] * (ndim - used)
    place = next((i for i, part in enumerate(parts) if part is Ellipsis), None)
    return parts + rest if place is None else parts[:place] + rest + parts[place + 1 :]


@translates("getitem")
def _(graph: Graph, step: Step, x: Value, *arrays: Value) -> Any:
    if x.parts:
        return _of_states(graph, step, x)
    parts = _complete(step.attributes["index"], x.ndim)
    slices, numbers, named, new = [], [], [], []  # by axis of x; new axes by where they are in the result
    axis = kept = 0
    for part in parts:
        if part is None:
            new.append(kept)
            kept += 1
            continue
        if isinstance(part, slice):
            if part != slice(None) and part != slice(None, None, 1):
                slices.append((axis, *_bounds(graph, step, part, x.shape[axis])))
            kept += 1
        elif _is_input(part):
            named.append((axis, arrays[int(part)]))
            kept += 1
        else:
            numbers.append((axis, part))
        axis += 1
    name = _slice(graph, x, slices) if slices else x.name
    if named:
        return _gather(graph, step, name, named, numbers, new)
    for axis, number in reversed(numbers):
        at = number if isinstance(number, Size) else int(number)
        one = graph.operand(at, np.dtype(np.int64))
        name = graph.add("Gather", name, one, axis=axis)
    if new:
        name = graph.add("Unsqueeze", name, graph.constant(new, np.int64))
    return graph.add("Identity", x) if name == x.name else name


def _bounds(graph: Graph, step: Step, part: slice, length: Length) -> tuple[Length, Length, int]:
    jump = 1 if part.step is None else graph.fixed_length(step, part.step, "the step of a slice")
    start = (0 if jump > 0 else _END) if part.start is None else part.start
    stop = (_END if jump > 0 else -_END) if part.stop is None else part.stop
    return start, stop, jump


def _gather(
    graph: Graph,
    step: Step,
    x: str,
    named: list[tuple[int, Value]],
    numbers: list[tuple[int, Any]],
    new: list[int],
) -> Any:
    """Reading at arrays of whole numbers: along one axis, or at as many first axes as there are arrays."""
    if any(indices.dtype == bool for _, indices in named):
        raise graph.refused(step, "how much a mask reads depends on numbers; use where(mask, a, b)")
    if numbers or new:
        raise graph.refused(step, "an index of arrays goes with slices only; index twice")
    if len(named) == 1:
        axis, indices = named[0]
        return graph.add("Gather", x, indices, axis=axis)
    if [axis for axis, _ in named] != list(range(len(named))):
        raise graph.refused(step, "several arrays in an index must stand for the first axes")
    return graph.add("GatherND", x, _places(graph, [indices for _, indices in named]))


def _places(graph: Graph, arrays: list[Value]) -> str:
    """Arrays that broadcast against each other, side by side along a new last axis."""
    wholes = [x.name if x.dtype == np.int64 else graph.cast(x.name, np.int64) for x in arrays]
    zero = graph.constant(0, np.int64)
    total = graph.add("Mul", wholes[0], zero)
    for whole in wholes[1:]:
        total = graph.add("Add", total, graph.add("Mul", whole, zero))  # zeros in the shape of all together
    apart = [graph.add("Unsqueeze", graph.add("Add", total, x), graph.constant([-1], np.int64)) for x in wholes]
    found: str = graph.add("Concat", *apart, axis=-1)
    return found


def _of_states(graph: Graph, step: Step, x: Value) -> Any:
    """Of the states (L, parts, N, H) of a recurrent layer: h of every step, all of the last, or a part of that."""
    outputs, *last = x.parts
    index = step.attributes["index"]
    if x.ndim == 4 and index == (slice(None), 0):
        return outputs.name
    if x.ndim == 4 and index == -1:
        return Value("", x.shape[1:], x.dtype, None, step, (outputs, *last))
    if x.ndim == 3 and isinstance(index, int) and 0 <= index < len(last):
        return last[index].name
    raise graph.refused(step, "of a recurrent layer's states there are those that the layer itself returns")


# --- writing parts ----------------------------------------------------------------------------


@translates("set_at")
def _(graph: Graph, step: Step, x: Value, v: Any, *arrays: Value) -> Any:
    parts = _complete(step.attributes["index"], x.ndim)
    v_value = _as_value(graph, v, x.dtype)
    if x.known is not None and x.known.size and np.all(x.known == x.known.flat[0]) and isinstance(v, Value):
        pads = _pads(parts, x.shape, v_value.shape)
        if pads is not None:
            value = graph.constant(x.known.flat[0], x.dtype)
            return graph.add("Pad", v_value, graph.constant(pads, np.int64), value)
    return _write(graph, step, x, v, parts, arrays, "none")


@translates("add_at")
def _(graph: Graph, step: Step, x: Value, v: Any, *arrays: Value) -> Any:
    return _write(graph, step, x, v, _complete(step.attributes["index"], x.ndim), arrays, "add")


def _as_value(graph: Graph, v: Any, dtype: np.dtype[Any]) -> Value:
    """What is written, in the dtype of what it is written into."""
    name = graph.operand(v, dtype)
    if isinstance(v, Value):
        return v if v.dtype == dtype else v._replace(name=graph.cast(name, dtype), dtype=dtype)
    return Value(name, (), dtype)


def _pads(parts: list[Any], whole: Shape, inner: Shape) -> list[int] | None:
    """How much is before and after what is written, if it is one block of `inner` shape."""
    if len(parts) != len(whole) or len(inner) != len(whole) or not all(isinstance(part, slice) for part in parts):
        return None
    before, after = [], []
    for part, n, m in zip(parts, whole, inner, strict=True):
        start = 0 if part.start is None else part.start
        rest = difference(n, n if part.stop is None else part.stop)
        room = difference(n, m)
        if part.step not in (None, 1) or not isinstance(start, int) or start < 0 or rest is None or rest < 0:
            return None
        if room != start + rest:
            return None
        before.append(start)
        after.append(rest)
    return before + after


def _write(graph: Graph, step: Step, x: Value, v: Any, parts: list[Any], arrays: tuple[Value, ...], how: str) -> Any:
    """v written, or added, at numbered places of x made flat: the places are constants, so all shapes are fixed."""
    shape = [graph.fixed_length(step, n, "the shape of what is written into") for n in x.shape]
    known = [array.known for array in arrays]
    if any(array is None for array in known):
        raise graph.refused(step, "where it writes must not be computed from the inputs")
    index = tuple([known[int(part)] if _is_input(part) else part for part in parts])
    places = np.arange(math.prod(shape)).reshape(shape)[index]
    if how == "none" and len(np.unique(places)) != places.size:
        raise graph.refused(step, "it writes to a place more than once")
    values = graph.add("Expand", _as_value(graph, v, x.dtype), graph.constant(places.shape, np.int64))
    flat = graph.reshape(x, [-1])
    written = graph.add(
        "ScatterElements",
        flat,
        graph.constant(places.reshape(-1), np.int64),
        graph.reshape(values, [-1]),
        axis=0,
        reduction=how,
    )
    return graph.reshape(written, shape)


@translates("scatter_add")
def _(graph: Graph, step: Step, g: Value, *arrays: Value) -> Any:
    """Zeros with g added at slices, each place once: g spread out with zeros between, before and after."""
    shape = step.attributes["shape"]
    parts = _complete(step.attributes["index"], len(shape))
    if arrays or not all(isinstance(part, slice) for part in parts):
        zeros = graph.add("Expand", graph.constant(0, g.dtype), graph.integers(shape))
        return _write(graph, step, Value(zeros, tuple(shape), g.dtype), g, parts, arrays, "add")
    name, before, after = g.name, [], []
    for axis, (part, n, m) in enumerate(zip(parts, shape, g.shape, strict=True)):
        jump = part.step or 1
        start = part.start or 0
        if isinstance(m, Size) or not isinstance(start, int):
            if part != slice(None):
                raise graph.refused(step, "along an open axis it writes everywhere")
            before.append(0)
            after.append(0)
            continue
        if jump < 1 or start < 0:
            raise graph.refused(step, "it writes at slices that go forwards from the start")
        if jump > 1:
            name = _spread(graph, name, axis, m, jump, g.shape[axis + 1 :])
        before.append(start)
        after.append(graph.fixed_length(step, n, "the length of an axis") - start - (jump * (m - 1) + 1))
    return graph.add("Pad", name, graph.constant([*before, *after], np.int64), graph.constant(0, g.dtype))


def _spread(graph: Graph, name: str, axis: int, n: int, jump: int, behind: Shape) -> str:
    """`jump` - 1 zeros between neighbours along an axis of n; axes before it may have been spread already."""
    ndim = axis + 2 + len(behind)
    apart = graph.add("Unsqueeze", name, graph.constant([axis + 1], np.int64))
    pads = [0] * ndim + [jump - 1 if i == axis + 1 else 0 for i in range(ndim)]
    padded = graph.add("Pad", apart, graph.constant(pads, np.int64))
    merged = graph.add(
        "Reshape", padded, graph.integers([*[0] * axis, n * jump, *behind])
    )  # 0 leaves a length as it is
    return _slice(graph, merged, [(axis, 0, jump * (n - 1) + 1, 1)])
