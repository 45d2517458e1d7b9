"""Products: matmul, linear maps, einsum, look-up tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step
from nn.onnx.translations.table import translates


@translates("matmul")
def _(graph: Graph, step: Step, a: Value, b: Value) -> Any:
    return graph.add("MatMul", a, b)


@translates("linear")
def _(graph: Graph, step: Step, x: Value, w: Value, b: Value) -> Any:
    if x.ndim == 2:
        return graph.add("Gemm", x, w, b, transB=1)
    return graph.add("Add", graph.add("MatMul", x, graph.add("Transpose", w, perm=[1, 0])), b)


@translates("vecdot")
def _(graph: Graph, step: Step, a: Value, b: Value) -> Any:
    return graph.add("ReduceSum", graph.add("Mul", a, b), graph.constant([-1], np.int64), keepdims=0)


@translates("einsum")
def _(graph: Graph, step: Step, *operands: Value) -> Any:
    return graph.add("Einsum", *operands, equation=step.attributes["subscripts"])


@translates("embedding")
def _(graph: Graph, step: Step, weight: Value, indices: Value) -> Any:
    return graph.add("Gather", weight, indices, axis=0)


@translates("one_hot")
def _(graph: Graph, step: Step, labels: Value) -> Any:
    depth = graph.integers([step.attributes["num_classes"]])
    return graph.add("OneHot", labels, depth, graph.constant([0, 1], np.int64), axis=-1)
