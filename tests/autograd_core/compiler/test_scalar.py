"""A compiled function of Values gives what it gives without, to the bit: results, gradients and what leaves hold."""

import functools
import math
import operator
import random
import struct
import threading

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Value
from nn.scalar import MLP

CALLS = 5  # of which the last two are sure to be runs of a program


def bits(numbers):
    """Numbers as what tells 0 from -0; any nan is as good as another."""
    return ["nan" if x != x else struct.pack("d", x) for x in numbers]


def numbers_of(parameters):
    return [number for p in parameters for number in (p.data, p.grad)]


def added(numbers):
    """Their sum, rounded after every addition, as Python's own is up to Python 3.11."""
    return functools.reduce(operator.add, numbers, 0.0)


def network():
    ag.manual_seed(0)
    return MLP([2, 4, 3, 1], activation=lambda v: v.relu())


POINTS = [([0.5, -1.0], 1), ([-0.25, 0.75], -1), ([1.5, 0.25], 1)]


def zeroing(net):
    def step(rate):
        losses = [(1 - label * net(x)[0]).relu() for x, label in POINTS]
        total = sum(losses) * (1.0 / len(losses)) + 1e-2 * sum(p * p for p in net.parameters())
        net.zero_grad()
        total.backward()
        for p in net.parameters():
            p.data -= rate * p.grad
        return total

    return step


def adding_up(net):
    def step(rate):
        total = sum((net(list(map(Value, x)))[0] - rate) * 2 for x, _ in POINTS)
        total.backward()
        return total.data

    return step


def in_no_grad(net):
    def step(rate):
        total = ag.sum([net(x)[0] for x, _ in POINTS]) * rate
        total.backward()
        with ag.no_grad():
            for p in net.parameters():
                p -= rate * p.grad / 2.0
                p.grad *= 0.5
        return {"total": [total.data, (total.data > 0.0) & (total.data > 1.0)], "what": "unchanged"}

    return step


def twice(net):
    def step(rate):
        for _ in range(2):
            net.zero_grad()
            weights = [Value(rate), net.parameters()[0], Value(0.5)]
            total = ag.vecdot([net(x)[0] for x, _ in POINTS], weights)
            total.backward()
            for p in net.parameters():
                p.data = 0.9 * p.data - rate * p.grad * p.grad
        return total.data, total.grad

    return step


def flat(result):
    parts = list(result.values()) if isinstance(result, dict) else result if isinstance(result, (list, tuple)) else []
    if isinstance(result, (dict, list, tuple)):
        return [x for part in parts for x in flat(part)]
    return [result.data, result.grad] if isinstance(result, Value) else [result]


@pytest.mark.parametrize("training", [zeroing, adding_up, in_no_grad, twice])
def test_a_training_step_leaves_what_it_leaves_without(training):
    ours, expected = network(), network()
    step, plain = ag.compile(training(ours)), training(expected)
    for i in range(CALLS):
        rate = 0.1 / (i + 1)
        ours_now, expected_now = flat(step(rate)), flat(plain(rate))
        assert list(map(type, ours_now)) == list(map(type, expected_now))
        assert bits([x for x in ours_now if x != "unchanged"]) == bits([x for x in expected_now if x != "unchanged"])
        assert bits(numbers_of(ours.parameters())) == bits(numbers_of(expected.parameters()))
        for p, q in zip(ours.parameters(), expected.parameters(), strict=True):
            p.data = q.data = q.data + 0.01  # Python may change leaves between calls


def test_it_runs_without_python_from_the_third_call_on():
    calls = []

    @ag.compile
    def product(x, y):
        calls.append(1)
        return x * y

    x, y = Value(2.0), Value(3.0)
    results = [product(x, y) for _ in range(CALLS)]
    assert [result.data for result in results] == [6.0] * CALLS
    assert len(calls) == 2
    assert "1 multiply" in str(product)
    assert "2 given and 0 other Values" in str(product)


