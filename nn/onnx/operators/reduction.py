"""Reductions and softmax."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from nn.onnx.operators.table import Compute, Node, reads, whole_numbers


def _norm(order: int) -> Compute:
    return lambda x, axis, keepdims: ag.norm(x, axis=axis, keepdims=keepdims, ord=order)


_REDUCTIONS: dict[str, Compute] = {
    "ReduceSum": ag.sum,
    "ReduceMean": ag.mean,
    "ReduceProd": ag.prod,
    "ReduceMax": ag.max,
    "ReduceMin": ag.min,
    "ReduceLogSumExp": ag.logsumexp,
    "ReduceL1": _norm(1),
    "ReduceL2": _norm(2),
    "ReduceSumSquare": lambda x, axis, keepdims: ag.sum(x * x, axis=axis, keepdims=keepdims),
    "ReduceLogSum": lambda x, axis, keepdims: ag.log(ag.sum(x, axis=axis, keepdims=keepdims)),
}


@reads(*_REDUCTIONS)
def _(node: Node) -> Compute:
    op, keepdims = _REDUCTIONS[node.kind], bool(node.get("keepdims", 1))
    listed, as_it_is = node.get("axes"), bool(node.get("noop_with_empty_axes", 0))

    def reduce(x: Any, axes: Any = None) -> Any:
        named = listed if axes is None else whole_numbers(axes)
        if not named:
            return x if as_it_is else op(x, axis=tuple(range(x.ndim)), keepdims=keepdims)
        return op(x, axis=tuple(named), keepdims=keepdims)

    return reduce


_PLACES: dict[str, Compute] = {"ArgMax": ag.argmax, "ArgMin": ag.argmin}


@reads(*_PLACES)
def _(node: Node) -> Compute:
    node.only("select_last_index", 0)
    op, axis, keepdims = _PLACES[node.kind], int(node.get("axis", 0)), bool(node.get("keepdims", 1))
    return lambda x: op(x, axis=axis, keepdims=keepdims)


@reads("CumSum")
def _(node: Node) -> Compute:
    node.only("exclusive", 0)
    backwards = node.only("reverse", 0, 1)

    def sums(x: Any, axis: Any) -> Any:
        (along,) = whole_numbers(axis)
        y = ag.cumulative_sum(ag.flip(x, axis=along) if backwards else x, axis=along)
        return ag.flip(y, axis=along) if backwards else y

    return sums


_SOFTMAX: dict[str, Compute] = {"Softmax": ag.softmax, "LogSoftmax": ag.log_softmax}


@reads(*_SOFTMAX)
def _(node: Node) -> Compute:
    op = _SOFTMAX[node.kind]
    if node.opset >= 13:
        axis = int(node.get("axis", -1))
        return lambda x: op(x, axis=axis)
    first = int(node.get("axis", 1))
    # Over all axes from the first on, as if they were one.
    return lambda x: ag.reshape(op(ag.flatten(x, first % x.ndim), axis=-1), x.shape)
