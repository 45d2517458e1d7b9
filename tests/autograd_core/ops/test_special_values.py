"""Elementwise functions at zeros, kinks, infinities, nan and the ends of the range, against PyTorch's answers, which
tests/golden/make_golden_special.py has stored. Where ours differ on purpose, docs/edge-cases.md has a row for it.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from op_cases import CASES

import autograd_core as ag
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

with np.load(Path(__file__).parents[2] / "golden" / "golden_special.npz") as file:
    NAMES = json.loads(str(file["names"]))
    STORED = {key: file[key] for key in file.files if key != "names"}

EDGE_CASES = (Path(__file__).parents[3] / "docs" / "edge-cases.md").read_text()

# Where torch's own answers are worse than 16 units in their last place: a relative error, how many units of 1 they are
# off by, and why.
LESS_EXACT = {
    "expm1": (0, 1, "torch's gradient y + 1 cancels"),
    "tanh": (0, 2, "1 - y², made of the rounded y, in torch as in ours"),
    "gelu": (0, 8, "torch's 1 + erf cancels"),
    "gelu_tanh": (0, 8, "torch's 1 + tanh cancels"),
    "soft_sign": (0, 8, "torch's gradient cancels"),
    "hard_sigmoid": (1e-7, 0, "torch's gradient is the 1/6 of float32"),
    "asinh": (0, 1, "torch squares, which overflows"),
    "acosh": (0, 1, "torch squares, which overflows"),
    "log10": (0, 1, "torch's x·log 10 overflows"),
    "lgamma": (1e-13, 0, "torch's digamma near its zeros; test_special.py has exact values"),
    "digamma": (1e-4, 0, "torch's trigamma is good to 1e-9, and in float32 to 1e-4; test_special.py has exact values"),
    "polygamma": (1e-4, 0, "as for digamma"),
}


def pole(x):
    return (x < 0) & (x == np.floor(x)) & np.isfinite(x)


def square_not_held(a, b):
    square = a * a + b * b
    return (square < np.finfo(a.dtype).tiny) | np.isinf(square)


def largest(x):
    return x >= np.finfo(x.dtype).max


def one_infinite(a, b):
    return np.isinf(a) | np.isinf(b)


# function -> what differs (y, or the gradient to an input), where, and the row of docs/edge-cases.md that says so.
NAN_STAYS = "`abs`, `elu`, `selu`, `celu`, `hard_swish` of nan"
NAN_STOPS = "`relu`, `relu6`, `hard_tanh` of nan"
GATES = "`silu`, `gelu`, `gelu_tanh`, `mish` of ±inf"
DIFFERENT = {
    "abs": [("x", np.isnan, NAN_STAYS)],
    "elu": [("x", np.isnan, NAN_STAYS)],
    "selu": [("x", np.isnan, NAN_STAYS)],
    "celu": [("x", np.isnan, NAN_STAYS)],
    "hard_swish": [("x", np.isnan, NAN_STAYS), ("y", largest, "`gelu`, `hard_swish` of the largest numbers")],
    "relu": [("x", np.isnan, NAN_STOPS)],
    "relu6": [("x", np.isnan, NAN_STOPS)],
    "hard_tanh": [("x", np.isnan, NAN_STOPS)],
    "sign": [("y", np.isnan, "`sign(nan)`, `heaviside(nan)`")],
    "heaviside": [
        ("y", lambda x, at_zero: np.isnan(x), "`sign(nan)`, `heaviside(nan)`"),
        ("at_zero", lambda x, at_zero: x == 0, "`heaviside(0)`"),
    ],
    "silu": [("x", np.isinf, GATES)],
    "gelu_sigmoid": [("x", np.isinf, GATES)],
    "mish": [("x", np.isinf, GATES)],
    "gelu": [("y", largest, "`gelu`, `hard_swish` of the largest numbers"), ("x", np.isinf, GATES)],
    "gelu_tanh": [("x", lambda x: np.isinf(x * x * x), GATES)],
    "soft_sign": [("x", np.isinf, "`soft_sign` of ±inf")],
    "acosh": [("x", lambda x: x < 1, "`asin`, `acos`, `acosh`, `atanh` outside their domains")],
    "pow 0.5": [(what, lambda x: np.isneginf(x) | (x == 0), "`x ** 0.5` at -inf and -0") for what in "ya"],
    "digamma": [("x", pole, "`digamma` at ±0, and at -1, -2, ...")],
    "polygamma 1": [("y", pole, "`digamma` at ±0, and at -1, -2, ..."), ("x", np.isinf, "`polygamma(n, ±inf)`")],
    "polygamma 2": [("y", np.isinf, "`polygamma(n, ±inf)`"), ("x", np.isinf, "`polygamma(n, ±inf)`")],
    "polygamma 3": [("y", np.isinf, "`polygamma(n, ±inf)`"), ("x", np.isinf, "`polygamma(n, ±inf)`")],
    "hypot": [(x, lambda a, b: (a == 0) & (b == 0), "`norm(x)`, `hypot(0, 0)` at 0") for x in "ab"],
    "atan2": [(x, square_not_held, "`atan2` where a² + b² is 0 or inf") for x in "ab"],
    "logaddexp": [(x, lambda a, b: np.isinf(a) & (a == b), "`logaddexp(a, a)`, also for ±inf") for x in "ab"],
    "floor_divide": [("y", one_infinite, "`a // b` with an infinity")],
    "remainder": [
        ("y", lambda a, b: np.isinf(a / b) & np.isfinite(a) & (b != 0), "`a % b`, a quotient beyond what can be held")
    ],
}
# Python's % has the sign of b, torch's 0 that of a.
OTHER_SIGN_OF_ZERO = {"remainder"}


def cases():
    for count in (1, 2):
        for place, name in enumerate(NAMES["one" if count == 1 else "two"]):
            for dtype in ("float64", "float32"):
                points, answers = STORED[f"{dtype} points {count}"], STORED[f"{dtype} answers {count}"][place]
                yield pytest.param(name, list(points), list(answers), id=f"{name}-{dtype}")


def results(name, points):
    """Ours: y and the gradients, in the points' dtype."""
    function, *numbers = name.split()
    leaves = [ag.tensor(x, requires_grad=True) for x in points]
    numbers = [float(number) for number in numbers]
    y = ag.polygamma(*numbers, *leaves) if function == "polygamma" else getattr(ag, function)(*leaves, *numbers)
    if y.requires_grad:
        y.sum().backward()
    gradients = [
        np.zeros_like(x) if leaf.grad is None else leaf.grad.numpy() for leaf, x in zip(leaves, points, strict=True)
    ]
    return [array.astype(points[0].dtype) for array in (y.numpy(), *gradients)]


