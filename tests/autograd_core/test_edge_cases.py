"""docs/edge-cases.md, row by row."""

import math

import numpy as np
import pytest

import autograd_core as ag

inf, nan = math.inf, math.nan


def value_and_gradients(function, *inputs):
    leaves = [ag.tensor(np.array(x, dtype=np.float64), requires_grad=True) for x in inputs]
    with np.errstate(all="ignore"):
        y = function(*leaves)
        y.sum().backward()
    return y.tolist(), *(None if leaf.grad is None else leaf.grad.tolist() for leaf in leaves)


ROWS = [
    ("relu at 0", ag.relu, (0.0,), (0.0, 0.0)),
    ("relu of nan", ag.relu, (nan,), (nan, 0.0)),
    ("abs at 0", ag.abs, (0.0,), (0.0, 0.0)),
    ("sign", ag.sign, ([-2.0, 0.0, 3.0],), ([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0])),
    ("maximum at a tie", ag.maximum, (2.0, 2.0), (2.0, 0.5, 0.5)),
    ("minimum at a tie", ag.minimum, (2.0, 2.0), (2.0, 0.5, 0.5)),
    ("maximum with a nan", ag.maximum, (nan, 2.0), (nan, 1.0, 1.0)),
    ("max at a tie of three", ag.max, ([1.0, 3.0, 3.0, 3.0],), (3.0, [0.0, 1 / 3, 1 / 3, 1 / 3])),
    ("max with a nan", ag.max, ([1.0, nan],), (nan, [nan, nan])),
    ("sqrt at 0", ag.sqrt, (0.0,), (0.0, inf)),
    ("sqrt below 0", ag.sqrt, (-1.0,), (nan, nan)),
    ("log at 0", ag.log, (0.0,), (-inf, inf)),
    ("log below 0", ag.log, (-2.0,), (nan, -0.5)),
    ("one over zero", lambda x: 1 / x, (0.0,), (inf, -inf)),
    ("zero times infinity", ag.multiply, (0.0, inf), (nan, inf, 0.0)),
    ("zero to the zero", lambda x: x**0, (0.0,), (1.0, 0.0)),
    ("zero to the zero, both variable", ag.pow, (0.0, 0.0), (1.0, 0.0, 0.0)),
    ("zero to a power", ag.pow, (0.0, 2.0), (0.0, 0.0, 0.0)),
    ("a negative base with a fraction", lambda x: x ** (1 / 3), (-8.0,), (nan, nan)),
    ("exp overflows", ag.exp, (1000.0,), (inf, inf)),
    ("sigmoid far out", ag.sigmoid, ([1000.0, -1000.0],), ([1.0, 0.0], [0.0, 0.0])),
    ("logsumexp of nothing likely", ag.logsumexp, ([-inf, -inf],), (-inf, [0.0, 0.0])),
    ("logsumexp with infinity", ag.logsumexp, ([0.0, inf],), (inf, [0.0, nan])),
    ("softmax masked", lambda x: ag.softmax(x)[0], ([0.0, -inf],), (1.0, [0.0, 0.0])),
    ("where: a bad branch not taken", lambda x: ag.where(x > 0, ag.log(x), 0.0), (0.0,), (0.0, nan)),
    ("where: guarded", lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0), (0.0,), (0.0, 0.0)),
    ("sum of nothing", ag.sum, ([],), (0.0, [])),
    ("mean of nothing", ag.mean, ([],), (nan, [])),
    ("max pool at a tie", lambda x: ag.max_pool2d(x, 2), ([[[[1.0, 1.0], [0.0, 1.0]]]],), None),
]


@pytest.mark.parametrize(("function", "inputs", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_value_and_gradients(function, inputs, expected):
    found = value_and_gradients(function, *inputs)
    if expected is None:
        expected = ([[[[1.0]]]], [[[[1 / 3, 1 / 3], [0.0, 1 / 3]]]])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)


def test_max_of_nothing_is_an_error():
    with pytest.raises(ag.ShapeError, match="max: no largest element"):
        ag.max(ag.zeros((0,)))


def test_zero_d_arrays_stay_zero_d():
    x = ag.tensor(np.array(2.0), requires_grad=True)
    y = ag.exp(x) * x.sum() + x.reshape(())
    y.backward()
    assert y.shape == x.grad.shape == ()


def test_integers_take_part_without_a_gradient():
    n, x = ag.tensor(np.array([1, 2])), ag.tensor(np.array([1.0, 2.0]), requires_grad=True)
    (n * x).sum().backward()
    assert n.grad is None
    assert x.grad.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("function", [ag.softmax, ag.log_softmax, ag.logsumexp, ag.mean])
def test_integers_become_floats_where_only_floats_make_sense(function):
    assert function(ag.tensor(np.array([1, 2]))).dtype.kind == "f"
