"""Convolution, pooling, and windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step
from nn.onnx.translations.table import translates


def _each(value: Any, axes: int = 2) -> list[int]:
    """An argument given once for all axes, or for each."""
    return list(value) if isinstance(value, (tuple, list)) else [value] * axes


def _how(step: Step) -> dict[str, Any]:
    """The attributes of a convolution."""
    margin = _each(step.attributes["padding"])
    return {
        "strides": _each(step.attributes["stride"]),
        "pads": margin + margin,
        "dilations": _each(step.attributes["dilation"]),
        "group": step.attributes["groups"],
    }


@translates("conv2d", "conv2d_with_bias")
def _(graph: Graph, step: Step, *inputs: Value) -> Any:
    return graph.add("Conv", *inputs, **_how(step))


@translates("conv2d_input_gradient")
def _(graph: Graph, step: Step, dy: Value, w: Value) -> Any:
    how = _how(step)
    more = []
    for axis in (0, 1):
        wanted = graph.fixed_length(step, step.attributes["shape"][2 + axis], "the side of an image")
        side = graph.fixed_length(step, dy.shape[2 + axis], "the side of an image")
        kernel = graph.fixed_length(step, w.shape[2 + axis], "the side of a filter")
        least = (side - 1) * how["strides"][axis] - 2 * how["pads"][axis] + how["dilations"][axis] * (kernel - 1) + 1
        more.append(wanted - least)
    return graph.add("ConvTranspose", dy, w, **how, output_padding=more)


@translates("max_pool2d")
def _(graph: Graph, step: Step, x: Value) -> Any:
    kernel, margin = _each(step.attributes["kernel"]), _each(step.attributes["padding"])
    stride = step.attributes["stride"]
    strides = kernel if stride is None else _each(stride)
    return graph.add("MaxPool", x, kernel_shape=kernel, strides=strides, pads=margin + margin)


@translates("window_sums")
def _(graph: Graph, step: Step, x: Value) -> Any:
    kernel, stride = list(step.attributes["kernel"]), list(step.attributes["stride"])
    if x.ndim != len(kernel) + 2:
        raise graph.refused(step, f"windows slide over the last axes of (N, C, ...), got {x.ndim} axes")
    means = graph.add("AveragePool", x, kernel_shape=kernel, strides=stride)
    return graph.add("Mul", means, graph.constant(math.prod(kernel), x.dtype))


@translates("windows")
def _(graph: Graph, step: Step, x: Value) -> Any:
    """Each axis is read at a table (windows, kernel) of places, and so becomes two; kernels then go behind."""
    kernel, stride, dilation = (step.attributes[name] for name in ("kernel", "stride", "dilation"))
    axes = len(kernel)
    first = x.ndim - axes
    name = x.name
    for i, (k, s, d) in enumerate(zip(kernel, stride, dilation, strict=True)):
        n = graph.fixed_length(step, x.shape[first + i], "the length of an axis that windows slide over")
        starts = np.arange(0, n - d * (k - 1), s)
        name = graph.add("Gather", name, graph.constant(starts[:, None] + d * np.arange(k)), axis=first + 2 * i)
    order = [*range(first), *range(first, first + 2 * axes, 2), *range(first + 1, first + 2 * axes, 2)]
    return graph.add("Transpose", name, perm=order)


@translates("add_windows")
def _(graph: Graph, step: Step, g: Value) -> Any:
    """Along each axis a product with the table (windows·kernel, sides) of which entry lies where."""
    sides, kernel, stride, dilation = (step.attributes[name] for name in ("sides", "kernel", "stride", "dilation"))
    axes = len(kernel)
    first = g.ndim - 2 * axes
    pairs = [place for i in range(axes) for place in (first + i, first + axes + i)]
    name = graph.add("Transpose", g, perm=[*range(first), *pairs])  # (..., OH, KH, OW, KW)
    for i in reversed(range(axes)):  # the last axis is multiplied away, and what is made of it goes to the front
        count = graph.fixed_length(step, g.shape[first + i], "the number of windows")
        n, k, s, d = sides[i], kernel[i], stride[i], dilation[i]
        table = np.zeros((count, k, n), g.dtype)
        for window in range(count):
            table[window, range(k), [window * s + d * offset for offset in range(k)]] = 1
        # (made so far, ..., pairs of axes, count, kernel) -> (..., count·kernel) @ table
        shape = [0] * (axes - 1 - i + first + 2 * i)
        merged = graph.add("Reshape", name, graph.constant([*shape, count * k], np.int64))
        product = graph.add("MatMul", merged, graph.constant(table.reshape(-1, n)))
        length = len(shape) + 1
        name = graph.add("Transpose", product, perm=[length - 1, *range(length - 1)])
    # Now (first side, ..., last side, ...): to the back again, in order.
    return graph.add("Transpose", name, perm=[*range(axes, axes + first), *range(axes)])
