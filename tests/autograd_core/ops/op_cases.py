"""What the tests know of each op: one case an op, the only place in the tests that a new op must touch.

A case holds the checks, pairs (function, inputs) with the op and its arguments in them, whose first and second
derivatives are compared with differences (test_every_op.py); an op that is not differentiable has none. Values need
something independent to be compared with: `numpy`, the formula in numpy, or the answers of PyTorch that tests/golden
stores (test_golden.py), or the reason `not_by_torch` why neither is there. An elementwise op has besides:

- `answers`, at infinities, nan and kinks, by hand: {x or (a, b): (y, gradient to each input)}, unless PyTorch's are
  stored (test_special_values.py);
- `domain`, where it is not smooth from -2 to 2: from where to where inputs are drawn (test_shapes.py);
- `cancelling`, where a gradient is a small difference of numbers of order 1, and so off by two units of those: which
  one, and why (test_one_answer.py).

All of them go over the registry; test_every_op.py fails for an op without a case.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.ops.op import registry

inf, nan = math.inf, math.nan


@dataclass(frozen=True)
class Case:
    checks: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = ()
    numpy: Callable[..., Any] | None = None
    not_by_torch: str = ""
    answers: dict[Any, tuple[float, ...]] = field(default_factory=dict)
    domain: tuple[float, float] = (-2.0, 2.0)
    cancelling: str = ""


def case(*checks: Any, **rest: Any) -> Case:
    return Case(checks, **rest)


class Cases(dict[str, Case]):
    """Cases by the names of their ops."""

    def __missing__(self, name: str) -> Case:
        raise KeyError(f"the op {name!r} has no case; give it one in CASES of tests/autograd_core/ops/op_cases.py")


rng = np.random.default_rng(0)


def apart(*shape):
    """Numbers of both signs, away from 0 and from each other, so that no difference quotient meets a kink or tie."""
    n = int(np.prod(shape))
    return (rng.permutation(np.linspace(-2, 2, n + n % 2)[:n] + 0.013)).reshape(shape)


def positive(*shape):
    return np.abs(apart(*shape)) + 0.1


def regular(*shape):
    """Square matrices that are far from singular, and have eigenvalues and singular values far apart."""
    n = shape[-1]
    return apart(*shape, n) * 0.3 + np.diag(np.arange(1.0, n + 1))


CELLS = (ag.cells.RNN, ag.cells.LSTM, ag.cells.GRU, ag.cells.ReLURNN)


def normalize_gradient(g, x, weight, which):
    mean, var = ag.mean(x.detach(), axis=0, keepdims=True), ag.var(x.detach(), axis=0, keepdims=True)
    row = registry["normalize_gradient"]
    return row(g, x, weight, mean, var, bias_shape=(3,), axes=(0,), eps=0.01, centre=True)[which]


def run_cell(cell, reverse, hidden=2):
    """The h of every step and the last state, in one row: of two rows of 2 and 1 steps."""

    def run(x, w, b, s):
        h, last = ag.run_cell(x, w, b, s, np.array([2, 1]), cell=cell, reverse=reverse)
        return ag.concat([ag.flatten(h), ag.flatten(last) ** 2])

    rows = cell.gates * hidden
    shapes = ((2, 2, rows), (rows, hidden), (2, rows), (cell.parts, 2, hidden))
    return run, tuple([apart(*shape) * 0.7 for shape in shapes])


def run_cell_gradient(cell):
    lengths = np.array([2, 1])
    _, inputs = run_cell(cell, True, hidden=1)

    def gradient(g, g_last, *inputs):
        h, _, memory = registry["run_cell"](*[x.detach() for x in inputs], lengths, cell=cell, reverse=True)
        of = registry["run_cell_gradient"](g, g_last, *inputs, lengths, h, memory, cell=cell, reverse=True)
        return ag.concat([ag.flatten(part) for part in of])

    return gradient, (apart(2, 2, 1), apart(cell.parts, 2, 1), *inputs)


TARGETS, FRAMES, LABELS = np.array([[1, 1], [2, 0]]), np.array([4, 3]), np.array([2, 1])


def ctc_gradient(g, log_probs):
    how = {"blank": 0, "per_label": True, "zero_infinity": False}
    _, memory = registry["ctc_loss"](log_probs.detach(), TARGETS, FRAMES, LABELS, **how)
    return registry["ctc_gradient"](g, log_probs, TARGETS, FRAMES, LABELS, memory, **how)


BLOCKED = np.where(np.arange(5) % 2, 0.3, -np.inf)


def attention_gradient(causal):
    def gradient(g, q, k, v):
        row = {"scale": 0.5, "causal": causal}
        _, weights = registry["attention"](q.detach(), k.detach(), v.detach(), BLOCKED[:3], **row)
        of = registry["attention_gradient"](g, q, k, v, BLOCKED[:3], weights, **row)
        return ag.concat([ag.flatten(part) for part in of])

    return gradient, (apart(1, 3, 2), apart(1, 3, 2), apart(1, 3, 2), apart(1, 3, 2))


# Why PyTorch's answers to some are not stored.
BY_ITS_FUNCTIONS = "golden values of the functions that are made of them: test_golden_arrays.py"
BY_ITS_LAYERS = "golden values of the layers that are made of them: tests/nn/layers/test_normalisation.py"
A_GRADIENT = "the gradient of an op that has golden second gradients"
BY_NUMPY = "equal to numpy: test_fourier.py"
MOVES = "moves numbers and computes none: test_every_op.py"


def together(*indices):
    """What puts arrays together at these, and squares it."""
    return lambda *parts: registry["put_together"](*parts, shape=(3, 4), indices=indices) ** 2


CASES = Cases()
CASES |= {
    "add": case((ag.add, (apart(2, 3), apart(3)))),
    "subtract": case((ag.subtract, (apart(2, 1), apart(3)))),
    "multiply": case((ag.multiply, (apart(2, 3), apart(2, 3))), (ag.multiply, (apart(2, 3), np.array(2.0)))),
    "divide": case((ag.divide, (apart(2, 3), apart(3))), (ag.divide, (apart(3), apart(2, 1))), domain=(0.4, 2.0)),
    "pow": case(
        (ag.pow, (positive(2, 3), apart(3))),
        (lambda x: x**2, (apart(4),)),
        (lambda x: x**-1.5, (positive(4),)),
        (lambda x: 2.0**x, (apart(4),)),
        domain=(0.2, 3.0),
        numpy=np.power,
    ),
    "negative": case((ag.negative, (apart(3),))),
    "floor_divide": case(
        (ag.floor_divide, (apart(2, 3) * 4, positive(3))),
        domain=(0.4, 2.0),
        not_by_torch="torch defines no gradient for it; numpy's own function, gradient 0",
    ),
    "remainder": case((ag.remainder, (np.array([[2.3, -2.3], [5.1, -0.2]]), np.array([0.7, -1.1]))), domain=(0.4, 2.0)),
    "quotient_of_remainder": case(
        (registry["quotient_of_remainder"], (apart(2, 3) * 4, positive(3))),
        not_by_torch="the inner part of the gradient of remainder",
    ),
    "reciprocal": case((ag.reciprocal, (apart(3),)), domain=(0.2, 3.0)),
    "square": case((ag.square, (apart(3),))),
    "rsqrt": case((ag.rsqrt, (positive(3),)), domain=(0.2, 3.0), numpy=lambda x: x**-0.5),
    "hypot": case((ag.hypot, (apart(2, 3), apart(3)))),
    "expm1": case((ag.expm1, (apart(3),))),
    "log1p": case((ag.log1p, (positive(3) - 0.5,)), domain=(-0.8, 2.0)),
    "log2": case((ag.log2, (positive(3),)), domain=(0.2, 3.0)),
    "log10": case((ag.log10, (positive(3),)), domain=(0.2, 3.0)),
    "logaddexp": case((ag.logaddexp, (apart(2, 3), apart(3))), (lambda x: ag.logaddexp(x, x * 1.0), (apart(3),))),
    "clip": case((ag.clip, (apart(3, 4), np.array(-0.7), positive(4))), (lambda x: ag.clip(x, max=0.5), (apart(5),))),
    "abs": case((ag.abs, (apart(3),))),
    "sqrt": case((ag.sqrt, (positive(3),)), domain=(0.2, 3.0)),
    "exp": case((ag.exp, (apart(3),))),
    "log": case((ag.log, (positive(3),)), domain=(0.2, 3.0)),
    "sin": case((ag.sin, (apart(3),))),
    "cos": case((ag.cos, (apart(3),))),
    "tan": case((ag.tan, (apart(3) / 2,)), domain=(-1.2, 1.2)),
    "one_minus_square": case(
        (registry["one_minus_square"], (apart(3),)),
        numpy=lambda x: 1 - x * x,
        not_by_torch="the inner part of the gradients of asin, acos and atanh",
    ),
    "asin": case((ag.asin, (apart(3) / 3,)), domain=(-0.9, 0.9), numpy=np.arcsin),
    "acos": case((ag.acos, (apart(3) / 3,)), domain=(-0.9, 0.9), numpy=np.arccos),
    "atan": case((ag.atan, (apart(3),)), numpy=np.arctan),
    "atan2": case((ag.atan2, (apart(2, 3), apart(3))), numpy=np.arctan2),
    "sinh": case((ag.sinh, (apart(3),))),
    "cosh": case((ag.cosh, (apart(3),))),
    "tanh": case((ag.tanh, (apart(3),)), cancelling="1 - y², made of the rounded y as in the lecture"),
    "asinh": case((ag.asinh, (apart(3),)), numpy=np.arcsinh),
    "acosh": case((ag.acosh, (positive(3) + 1.1,)), domain=(1.2, 3.0), numpy=np.arccosh),
    "atanh": case((ag.atanh, (apart(3) / 3,)), domain=(-0.9, 0.9), numpy=np.arctanh),
    "erf": case((ag.erf, (apart(3),)), numpy=np.vectorize(math.erf, [float])),
    "erfc": case((ag.erfc, (apart(3),)), numpy=np.vectorize(math.erfc, [float])),
    "lgamma": case(
        (ag.lgamma, (np.array([0.3, 1.2, 9.5, -0.6, -3.4]),)),
        domain=(0.2, 3.0),
        numpy=np.vectorize(math.lgamma, [float]),
    ),
    "digamma": case((ag.digamma, (np.array([0.3, 1.2, 9.5, -0.6, -3.4]),)), domain=(0.2, 3.0)),
    "polygamma": case((lambda x: ag.polygamma(np.arange(4), x), (np.array([0.4, 1.7, -0.6, 2.5]),))),
    "sigmoid": case(
        (ag.sigmoid, (apart(4) * 5,)),
        numpy=lambda x: 1 / (1 + np.exp(-x)),
        cancelling="y(1 - y), made of the rounded y as in the lecture",
    ),
    "log_sigmoid": case((ag.log_sigmoid, (apart(4) * 5,))),
    "soft_sign": case((ag.soft_sign, (apart(4),))),
    "hard_tanh": case((ag.hard_tanh, (apart(3, 4), np.array(-0.7), np.linspace(0.5, 1.2, 4)))),
    "celu": case((ag.celu, (apart(2, 3), positive(3))), cancelling="that to alpha, e^z(1 - z) - 1, near 0"),
    "gelu_tanh": case((ag.gelu_tanh, (apart(4),))),
    "hard_sigmoid": case((ag.hard_sigmoid, (apart(6) * 2.2,)), numpy=lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    "heaviside": case(
        (ag.heaviside, (apart(3), np.array(0.5))),
        not_by_torch="torch defines no gradient for it; numpy's own function, gradient 0",
    ),
    "relu": case((ag.relu, (apart(2, 3),)), numpy=lambda x: np.maximum(x, 0)),
    "relu6": case((ag.relu6, (apart(6) * 4,)), numpy=lambda x: np.clip(x, 0, 6)),
    "leaky_relu": case(
        (ag.leaky_relu, (apart(2, 3),)),
        (ag.prelu, (apart(2, 3), apart(3))),
        numpy=lambda x, a: np.where(x > 0, x, a * x),
    ),
    "softplus": case((ag.softplus, (apart(4) * 5,)), numpy=lambda x: np.log1p(np.exp(x))),
    "elu": case(
        (ag.elu, (apart(2, 3),)),
        (ag.elu, (apart(2, 3), positive(3))),
        numpy=lambda x, a: np.where(x > 0, x, a * np.expm1(x)),
    ),
    "selu": case(
        (ag.selu, (apart(3),)),
        numpy=lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    ),
    "gelu": case(
        (ag.gelu, (apart(4),)),
        numpy=lambda x: x * (1 + np.vectorize(math.erf, [float])(x / 2**0.5)) / 2,
        cancelling="Φ(x) + xφ(x), near its zero",
    ),
    "silu": case(
        (ag.silu, (apart(2, 3), apart(3))),
        (ag.gelu_sigmoid, (apart(3),)),
        (ag.glu, (apart(2, 6),)),
        numpy=lambda x, b: x / (1 + np.exp(-b * x)),
        cancelling="σ(z) + zσ(z)σ(-z), near its zero",
    ),
    "hard_swish": case((ag.hard_swish, (apart(6) * 2.2,)), numpy=lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "mish": case((ag.mish, (apart(4),)), numpy=lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "maximum": case((ag.maximum, (apart(2, 3), np.array(0.3)))),
    "minimum": case((ag.minimum, (apart(2, 3), np.array(0.3)))),
    "where": case(
        (lambda a, b: ag.where(np.array([True, False, True]), a, b), (apart(2, 3), apart(3))),
        answers={
            (1.0, 2.0, nan): (2.0, 0.0, 1.0, 0.0),
            (0.0, inf, 3.0): (3.0, 0.0, 0.0, 1.0),
            (nan, 5.0, inf): (5.0, 0.0, 1.0, 0.0),
        },
    ),
    "sign": case((ag.sign, (apart(3),))),
    "copysign": case(
        (ag.copysign, (apart(2, 3), apart(3))),
        numpy=np.copysign,
        answers={
            (2.0, -0.0): (-2.0, -1.0, 0.0),
            (-2.0, -inf): (-2.0, 1.0, 0.0),
            (0.0, -1.0): (-0.0, 0.0, 0.0),
            (-inf, 1.0): (inf, -1.0, 0.0),
            (nan, 1.0): (nan, nan, 0.0),
        },
    ),
    "signbit": case(
        answers={
            -0.0: (1.0, 0.0),
            -inf: (1.0, 0.0),
            inf: (0.0, 0.0),
            nan: (0.0, 0.0),
            -1.0: (1.0, 0.0),
        }
    ),
    "nextafter": case(
        answers={(1.0, inf): (1.0, 0.0, 0.0), (0.5, 0.5): (0.5, 0.0, 0.0), (nan, 1.0): (nan, 0.0, 0.0)},
    ),
    "floor": case((ag.floor, (apart(4),))),
    "ceil": case((ag.ceil, (apart(4),))),
    "round": case((ag.round, (apart(4),)), numpy=np.rint),
    "trunc": case((ag.trunc, (apart(4),))),
    "sum": case(
        (ag.sum, (apart(2, 3),)),
        (lambda x: ag.sum(x, axis=(0, 2), keepdims=True), (apart(2, 3, 2),)),
        (lambda x: ag.sum(x, axis=-1), (apart(2, 3),)),
    ),
    "mean": case((ag.mean, (apart(2, 3),)), (lambda x: ag.mean(x, axis=0), (apart(2, 3),))),
    "prod": case(
        (ag.prod, (apart(2, 3),)),
        (lambda x: ag.prod(x, axis=(0, 2), keepdims=True), (apart(2, 3, 2),)),
        (lambda x: ag.prod(x, axis=-1), (np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0]]),)),
    ),
    "var": case((ag.var, (apart(2, 3),)), (lambda x: ag.var(x, axis=1, correction=1, keepdims=True), (apart(2, 3),))),
    "std": case((ag.std, (apart(2, 3),)), (lambda x: ag.std(x, axis=(-1,), correction=1), (apart(2, 3),))),
    "max": case((ag.max, (apart(2, 3),)), (lambda x: ag.max(x, axis=1, keepdims=True), (apart(2, 3),))),
    "min": case((ag.min, (apart(2, 3),)), (lambda x: ag.min(x, axis=1, keepdims=True), (apart(2, 3),))),
    "norm": case(
        (ag.norm, (apart(2, 3),)),
        (lambda x: ag.norm(x, axis=0, keepdims=True), (apart(2, 3),)),
        *[(lambda x, p=p: ag.norm(x, axis=-1, ord=p), (apart(2, 3),)) for p in (1, 1.5, 3, -2, np.inf, -np.inf)],
    ),
    "cumulative_sum": case(
        (lambda x: ag.cumulative_sum(x) ** 2, (apart(4),)),
        (lambda x: ag.cumulative_sum(x, axis=0, include_initial=True) ** 2, (apart(3, 2),)),
    ),
    "cumulative_sum_backwards": case(
        *[(lambda x, i=i: registry["cumulative_sum_backwards"](x, axis=i) ** 2, (apart(3, 2),)) for i in (0, 1)],
        not_by_torch="the gradient of cumulative_sum, which has golden second gradients",
    ),
    "cumulative_prod": case(
        (ag.cumulative_prod, (apart(4),)),
        (lambda x: ag.cumulative_prod(x, axis=0, include_initial=True), (apart(3, 2),)),
        (
            lambda x: ag.cumulative_prod(x, axis=1),
            (np.array([[2.0, 0.0, 3.0, 0.0, 1.5], [0.0, 1.0, 2.0, 3.0, 4.0]]),),
        ),
    ),
    "recurrence": case(
        (registry["recurrence"], (apart(2, 4), apart(2, 4))),
        not_by_torch="the gradient of cumulative_prod, which has golden second gradients",
    ),
    "logsumexp": case((ag.logsumexp, (apart(2, 3),)), (lambda x: ag.logsumexp(x, axis=None), (apart(2, 3),))),
    "softmax": case((ag.softmax, (apart(2, 3),)), (lambda x: ag.softmax(x, axis=0), (apart(2, 3),))),
    "checkpoint": case(
        (ag.checkpoint(lambda x, y: ag.exp(x * y)), (apart(3), apart(3))),
        not_by_torch="another way to compute gradients, compared with the plain one: test_transforms.py",
    ),
    "masked_softmax": case(
        (ag.masked_softmax, (apart(2, 3), apart(3))),
        (lambda x: ag.masked_softmax(x, np.array([0.5, -inf, 0.0])), (apart(2, 3),)),
        (lambda x: ag.masked_softmax(x, np.array([[-inf], [0.5]])), (apart(2, 3),)),
        not_by_torch="an op for attention, which is compared: tests/nn/layers/test_attention.py",
    ),
    "softmax_cross_entropy": case(
        (lambda x: ag.softmax_cross_entropy(x, np.array([0, 2])), (apart(2, 3),)),
        (lambda x: ag.softmax_cross_entropy(x, np.array([0, 2, 1]), 2, "sum"), (apart(3, 3),)),
    ),
    "log_softmax": case((ag.log_softmax, (apart(2, 3),)), (lambda x: ag.log_softmax(x, axis=0), (apart(2, 3),))),
    "matmul": case(
        (ag.matmul, (apart(2, 3), apart(3, 4))),
        (ag.matmul, (apart(3), apart(3, 4))),
        (ag.matmul, (apart(2, 3), apart(3))),
        (ag.matmul, (apart(3), apart(3))),
        (ag.matmul, (apart(2, 2, 3), apart(3, 2))),
        (ag.matmul, (apart(2, 1, 2, 3), apart(4, 3, 2))),
        numpy=np.matmul,
    ),
    "linear": case(
        (ag.linear, (apart(4, 3), apart(2, 3), apart(2))),
        (ag.linear, (apart(3), apart(2, 3), apart(2))),
        (ag.linear, (apart(2, 2, 3), apart(2, 3), apart(2))),
        numpy=lambda x, w, b: x @ w.T + b,
    ),
    "logsumexp_gradient": case(
        (lambda g, x, y: registry["logsumexp_gradient"](g, x, y, axis=-1), (apart(2), apart(2, 3), positive(2))),
        not_by_torch=A_GRADIENT,
    ),
    "softmax_gradient": case(
        (lambda g, y: registry["softmax_gradient"](g, y, axis=-1), (apart(2, 3), positive(2, 3))),
        (lambda g, y: registry["softmax_gradient"](g, y, axis=0), (apart(2, 3), positive(2, 3))),
        not_by_torch=A_GRADIENT,
    ),
    "log_softmax_gradient": case(
        (lambda g, y: registry["log_softmax_gradient"](g, y, axis=-1), (apart(2, 3), -positive(2, 3))),
        not_by_torch=A_GRADIENT,
    ),
    "softmax_cross_entropy_gradient": case(
        *[
            (
                lambda g, x, how=how: registry["softmax_cross_entropy_gradient"](
                    g, x, np.array([0, 2, 1]), np.array(2.0), *how
                ),
                (positive(), apart(3, 3)),
            )
            for how in ((None, True), (1, True), (0, False))
        ],
        not_by_torch=A_GRADIENT,
    ),
    "attention": case(
        (ag.attention, (apart(3, 2), apart(4, 2), apart(4, 3))),
        (lambda *x: ag.attention(*x, causal=True), (apart(1, 2, 3, 2), apart(2, 1, 4, 2), apart(4, 1))),
        (lambda *x: ag.attention(*x, np.zeros((3, 5)) + BLOCKED, scale=0.7), (apart(3, 2), apart(5, 2), apart(5, 1))),
        not_by_torch="golden values of the layers that are made of it: tests/nn/layers/test_attention.py",
    ),
    "attention_gradient": case(attention_gradient(False), attention_gradient(True), not_by_torch=A_GRADIENT),
    "run_cell": case(
        *[run_cell(cell, reverse) for cell in CELLS for reverse in (False, True)],
        not_by_torch="golden values of the layers that are made of it: tests/nn/layers/test_recurrence.py",
    ),
    "run_cell_gradient": case(
        *[run_cell_gradient(cell) for cell in CELLS[:3]],
        not_by_torch=A_GRADIENT,
    ),
    "ctc_loss": case(
        (lambda x: ag.ctc_loss(x, TARGETS, FRAMES, LABELS) ** 2, (apart(4, 2, 3) * 0.5,)),
        (lambda x: ag.ctc_loss(x, np.array([2, 1, 2]), FRAMES, LABELS, per_label=True), (apart(4, 2, 3) * 0.5,)),
        not_by_torch="golden values of the loss that is made of it: tests/golden/function_cases.py",
    ),
    "ctc_gradient": case((ctc_gradient, (apart(2), apart(4, 2, 3) * 0.5)), not_by_torch=A_GRADIENT),
    "normalize_gradient": case(
        *[
            (lambda *inputs, i=i: normalize_gradient(*inputs, which=i), (apart(4, 3), apart(4, 3), positive(3)))
            for i in range(3)
        ],
        not_by_torch=BY_ITS_LAYERS,
    ),
    "normalize": case(
        (lambda x: ag.normalize(x, axis=(0, 2)), (apart(2, 2, 3),)),
        (lambda x, w, b: ag.normalize(x, (0, 2), w, b) ** 2, (apart(2, 2, 3), apart(2, 1), apart(2, 1))),
        (lambda x, w, b: ag.normalize(x, -1, w, b, eps=0.1) ** 2, (apart(2, 4), apart(4), apart(4))),
        (lambda x, w: ag.normalize(x, -1, w, centre=False) ** 2, (apart(2, 4), apart(4))),
        not_by_torch=BY_ITS_LAYERS,
    ),
    "standardize_gradient": case(
        (lambda u, x: registry["standardize_gradient"](u, x, (1,), 0.01, True), (apart(2, 4), apart(2, 4))),
        (lambda u, x: registry["standardize_gradient"](u, x, (0,), 0.01, False), (apart(4, 2), apart(4, 2))),
        not_by_torch=BY_ITS_LAYERS,
    ),
    "vecdot": case(
        (ag.vecdot, (apart(2, 3), apart(3))),
        (lambda a, b: ag.vecdot(a, b, axis=0), (apart(3, 2), apart(3, 1))),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "reshape": case(
        (lambda x: ag.reshape(x, (3, -1)) ** 2, (apart(2, 3),)),
        not_by_torch=MOVES,
    ),
    "permute_dims": case(
        (lambda x: ag.permute_dims(x, (1, -1, 0)) ** 2, (apart(2, 3, 2),)),
        not_by_torch=MOVES,
    ),
    "broadcast_to": case(
        (lambda x: ag.broadcast_to(x, (2, 3)) ** 2, (apart(2, 1),)),
        not_by_torch=MOVES,
    ),
    "concat": case(
        (lambda a, b: ag.concat([a, np.ones((2, 1)), b], axis=-1) ** 2, (apart(2, 3), apart(2, 2))),
        (lambda a, b: ag.concat([a, b, a], axis=None) ** 2, (apart(2, 2), apart(3))),
        not_by_torch=MOVES,
    ),
    "expand_dims": case(
        (lambda x: ag.expand_dims(x, 1) ** 2, (apart(2, 3),)),
        not_by_torch=MOVES,
    ),
    "astype": case(
        (lambda x: ag.astype(x, np.float64) ** 2, (apart(2),)),
        not_by_torch=MOVES,
    ),
    "getitem": case(
        (lambda x: x[1:, ::-2] ** 2, (apart(3, 4),)),
        (lambda x: x[None, ..., 1] ** 2, (apart(3, 4),)),
        (lambda x: x[[0, 2, 0], [1, 1, 1]] ** 2, (apart(3, 4),)),
        (lambda x: x[np.array([True, False, True])] ** 2, (apart(3, 4),)),
        not_by_torch=MOVES,
    ),
    "scatter_add": case(
        (lambda g: ag.scatter_add(g, (4, 2), [1, 3, 1]) ** 2, (apart(3, 2),)),
        not_by_torch=MOVES,
    ),
    "put_together": case(
        (together((slice(0, 2),), (slice(2, 3),)), (apart(2, 4), apart(1, 4))),
        (together(..., (slice(None), slice(1, 3)), (0,), ()), (apart(3, 4), apart(3, 2), apart(4), apart(3, 4))),
        not_by_torch="a gradient, of which the parts are getitem's",
    ),
    "set_at": case(
        (lambda x, v: x.at[1:, ::2].set(v) ** 3, (apart(3, 4), apart(2, 1))),
        (lambda x, v: x.at[[2, 0, 2]].set(v) ** 3, (apart(3, 2), apart(3, 2))),
        not_by_torch="equal to numpy: test_indexing.py, test_shaping.py",
    ),
    "add_at": case(
        (lambda x, v: x.at[1:, ::2].add(v) ** 3, (apart(3, 4), apart(2, 1))),
        (lambda x, v: x.at[[2, 0, 2]].add(v) ** 3, (apart(3, 2), apart(3, 2))),
        not_by_torch="equal to numpy: test_indexing.py, test_shaping.py",
    ),
    "einsum": case(
        (lambda a, b: ag.einsum("bij,bjk->kib", a, b), (apart(2, 2, 3), apart(2, 3, 2))),
        (lambda a, b, c: ag.einsum("ij,jk,kj", a, b, c), (apart(2, 2), apart(2, 3), apart(3, 2))),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "solve": case(
        (ag.linalg.solve, (regular(2, 3), apart(3, 2))),
        (ag.linalg.solve, (regular(3), apart(3))),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "inv": case((ag.linalg.inv, (regular(2, 3),)), not_by_torch=BY_ITS_FUNCTIONS, numpy=np.linalg.inv),
    "det": case(
        (ag.linalg.det, (regular(2, 3),)),
        (ag.linalg.det, (np.outer([1.0, 2.0, -1.0], [0.5, 1.0, 3.0]),)),  # of rank 1
        (ag.linalg.det, (np.arange(1.0, 10.0).reshape(3, 3),)),  # of rank 2, which rounding hides
        (ag.linalg.det, (np.zeros((2, 1, 1)),)),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "cofactors": case(
        (registry["cofactors"], (regular(2, 3),)),
        (registry["cofactors"], (np.diag([1.0, 0.0, 2.0]),)),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "cofactors_gradient": case(
        (registry["cofactors_gradient"], (apart(2, 3, 3), regular(2, 3))),
        (registry["cofactors_gradient"], (apart(3, 3), np.diag([1.0, 0.0, 2.0]))),
        (registry["cofactors_gradient"], (apart(1, 1), apart(1, 1))),
        not_by_torch=A_GRADIENT,
    ),
    "logabsdet": case(
        (lambda x: ag.linalg.slogdet(x).logabsdet, (regular(2, 3),)),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "pinv": case(
        (ag.linalg.pinv, (apart(2, 3, 2),)),
        (ag.linalg.pinv, (apart(2, 3),)),
        (lambda a, b: ag.linalg.pinv(ag.outer(a, b), rtol=1e-8), (apart(3), apart(2))),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    # These read a symmetric matrix, so that is what must vary.
    "cholesky": case(
        *[
            (lambda x, upper=upper: ag.linalg.cholesky(x @ x.mT, upper=upper), (regular(2, 3),))
            for upper in (False, True)
        ],
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "eigh": case(
        (lambda x: ag.linalg.eigh(x + x.mT).eigenvalues, (regular(2, 3),)),
        (lambda x: ag.linalg.eigh(x + x.mT).eigenvectors, (regular(2, 3),)),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "qr": case(
        *[
            (lambda x, part=part: ag.linalg.qr(x)[part], (regular(2, 3)[..., :m, :n],))
            for part in (0, 1)
            for m, n in ((3, 2), (3, 3), (2, 3))
        ],
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "svd": case(
        *[
            (lambda x, part=part: ag.linalg.svd(x, full_matrices=False)[part], (regular(2, 3)[..., :m, :n],))
            for part in (0, 1, 2)
            for m, n in ((3, 2), (3, 3), (2, 3))
        ],
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "fft": case(
        (ag.fft.fft, (apart(2, 3, 2),)),
        (lambda z: ag.fft.ifft(z, n=2, axis=0, norm="ortho") ** 2, (apart(3, 2, 2),)),
        not_by_torch=BY_NUMPY,
    ),
    "rfft": case(
        (ag.fft.rfft, (apart(2, 3),)),
        (lambda x: ag.fft.rfft(x, n=1, norm="ortho") ** 2, (apart(3),)),
        (lambda x: ag.fft.rfft(x, n=4, axis=0, norm="forward") ** 2, (apart(3, 2),)),
        not_by_torch=BY_NUMPY,
    ),
    "irfft": case(
        (ag.fft.irfft, (apart(2, 3, 2),)),
        (lambda z: ag.fft.irfft(z, n=1, norm="ortho") ** 2, (apart(3, 2),)),
        (lambda z: ag.fft.irfft(z, n=5, axis=0, norm="forward") ** 2, (apart(2, 2, 2),)),
        not_by_torch=BY_NUMPY,
    ),
    "roll": case(
        (lambda x: ag.roll(x, (1, -3), axis=(0, -1)) ** 2, (apart(2, 4),)),
        not_by_torch="equal to numpy: test_indexing.py, test_shaping.py",
    ),
    "conv2d": case(
        (ag.conv2d, (apart(2, 2, 5, 4), apart(3, 2, 3, 2))),
        (lambda x, w: ag.conv2d(x, w, stride=(2, 1), padding=(1, 2)), (apart(2, 1, 5, 5), apart(2, 1, 3, 3))),
        (lambda x, w: ag.conv2d(x, w, dilation=2, groups=2, padding=1), (apart(1, 4, 5, 5), apart(2, 2, 2, 3))),
    ),
    "conv2d_with_bias": case(
        (lambda x, w, b: ag.conv2d(x, w, b, padding=1) ** 2, (apart(2, 1, 3, 4), apart(2, 1, 2, 3), apart(2))),
        not_by_torch="conv2d, whose sums start from the bias: test_every_op.py",
    ),
    "conv2d_input_gradient": case(
        (lambda x, w: ag.conv2d(x, w, stride=2) ** 3, (apart(1, 1, 5, 5), apart(2, 1, 3, 3))),
        not_by_torch="the gradient of conv2d, which has golden second gradients",
    ),
    "conv2d_weight_gradient": case(
        (lambda x, w: ag.conv2d(x, w, padding=1) ** 3, (apart(1, 2, 3, 4), apart(1, 2, 2, 3))),
        not_by_torch="the gradient of conv2d, which has golden second gradients",
    ),
    "max_pool2d": case(
        (lambda x: ag.max_pool2d(x, 2), (apart(2, 2, 4, 5),)),
        (lambda x: ag.max_pool2d(x, (3, 2), stride=(1, 2), padding=1) ** 2, (apart(1, 2, 5, 4),)),
    ),
    "max_pool2d_scatter": case(
        (lambda x: ag.max_pool2d(x, 3, stride=1) ** 3, (apart(1, 1, 4, 4),)),
        not_by_torch="the gradient of max_pool2d, which has golden second gradients",
    ),
    "windows": case(
        (lambda x: registry["windows"](x, (2, 3), (2, 1), (1, 2)) ** 2, (apart(2, 5, 6),)),
        (lambda x: ag.unfold(x, (2, 1), padding=1, stride=2) ** 2, (apart(1, 2, 3, 2),)),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "add_windows": case(
        (lambda x: registry["add_windows"](x, (5, 6), (2, 3), (2, 1), (1, 2)) ** 2, (apart(1, 2, 2, 2, 3),)),
        (lambda x: ag.fold(x, (3, 2), (2, 1), padding=1, stride=2) ** 2, (apart(1, 4, 4),)),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "window_sums": case(
        (lambda x: registry["window_sums"](x, (2, 3), (2, 1)) ** 2, (apart(2, 5, 4),)),
        not_by_torch=BY_ITS_FUNCTIONS,
    ),
    "max_pool2d_gather": case(
        (lambda x: ag.max_pool2d(x, 2, stride=1) ** 3, (apart(1, 1, 3, 4),)),
        not_by_torch="the gradient of max_pool2d_scatter, reached by third gradients only: test_every_op.py",
    ),
    **dict.fromkeys(
        [
            *("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"),
            *("logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isfinite", "isinf"),
            *("argmax", "argmin", "argsort", "any", "all", "signdet", "is_written_last"),
            *("nonzero", "places_of_maxima", "searchsorted", "unique"),
            *("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial"),
            *("random_state", "swap_random_state", "ctc_states"),
        ],
        case(),  # not differentiable
    ),
    **dict.fromkeys(
        [f"bitwise_{name}" for name in ("and", "or", "xor", "invert", "left_shift", "right_shift")],
        case(not_by_torch="takes no floats: test_bitwise.py"),
    ),
}
