"""The graph as a whole: its order, its memory, and several threads at once."""

import gc
import threading
import tracemalloc

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.graph import topological_order


def test_every_node_comes_after_its_parents_and_once():
    x = ag.Value(1.0)
    a = x * 2
    b = a + x
    c = b * a + b
    order = topological_order(c)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order) == 6  # x, 2, a, b, b * a and c
    assert all(place[p] < place[node] for node in order for p in node.parents)


def test_the_order_is_the_same_every_time():
    def names():
        x = ag.tensor(np.ones(3), requires_grad=True)
        y = ag.exp(x) * ag.sin(x) + ag.relu(x) / (1 + x)
        return [getattr(getattr(node, "op", None), "name", "leaf") for node in topological_order(y.node)]

    assert names() == names()


def train_step(seed=0):
    """A training step of a small network, from the seed on; returns it as a function, and its parameters."""
    rng = np.random.default_rng(seed)
    x, labels = rng.standard_normal((16, 8)).astype(np.float32), rng.integers(0, 4, 16)
    net = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 4))
    for parameter in net.parameters():
        parameter.assign(rng.standard_normal(parameter.shape) * 0.3)
    optimizer = optim.Adam(net.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        nn.functions.cross_entropy(net(ag.tensor(x)), labels).backward()
        optimizer.step()

    return step, net.parameters()


def test_a_thousand_steps_without_the_cyclic_collector_leave_memory_flat():
    step, _ = train_step()
    for _ in range(20):
        step()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            step()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.enable()
    assert grown < 50_000  # less than 50 bytes a step: nothing that a step makes outlives it


def test_eight_threads_give_the_same_bits_as_one():
    def train(seed, results):
        step, parameters = train_step(seed)
        for _ in range(50):
            step()
        results[seed] = [p.numpy().copy() for p in parameters]

    alone, together = {}, {}
    for seed in range(8):
        train(seed, alone)
    threads = [threading.Thread(target=train, args=(seed, together)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(8):
        for a, b in zip(alone[seed], together[seed], strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_million_tensor_ops_run_forward_and_backward_without_recursion():
    x = y = ag.tensor(np.ones(1), requires_grad=True)
    for _ in range(1_000_000):
        y = y + 1.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0]
    del y


def test_no_grad_is_a_decorator_with_and_without_parentheses():
    x = ag.tensor(2.0, requires_grad=True)

    @ag.no_grad
    def bare():
        return x * 2

    @ag.no_grad()
    def called():
        return x * 2

    assert not bare().requires_grad
    assert not called().requires_grad
    assert (x * 2).requires_grad


def test_no_grad_reaches_the_body_of_a_generator_and_not_its_caller():
    x = ag.tensor(2.0, requires_grad=True)
    closed = []

    @ag.no_grad()
    def several():
        try:
            got = yield (x * 2).requires_grad
            try:
                yield got, (x * 2).requires_grad
            except ValueError:
                yield "caught", (x * 2).requires_grad
            return "end"
        finally:
            closed.append((x * 2).requires_grad)

    generator = several()
    assert next(generator) is False
    assert (x * 2).requires_grad
    assert generator.send(5) == (5, False)
    assert generator.throw(ValueError) == ("caught", False)
    with pytest.raises(StopIteration, match="end"):
        next(generator)
    other = several()
    next(other)
    other.close()
    assert closed[0] is False
    assert len(closed) == 2
