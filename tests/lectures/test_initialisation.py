"""How weights must not start, and why (decks A, C)."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import initial

XOR_X, XOR_Y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def trained_on_xor(weight, bias, steps=600, hidden=4):
    """A network of one hidden layer, started by these initialisers, and its last loss."""
    net = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1)).double()
    initial.initialise(net, weight, bias)
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functions.binary_cross_entropy_with_logits(net(XOR_X), XOR_Y)
        loss.backward()
        optimizer.step()
    return net, loss.item()


@pytest.mark.parametrize("seed", range(3))
def test_weights_that_differ_learn_xor(seed):
    ag.manual_seed(seed)
    _, loss = trained_on_xor(initial.xavier_normal, initial.zeros)
    assert loss < 0.01


def test_all_zeros_pass_no_gradient_back_and_learn_nothing():
    net, loss = trained_on_xor(initial.zeros, initial.zeros)
    assert not net[0].weight.grad.numpy().any()
    assert not net[0].weight.numpy().any()
    assert not net[2].weight.numpy().any()
    assert loss == pytest.approx(math.log(2))  # ½ for all, whatever they are


def test_units_that_start_equal_stay_equal_and_are_one():
    net, loss = trained_on_xor(lambda shape: initial.constant(shape, 0.5), lambda shape: initial.constant(shape, 0.1))
    for weights in (net[0].weight.numpy(), net[0].bias.numpy()[:, None], net[2].weight.numpy().T):
        assert np.ptp(weights, axis=0).max() < 1e-12
    assert np.abs(net[0].weight.numpy() - 0.5).max() > 0.1  # it did learn, what a single unit can:
    assert loss > 0.477  # 0 for (0, 0) and ⅔ for the other three, which costs (2 ln 3/2 + ln 3)/4


@pytest.mark.parametrize(("std", "saturated"), [(1.0, 0.837), (1 / math.sqrt(1000), 0.0002)])
def test_weights_of_variance_1_saturate_the_units(std, saturated):
    # 1,000 inputs of which half are on: the sums are N(0, 501), against N(0, 3/2) with 1/n_in; biases N(0, 1).
    ag.manual_seed(0)
    layer = nn.Linear(1000, 5_000)
    initial.initialise(layer, lambda shape: initial.normal(shape, std), initial.normal)
    x = np.zeros((1, 1000), np.float32)
    x[0, ::2] = 1
    z = layer(x)
    assert z.numpy().std() == pytest.approx(math.sqrt(500 * std**2 + 1), rel=0.02)
    slopes = nn.functions.sigmoid(z).numpy() * (1 - nn.functions.sigmoid(z).numpy())
    assert np.mean(slopes < 0.01) == pytest.approx(saturated, abs=0.01)  # so that they learn 25 times slower at most


@pytest.mark.parametrize(
    ("weight", "activation", "expected"),
    [
        (initial.lecun_normal, nn.Identity, 1.0),
        (initial.he_normal, nn.ReLU, 2.0),
        (initial.lecun_normal, nn.ReLU, 2.0**-19),  # each ReLU halves it
        (initial.orthogonal, nn.Identity, 1.0),
    ],
)
def test_through_twenty_layers_the_second_moment_stays_or_halves_each_time(weight, activation, expected):
    ag.manual_seed(1)
    net = nn.Sequential(*[part for _ in range(20) for part in (nn.Linear(128, 128), activation())])
    initial.initialise(net, weight)
    x = np.random.default_rng(0).standard_normal((64, 128)).astype(np.float32)
    sums = x
    for part in net[:-1]:
        sums = part(sums)
    moment = np.mean(np.asarray(sums.numpy(), np.float64) ** 2)
    assert expected / 2.5 < moment < expected * 2.5
