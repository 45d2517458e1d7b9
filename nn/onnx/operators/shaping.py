"""Operators that put elements in other places, and those that make constants and shapes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import autograd_core as ag
from nn import functions
from nn.onnx.operators.table import Compute, Node, reads, whole_numbers


@reads("Constant")
def _(node: Node) -> Compute:
    dtypes = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    (name,) = node.attributes or [None]
    if name == "value":
        array = node.attributes[name]
    elif name in dtypes:
        array = np.asarray(node.attributes[name], dtypes[name])
    else:
        raise node.refused(f"constants are tensors and numbers, and this is one of {name}")
    return lambda: array


@reads("ConstantOfShape")
def _(node: Node) -> Compute:
    value = np.asarray(node.get("value", np.zeros(1, np.float32))).reshape(())
    return lambda shape: np.full(whole_numbers(shape), value)


@reads("Range")
def _(node: Node) -> Compute:
    def numbers(start: Any, limit: Any, delta: Any) -> Any:
        (first,), (end,), (step,) = [np.asarray(x).reshape(-1) for x in (start, limit, delta)]
        return np.arange(first, end, step, dtype=np.asarray(start).dtype)

    return numbers


@reads("Shape")
def _(node: Node) -> Compute:
    part = slice(node.get("start", 0), node.get("end"))
    return lambda x: np.asarray(x.shape[part], np.int64)


@reads("Size")
def _(node: Node) -> Compute:
    return lambda x: np.asarray(math.prod(x.shape), np.int64)


@reads("Reshape")
def _(node: Node) -> Compute:
    as_it_is = bool(node.get("allowzero", 0))

    def reshape(x: Any, shape: Any) -> Any:
        lengths = whole_numbers(shape)
        if not as_it_is:
            lengths = [x.shape[i] if n == 0 and i < x.ndim else n for i, n in enumerate(lengths)]
        return ag.reshape(x, tuple(lengths))

    return reshape


@reads("Flatten")
def _(node: Node) -> Compute:
    axis = int(node.get("axis", 1))

    def flatten(x: Any) -> Any:
        first = axis + x.ndim if axis < 0 else axis
        return ag.reshape(x, (math.prod(x.shape[:first]), math.prod(x.shape[first:])))

    return flatten


@reads("Transpose")
def _(node: Node) -> Compute:
    perm = node.get("perm")
    return lambda x: ag.permute_dims(x, tuple(reversed(range(x.ndim))) if perm is None else tuple(perm))


@reads("Squeeze")
def _(node: Node) -> Compute:
    listed = node.get("axes")  # before opset 13; then an input

    def squeeze(x: Any, axes: Any = None) -> Any:
        named = listed if axes is None else whole_numbers(axes)
        named = [i for i, n in enumerate(x.shape) if n == 1] if named is None else named
        return ag.squeeze(x, axis=tuple(named))

    return squeeze


@reads("Unsqueeze")
def _(node: Node) -> Compute:
    listed = node.get("axes")

    def unsqueeze(x: Any, axes: Any = None) -> Any:
        named = listed if axes is None else whole_numbers(axes)
        ndim = x.ndim + len(named)
        for axis in sorted([a % ndim for a in named]):
            x = ag.expand_dims(x, axis)
        return x

    return unsqueeze


@reads("Expand")
def _(node: Node) -> Compute:
    return lambda x, shape: ag.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(whole_numbers(shape))))


@reads("Tile")
def _(node: Node) -> Compute:
    return lambda x, repeats: ag.tile(x, tuple(whole_numbers(repeats)))


@reads("Concat")
def _(node: Node) -> Compute:
    axis = int(node.get("axis"))
    return lambda *arrays: ag.concat(list(arrays), axis=axis)


@reads("Split")
def _(node: Node) -> Compute:
    axis, listed, count = int(node.get("axis", 0)), node.get("split"), len(node.outputs)

    def split(x: Any, lengths: Any = None) -> Any:
        named = listed if lengths is None else whole_numbers(lengths)
        if named is None:
            each = -(-x.shape[axis] // count)
            named = [min(each, max(x.shape[axis] - i * each, 0)) for i in range(count)]
        parts = ag.split(x, list(itertools.accumulate(named))[:-1], axis=axis)
        return tuple(parts) if count > 1 else parts[0]

    return split


@reads("Slice")
def _(node: Node) -> Compute:
    listed = [node.get(name) for name in ("starts", "ends", "axes")]  # before opset 10; then inputs

    def read(x: Any, *given: Any) -> Any:
        starts, ends, axes, steps = [
            None if part is None else whole_numbers(part) for part in (*given, *[None] * 4)[:4]
        ]
        if starts is None or ends is None:
            starts, ends, axes = listed
        axes = list(range(len(starts))) if axes is None else axes
        steps = [1] * len(starts) if steps is None else steps
        index = [slice(None)] * x.ndim
        for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
            index[axis] = slice(start, None if step < 0 and end < -x.shape[axis] else end, step)
        return x[tuple(index)]

    return read


@reads("Gather")
def _(node: Node) -> Compute:
    axis = int(node.get("axis", 0))

    def gather(x: Any, indices: Any) -> Any:
        if isinstance(x, np.ndarray) and isinstance(indices, np.ndarray):
            return np.take(x, indices, axis=axis)
        return ag.take(x, indices, axis=axis)

    return gather


@reads("GatherElements")
def _(node: Node) -> Compute:
    axis = int(node.get("axis", 0))
    return lambda x, indices: ag.take_along_axis(x, indices, axis=axis)


@reads("GatherND")
def _(node: Node) -> Compute:
    node.only("batch_dims", 0)
    return lambda x, indices: x[tuple([indices[..., i] for i in range(indices.shape[-1])])]


@reads("ScatterND")
def _(node: Node) -> Compute:
    how = node.only("reduction", "none", "add")

    def write(x: Any, indices: Any, updates: Any) -> Any:
        place = tuple([indices[..., i] for i in range(indices.shape[-1])])
        return ag.add_at(x, updates, place) if how == "add" else ag.set_at(x, updates, place)

    return write


@reads("ScatterElements")
def _(node: Node) -> Compute:
    how, axis = node.only("reduction", "none", "add"), int(node.get("axis", 0))

    def write(x: Any, indices: Any, updates: Any) -> Any:
        shape = indices.shape
        place: list[Any] = [
            np.arange(n).reshape([-1 if i == j else 1 for j in range(x.ndim)]) for i, n in enumerate(shape)
        ]
        place[axis % x.ndim] = indices
        return ag.add_at(x, updates, tuple(place)) if how == "add" else ag.set_at(x, updates, tuple(place))

    return write


@reads("Pad")
def _(node: Node) -> Compute:
    mode = node.only("mode", "constant", "edge", "reflect", "wrap")
    listed, filled = node.get("pads"), node.get("value", 0.0)  # before opset 11; then inputs

    def pad(x: Any, pads: Any = None, value: Any = None, axes: Any = None) -> Any:
        widths = listed if pads is None else whole_numbers(pads)
        named = range(x.ndim) if axes is None else whole_numbers(axes)
        number = (
            filled if value is None else np.asarray(value.numpy() if isinstance(value, ag.Tensor) else value).item()
        )
        both = [(0, 0)] * x.ndim
        half = len(widths) // 2
        for axis, before, after in zip(named, widths[:half], widths[half:], strict=True):
            both[axis] = (before, after)
        cut = tuple(
            [slice(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(x.shape, both, strict=True)]
        )
        kept = x[cut] if any(min(pair) < 0 for pair in both) else x  # a negative width takes away
        return ag.pad(kept, [(max(before, 0), max(after, 0)) for before, after in both], mode, number)

    return pad


@reads("OneHot")
def _(node: Node) -> Compute:
    axis = int(node.get("axis", -1))

    def one_hot(indices: Any, depth: Any, values: Any) -> Any:
        (count,) = whole_numbers(depth)
        where = ag.expand_dims(ag.remainder(indices, count), axis)
        classes = np.arange(count).reshape([-1 if i == axis % where.ndim else 1 for i in range(where.ndim)])
        return ag.where(where == classes, values[1], values[0])

    return one_hot


@reads("Trilu")
def _(node: Node) -> Compute:
    part = ag.triu if node.get("upper", 1) else ag.tril
    return lambda x, k=None: part(x, k=0 if k is None else whole_numbers(k)[0])


@reads("DepthToSpace")
def _(node: Node) -> Compute:
    r, mode = int(node.get("blocksize")), node.only("mode", "DCR", "CRD")
    if mode == "CRD":
        return lambda x: functions.pixel_shuffle(x, r)

    def shuffle(x: Any) -> Any:
        n, c, h, w = x.shape
        apart = ag.permute_dims(ag.reshape(x, (n, r, r, c // (r * r), h, w)), (0, 3, 4, 1, 5, 2))
        return ag.reshape(apart, (n, c // (r * r), h * r, w * r))

    return shuffle


@reads("SpaceToDepth")
def _(node: Node) -> Compute:
    r = int(node.get("blocksize"))

    def unshuffle(x: Any) -> Any:
        n, c, h, w = x.shape
        apart = ag.permute_dims(ag.reshape(x, (n, c, h // r, r, w // r, r)), (0, 3, 5, 1, 2, 4))
        return ag.reshape(apart, (n, c * r * r, h // r, w // r))

    return unshuffle


@reads("Resize")
def _(node: Node) -> Compute:
    """Of images, in the ways that `interpolate` knows, which are those that PyTorch writes."""
    mode = node.only("mode", "nearest", "linear")
    if mode == "nearest":
        node.only("coordinate_transformation_mode", "asymmetric")
        node.only("nearest_mode", "floor")
        corners = False
    else:
        ways = ("half_pixel", "pytorch_half_pixel", "align_corners")
        corners = node.only("coordinate_transformation_mode", *ways) == "align_corners"
    node.only("antialias", 0)

    def resize(x: Any, region: Any = None, scales: Any = None, sizes: Any = None) -> Any:
        kind = mode if mode == "nearest" else {3: "linear", 4: "bilinear", 5: "trilinear"}.get(x.ndim, "linear")
        how: dict[str, Any] = {"mode": kind, "align_corners": corners}
        if sizes is not None and len(sizes):
            return functions.interpolate(x, tuple(whole_numbers(sizes)[2:]), **how)
        factors = [float(f) for f in np.asarray(scales.numpy() if isinstance(scales, ag.Tensor) else scales)]
        return functions.interpolate(x, scale_factor=tuple(factors[2:]), **how)

    return resize