def names_of_inputs(name, count):
    row = registry.get(name.split()[0])
    return ["x"] if row is None else [x for x in row.inputs if x != "n"][:count]


def test_every_elementwise_op_is_compared():
    own = {
        name
        for name, op in registry.items()
        if isinstance(op, Elementwise) and op.__module__.startswith("autograd_core.")
    }
    compared = {name.split()[0] for name in NAMES["one"] + NAMES["two"]}
    missing = {name for name in own - compared if not (CASES[name].answers or CASES[name].not_by_torch)}
    assert not missing, (
        "give its case in op_cases.py `answers`, or have tests/golden/make_golden_special.py ask PyTorch"
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.answers])
def test_answers_of_its_case(name, dtype):
    given = CASES[name].answers
    points = [np.array(xs, dtype) for xs in zip(*[x if isinstance(x, tuple) else (x,) for x in given], strict=True)]
    answers = [np.array(column, dtype) for column in zip(*given.values(), strict=True)]
    for what, found, answer in zip(["y", *registry[name].inputs], results(name, points), answers, strict=True):
        np.testing.assert_allclose(found, answer, rtol=16 * np.finfo(dtype).eps, err_msg=f"{name}, {what}")


@pytest.mark.parametrize("name", DIFFERENT)
def test_every_difference_has_its_row(name):
    for _, _, row in DIFFERENT[name]:
        assert f"| {row}" in EDGE_CASES


@pytest.mark.parametrize(("name", "points", "answers"), [*cases()])
def test_equal_to_torch(name, points, answers):
    eps = np.finfo(points[0].dtype).eps
    relative, of_one, _ = LESS_EXACT.get(name.split()[0], (0, 0, ""))
    denormals = 8 * np.finfo(points[0].dtype).smallest_subnormal  # have few digits
    for what, ours, theirs in zip(
        ["y", *names_of_inputs(name, len(points))], results(name, points), answers, strict=True
    ):
        with np.errstate(all="ignore"):
            error = np.abs(ours - theirs)
            allowed = max(relative, 16 * eps) * np.abs(theirs) + of_one * eps + denormals
            finite = np.isfinite(ours) & np.isfinite(theirs)
            equal = (ours == theirs) | (finite & (error <= allowed)) | (np.isnan(ours) & np.isnan(theirs))
            if what == "y" and name not in OTHER_SIGN_OF_ZERO:
                equal &= (ours != 0) | (theirs != 0) | (np.signbit(ours) == np.signbit(theirs))
            for differs, where, _ in DIFFERENT.get(name, DIFFERENT.get(name.split()[0], [])):
                if differs == what:
                    equal |= where(*points)
        wrong = np.flatnonzero(~equal)
        at = [f"{tuple(float(x[i]) for x in points)}: {ours[i]}, by torch {theirs[i]}" for i in wrong[:5]]
        assert not wrong.size, f"{name}, {what}: {wrong.size} differ, as at {'; '.join(at)}"


@pytest.mark.parametrize("name", DIFFERENT)
def test_differences_are_real(name):
    given = [case.values for case in cases() if case.values[0] == name]
    for what, where, _ in DIFFERENT[name]:
        place = ["y", *names_of_inputs(name, len(given[0][1]))].index(what)
        with np.errstate(all="ignore"):
            assert any(
                np.any(where(*x) & ~np.isclose(results(name, x)[place], a[place], equal_nan=True)) for _, x, a in given
            )
