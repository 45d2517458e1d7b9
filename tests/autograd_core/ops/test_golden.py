"""Ops against the values and gradients of PyTorch that tests/golden/make_golden.py has stored."""

import json
from pathlib import Path

import numpy as np
import op_cases
import pytest

import autograd_core as ag
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

with np.load(Path(__file__).parents[2] / "golden" / "golden.npz") as file:
    CASES = json.loads(str(file["cases"]))["cases"]
    NUMBERS = {dtype: file[dtype] for dtype in ("float64", "float32")}

# Functions that are made of rows with another name.
ROWS = {"prelu": "leaky_relu", "gelu_sigmoid": "silu", "glu": "silu"}

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


def test_every_op_has_golden_values_or_a_formula_or_a_reason():
    own = {name for name, op in registry.items() if op.__module__.startswith("autograd_core.") and op.differentiable}
    golden = {ROWS.get(case["function"], case["function"]) for case in CASES}
    missing = {name for name in own - golden if not (op_cases.CASES[name].numpy or op_cases.CASES[name].not_by_torch)}
    assert not missing, "give its case in op_cases.py `numpy`, or have tests/golden/make_golden.py ask PyTorch"
    assert not {name for name in golden if op_cases.CASES[name].not_by_torch}


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
