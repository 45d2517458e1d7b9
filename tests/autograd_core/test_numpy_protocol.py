"""numpy's functions and other libraries' arrays beside Tensors and Values."""

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn


@pytest.fixture
def x():
    return ag.tensor(np.array([[1.0, 2.0], [3.0, 4.0]]), requires_grad=True)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (np.tanh, np.tanh),
        (lambda t: np.power(t, 2), lambda a: a**2),
        (lambda t: np.arctan2(t, 2.0), lambda a: np.arctan2(a, 2.0)),
        (lambda t: np.array([1.0, 10.0]) * t, lambda a: np.array([1.0, 10.0]) * a),
        (lambda t: np.float64(3.0) - t, lambda a: 3.0 - a),
        (lambda t: np.ones((2, 2)) @ t, lambda a: np.ones((2, 2)) @ a),
        (lambda t: np.sum(t, axis=0), lambda a: a.sum(0)),
        (lambda t: np.mean(t, 1, keepdims=True), lambda a: a.mean(1, keepdims=True)),
        (lambda t: np.concatenate([t, np.ones((1, 2)), t]), lambda a: np.concatenate([a, np.ones((1, 2)), a])),
        (lambda t: np.stack([t, t], axis=1), lambda a: np.stack([a, a], axis=1)),
        (lambda t: np.where(np.array([True, False]), t, 0.0), lambda a: np.where([True, False], a, 0.0)),
        (np.transpose, np.transpose),
        (lambda t: np.reshape(t, (4,)), lambda a: a.reshape(4)),
        (lambda t: np.dot(t, t), lambda a: a @ a),
        (lambda t: np.max(t, axis=1), lambda a: a.max(1)),
        (lambda t: np.cumsum(t, axis=0), lambda a: a.cumsum(0)),
    ],
)
def test_numpy_functions_record(x, call, expected):
    y = call(x)
    assert isinstance(y, ag.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.numpy(), expected(x.numpy()), rtol=1e-15)


def test_questions_about_the_shape_are_answered(x):
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 2), 2, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (np.fft.fft, "np.fft does not record"),
        (np.add.reduce, r"np.add.reduce does not record"),
        (lambda t: np.add(t, 1, out=np.zeros((2, 2))), "np.add with out does not record"),
        (lambda t: np.sum(t, initial=1.0), "np.sum with these arguments"),
        (np.percentile, "np.percentile does not record"),
        (np.gcd, "np.gcd does not record"),
    ],
)
def test_what_does_not_record_says_so(x, call, message):
    with pytest.raises(ag.DTypeError, match=message):
        call(x) if call is not np.percentile and call is not np.gcd else call(x, 1)


def test_values_go_through_ufuncs_too():
    v = ag.Value(0.5)
    y = np.tanh(v) * np.float64(2.0)
    y.backward()
    assert v.grad == pytest.approx(2 * (1 - np.tanh(0.5) ** 2))


def test_asarray_takes_what_requires_no_gradient(x):
    x = x.detach()
    assert np.asarray(x).tolist() == x.tolist()
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    assert np.percentile(np.asarray(x), 50) == 2.5


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.asarray(x),
        lambda x: np.array([x, x]),
        lambda x: np.sum([x.sum(), (x * x).sum()]),
        lambda x: np.mean([x.sum()]),
        lambda x: ag.tensor([x, x]),
        lambda x: ag.full((2,), x.sum()),
        lambda x: nn.functions.mse_loss([x, x], ag.zeros((2, *x.shape))),
        lambda x: nn.Linear(x.shape[-1], 1)([x, x]),
        lambda x: ag.exp([x, x]),
        lambda x: ag.relu([x, x]),
        lambda x: ag.where([True, False], [x.sum(), x.sum()], [0.0, 0.0]),
        lambda x: nn.ReLU()([[x.sum()]]),
    ],
)
def test_nothing_that_requires_a_gradient_becomes_a_constant_by_itself(x, call):
    with pytest.raises((ag.GraphError, ag.DTypeError), match=r"join|x\.detach\(\)"):
        call(x)


def test_dlpack_goes_both_ways_without_sharing(x):
    array = np.from_dlpack(x.detach())
    assert array.tolist() == x.tolist()
    source = np.array([1.0, 2.0])
    t = ag.from_dlpack(source)
    source[0] = 9.0
    assert t.tolist() == [1.0, 2.0]
    assert x.__array_namespace__() is ag


def test_leaves_can_be_pickled_and_copied_and_recorded_tensors_refuse(x):
    (x * x).sum().backward()
    for again in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert (again.tolist(), again.requires_grad, again.grad.tolist()) == (x.tolist(), True, x.grad.tolist())
    assert isinstance(copy.deepcopy(nn.Linear(2, 2)).weight, nn.Parameter)
    with pytest.raises(ag.GraphError, match="only leaves can be pickled"):
        pickle.dumps(x * 2)