def test_floats_give_floats_and_values_give_values():
    @ag.compile
    def formula(x, y):
        return x**2 / y + 2 * y

    for i in range(1, CALLS + 1):
        x, y = 0.3 * i, -1.7
        assert formula(x, y) == x**2 / y + 2 * y
        value = formula(Value(x), y)
        assert type(value) is Value
        assert value.data == (Value(x) ** 2 / y + 2 * y).data


def test_arithmetic_of_floats_fails_where_pythons_does():
    quotient = ag.compile(lambda x, y: (x / y, y**-1.0))
    for _ in range(CALLS):
        assert quotient(1.0, 2.0) == (0.5, 0.5)
    with pytest.raises(ArithmeticError, match="division by zero"):
        quotient(1.0, 0.0)


SPECIAL = [0.0, -0.0, 1.0, -2.5, math.inf, -math.inf, math.nan, 1e308, 5e-324, 0.1]
OPS = [ag.add, ag.multiply, ag.subtract, ag.divide, ag.relu, ag.tanh, ag.exp]


def random_program(seed):
    """A function that makes a random graph of its arguments, in which numbers are used more than once."""

    def program(*values):
        rng = random.Random(seed)
        nodes = list(values)
        for _ in range(40):
            op = rng.choice(OPS)
            nodes.append(op(*[rng.choice(nodes) for _ in op.inputs]))
        return sum(nodes[-15:], 0.0)

    return program


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs_have_the_same_bits(seed):
    program = random_program(seed)
    compiled, rng = ag.compile(program), random.Random(seed)
    for call in range(CALLS + 3):
        at = [rng.choice(SPECIAL) if call % 2 else rng.uniform(-1.0, 1.0) for _ in range(4)]
        ours, expected = (list(map(Value, at)) for _ in range(2))
        results = compiled(*ours), program(*expected)
        for _ in range(2):  # gradients of leaves add up
            for result in results:
                result.backward()
        assert bits([results[0].data]) == bits([results[1].data])
        assert bits(numbers_of(ours)) == bits(numbers_of(expected))


def test_a_result_is_part_of_a_larger_graph():
    w = Value(0.5)
    function = lambda x: [ag.tanh(w * x) + w, x * x]  # noqa: E731
    compiled = ag.compile(function)
    for i in range(CALLS):
        found = []
        for f in (function, compiled):
            x, w.grad = Value(0.1 * i), 0.0
            first, second = f(x * 2.0)
            (first * 3.0 + second).backward()
            found.append([x.grad, w.grad])
        assert found[0] == pytest.approx(found[1], rel=1e-15)


def test_second_derivatives_of_a_result():
    function = lambda x, y: x * x * y + ag.exp(x * y)  # noqa: E731
    compiled = ag.compile(function)
    for i in range(CALLS):
        found = []
        for f in (function, compiled):
            x, y = Value(0.5 + i), Value(-1.5)
            f(x, y).backward(create_graph=True)
            gradients = [x.grad, y.grad]
            for gradient in gradients:
                x.grad = y.grad = 0.0
                gradient.backward()
                found.append(bits([gradient.data, x.grad, y.grad]))
        assert found[:2] == found[2:]


def test_second_derivatives_within_the_function():
    w = Value(0.7)

    def penalised(x):
        v = Value(x)
        w.grad = 0.0
        (ag.tanh(w * v) * v).backward(create_graph=True)
        slope, w.grad = v.grad, 0.0
        loss = slope * slope + w
        loss.backward()
        w.data -= 0.1 * w.grad
        return loss.data

    compiled = ag.compile(penalised)
    for i in range(CALLS):
        start, ours = w.data, compiled(0.3 * i)
        after, w.data = (w.data, w.grad), start
        assert bits([penalised(0.3 * i), w.data, w.grad]) == bits([ours, *after])


