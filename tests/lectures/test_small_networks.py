"""The decks' small networks learn what they are drawn for (decks A, B, C, E)."""

import itertools
import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim


def train(net, loss, x, y, steps, lr=0.05):
    """Adam on all examples at once; the last loss."""
    optimizer = optim.Adam(net.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(net(x), y)
        value.backward()
        optimizer.step()
    return value.item()


def sizes(net):
    return sum(parameter.size for parameter in net.parameters())


def test_the_1_2_1_regression_network_of_deck_e_fits_a_bump_that_no_line_fits():
    ag.manual_seed(1)
    net = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    assert sizes(net) == 7
    x = np.linspace(-2, 2, 41)[:, None]
    y = np.tanh(3 * x + 3) - np.tanh(3 * x - 3)  # itself such a network, so that 0 can be reached
    line = nn.Linear(1, 1).double()
    assert train(line, nn.MSELoss(), x, y, 500) == pytest.approx(np.var(y), rel=1e-3)  # it is even: the mean is best
    assert train(net, nn.MSELoss(), x, y, 1500) < 1e-3 * np.var(y)


def test_the_2_2_1_classifier_of_deck_e_learns_what_a_line_cannot_part():
    drawn = np.random.default_rng(0).uniform(-2, 2, (100, 2))
    x = np.concatenate([drawn, -drawn])  # so that the best line is none: w = 0
    y = (np.abs(x @ [1.0, 1.0]) < 1).astype(float)[:, None]  # a strip: two lines, so two hidden units
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    assert sizes(net) == 9
    line = nn.Linear(2, 1).double()
    loss = nn.BCEWithLogitsLoss()  # the negative logarithm of the Bernoulli likelihood
    alone, hidden = [train(part, loss, x, y, 1000) for part in (line, net)]
    share = y.mean()
    assert alone == pytest.approx(-share * math.log(share) - (1 - share) * math.log(1 - share), rel=1e-3)
    assert hidden < 0.05
    assert np.mean((net(x).numpy() > 0) == y) > 0.98
    assert np.mean((line(x).numpy() > 0) == y) < 0.7


def test_the_same_numbers_come_from_values_one_by_one():
    scalar = nn.scalar.MLP([2, 2, 1])
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    hidden, output = scalar.layers
    net.load_state_dict({
        "0.weight": [[w.data for w in neuron.weights] for neuron in hidden.neurons],
        "0.bias": [neuron.bias.data for neuron in hidden.neurons],
        "2.weight": [[w.data for w in output.neurons[0].weights]],
        "2.bias": [output.neurons[0].bias.data],
    })  # fmt: skip
    x, y = [0.3, -0.7], 1.0
    (z,) = scalar(x)
    error = (z - y) ** 2
    error.backward()
    loss = nn.functions.mse_loss(net([x]), [[y]])
    loss.backward()
    assert loss.item() == pytest.approx(error.data, rel=1e-6)
    by_neuron = [[w.grad for w in neuron.weights] for neuron in hidden.neurons]
    np.testing.assert_allclose(net[0].weight.grad.numpy(), by_neuron, rtol=1e-5)


def test_a_convolution_filter_is_learned_from_what_it_should_give_as_in_deck_a():
    # One 3×3 image has 4 windows for the 4 weights of a 2×2 filter: what it gives says which it was.
    x = np.array([[[[1.0, 0, 2], [0, 3, 1], [2, 1, 0]]]])
    wanted = np.array([[[[0.5, -1], [2, 0.25]]]])
    target = ag.conv2d(x, wanted)
    layer = nn.Conv2d(1, 1, 2, bias=False).double()
    optimizer = optim.SGD(layer.parameters(), lr=0.05)
    for _ in range(400):
        optimizer.zero_grad()
        loss = nn.functions.quadratic_loss(layer(x), target)
        loss.backward()
        upstream = layer(x).numpy() - target
        by_hand = ag.conv2d(x, upstream)  # ∂L/∂F is the convolution of X with ∂L/∂O
        np.testing.assert_allclose(layer.weight.grad.numpy(), by_hand, atol=1e-12)
        optimizer.step()
    np.testing.assert_allclose(layer.weight.numpy(), wanted, atol=1e-6)


SHAPES = {  # deck A: what so many hidden layers of 6 units cut out, and fewer do not
    "a half-plane": (lambda x: x[:, 0] + 0.5 * x[:, 1] > 0.2, 0),
    "a disc, which is convex": (lambda x: np.sum(x**2, axis=1) < 0.6, 1),
    "an arm of a spiral": (lambda x: np.sin(np.arctan2(x[:, 1], x[:, 0]) + 6 * np.hypot(x[:, 0], x[:, 1])) > 0, 2),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_decision_boundaries_with_0_1_and_2_hidden_layers(shape):
    inside, needed = SHAPES[shape]
    x = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    y = inside(x).astype(float)[:, None]

    def accuracy(layers):
        ag.manual_seed(0)
        widths = [2, *[6] * layers, 1]
        parts = [p for a, b in itertools.pairwise(widths) for p in (nn.Linear(a, b), nn.Tanh())]
        net = nn.Sequential(*parts[:-1]).double()
        train(net, nn.BCEWithLogitsLoss(), x, y, 800, lr=0.03)
        return np.mean((net(x).numpy() > 0) == y)

    assert accuracy(needed) > 0.98
    if needed:
        assert accuracy(needed - 1) < 0.9
