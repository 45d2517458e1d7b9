"""Batch normalisation in evaluation, found among the sums and products that it is made of.

As products and sums it would be right as well; as one node it keeps what it is, for runtimes and for people.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import Place
from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step


def batch_normalisation(graph: Graph, step: Step, inputs: tuple[Any, ...]) -> str | None:
    """The node for x·s + (bias - mean·s), with s = weight/√(var + eps) along axis 1, if the sum is that."""
    product, shift = inputs
    x, scale = _made_by(graph, product, "multiply", 2)
    if not isinstance(x, Value) or x.ndim < 2 or not isinstance(x.shape[1], int):
        return None
    scale, shift = _of_channels(graph, scale, x), _of_channels(graph, shift, x)
    if scale is None or shift is None:
        return None
    inverse, weight = _made_by(graph, scale, "multiply", 2)
    if weight is None:
        inverse, weight = scale, graph.constant(np.ones(x.shape[1], x.dtype))
    (spread,) = _made_by(graph, inverse, "rsqrt", 1)
    var, eps = _made_by(graph, spread, "add", 2)
    bias, moved = _made_by(graph, shift, "subtract", 2)
    if moved is None:
        negative, again = _made_by(graph, shift, "multiply", 2)
        (mean,) = _made_by(graph, negative, "negative", 1)
        bias = graph.constant(np.zeros(x.shape[1], x.dtype))
    else:
        mean, again = _made_by(graph, moved, "multiply", 2)
    if again != scale or not isinstance(eps, float) or mean is None or var is None:
        return None
    tensors = [value for value in (weight, bias, mean, var) if isinstance(value, Value)]
    if any(value.shape != (x.shape[1],) or value.dtype != x.dtype for value in tensors):
        return None
    found: str = graph.add("BatchNormalization", x, weight, bias, mean, var, epsilon=eps)
    return found


def _made_by(graph: Graph, value: Any, op: str, count: int) -> list[Any]:
    """The inputs of the step that made a tensor, if it was this op; else None for each."""
    step = value.step if isinstance(value, Value) else None
    if step is None or step.op != op:
        return [None] * count
    return [graph.value(x) if isinstance(x, Place) else x for x in step.inputs]


def _of_channels(graph: Graph, value: Any, x: Value) -> Value | None:
    """What was laid along axis 1 of x: a tensor (C,), as it is beside a table, or reshaped."""
    if x.ndim > 2:
        (value,) = _made_by(graph, value, "reshape", 1)
    return value if isinstance(value, Value) and value.shape == x.shape[1:2] else None
