"""Hooks before and after a forward, and the notes that say in which layer an error rose."""

import numpy as np
import pytest

import autograd_core as ag
import nn


def test_hooks_see_inputs_and_output_and_go_when_removed():
    layer, seen = nn.Linear(2, 1), []
    before = layer.register_forward_pre_hook(lambda module, inputs: seen.append((module, inputs)))
    after = layer.register_forward_hook(lambda module, inputs, output: seen.append((module, inputs, output)))
    x = ag.tensor([[1.0, 2.0]])
    y = layer(x)
    assert seen == [(layer, (x,)), (layer, (x,), y)]
    before.remove()
    after.remove()
    after.remove()
    layer(x)
    assert len(seen) == 2


def test_what_a_hook_returns_replaces_inputs_and_output():
    layer = nn.ReLU()
    x = ag.tensor([-1.0, 2.0])
    with layer.register_forward_pre_hook(lambda module, inputs: -inputs[0]):
        assert layer(x).tolist() == [1.0, 0.0]
    with layer.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 3,)):
        assert layer(x).tolist() == [0.0, 6.0]
    with layer.register_forward_hook(lambda module, inputs, output: output + inputs[0]):
        assert layer(x).tolist() == [-1.0, 4.0]
    assert layer(x).tolist() == [0.0, 2.0]


def test_hooks_run_in_the_order_in_which_they_came_and_may_remove_themselves():
    layer, order = nn.ReLU(), []

    def once(module, inputs, output):
        order.append("once")
        handle.remove()

    handle = layer.register_forward_hook(once)
    layer.register_forward_hook(lambda module, inputs, output: order.append("always"))
    layer(ag.ones(1))
    layer(ag.ones(1))
    assert order == ["once", "always", "always"]


def test_a_module_that_hooks_is_no_part_of_what_it_hooks():
    layer = nn.Linear(2, 2)

    class Spy(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

        def forward(self, module, inputs, output):
            return output * self.weight

    layer.register_forward_hook(Spy())
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]


def test_a_hook_that_cannot_be_called_is_refused():
    with pytest.raises(ag.ArgumentError, match="a hook is a function that is called around forward, got a int"):
        nn.ReLU().register_forward_hook(3)


def test_an_error_says_in_which_layer_it_rose():
    class Net(nn.Module):
        def __init__(self):
            self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(5, 2))

        def forward(self, x):
            return self.body(x)

    with pytest.raises(ag.ShapeError) as error:
        Net()(ag.ones((3, 4)))
    assert str(error.value) == "linear: expects 5 features in the last axis, got shape (3, 8)"
    assert error.value.__notes__ == [
        "in Linear(in_features=5, out_features=2)",
        "which is 2 of Sequential",
        "which is body of Net",
    ]


def test_an_error_in_a_function_that_is_called_on_the_way_names_the_module():
    class Net(nn.Module):
        def forward(self, x):
            return ag.reshape(x, (7,))

    class Outer(nn.Module):
        def forward(self, x):
            return Net()(x)

    with pytest.raises(ag.AutogradError) as error:
        Outer()(ag.tensor(np.ones(3)))
    assert error.value.__notes__ == ["in Net()", "which was called by Outer"]
