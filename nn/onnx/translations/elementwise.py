"""Elementwise ops: arithmetic, comparisons, functions, activations. Those that are formulas of others need no row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nn.onnx.graph import Graph, Value
from nn.onnx.program import Step
from nn.onnx.translations.batch_normalisation import batch_normalisation
from nn.onnx.translations.table import translates

SAME = {  # the same function of the same inputs
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "negative": "Neg",
    "reciprocal": "Reciprocal",
    "abs": "Abs",
    "pow": "Pow",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "maximum": "Max",
    "minimum": "Min",
    "sign": "Sign",
    "erf": "Erf",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "soft_sign": "Softsign",
    "softplus": "Softplus",
    "hard_swish": "HardSwish",
    "mish": "Mish",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",  # to even, both
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "asin": "Asin",
    "acos": "Acos",
    "atan": "Atan",
    "sinh": "Sinh",
    "cosh": "Cosh",
    "asinh": "Asinh",
    "acosh": "Acosh",
    "atanh": "Atanh",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "equal": "Equal",
}


_OF_BOOLS = {"Add": "Or", "Max": "Or", "Mul": "And", "Min": "And"}  # whose arithmetic ONNX does not have


def _same(kind: str) -> Any:
    def translation(graph: Graph, step: Step, *inputs: Any) -> Any:
        if kind in _OF_BOOLS and graph.output_dtype(step).kind == "b":
            return graph.add(_OF_BOOLS[kind], *[_as_bools(graph, x) for x in inputs])
        return graph.add(kind, *graph.operands(step, inputs))

    return translation


for _op, _kind in SAME.items():
    translates(_op)(_same(_kind))


@translates("add")
def _(graph: Graph, step: Step, a: Any, b: Any) -> Any:
    return batch_normalisation(graph, step, (a, b)) or _same("Add")(graph, step, a, b)


@translates("not_equal")
def _(graph: Graph, step: Step, a: Any, b: Any) -> Any:
    return graph.add("Not", graph.add("Equal", *graph.operands(step, (a, b))))


def _as_bools(graph: Graph, x: Any) -> str:
    if not isinstance(x, Value):
        return graph.constant(bool(x), np.bool_)
    return x.name if x.dtype == bool else graph.cast(x.name, np.bool_)


def _logical(kind: str) -> Any:
    return lambda graph, step, *inputs: graph.add(kind, *[_as_bools(graph, x) for x in inputs])


for _op, _kind in {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor", "logical_not": "Not"}.items():
    translates(_op)(_logical(_kind))


def _bitwise(of_bools: str, of_integers: str) -> Any:
    def translation(graph: Graph, step: Step, *inputs: Any) -> Any:
        if graph.output_dtype(step).kind == "b":
            return graph.add(of_bools, *[_as_bools(graph, x) for x in inputs])
        return graph.add(of_integers, *graph.operands(step, inputs))

    return translation


for _op, _kind in {"and": "And", "or": "Or", "xor": "Xor", "invert": "Not"}.items():
    translates(f"bitwise_{_op}")(_bitwise(_kind, f"Bitwise{_kind}"))


@translates("isnan")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("IsNaN", x)


@translates("isinf")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("IsInf", x)


@translates("isfinite")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Not", graph.add("Or", graph.add("IsNaN", x), graph.add("IsInf", x)))


@translates("where")
def _(graph: Graph, step: Step, condition: Any, a: Any, b: Any) -> Any:
    return graph.add("Where", _as_bools(graph, condition), *_in_output_dtype(graph, step, a, b))


def _in_output_dtype(graph: Graph, step: Step, *inputs: Any) -> list[str]:
    dtype = next((x.dtype for x in inputs if isinstance(x, Value)), graph.output_dtype(step))
    return [graph.operand(x, dtype) for x in inputs]


@translates("clip", "hard_tanh")
def _(graph: Graph, step: Step, x: Any, low: Any = -1.0, high: Any = 1.0) -> Any:
    if isinstance(x, Value) and not isinstance(low, Value) and not isinstance(high, Value):
        bounds = [graph.operand(bound, x.dtype) if math.isfinite(bound) else "" for bound in (low, high)]
        return graph.add("Clip", x, *bounds)
    x, low, high = graph.operands(step, (x, low, high))
    return graph.add("Min", graph.add("Max", x, low), high)


@translates("relu6")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Clip", x, graph.constant(0, x.dtype), graph.constant(6, x.dtype))


@translates("square")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Mul", x, x)


@translates("rsqrt")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Reciprocal", graph.add("Sqrt", x))


@translates("hypot")
def _(graph: Graph, step: Step, a: Any, b: Any) -> Any:
    a, b = graph.operands(step, (a, b))
    return graph.add("Sqrt", graph.add("Add", graph.add("Mul", a, a), graph.add("Mul", b, b)))


@translates("expm1")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Sub", graph.add("Exp", x), graph.constant(1, x.dtype))


@translates("log1p")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Log", graph.add("Add", x, graph.constant(1, x.dtype)))


def _logarithm(base: float) -> Any:
    return lambda graph, step, x: graph.add("Div", graph.add("Log", x), graph.constant(math.log(base), x.dtype))


translates("log2")(_logarithm(2.0))
translates("log10")(_logarithm(10.0))


@translates("logaddexp")
def _(graph: Graph, step: Step, a: Any, b: Any) -> Any:
    a, b = graph.operands(step, (a, b))
    apart = graph.add("Neg", graph.add("Abs", graph.add("Sub", a, b)))
    return graph.add("Add", graph.add("Max", a, b), graph.add("Softplus", apart))


@translates("erfc")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Sub", graph.constant(1, x.dtype), graph.add("Erf", x))


@translates("trunc")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Mul", graph.add("Sign", x), graph.add("Floor", graph.add("Abs", x)))


@translates("remainder")
def _(graph: Graph, step: Step, a: Any, b: Any) -> Any:
    dtype = graph.output_dtype(step)
    a, b = graph.operands(step, (a, b))
    if dtype.kind in "iu":
        return graph.add("Mod", a, b)  # whose sign is the divisor's
    return graph.add("Sub", a, graph.add("Mul", graph.add("Floor", graph.add("Div", a, b)), b))


@translates("floor_divide")
def _(graph: Graph, step: Step, a: Any, b: Any) -> Any:
    dtype = graph.output_dtype(step)
    a, b = graph.operands(step, (a, b))
    if dtype.kind in "iu":  # of whole numbers, Div cuts off: take away what is left over first
        return graph.add("Div", graph.add("Sub", a, graph.add("Mod", a, b)), b)
    return graph.add("Floor", graph.add("Div", a, b))


@translates("heaviside")
def _(graph: Graph, step: Step, x: Value, at_zero: Any = 0.0) -> Any:
    zero, one = graph.constant(0, x.dtype), graph.constant(1, x.dtype)
    positive = graph.add("Where", graph.add("Greater", x, zero), one, zero)
    at_zero = graph.operand(at_zero, x.dtype)
    found = graph.add("Where", graph.add("Equal", x, zero), at_zero, positive)
    return graph.add("Where", graph.add("IsNaN", x), x, found)


# --- activations ------------------------------------------------------------------------------


@translates("log_sigmoid")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Neg", graph.add("Softplus", graph.add("Neg", x)))


@translates("hard_sigmoid")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


@translates("leaky_relu")
def _(graph: Graph, step: Step, x: Value, slope: Any = 0.01) -> Any:
    if isinstance(slope, (int, float)):
        return graph.add("LeakyRelu", x, alpha=float(slope))
    if isinstance(slope, Value) and slope.ndim <= x.ndim and graph.output_shape(step) == x.shape:
        return graph.add("PRelu", x, slope)  # whose slope broadcasts to x, and not x to it
    return NotImplemented


def _by_alpha(kind: str) -> Any:
    def translation(graph: Graph, step: Step, x: Value, alpha: Any = 1.0) -> Any:
        if not isinstance(alpha, (int, float)) or (kind == "Celu" and x.dtype != np.float32):
            return NotImplemented
        return graph.add(kind, x, alpha=float(alpha))

    return translation


translates("elu")(_by_alpha("Elu"))
translates("celu")(_by_alpha("Celu"))


@translates("selu")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Selu", x)


@translates("gelu")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Gelu", x)


@translates("gelu_tanh")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Gelu", x, approximate="tanh")


@translates("silu")
def _(graph: Graph, step: Step, x: Value, beta: Any = 1.0) -> Any:
    inner = x.name if beta == 1.0 else graph.add("Mul", x, graph.operand(beta, x.dtype))
    return graph.add("Mul", x, graph.add("Sigmoid", inner))


@translates("one_minus_square")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Sub", graph.constant(1, x.dtype), graph.add("Mul", x, x))


@translates("told")
def _(graph: Graph, step: Step, x: Value) -> Any:
    return graph.add("Identity", x)


@translates("largest")
def _(graph: Graph, step: Step, x: Value) -> Any:
    axis = step.attributes["dim"] % x.ndim
    place = graph.add("ArgMax", x, axis=axis, keepdims=0)
    depth = graph.integers([x.shape[axis]])
    return graph.add("OneHot", place, depth, graph.constant([0, 1], x.dtype), axis=axis)
