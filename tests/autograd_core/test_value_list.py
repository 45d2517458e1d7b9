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


def test_sums_are_rounded_after_every_number_whatever_pythons_own_sum_does():
    tenths, ones = values(*[0.1] * 10), values(*[1.0] * 10)
    expected = 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1  # not 1.0
    found = ag.sum(tenths), ag.vecdot(tenths, ones)
    assert [y.data for y in found] == [expected] * 2
    assert [y.op.on_numbers(*[parent.data for parent in y.parents]) for y in found] == [expected] * 2
    compiled = ag.compile(ag.sum)
    assert [compiled(tenths).data for _ in range(4)] == [expected] * 4


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


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y, z: ag.vecdot([x, y], [z, x]) ** 2,
        lambda x, y, z: ag.sum([x, y, z, x]) ** 3,
        lambda x, y, z: ag.prod(ag.linear([x, y], [[z, x], [y, y]], [z, x])),
    ],
)
def test_sums_of_products_are_one_node_each_and_right_to_second_order(function):
    ag.gradcheck(function, 1.0, 2.5, -0.7, order=2)


def test_a_neuron_is_one_node():
    w, x, b = values(1.0, -2.0), values(3.0, 0.5), Value(0.25)
    (y,) = ag.linear(x, [w], [b])
    assert (y.data, y.parents, y.local_gradients) == (2.25, (*x, *w, b), (1.0, -2.0, 3.0, 0.5, 1.0))
    z = ag.vecdot(w, x)
    assert (z.data, z.parents, z.local_gradients) == (2.0, (*w, *x), (3.0, 0.5, 1.0, -2.0))
    s = ag.sum(x)
    assert (s.data, s.parents, s.local_gradients) == (3.5, (*x,), (1.0, 1.0))


def test_sums_of_products_take_numbers_beside_values_and_refuse_what_does_not_go_together():
    w = values(1.0, -2.0)
    y = ag.vecdot(w, [3.0, np.float64(0.5)])
    y.backward()
    assert (y.data, [v.grad for v in w]) == (2.0, [3.0, 0.5])
    with pytest.raises(ag.ShapeError, match="vecdot: lists of 2 and 1 entries do not go together"):
        ag.vecdot(w, values(1.0))
    with pytest.raises(ag.ShapeError, match=r"linear: takes x \(..., in\), w \(out, in\)"):
        ag.linear(w, [w, w], values(1.0))
    with pytest.raises(ag.DTypeError, match="sum: a list of Values holds numbers beside them, not a Tensor"):
        ag.sum([w[0], ag.ones(2)])


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
