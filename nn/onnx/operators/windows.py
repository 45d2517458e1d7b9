"""Convolution and pooling."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import autograd_core as ag
from nn import functions
from nn.onnx.operators.table import Compute, Node, reads

_CONVOLUTIONS = {1: ag.conv1d, 2: ag.conv2d, 3: ag.conv3d}
_TRANSPOSED = {1: functions.conv_transpose1d, 2: functions.conv_transpose2d, 3: functions.conv_transpose3d}
_MAX_POOLS = {1: functions.max_pool1d, 2: functions.max_pool2d, 3: functions.max_pool3d}
_AVG_POOLS = {1: functions.avg_pool1d, 2: functions.avg_pool2d, 3: functions.avg_pool3d}


class _Windows(NamedTuple):
    """How windows slide: what convolution and pooling have in common. None where the node does not say."""

    kernel: list[int] | None
    stride: list[int] | None
    dilation: list[int] | None
    pads: list[int] | None
    auto: str

    @staticmethod
    def of(node: Node) -> _Windows:
        auto = node.only("auto_pad", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
        return _Windows(
            node.get("kernel_shape"), node.get("strides"), node.get("dilations"), node.get("pads"), str(auto)
        )

    def sides(self, x: Any, kernel: Any) -> list[tuple[int, int]]:
        """How much is before and after each axis of x."""
        axes = len(kernel)
        stride, dilation = self.stride or [1] * axes, self.dilation or [1] * axes
        if self.auto in ("SAME_UPPER", "SAME_LOWER"):
            found = []
            for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True):
                total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
                small, large = total // 2, total - total // 2
                found.append((small, large) if self.auto == "SAME_UPPER" else (large, small))
            return found
        pads = self.pads or [0] * 2 * axes
        return list(zip(pads[:axes], pads[axes:], strict=True))

    def framed(self, x: Any, kernel: Any, value: float) -> tuple[Any, tuple[int, ...]]:
        """x and how it is to be padded: itself, where both sides are to be padded alike."""
        sides = self.sides(x, kernel)
        if all(before == after for before, after in sides):
            return x, tuple([before for before, _ in sides])
        return ag.pad(x, [(0, 0), (0, 0), *sides], constant_values=value), (0,) * len(sides)


def _axes(node: Node, x: Any) -> int:
    axes: int = x.ndim - 2
    if axes not in _CONVOLUTIONS:
        raise node.refused(f"windows slide over one to three axes after (N, C), got shape {x.shape}")
    return axes


@reads("Conv")
def _(node: Node) -> Compute:
    how, groups = _Windows.of(node), int(node.get("group", 1))

    def convolve(x: Any, w: Any, b: Any = None) -> Any:
        axes = _axes(node, x)
        x, margin = how.framed(x, w.shape[2:], 0.0)
        stride, dilation = tuple(how.stride or [1] * axes), tuple(how.dilation or [1] * axes)
        return _CONVOLUTIONS[axes](x, w, b, stride, margin, dilation, groups)

    return convolve


@reads("ConvTranspose")
def _(node: Node) -> Compute:
    how, groups, more = _Windows.of(node), int(node.get("group", 1)), node.get("output_padding")
    node.only("auto_pad", "NOTSET", "VALID")
    if node.get("output_shape") is not None:
        raise node.refused("give output_padding in place of output_shape")
    if how.pads and how.pads[: len(how.pads) // 2] != how.pads[len(how.pads) // 2 :]:
        raise node.refused("pads must be the same before and after")

    def convolve(x: Any, w: Any, b: Any = None) -> Any:
        axes = _axes(node, x)
        stride, dilation = tuple(how.stride or [1] * axes), tuple(how.dilation or [1] * axes)
        margin = tuple((how.pads or [0] * axes)[:axes])
        return _TRANSPOSED[axes](x, w, b, stride, margin, tuple(more or [0] * axes), groups, dilation)

    return convolve


def _pooling(node: Node) -> tuple[_Windows, bool]:
    how = _Windows.of(node)
    if how.dilation and set(how.dilation) != {1}:
        raise node.refused("windows of pooling have no dilation here")
    if len([name for name in node.outputs if name]) > 1:
        raise node.refused("the places of the largest elements are asked for")
    return how, bool(node.only("ceil_mode", 0, 1))


@reads("MaxPool")
def _(node: Node) -> Compute:
    how, ceil = _pooling(node)

    def pool(x: Any) -> Any:
        kernel = tuple(how.kernel or [])
        framed, margin = how.framed(x, kernel, -math.inf)
        stride = tuple(how.stride or [1] * len(kernel))
        return _MAX_POOLS[_axes(node, x)](framed, kernel, stride, margin, ceil_mode=ceil)

    return pool


@reads("AveragePool")
def _(node: Node) -> Compute:
    how, ceil = _pooling(node)
    counts = bool(node.get("count_include_pad", 0))

    def pool(x: Any) -> Any:
        kernel = tuple(how.kernel or [])
        sides = how.sides(x, kernel)
        if any(before != after for before, after in sides) and not counts:
            raise node.refused("with other pads before than after, they must count (count_include_pad)")
        framed, margin = how.framed(x, kernel, 0.0)
        stride = tuple(how.stride or [1] * len(kernel))
        return _AVG_POOLS[_axes(node, x)](framed, kernel, stride, margin, ceil, counts)

    return pool


@reads("GlobalAveragePool")
def _(node: Node) -> Compute:
    return lambda x: ag.mean(x, axis=tuple(range(2, x.ndim)), keepdims=True)


@reads("GlobalMaxPool")
def _(node: Node) -> Compute:
    return lambda x: ag.max(x, axis=tuple(range(2, x.ndim)), keepdims=True)
