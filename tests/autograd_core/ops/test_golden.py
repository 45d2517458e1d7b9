"""Ops against the values and gradients of PyTorch that tests/golden/make_golden.py has stored."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

with np.load(Path(__file__).parents[2] / "golden" / "golden.npz") as file:
    CASES = json.loads(str(file["cases"]))["cases"]
    NUMBERS = {dtype: file[dtype] for dtype in ("float64", "float32")}

# Functions that are made of rows with another name.
ROWS = {"prelu": "leaky_relu", "gelu_sigmoid": "silu", "glu": "silu"}

WITHOUT = {
    **{name: "not differentiable" for name, op in registry.items() if not op.differentiable},
    **dict.fromkeys(
        ["reshape", "permute_dims", "broadcast_to", "concat", "expand_dims", "astype", "getitem", "scatter_add"],
        "moves numbers and computes none: test_every_op.py",
    ),
    **dict.fromkeys(["set_at", "add_at", "roll"], "equal to numpy: test_indexing.py, test_shaping.py"),
    **dict.fromkeys(
        [
            "einsum",
            "vecdot",
            "solve",
            "inv",
            "det",
            "cofactors",
            "logabsdet",
            "pinv",
            "cholesky",
            "qr",
            "svd",
            "eigh",
            "windows",
            "add_windows",
            "window_sums",
        ],
        "golden values of the functions that are made of them: test_golden_arrays.py",
    ),
    **dict.fromkeys(
        ["normalize", "normalize_gradient", "standardize_gradient"],
        "golden values of the layers that are made of them: tests/nn/layers/test_normalisation.py",
    ),
    **dict.fromkeys(
        ["logsumexp_gradient", "softmax_gradient", "log_softmax_gradient", "softmax_cross_entropy_gradient"],
        "the gradient of an op that has golden second gradients",
    ),
    "floor_divide": "torch defines no gradient for it; numpy's own function, gradient 0",
    "heaviside": "torch defines no gradient for it; numpy's own function, gradient 0",
    "quotient_of_remainder": "the inner part of the gradient of remainder",
    "one_minus_square": "the inner part of the gradients of asin, acos and atanh",
    "cumulative_sum_backwards": "the gradient of cumulative_sum, which has golden second gradients",
    "recurrence": "the gradient of cumulative_prod, which has golden second gradients",
    "conv2d_with_bias": "conv2d, whose sums start from the bias: test_every_op.py",
    "conv2d_relu": "the same numbers as conv2d and relu: tests/nn/test_containers.py",
    "linear_relu": "the same numbers as linear and relu: tests/nn/test_containers.py",
    "sum_of_channels": "the gradient of conv2d to its bias",
    "conv2d_input_gradient": "the gradient of conv2d, which has golden second gradients",
    "conv2d_weight_gradient": "the gradient of conv2d, which has golden second gradients",
    "max_pool2d_scatter": "the gradient of max_pool2d, which has golden second gradients",
    "max_pool2d_gather": "the gradient of max_pool2d_scatter, reached by third gradients only: test_every_op.py",
}

# How close to be, in relative terms, where torch itself is less exact than 1e-12.
LESS_EXACT = {
    "lgamma": (1e-9, "torch's trigamma, in the second gradient, is good to 1e-9; test_special.py has exact values"),
    "digamma": (1e-9, "as for lgamma"),
    "gelu_tanh": (1e-11, "torch's 1 - tanh² cancels far out"),
}


class Reader:
    """Takes arrays one by one from the long row of numbers."""

    def __init__(self, dtype):
        self.numbers = NUMBERS[dtype]
        self.position = 0

    def take(self, shapes):
        arrays = []
        for shape in shapes:
            size = int(np.prod(shape))
            arrays.append(self.numbers[self.position : self.position + size].reshape(shape))
            self.position += size
        return arrays


def stored(dtype):
    reader = Reader(dtype)
    for i, case in enumerate(CASES):
        shapes, output = case["shapes"], case["output"]
        x, u, v = reader.take(shapes), *reader.take([output]), reader.take(shapes)
        answers = reader.take([output, *shapes, *shapes])
        by_torch = reader.take([output, *shapes, *shapes]) if dtype == "float32" else answers
        yield pytest.param(case, x, u, v, answers, by_torch, id=f"{case['function']}-{i}")


def call(case, xs):
    keywords = {
        name: tuple(value) if isinstance(value, list) else float(value) if isinstance(value, str) else value
        for name, value in case["keywords"].items()
    }
    return getattr(ag, case["function"])(*xs, **keywords)


def differentiate(case, x, u, v):
    """y, the gradients of Σ u·y, and those of Σ v·(these gradients)."""
    xs = [ag.tensor(a, requires_grad=True) for a in x]
    y = call(case, xs)
    ag.sum(y * u).backward(create_graph=True)
    first = [take_gradient(a) for a in xs]
    slope = ag.sum(xs[0] * 0.0)
    for direction, g in zip(v, first, strict=True):
        slope = slope + ag.sum(g * direction)
    slope.backward()
    second = [take_gradient(a) for a in xs]
    return [a.numpy() for a in (y, *first, *second)]


def take_gradient(x):
    gradient, x.grad = x.grad, None
    return ag.zeros_like(x) if gradient is None else gradient


def test_every_op_has_golden_values_or_a_reason():
    own = {name for name, op in registry.items() if op.__module__.startswith("autograd_core.")}
    golden = {ROWS.get(case["function"], case["function"]) for case in CASES}
    missing = own - golden - set(WITHOUT)
    assert not missing, "add a case to tests/golden/make_golden.py and run it, or a reason to WITHOUT"
    assert not golden & set(WITHOUT)


@pytest.mark.parametrize(("case", "x", "u", "v", "answers", "by_torch"), [*stored("float64")])
def test_float64(case, x, u, v, answers, by_torch):
    for ours, answer in zip(differentiate(case, x, u, v), answers, strict=True):
        assert ours.dtype == np.float64
        assert ours.shape == answer.shape
        rtol, _ = LESS_EXACT.get(case["function"], (1e-12, ""))
        np.testing.assert_allclose(ours, answer, rtol=rtol, atol=floor(case, answer, 1e-15))


@pytest.mark.parametrize(("case", "x", "u", "v", "answers", "by_torch"), [*stored("float32")])
def test_float32(case, x, u, v, answers, by_torch):
    for i, (ours, answer, theirs) in enumerate(zip(differentiate(case, x, u, v), answers, by_torch, strict=True)):
        assert ours.dtype == np.float32
        error = np.abs(ours - answer.astype(np.float64))
        allowed = 1e-6 * np.abs(answer) + floor(case, answer, 1e-6)
        if i > len(x):
            allowed += 3e-7  # second gradients cross 0 between terms of order 1: a few ulp of those
        # Where float32 loses more on the way, we may lose as much as torch does.
        assert np.all((error <= allowed) | (error <= 2 * np.abs(theirs - answer.astype(np.float64))))


def floor(case, answer, eps):
    """What an entry may be off by because it is a sum of larger numbers that cancel; alone, a number has no excuse."""
    op = registry.get(ROWS.get(case["function"], case["function"]))
    alone = isinstance(op, Elementwise) and all(shape == case["output"] for shape in case["shapes"])
    return 0.0 if alone else eps * np.max(np.abs(answer), initial=1.0)  # the weights are of order 1, too
