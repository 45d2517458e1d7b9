"""A trace holds every op of a function, what it was given, and nothing else."""

import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim


def ops_of(trace):
    return [call.op for call in trace.calls]


def test_calls_have_inputs_by_place_and_arguments_with_defaults():
    x, w = ag.ones((2, 3)), ag.ones(3)
    found = ag.traced(lambda x: ag.sum(x * w, axis=1), x)
    product, total = found.calls
    assert product.inputs == (found.arguments[0], found.place(w))
    assert (total.op, total.inputs) == ("sum", product.outputs)
    assert total.attributes == {"axis": 1, "keepdims": False, "dtype": None}
    assert found.result == total.outputs[0]
    np.testing.assert_array_equal(found.tensors[found.result].numpy(), [3.0, 3.0])
    assert found.place(ag.ones(3)) is None and "test_tracing" in total.line


def test_casts_between_dtypes_are_calls():
    found = ag.traced(lambda x, n: x + n, ag.ones(2), ag.tensor([1, 2]))
    assert ops_of(found) == ["astype", "add"]
    assert found.calls[0].inputs == tuple(found.arguments[1:])
    of_integers = ag.traced(ag.exp, ag.tensor([1, 2]))  # tried on them as they are, too
    assert ops_of(of_integers)[-2:] == ["astype", "exp"]


def test_what_depends_on_arguments_is_known():
    w = ag.ones(3)
    found = ag.traced(lambda x: (w * 2.0, x + w), ag.ones(3))
    assert [place in found.dependent for place in found.result] == [False, True]


def test_a_tensor_given_twice_and_one_returned_as_it_came_have_their_own_places():
    x = ag.ones(3)
    found = ag.traced(lambda a, b: {"sum": a - b, "same": a}, x, x)
    assert found.calls[0].inputs == tuple(found.arguments) and found.arguments[0] != found.arguments[1]
    assert found.result["same"] == found.arguments[0]


def test_gradients_and_compiled_functions_within_are_traced_as_ops():
    cube = ag.compile(lambda t: ag.sum(t**3))
    found = ag.traced(lambda x: ag.grad(cube)(x), ag.tensor([2.0]))
    assert found.result in found.dependent
    np.testing.assert_allclose(found.tensors[found.result].numpy(), [12.0])
    assert not ag.traced(lambda x: x, ag.ones(2)).calls  # recording is as it was before


def test_elementwise_formulas_come_with_their_calls():
    found = ag.traced(lambda x: ag.tanh(ag.hard_sigmoid(x)), ag.ones(2))
    hard, tanh = found.calls
    assert tanh.formula is None
    np.testing.assert_allclose(hard.formula(np.array([1.5])), [0.75])


def test_numbers_that_leave_the_graph_are_warned_of_once_a_line():
    def forward(x):
        for _ in range(3):
            if x.sum() > 0:
                x = x + 1.0
        return x

    with pytest.warns(UserWarning, match=r"its truth.*test_tracing") as seen:
        found = ag.traced(forward, ag.ones(2))
    assert len(seen) == 1 and ops_of(found) == ["sum", "greater", "add"] * 3
    constant = ag.ones(2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ag.traced(lambda x: x * constant.sum().item(), ag.ones(2))


def test_changes_in_place_are_followed():
    def forward(x):
        total = ag.zeros(2)
        total += x
        kept = total.detach()
        total += 1.0
        x -= total
        half = ag.zeros(2)
        half.assign(ag.tensor([1, 2]))  # whole numbers, in the dtype of the leaf
        return kept, total, x, half

    given = ag.tensor([1.0, 2.0])
    found = ag.traced(forward, given)
    assert ops_of(found) == ["add", "add", "subtract", "astype"]
    (first, second, third, cast) = [call.outputs[0] for call in found.calls]
    assert found.result == (first, second, third, cast)
    assert found.calls[1].inputs == (first, 1.0) and found.calls[2].inputs == (found.arguments[0], second)
    np.testing.assert_array_equal(given.numpy(), [1.0, 2.0])  # it was run on a copy
    np.testing.assert_array_equal(found.tensors[found.arguments[0]].numpy(), [1.0, 2.0])


def test_what_has_no_place_in_a_trace_is_refused():
    leaf = ag.ones(2)

    def assigns(x):
        leaf.assign(x)
        return x

    with pytest.raises(ag.GraphError, match=r"was changed.*test_tracing"):
        ag.traced(assigns, ag.zeros(2), fixed=[leaf])
    np.testing.assert_array_equal(leaf.numpy(), [1.0, 1.0])
    parameter = nn.Parameter([1.0])
    parameter.grad, optimizer = ag.ones(1), optim.SGD([parameter], lr=1.0)
    with pytest.raises(ag.GraphError, match="was changed"):
        ag.traced(lambda x: [optimizer.step(), x][1], ag.ones(1))
    with pytest.raises(ag.GraphError, match="not within another trace"):
        ag.traced(lambda x: ag.traced(ag.exp, x), ag.ones(2))
    with pytest.raises(ag.GraphError, match="vmap"):
        ag.vmap(lambda x: ag.traced(ag.exp, x))(ag.ones(2))
    with pytest.raises(ag.DTypeError, match="got a float"):
        ag.traced(lambda x: x.shape[0] * 1.0, ag.ones(2))
    with pytest.raises(ag.DTypeError, match="no tensor"):
        ag.traced(lambda x: (), ag.ones(2))
    with pytest.raises(ag.ArgumentError, match="got a Tensor"):
        ag.traced(ag.ones(2))
    assert ag.exp(leaf).numpy()[0] > 2  # and ops are computed as ever
