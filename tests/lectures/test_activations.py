"""What the decks remark about activation functions: where they saturate, die, and stay centred (decks A, C, E)."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import functions as F


def slopes(function, x):
    x = ag.tensor(np.asarray(x, np.float64), requires_grad=True)
    function(x).sum().backward()
    return x.grad.numpy()


def test_the_derivative_of_the_sigmoid_as_in_deck_e():
    x = ag.linspace(-10, 10, 100, dtype=np.float64, requires_grad=True)
    z = F.sigmoid(x)
    analytic = (z * (1 - z)).numpy()
    z.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), analytic, rtol=1e-14)
    assert np.abs(x.numpy()[analytic.argmax()]) < 0.11
    assert analytic.max() == pytest.approx(0.25, abs=1e-3)


SATURATED = {  # the slopes at -6 and 6, to two digits
    "sigmoid": (0.0025, 0.0025),
    "tanh": (0.000025, 0.000025),
    "relu": (0.0, 1.0),
    "leaky_relu": (0.01, 1.0),
    "elu": (0.0025, 1.0),
    "softplus": (0.0025, 1.0),
    "silu": (-0.012, 1.0),
    "gelu": (0.0, 1.0),
    "mish": (-0.012, 1.0),
}


@pytest.mark.parametrize("name", SATURATED)
def test_where_units_saturate(name):
    np.testing.assert_allclose(slopes(getattr(F, name), [-6, 6]), SATURATED[name], rtol=0.06, atol=1e-6)


def test_means_of_outputs_for_centred_inputs():
    x = np.random.default_rng(0).standard_normal(100_000)
    assert F.sigmoid(x).mean() == pytest.approx(0.5, abs=0.01)  # not zero-centred
    assert F.tanh(x).mean() == pytest.approx(0.0, abs=0.01)
    relu, leaky, elu = (function(x).mean() for function in (F.relu, lambda x: F.leaky_relu(x, 0.1), F.elu))
    assert relu == pytest.approx(1 / np.sqrt(2 * np.pi), abs=0.01)
    assert elu < leaky < relu  # more centred, in this order


def test_gelu_comes_near_x_times_sigmoid_of_1702_x():
    x = np.linspace(-10, 10, 20_001)
    assert np.abs(F.gelu(x) - F.gelu(x, "sigmoid")).max() == pytest.approx(0.0203, abs=1e-4)


def test_a_dead_relu_gets_no_gradient_and_a_leaky_one_comes_back():
    x = np.random.default_rng(0).uniform(0, 1, (50, 2))
    y = x.sum(1, keepdims=True)
    for activation, learns in ((nn.ReLU(), False), (nn.LeakyReLU(0.1), True)):
        net = nn.Sequential(nn.Linear(2, 1), activation).double()
        net.load_state_dict({"0.weight": [[-1.0, -1.0]], "0.bias": [-1.0]})  # below zero for every example
        first = F.mse_loss(net(x), y).item()
        for _ in range(500):
            net.zero_grad()
            F.mse_loss(net(x), y).backward()
            for p in net.parameters():
                p.assign(p - 0.1 * p.grad)
        last = F.mse_loss(net(x), y).item()
        assert (last < 0.01 * first) == learns
        assert (last == first) == (not learns)


@pytest.mark.parametrize(("activation", "factor"), [(nn.Sigmoid, 0.25), (nn.Identity, 1.0)])
def test_each_sigmoid_takes_three_quarters_of_the_gradient_or_more(activation, factor):
    # Ten units in a row with w = 1: the slopes multiply.
    net = nn.Sequential(*[part for _ in range(10) for part in (nn.Linear(1, 1), activation())]).double()
    nn.initial.initialise(net, nn.initial.ones)
    x = ag.tensor(np.array([[0.3]]), requires_grad=True)
    net(x).backward()
    assert 0 < x.grad.item() <= factor**10


def test_the_piecewise_linear_and_the_smooth_rectifiers_agree_far_from_0():
    for name in ("relu", "softplus", "silu", "gelu", "mish", "elu", "hardswish", "leaky_relu"):
        assert getattr(F, name)(np.array(40.0)) == pytest.approx(40.0, rel=1e-12), name
