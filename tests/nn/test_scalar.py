"""Networks of Values compute and learn what those of arrays do."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.scalar import MLP, Layer, Neuron

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def seed():
    ag.manual_seed(0)


def test_the_lectures_networks_have_7_and_9_weights():
    assert len(MLP([1, 2, 1]).parameters()) == 7
    assert len(MLP([2, 2, 1], output_activation=ag.sigmoid).parameters()) == 9


def test_outputs_and_gradients_are_those_of_a_network_of_arrays():
    net = MLP([3, 4, 2], activation=ag.sigmoid)
    arrays = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 2))
    for linear, layer in zip((arrays[0], arrays[2]), net.layers, strict=True):
        linear.weight = nn.Parameter(np.array([[w.data for w in neuron.weights] for neuron in layer.neurons]))
        linear.bias = nn.Parameter(np.array([neuron.bias.data for neuron in layer.neurons]))
    x = rng.standard_normal(3)
    ys = net(x.tolist())
    (ys[0] * ys[0] + ys[1]).backward()
    y = arrays(ag.tensor(x[None]))[0]
    (y[0] * y[0] + y[1]).backward()
    np.testing.assert_allclose([v.data for v in ys], y.numpy(), rtol=1e-12)
    for linear, layer in zip((arrays[0], arrays[2]), net.layers, strict=True):
        grads = [[w.grad for w in neuron.weights] for neuron in layer.neurons]
        np.testing.assert_allclose(grads, linear.weight.grad.numpy(), rtol=1e-10)
        np.testing.assert_allclose([n.bias.grad for n in layer.neurons], linear.bias.grad.numpy(), rtol=1e-10)


def test_a_neuron_is_its_weighted_sum_and_activation():
    neuron = Neuron(2, activation=ag.relu)
    for parameter, number in zip(neuron.parameters(), (1.0, -2.0, 0.5), strict=True):
        parameter.data = number
    assert neuron([3.0, 1.0]).data == 1.5
    assert neuron([0.0, 1.0]).data == 0.0


def test_zero_grad_forgets_and_inputs_may_be_values():
    net, x = MLP([2, 2, 1]), [ag.Value(0.3), ag.Value(-0.7)]
    net(x)[0].backward()
    assert x[0].grad != 0.0
    assert any(p.grad for p in net.parameters())
    net.zero_grad()
    assert not any(p.grad for p in net.parameters())


def test_it_learns_xor():
    net = MLP([2, 4, 1], output_activation=ag.sigmoid)
    examples = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]
    for _ in range(400):
        net.zero_grad()
        loss = ag.Value(0.0)
        for x, target in examples:
            p = net(x)[0]
            loss = loss - (ag.log(p) if target else ag.log(1.0 - p))
        loss.backward()
        for parameter in net.parameters():
            parameter.data -= 0.5 * parameter.grad
    assert [round(net(x)[0].data) for x, _ in examples] == [0, 1, 1, 0]
    assert loss.data < 0.1


def test_the_same_seed_gives_the_same_weights_and_labels_name_them():
    ag.manual_seed(5)
    first = [(p.label, p.data) for p in MLP([1, 2, 1]).parameters()]
    ag.manual_seed(5)
    assert [(p.label, p.data) for p in MLP([1, 2, 1]).parameters()] == first
    assert [label for label, _ in first] == ["w1.11", "b1.1", "w1.21", "b1.2", "w2.11", "w2.12", "b2.1"]


def test_what_does_not_fit_is_named():
    with pytest.raises(ag.ShapeError, match="Neuron: takes 2 inputs, got 3"):
        MLP([2, 1])([1.0, 2.0, 3.0])
    with pytest.raises(
        ag.ArgumentError, match=r"MLP: takes the numbers of inputs, hidden units and outputs, got \[2\]"
    ):
        MLP([2])
    with pytest.raises(ag.ArgumentError, match="Layer: n_outputs must be a whole number of at least 1, got 0"):
        Layer(2, 0)


def test_repr_shows_the_tree():
    assert repr(MLP([1, 2, 1])) == "MLP([Layer(1, 2, tanh), Layer(2, 1, linear)])"
    assert repr(Neuron(3, ag.relu)) == "Neuron(3, relu)"
