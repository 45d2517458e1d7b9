"""Kernels for single numbers compute, to the bit, what the rows compute in Python."""

import math
import random

import numpy as np
import pytest

from autograd_core import ops
from autograd_core.kernels import scalar
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, math.inf, -math.inf, math.nan]
NUMBERS = [*SPECIAL, 1e308, -1e308, 5e-324, 710.0, -745.5, 0.1]
PYTHONS_OWN = {"hypot", "lgamma", "polygamma"}
OF_THOSE = {*PYTHONS_OWN, "asinh", "atan2", "digamma"}  # have them in their gradients
OF_BITS = {"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_invert"}
FAST = {"pow", "hypot"}


def swept(code, columns):
    """What a kernel makes of columns of numbers."""
    count, arity = len(columns[0]), len(columns)
    arena = np.concatenate([*columns, *[[read()] * count for read in code.outside], np.zeros(count)])
    runs = np.array([[len(arena) - count, count, 0, 0]], np.int64)
    operands = np.arange((arity + len(code.outside)) * count, dtype=np.uint32)
    scalar.Sweep(arena, operands, runs, np.zeros(1, np.int64), [code])()
    return arena[-count:]


def assert_same_bits(ours, expected):
    ours, expected = np.array(ours), np.array(expected, np.float64)
    same = (ours.view(np.int64) == expected.view(np.int64)) | (np.isnan(ours) & np.isnan(expected))
    assert same.all(), [(ours[i], expected[i]) for i in np.flatnonzero(~same)[:3]]


def points(arity):
    rng = random.Random(0)
    return [[rng.choice(NUMBERS) for _ in range(arity)] for _ in range(300)] + [
        [rng.gauss(0.0, 1.0) * scale for _ in range(arity)] for scale in (0.1, 1.0, 10.0) for _ in range(300)
    ]


CASES = [
    pytest.param(op, marks=[] if name in FAST else pytest.mark.slow)
    for name, op in sorted(registry.items())
    if isinstance(op, Elementwise) and op.row.__module__.startswith("autograd_core") and name not in OF_BITS
]


@pytest.mark.parametrize("op", CASES, ids=lambda op: op.name)
def test_every_row_and_local_gradient_has_the_bits_that_python_gives(op):
    at = points(len(op.inputs))
    columns = [np.array(column) for column in zip(*at, strict=True)]
    y = [float(op.on_numbers(*x)) for x in at]
    if op.name in PYTHONS_OWN:
        with pytest.raises(scalar.NoKernelError, match="Python's own"):
            scalar.code(op.row)
    else:
        assert_same_bits(swept(scalar.code(op.row), columns), y)
    if not op.differentiable or op.name in OF_THOSE:
        return
    g = np.array([random.Random(1).gauss(0.0, 1.0) for _ in at])
    for i, rule in enumerate(op.rules):
        if rule is None or not rule.names:
            continue
        local = []
        for x, number in zip(at, y, strict=True):
            try:
                local.append(op.local_gradients((*x, number))[i])
            except ArithmeticError:
                local.append(op.ieee_local_gradients((*x, number))[i])
        expected = [a * float(b) for a, b in zip(g.tolist(), local, strict=True)]
        wanted = [(*columns, np.array(y))[k] for k in rule.arrays]
        assert_same_bits(swept(scalar.code(rule.function, gradient=True), [g, *wanted]), expected)


def test_a_kernel_can_be_read():
    text = scalar.code(ops.sigmoid.row).source(lanes=False)
    assert "math.exp" in text
    assert "exponential." not in text


def test_a_row_whose_callee_is_replaced_is_compiled_anew(monkeypatch):
    before = scalar.code(_calls)
    assert swept(before, [np.array([3.0])]).tolist() == [6.0]
    monkeypatch.setitem(globals(), "_called", _other)
    assert not before.is_current
    assert swept(scalar.code(_calls), [np.array([3.0])]).tolist() == [9.0]


def _called(x):
    return 2.0 * x


def _other(x):
    return 3.0 * x


def _calls(x):
    return _called(x)
