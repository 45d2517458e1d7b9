"""Products and normalisation."""

from __future__ import annotations

from typing import Any

import autograd_core as ag
from nn import functions
from nn.onnx.operators.table import Compute, Node, reads


@reads("MatMul")
def _(node: Node) -> Compute:
    return ag.matmul


@reads("Gemm")
def _(node: Node) -> Compute:
    """alpha·a b + beta·c."""
    alpha, beta = float(node.get("alpha", 1.0)), float(node.get("beta", 1.0))
    turn_a, turn_b = node.get("transA", 0), node.get("transB", 0)

    def gemm(a: Any, b: Any, c: Any = None) -> Any:
        a = ag.matrix_transpose(a) if turn_a else a
        if turn_b and alpha == beta == 1.0 and c is not None and c.shape == b.shape[:1]:
            return ag.linear(a, b, c)
        y = ag.matmul(a, ag.matrix_transpose(b) if turn_b else b)
        y = y if alpha == 1.0 else alpha * y
        return y if c is None else y + (c if beta == 1.0 else beta * c)

    return gemm


@reads("Einsum")
def _(node: Node) -> Compute:
    equation = str(node.get("equation"))
    return lambda *operands: ag.einsum(equation, *operands)


@reads("BatchNormalization")
def _(node: Node) -> Compute:
    """By the means and variances of the file, in training too."""
    node.only("training_mode", 0)
    node.only("spatial", 1)
    if len([name for name in node.outputs if name]) > 1:
        raise node.refused("outputs beyond the first are those of training")
    eps = float(node.get("epsilon", 1e-5))
    return lambda x, scale, b, mean, var: functions.batch_norm(x, mean, var, scale, b, eps=eps)


@reads("InstanceNormalization")
def _(node: Node) -> Compute:
    eps = float(node.get("epsilon", 1e-5))
    return lambda x, scale, b: functions.instance_norm(x, weight=scale, bias=b, eps=eps)


@reads("LayerNormalization")
def _(node: Node) -> Compute:
    if len([name for name in node.outputs if name]) > 1:
        raise node.refused("its mean and deviation are asked for")
    axis, eps = int(node.get("axis", -1)), float(node.get("epsilon", 1e-5))
    return lambda x, scale, b=None: ag.normalize(x, tuple(range(axis % x.ndim, x.ndim)), scale, b, eps)


@reads("RMSNormalization")
def _(node: Node) -> Compute:
    axis, eps = int(node.get("axis", -1)), float(node.get("epsilon", 1e-5))
    return lambda x, scale: ag.normalize(x, tuple(range(axis % x.ndim, x.ndim)), scale, eps=eps, centre=False)


@reads("GroupNormalization")
def _(node: Node) -> Compute:
    if node.opset < 21:
        raise node.refused("before opset 21 its weights are those of groups")
    groups, eps = int(node.get("num_groups", 1)), float(node.get("epsilon", 1e-5))
    return lambda x, scale, b: functions.group_norm(x, groups, scale, b, eps)
