"""Penalties are the lectures' formulas, and leave out the biases unless asked."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import penalties

COVERS = {"biases_of", "weights_of"}


@pytest.fixture
def net():
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def test_biases_are_told_by_their_names():
    net = nn.Sequential(nn.Linear(3, 4), nn.LSTM(4, 2), nn.MultiheadAttention(4, 2), nn.LayerNorm(4), nn.PReLU())
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    assert [names[id(p)] for p in nn.biases_of(net)] == [
        "0.bias", "1.bias_ih_l0", "1.bias_hh_l0", "2.in_proj_bias", "2.out_proj.bias", "3.bias",
    ]  # fmt: skip
    assert [names[id(p)] for p in nn.weights_of(net)] == [
        "0.weight", "1.weight_ih_l0", "1.weight_hh_l0", "2.in_proj_weight", "2.out_proj.weight", "3.weight", "4.weight",
    ]  # fmt: skip


def test_a_part_whose_own_name_speaks_of_bias_still_has_weights():
    class Biased(nn.Module):
        def __init__(self):
            self.bias_net = nn.Linear(2, 1)
            self.unbiased = nn.Parameter([1.0])

    assert [p.shape for p in nn.weights_of(Biased())] == [(1,), (1, 2)]


def test_l2_and_l1_are_the_formulas_of_deck_c(net):
    weights = [p.numpy() for p in (net[0].weight, net[2].weight)]
    everything = [p.numpy() for p in net.parameters()]
    squares, sizes = (
        (lambda arrays: sum((w**2).sum() for w in arrays)),
        (lambda arrays: sum(abs(w).sum() for w in arrays)),
    )
    assert penalties.l2(net, 0.3, n=50).item() == pytest.approx(0.3 / 100 * squares(weights), rel=1e-13)
    assert penalties.l1(net, 0.3, n=50).item() == pytest.approx(0.3 / 50 * sizes(weights), rel=1e-13)
    assert penalties.l2(net, 0.3, biases=True).item() == pytest.approx(0.15 * squares(everything), rel=1e-13)
    assert penalties.l1(net, 0.3, biases=True).item() == pytest.approx(0.3 * sizes(everything), rel=1e-13)


def test_gradients_are_the_weights_and_their_signs(net):
    (penalties.l2(net, 0.3, n=50) + penalties.l1(net, 0.7, n=50)).backward()
    for layer in (net[0], net[2]):
        w = layer.weight.numpy()
        np.testing.assert_allclose(layer.weight.grad.numpy(), 0.3 / 50 * w + 0.7 / 50 * np.sign(w), rtol=1e-13)
        assert layer.bias.grad is None


def test_a_step_with_l2_is_weight_decay(net):
    # Deck C: w ← (1 - ηλ/n)w - η∂C/∂w, b ← b - η∂C/∂b; and the optimisers' decay is the same.
    x, y = np.random.default_rng(0).standard_normal((5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    rate, strength, n = 0.5, 0.4, 20
    state = net.state_dict()
    nn.functions.quadratic_loss(net(x), y).backward()
    expected = {
        name: (1 - rate * strength / n) ** name.endswith("weight") * p.numpy() - rate * p.grad.numpy()
        for name, p in net.named_parameters()
    }
    net.zero_grad()
    (nn.functions.quadratic_loss(net(x), y) + penalties.l2(net, strength, n)).backward()
    optim.SGD(net.parameters(), lr=rate).step()
    penalised = net.state_dict()
    net.load_state_dict(state)
    net.zero_grad()
    groups = [{"params": nn.weights_of(net), "weight_decay": strength / n}, {"params": nn.biases_of(net)}]
    nn.functions.quadratic_loss(net(x), y).backward()
    optim.SGD(groups, lr=rate).step()
    for name, w in expected.items():
        np.testing.assert_allclose(penalised[name], w, rtol=1e-12)
        np.testing.assert_allclose(net.state_dict()[name], w, rtol=1e-12)


def test_float32_stays_float32():
    assert penalties.l2(nn.Linear(2, 2), np.float64(0.1).item(), 3).dtype == np.float32


@pytest.mark.parametrize("penalty", [penalties.l1, penalties.l2])
def test_what_does_not_fit_is_named(penalty):
    name = penalty.__name__
    with pytest.raises(ag.ArgumentError, match=f"{name}: takes a strength of at least 0 .* got -1 and 1"):
        penalty(nn.Linear(1, 1), -1)
    with pytest.raises(ag.ArgumentError, match=f"{name}: takes a strength .* n of at least 1, got 0.1 and 0"):
        penalty(nn.Linear(1, 1), 0.1, 0)
    with pytest.raises(ag.ArgumentError, match=f"{name}: Tanh has no weights to penalise"):
        penalty(nn.Tanh(), 0.1)
    with pytest.raises(ag.ArgumentError, match="takes a module, whose parameters have names, got a list"):
        penalty(nn.Linear(1, 1).parameters(), 0.1)
