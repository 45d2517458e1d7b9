import math

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Value


def values(*numbers):
    return [Value(x) for x in numbers]


@pytest.mark.parametrize("op", [ag.sum, ag.mean, ag.prod, ag.max, ag.min, ag.var, ag.norm, ag.logsumexp])
def test_a_reduction_of_a_list_gives_one_value_with_the_gradients_of_an_array(op):
    xs = values(0.5, 2.0, -1.0)
    y = op(xs)
    y.backward()
    array = ag.tensor(np.array([0.5, 2.0, -1.0]), requires_grad=True)
    expected = op(array)
    expected.backward()
    assert isinstance(y, Value)
    assert y.data == expected.item()
    assert [x.grad for x in xs] == array.grad.tolist()
    assert y.parents == tuple(xs)


def test_softmax_of_a_list_gives_a_list():
    xs = values(1.0, 2.0, 3.0)
    ps = ag.softmax(xs)
    loss = -ag.log(ps[2])
    loss.backward()
    p = [math.exp(i) / sum(math.exp(j) for j in range(3)) for i in range(3)]
    np.testing.assert_allclose([q.data for q in ps], p, rtol=1e-14)
    np.testing.assert_allclose([x.grad for x in xs], [p[0], p[1], p[2] - 1], rtol=1e-14)  # a - y


@pytest.mark.parametrize(
    "function",
    [
        lambda *v: ag.logsumexp(list(v)),
        lambda *v: ag.softmax(list(v))[1],
        lambda *v: ag.sum(list(v)) ** 2 * ag.max(list(v)),
        lambda *v: ag.norm(v, ord=3),
        lambda *v: ag.cumulative_prod(list(v))[2],
        lambda *v: ag.sum([[v[0], 2.0], [v[1], v[2]]], axis=0)[1] ** 2,
    ],
)
def test_first_and_second_gradients_equal_finite_differences(function):
    ag.gradcheck(function, 1.0, 2.5, -0.7, order=2)


def test_gradients_can_be_differentiated_three_times():
    x = Value(2.0)
    y = ag.prod([x, x, x])
    for expected in (12.0, 12.0, 6.0):
        x.grad = 0.0
        y.backward(create_graph=True)
        y = x.grad
        assert y.data == expected


def test_numbers_beside_values_take_part():
    x = Value(1.0)
    y = ag.mean([x, 3])
    y.backward()
    assert (y.data, x.grad) == (2.0, 0.5)


def test_a_graph_of_lists_is_explained_entry_by_entry():
    a, b = Value(1.0, "a"), Value(1.0, "b")
    p = ag.softmax([a, b])[1]
    p.backward()
    assert ag.explain(p).splitlines()[3].split() == ["v1", "softmax[1]", "0.5", "1", "a", "-0.25", "1", "-0.25"]


def test_without_a_gradient_plain_numbers_come_back():
    xs = values(1.0, 3.0, 0.0)
    assert ag.argmax(xs) == 1
    assert ag.any(xs) is True
    assert ag.all(xs) is False


def test_nothing_is_recorded_under_no_grad():
    with ag.no_grad():
        assert ag.sum(values(1.0, 2.0)).parents == ()


def test_what_is_no_list_of_values_is_refused():
    with pytest.raises(ag.DTypeError, match="sum works on arrays and a Value is a single number; pass a list"):
        ag.sum(Value(1.0))
    with pytest.raises(ag.DTypeError, match="sum: a list of Values holds numbers beside them, not a str"):
        ag.sum([Value(1.0), "two"])
    with pytest.raises(ag.DTypeError, match="sum: takes one tensor, not a list of them; join them with concat"):
        ag.sum([ag.ones(2), ag.ones(2)])
