"""Reductions, softmax and its kin, normalisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step
from nn.onnx.translations.table import translates


def _axes(x: Value, axis: Any) -> list[int]:
    """The axes that are reduced, none negative."""
    if axis is None:
        return list(range(x.ndim))
    return [a % x.ndim for a in (axis if isinstance(axis, (tuple, list)) else (axis,))]


def _reduce(graph: Graph, kind: str, x: str | Value, axes: list[int], keepdims: bool) -> str:
    if not axes:
        return x.name if isinstance(x, Value) else x
    found: str = graph.add(kind, x, graph.constant(axes, np.int64), keepdims=int(keepdims))
    return found


def _reduction(kind: str) -> Any:
    def translation(graph: Graph, step: Step, x: Value) -> Any:
        dtype = graph.output_dtype(step)
        name = x.name if x.dtype == dtype else graph.cast(x.name, dtype)  # sums of bools are whole numbers
        return _reduce(graph, kind, name, _axes(x, step.attributes["axis"]), step.attributes["keepdims"])

    return translation


for _op, _kind in {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "prod": "ReduceProd",
    "max": "ReduceMax",
    "min": "ReduceMin",
    "logsumexp": "ReduceLogSumExp",
}.items():
    translates(_op)(_reduction(_kind))


def _of_bools(kind: str) -> Any:
    def translation(graph: Graph, step: Step, x: Value) -> Any:
        bools = x.name if x.dtype == bool else graph.cast(x.name, np.bool_)
        whole = graph.cast(bools, np.int32)
        found = _reduce(graph, kind, whole, _axes(x, step.attributes["axis"]), step.attributes["keepdims"])
        return graph.cast(found, np.bool_)

    return translation


translates("any")(_of_bools("ReduceMax"))
translates("all")(_of_bools("ReduceMin"))


def _count(graph: Graph, step: Step, x: Value, axes: list[int]) -> int:
    return math.prod([graph.fixed_length(step, x.shape[axis], "the length of an axis") for axis in axes])


@translates("var", "std")
def _(graph: Graph, step: Step, x: Value) -> Any:
    axes, keepdims = _axes(x, step.attributes["axis"]), step.attributes["keepdims"]
    apart = graph.add("Sub", x, _reduce(graph, "ReduceMean", x, axes, True))
    found = _reduce(graph, "ReduceMean", graph.add("Mul", apart, apart), axes, keepdims)
    correction = step.attributes["correction"]
    if correction:
        n = _count(graph, step, x, axes)
        found = graph.add("Mul", found, graph.constant(n / (n - correction), x.dtype))
    return graph.add("Sqrt", found) if step.op == "std" else found


@translates("norm")
def _(graph: Graph, step: Step, x: Value) -> Any:
    kinds = {2: "ReduceL2", 1: "ReduceL1"}
    order = step.attributes["ord"]
    axes, keepdims = _axes(x, step.attributes["axis"]), step.attributes["keepdims"]
    if order in kinds:
        return _reduce(graph, kinds[order], x, axes, keepdims)
    if order in (math.inf, -math.inf):
        return _reduce(graph, "ReduceMax" if order > 0 else "ReduceMin", graph.add("Abs", x), axes, keepdims)
    raise graph.refused(step, f"of norms there are those of order 1, 2 and infinity, not {order!r}")


def _place_of(kind: str) -> Any:
    def translation(graph: Graph, step: Step, x: Value) -> Any:
        axis, keepdims = step.attributes["axis"], step.attributes["keepdims"]
        if axis is None:
            flat = graph.reshape(x, [-1])
            found = graph.add(kind, flat, axis=0, keepdims=0)
            return graph.reshape(found, [1] * x.ndim) if keepdims else found
        return graph.add(kind, x, axis=axis % x.ndim, keepdims=int(keepdims))

    return translation


translates("argmax")(_place_of("ArgMax"))
translates("argmin")(_place_of("ArgMin"))


@translates("cumulative_sum")
def _(graph: Graph, step: Step, x: Value) -> Any:
    axis = step.attributes["axis"]
    axis = 0 if axis is None else axis % x.ndim
    dtype = graph.output_dtype(step)
    summands = x.name if x.dtype == dtype else graph.cast(x.name, dtype)
    found = graph.add("CumSum", summands, graph.constant(axis, np.int64))
    if step.attributes["include_initial"]:
        first = graph.add("Slice", summands, *[graph.constant([i], np.int64) for i in (0, 1, axis)])
        found = graph.add("Concat", graph.add("Sub", first, first), found, axis=axis)
    return found


# --- softmax ----------------------------------------------------------------------------------


def _single(graph: Graph, step: Step, x: Value) -> int:
    axes = _axes(x, step.attributes["axis"])
    if len(axes) != 1:
        raise graph.refused(step, f"it goes along one axis there, not along {step.attributes['axis']}")
    return axes[0]


@translates("softmax")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Softmax", x, axis=_single(graph, step, x))


@translates("log_softmax")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("LogSoftmax", x, axis=_single(graph, step, x))


@translates("masked_softmax")
def _(graph: Graph, step: Step, x: Value, bias: Value) -> Any:
    return _masked_softmax(graph, x, bias, _single(graph, step, x))


def _masked_softmax(graph: Graph, x: Value, bias: Value, axis: int) -> Any:
    if bias.known is not None:
        blocked = np.isneginf(np.broadcast_to(bias.known, (*[1] * (x.ndim - bias.ndim), *bias.known.shape)))
        if not blocked.all(axis=axis).any():
            return graph.add("Softmax", graph.add("Add", x, bias), axis=axis)
    # A row of -inf alone would make softmax 0/0; half the smallest number is as good, and can be added to.
    least = graph.constant(float(np.finfo(x.dtype).min) / 2, x.dtype)
    whole = graph.add("Add", graph.add("Sub", x, x), bias)  # broadcast
    found = graph.add("Softmax", graph.add("Add", x, graph.add("Max", bias, least)), axis=axis)
    most = _reduce(graph, "ReduceMax", whole, [axis], True)
    nowhere = graph.add("Equal", most, graph.constant(-math.inf, x.dtype))
    return graph.add("Where", nowhere, graph.constant(0, x.dtype), found)


@translates("attention")
def _(graph: Graph, step: Step, q: Value, k: Value, v: Value, bias: Value) -> Any:
    axes = list(range(k.ndim))
    axes[-2:] = axes[-1], axes[-2]
    scaled = graph.add("Mul", q, graph.constant(step.attributes["scale"], q.dtype))
    scores = graph.add("MatMul", scaled, graph.add("Transpose", k, perm=axes))
    if step.attributes["causal"]:
        size = graph.integers((q.shape[-2], k.shape[-2]))
        whole = graph.add("Expand", graph.constant(-math.inf, q.dtype), size)
        beyond = graph.add("Trilu", whole, graph.constant(1, np.int64), upper=1)
        scores = graph.add("Add", scores, beyond)
    shape, dtype = graph.program.shapes[step.outputs[1]], q.dtype
    weights = Value(scores, shape, dtype)
    if bias.ndim:
        found = _masked_softmax(graph, weights, bias, len(shape) - 1)
    else:
        found = graph.add("Softmax", scores, axis=-1)
    return graph.add("MatMul", found, v), found


# --- normalisation ----------------------------------------------------------------------------


@translates("normalize")
def _(graph: Graph, step: Step, x: Value, weight: Value, bias: Value) -> Any:
    axes, eps = sorted(_axes(x, step.attributes["axes"])), step.attributes["eps"]
    centre = step.attributes["centre"]
    if axes == list(range(axes[0], x.ndim)) and centre and weight.shape == bias.shape == x.shape[axes[0] :]:
        y = graph.add("LayerNormalization", x, weight, bias, axis=axes[0], epsilon=eps)
        return y, *_moments(graph, x, axes, centre)[:2]  # left out again where nobody asks for them
    mean, var, apart = _moments(graph, x, axes, centre)
    scale = graph.add("Sqrt", graph.add("Add", var, graph.constant(eps, x.dtype)))
    y = graph.add("Div", apart, scale)
    if not _is_all(weight, 1):
        y = graph.add("Mul", y, weight)
    if not _is_all(bias, 0):
        y = graph.add("Add", y, bias)
    return y, mean, var


def _moments(graph: Graph, x: Value, axes: list[int], centre: bool) -> tuple[str, str, str | Value]:
    """Mean and variance, and x - mean; not shifted, the mean counts as 0."""
    mean = _reduce(graph, "ReduceMean", x, axes, True)
    apart = graph.add("Sub", x, mean) if centre else x
    var = _reduce(graph, "ReduceMean", graph.add("Mul", apart, apart), axes, True)
    return (mean if centre else graph.add("Sub", mean, mean)), var, apart


def _is_all(x: Value, number: float) -> bool:
    return x.known is not None and bool(np.all(x.known == number))
