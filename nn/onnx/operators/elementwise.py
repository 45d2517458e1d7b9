"""Elementwise operators."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

import autograd_core as ag
from nn.onnx.operators.table import Compute, Node, kind_of_number, reads

_SAME: dict[str, Compute] = {
    "Abs": ag.abs,
    "Acos": ag.acos,
    "Acosh": ag.acosh,
    "Add": ag.add,
    "And": ag.logical_and,
    "Asin": ag.asin,
    "Asinh": ag.asinh,
    "Atan": ag.atan,
    "Atanh": ag.atanh,
    "BitwiseAnd": ag.bitwise_and,
    "BitwiseNot": ag.bitwise_invert,
    "BitwiseOr": ag.bitwise_or,
    "BitwiseXor": ag.bitwise_xor,
    "Ceil": ag.ceil,
    "Cos": ag.cos,
    "Cosh": ag.cosh,
    "Equal": ag.equal,
    "Erf": ag.erf,
    "Exp": ag.exp,
    "Floor": ag.floor,
    "Greater": ag.greater,
    "GreaterOrEqual": ag.greater_equal,
    "HardSwish": ag.hard_swish,
    "IsNaN": ag.isnan,
    "Less": ag.less,
    "LessOrEqual": ag.less_equal,
    "Log": ag.log,
    "Mish": ag.mish,
    "Mul": ag.multiply,
    "Neg": ag.negative,
    "Not": ag.logical_not,
    "Or": ag.logical_or,
    "PRelu": ag.leaky_relu,
    "Pow": ag.pow,
    "Reciprocal": ag.reciprocal,
    "Relu": ag.relu,
    "Round": ag.round,
    "Sigmoid": ag.sigmoid,
    "Sign": ag.sign,
    "Sin": ag.sin,
    "Sinh": ag.sinh,
    "Softplus": ag.softplus,
    "Softsign": ag.soft_sign,
    "Sqrt": ag.sqrt,
    "Sub": ag.subtract,
    "Tan": ag.tan,
    "Tanh": ag.tanh,
    "Where": ag.where,
    "Xor": ag.logical_xor,
}


def _same(op: Compute) -> Any:
    return lambda node: op


for _kind, _op in _SAME.items():
    reads(_kind)(_same(_op))


def _of_several(op: Compute) -> Any:
    return lambda node: lambda *inputs: functools.reduce(op, inputs)


reads("Max")(_of_several(ag.maximum))
reads("Min")(_of_several(ag.minimum))
reads("Sum")(_of_several(ag.add))


@reads("Mean")
def _(node: Node) -> Compute:
    return lambda *inputs: functools.reduce(ag.add, inputs) / len(inputs)


@reads("Identity", "Dropout")
def _(node: Node) -> Compute:
    """Dropout is that of inference."""
    if len(node.outputs) > 1:
        raise node.refused("its mask is asked for")
    return lambda x, *others: x


@reads("Div")
def _(node: Node) -> Compute:
    def divide(a: Any, b: Any) -> Any:
        if kind_of_number(a) == "f":
            return ag.divide(a, b)
        return ag.sign(a) * ag.sign(b) * ag.floor_divide(ag.abs(a), ag.abs(b))  # cut off towards 0

    return divide


@reads("Mod")
def _(node: Node) -> Compute:
    if node.only("fmod", 0, 1):
        return lambda a, b: (
            a - ag.trunc(a / b) * b if kind_of_number(a) == "f" else ag.sign(a) * (ag.abs(a) % ag.abs(b))
        )
    return ag.remainder


@reads("IsInf")
def _(node: Node) -> Compute:
    node.only("detect_negative", 1)
    node.only("detect_positive", 1)
    return ag.isinf


@reads("Clip")
def _(node: Node) -> Compute:
    least, most = node.get("min"), node.get("max")  # before opset 11; then they are inputs

    def clip(x: Any, low: Any = None, high: Any = None) -> Any:
        low, high = least if low is None else low, most if high is None else high
        x = x if low is None else ag.maximum(x, low)
        return x if high is None else ag.minimum(x, high)

    return clip


@reads("LeakyRelu")
def _(node: Node) -> Compute:
    slope = float(node.get("alpha", 0.01))
    return lambda x: ag.leaky_relu(x, slope)


@reads("Elu")
def _(node: Node) -> Compute:
    alpha = float(node.get("alpha", 1.0))
    return lambda x: ag.elu(x, alpha)


@reads("Celu")
def _(node: Node) -> Compute:
    alpha = float(node.get("alpha", 1.0))
    return lambda x: ag.celu(x, alpha)


@reads("Selu")
def _(node: Node) -> Compute:
    alpha, gamma = float(node.get("alpha", 1.6732632)), float(node.get("gamma", 1.050701))
    if math.isclose(alpha, 1.6732632, rel_tol=1e-6) and math.isclose(gamma, 1.050701, rel_tol=1e-6):
        return ag.selu
    return lambda x: gamma * ag.elu(x, alpha)


@reads("ThresholdedRelu")
def _(node: Node) -> Compute:
    threshold = float(node.get("alpha", 1.0))
    return lambda x: ag.where(x > threshold, x, 0.0)


@reads("HardSigmoid")
def _(node: Node) -> Compute:
    alpha, beta = float(node.get("alpha", 0.2)), float(node.get("beta", 0.5))
    if math.isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5:
        return ag.hard_sigmoid
    return lambda x: ag.hard_tanh(alpha * x + beta, 0.0, 1.0)


@reads("Gelu")
def _(node: Node) -> Compute:
    return ag.gelu_tanh if node.only("approximate", "none", "tanh") == "tanh" else ag.gelu


@reads("Swish")
def _(node: Node) -> Compute:
    beta = float(node.get("alpha", 1.0))
    return lambda x: ag.silu(x, beta)


DTYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 5: np.int16, 6: np.int32, 7: np.int64, 9: np.bool_, 11: np.float64}
"""The dtypes that are supported, by ONNX's numbers for them."""


@reads("Cast")
def _(node: Node) -> Compute:
    if node.get("to") not in DTYPES:
        raise node.refused(
            f"it casts to the type number {node.get('to')}; there are floats of 32 and 64 bits, whole numbers and bools"
        )
    dtype = np.dtype(DTYPES[node.get("to")])
    return lambda x: ag.astype(x, dtype)


@reads("CastLike")
def _(node: Node) -> Compute:
    return lambda x, like: ag.astype(x, like.dtype)
