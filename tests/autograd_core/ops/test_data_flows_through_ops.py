"""All that depends on the inputs goes through ops, forwards and in recorded backward passes: see replaying.py."""

import numpy as np
import pytest
from op_cases import CASES
from replaying import check_data_flows_through_ops

import autograd_core as ag

CHECKS = [(name, *check) for name, case in CASES.items() for check in case.checks]


def others(x):
    """Numbers of the same kind in other places."""
    return np.flip(x).copy() if np.ndim(x) else x * 0.9


@pytest.mark.parametrize(("name", "function", "inputs"), CHECKS)
def test_every_op(name, function, inputs):
    inputs = [np.asarray(x, np.float64) for x in inputs]
    check_data_flows_through_ops(function, inputs, [np.asarray(others(x)) for x in inputs])


rng = np.random.default_rng(3)
X, LONG = rng.standard_normal((4, 5)), rng.standard_normal((60, 5))
MATRIX = rng.standard_normal((4, 4))
SYMMETRIC = MATRIX + MATRIX.T
FEW, MANY = rng.integers(0, 5, 4), rng.integers(0, 5, 60)
COLUMNS = np.argsort(X, axis=1)
# Where it matters what the numbers are: functions, inputs, and others for which something else is to be done.
CHOICES = {
    "labels": (ag.softmax_cross_entropy, (X, FEW), (X + 1, FEW[::-1].copy())),
    "labels of many": (ag.softmax_cross_entropy, (LONG, MANY), (LONG + 1, MANY[::-1].copy())),
    "labels to ignore": (
        lambda x, labels: ag.softmax_cross_entropy(x, labels, -100),
        (X, FEW),
        (X, np.array([0, -100, 3, 1])),
    ),
    "labels of many to ignore": (
        lambda x, labels: ag.softmax_cross_entropy(x, labels, 3, "sum"),
        (LONG, MANY),
        (LONG, np.flip(MANY).copy()),
    ),
    "equal eigenvalues": (lambda x: ag.linalg.eigh(x).eigenvalues, (SYMMETRIC,), (np.eye(4),)),
    "equal singular values": (lambda x: ag.linalg.svdvals(x), (MATRIX[:, :3],), (np.eye(4)[:, :3],)),
    "singular values of 0": (lambda x: ag.linalg.svd(x, full_matrices=False).U, (X.T,), (np.outer(X[0], X[1, :4]),)),
    "singular matrices": (ag.linalg.det, (MATRIX,), (np.outer(X[0, :4], X[1, :4]),)),
    "regular matrices": (ag.linalg.det, (np.ones((3, 3)),), (MATRIX[:3, :3],)),
    "numbers of rows": (lambda x, i: x[i, 1:], (X, FEW % 4), (X, np.array([3, 3, 0, -1]))),
    "take": (lambda x, i: ag.take(x, i, axis=1), (X, FEW), (X, FEW[::-1].copy())),
    "take_along_axis": (lambda x, i: ag.take_along_axis(x, i, axis=1), (X, COLUMNS), (-X, COLUMNS[:, ::-1].copy())),
    "set_at": (lambda x, v, i: x.at[i].set(v), (X, X[0], np.array([0, 1, 1])), (X, X[1], np.array([2, 2, 0]))),
    "add_at": (lambda x, v, i: x.at[i].add(v), (X, X[0], np.array([0, 1, 1])), (X, X[1], np.array([2, 2, 0]))),
    "sort": (lambda x: ag.sort(x, axis=0, descending=True), (X,), (-X,)),
    "topk": (lambda x: ag.topk(x, 2)[0], (X,), (-X,)),
    "argmax": (lambda x: ag.take_along_axis(x, ag.argmax(x, axis=1, keepdims=True), axis=1), (X,), (-X,)),
    "max": (lambda x: ag.max(x, axis=1), (X,), (np.ones((4, 5)),)),
    "norm": (lambda x: ag.norm(x, axis=0), (X,), (X * 0.0,)),
    "std": (lambda x: ag.std(x, axis=0), (X,), (X * 0.0,)),
    "logsumexp": (lambda x: ag.logsumexp(x, axis=1), (X,), (np.full((4, 5), -np.inf),)),
    "prod": (lambda x: ag.prod(x, axis=1), (X,), (X * (X > 0),)),
    "where": (lambda c, x: ag.where(c, x, -x), (X > 0, X), (X < 0, X)),
    "a mask": (lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), x), (X,), (-X,)),
    "pow": (lambda x, n: x**n, (np.abs(X), np.array(2.0)), (np.abs(X), np.array(0.5))),
    "max_pool2d": (lambda x: ag.max_pool2d(x, 2), (rng.random((1, 2, 6, 6)),), (np.ones((1, 2, 6, 6)),)),
}


DRAWS = {
    "rand": lambda x: x * ag.rand(4, 5, dtype=np.float64),
    "randn": lambda x: x + ag.randn(4, 5, dtype=np.float64),
    "randint": lambda x: x[ag.randint(0, 4, (6,))],
    "randperm": lambda x: x[:, ag.randperm(5)],
    "normal": lambda x: x * ag.normal(x, ag.exp(x)),
    "bernoulli": lambda x: x * ag.bernoulli(ag.sigmoid(x)),
    "multinomial": lambda x: ag.take_along_axis(x, ag.multinomial(ag.exp(x), 3), axis=1),
    "checkpoint": ag.checkpoint(lambda x: ag.tanh(x * ag.rand(4, 5, dtype=np.float64)) * ag.rand(5, dtype=np.float64)),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("seed", [0, 1])
def test_draws_are_made_anew(name, seed):
    check_data_flows_through_ops(DRAWS[name], (X,), (X[::-1] * 0.5,), seed)


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_made_by_ops(name):
    check_data_flows_through_ops(*CHOICES[name])
