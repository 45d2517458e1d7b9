"""The numbers that a graph of Tensors still knows, and those that another backward pass finds."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import array_op, tensor
from autograd_core.graph import topological_order
from autograd_core.show import arrays, explain, step, summaries


def network():
    """Its inner tensors, the last one the loss; leaves come first."""
    x = tensor([[1.0, 2.0], [3.0, -4.0]], dtype=np.float64)
    w = tensor([[0.5, -1.0], [0.25, 2.0]], dtype=np.float64, requires_grad=True)
    b = tensor([0.1, 0.2], dtype=np.float64, requires_grad=True)
    steps = [w, b, x @ w]
    steps.append(steps[-1] + b)
    steps.append(ag.tanh(steps[-1]))
    steps.append(steps[-1] * steps[-2])
    steps.append(ag.softmax(steps[-1], axis=-1) * w)
    steps.append(steps[-1].sum())
    return steps


def test_values_are_those_that_were_computed():
    steps = network()
    loss = steps[-1]
    known = arrays.values(topological_order(loss.node), loss)
    for tensor_ in steps:
        np.testing.assert_array_equal(known[tensor_.node or tensor_], tensor_.numpy())


def test_gradients_and_shares_are_those_of_backward():
    steps = network()
    for tensor_ in steps[2:]:
        tensor_.retain_grad()
    loss = steps[-1]
    found, shares = arrays.gradients(topological_order(loss.node))
    assert all(tensor_.grad is None for tensor_ in steps)
    loss.backward()
    for tensor_ in steps:
        np.testing.assert_array_equal(found[tensor_.node or tensor_], tensor_.grad.numpy())
    w, w_gradient = steps[0], steps[0].grad.numpy()
    uses = [(node, i) for node in {node for node, _ in shares} for i, parent in enumerate(node.parents) if parent is w]
    assert len(uses) == 2
    np.testing.assert_allclose(sum(shares[use] for use in uses), w_gradient)


def test_an_input_that_comes_in_twice_has_two_shares():
    x = tensor([3.0], requires_grad=True)
    y = x * x
    _, shares = arrays.gradients(topological_order(y.node))
    assert [shares[y.node, i].tolist() for i in range(2)] == [[3.0], [3.0]]


def test_an_op_with_several_results_is_gone_through_too():
    a = tensor([[2.0, 1.0], [0.0, 3.0]], requires_grad=True, label="a")
    q, r = ag.linalg.qr(a)
    y = (q * r).sum()
    found, _ = arrays.gradients(topological_order(y.node))
    assert "∂v5/∂v4 · v3" in explain(y)
    assert "for this result" in str(step(y))
    y.backward()
    np.testing.assert_array_equal(found[a], a.grad.numpy())


def test_a_users_op_is_not_run_again():
    runs = []

    @array_op
    def noted_in_test_arrays(x, /):
        runs.append(1)
        return x + 1

    @noted_in_test_arrays.vjp("x")
    def _(g):
        return g

    y = noted_in_test_arrays(tensor([1.0], requires_grad=True))
    z = -y
    runs.clear()
    assert y.node not in arrays.values(topological_order(z.node), z)
    assert runs == []


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(2.5), "2.5"),
        (np.array([1.0, -0.0, np.nan]), "[1, 0, nan]"),
        (np.zeros((2, 1)), "[[0], [0]]"),
        (np.zeros(13), ""),
        (None, ""),
    ],
)
def test_few_numbers_are_written_out(array, text):
    assert arrays.text(array) == text


def test_many_numbers_are_summed_up():
    assert summaries.summary(np.array([3.0, 0.0, -4.0, 0.0])) == "from -4 to 3, norm 5, 50% zeros"
    assert summaries.summary(np.array([1.0, np.inf, np.nan])) == "2 of 3 are nan or infinite"
    assert summaries.summary(np.zeros((0, 3))) == ""


def test_histograms_are_of_numbers_that_differ():
    spread = summaries.spread(np.repeat([2.0, -4.0, 7.0], 10))
    assert (spread.low, spread.high, spread.bins) == (-4.0, 7.0, (10, 0, 0, 0, 0, 0, 10, 0, 0, 0, 10))
    for numbers in (
        [1.0] * 20,
        [1.0, np.nextafter(1.0, 2.0)] * 10,
        [np.nan] + [1.0] * 20,
        [1e308, -1e308] * 10,
        [1, 2],
    ):
        assert summaries.spread(np.array(numbers)) is None