def test_many_inputs_at_once_are_what_they_are_one_by_one():
    net = network()
    loss = ag.compile(lambda x, y, times: (net([x, y])[0] + y) * x * times)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300))
    values, (dx, dy, _) = loss.value_and_grad(x, y, 2)
    total = [p.grad for p in net.parameters()]
    one_by_one = []
    for i in range(len(x)):
        net.zero_grad()
        value, (gx, gy, times) = loss.value_and_grad(float(x[i]), float(y[i]), 2)
        assert (value, gx, gy, times) == (values[i], dx[i], dy[i], None)  # no gradient by a whole number
        one_by_one.append([p.grad for p in net.parameters()])
    assert total == [added(column) for column in zip(*one_by_one, strict=True)]
    assert loss.batched(x, 0.5, 2).tolist() == [loss(a, 0.5, 2).data for a in x.tolist()]


def test_for_many_inputs_all_are_arrays_even_what_is_the_same_for_each():
    x, w = np.arange(3.0), Value(2.0)
    values, gradients = ag.compile(lambda a, b: a * 2).value_and_grad(x, x)
    assert [array.tolist() for array in (values, *gradients)] == [[0.0, 2.0, 4.0], [2.0] * 3, [0.0] * 3]
    assert ag.compile(lambda a: a).value_and_grad(x)[1][0].tolist() == [1.0] * 3
    assert ag.compile(lambda a: w).batched(x).tolist() == [2.0] * 3
    both = ag.compile(lambda a: (a * w, 3.0)).batched(x)
    assert [array.tolist() for array in both] == [[0.0, 2.0, 4.0], [3.0] * 3]


def test_gradients_by_whole_numbers_alone_are_refused():
    with pytest.raises(ag.DTypeError, match=r"must return a Value, got a int; gradients are by.*write 3\.0 for 3"):
        ag.compile(lambda x: x * x).value_and_grad(3)


def test_leaves_that_are_given_are_leaves():
    net = network()

    def step(parameters, x):
        total = net([x, 1.0])[0]
        for p in parameters:
            p.grad = 0.0
        total.backward()
        for p in parameters:
            p.data -= 0.1 * p.grad
        return total.data

    compiled = ag.compile(step)
    some, others = net.parameters()[:3], net.parameters()[3:6]
    for i in range(2 * CALLS):
        chosen, start = (some, others)[i % 3 == 2], [(p.data, p.grad) for p in net.parameters()]
        ours = compiled(chosen, 0.5), numbers_of(net.parameters())
        for p, (data, grad) in zip(net.parameters(), start, strict=True):
            p.data, p.grad = data, grad
        assert (step(chosen, 0.5), numbers_of(net.parameters())) == ours


def test_threads_may_share_a_function():
    function = ag.compile(lambda x: added([ag.tanh(x * float(i)) for i in range(50)]))
    expected = {x: function(x) for x in (0.1, 0.2, 0.3, 0.4)}
    wrong = []

    def run(x):
        wrong.extend([1 for _ in range(200) if function(x) != expected[x]])

    threads = [threading.Thread(target=run, args=(x,)) for x in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_cache_is_bounded():
    scaled = ag.compile(lambda x, times: x * times)
    with pytest.warns(RuntimeWarning, match="more than 16 kinds of arguments"):
        for times in range(18):
            assert scaled(2.0, times) == 2.0 * times


def test_what_is_returned_unused_is_itself():
    w = Value(2.0)
    together = ag.compile(lambda x, y: {"given": [x, y], "leaf": w, "made": x * y, "plain": "text"})
    for _ in range(CALLS):
        x, y = Value(1.0), Value(3.0)
        found = together(x, y)
        assert [found["given"][0], found["given"][1], found["leaf"]] == [x, y, w]
        assert found["given"][1] is y
        assert found["leaf"] is w
        assert (found["made"].data, found["plain"]) == (3.0, "text")


def test_a_result_can_be_explained():
    w = Value(2.0, "w")
    scaled = ag.compile(lambda x: x * w)
    for _ in range(CALLS):
        result = scaled(Value(3.0, "x"))
    result.backward()
    assert result.local_gradients[1].__float__() == 3.0
    assert "∂v1/∂x = 2" in ag.explain(result)
