"""What keeps a network from learning its examples by heart (decks A, C, D, E)."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import functions as F
from nn import penalties


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def minimise(loss, parameters, steps=30):
    """Newton-like steps to a smooth function's minimum."""
    optimizer = optim.LBFGS(parameters, lr=1.0, max_iter=steps, tolerance_grad=1e-12, tolerance_change=0)

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)


def test_l2_is_ridge_regression_whose_closed_form_is_known(rng):
    x = rng.standard_normal((40, 6))
    y = x @ rng.standard_normal((6, 2)) + 0.3 * rng.standard_normal((40, 2))
    strength, n = 3.0, len(x)
    net = nn.Linear(6, 2, bias=False).double()
    minimise(lambda: F.quadratic_loss(net(x), y) + penalties.l2(net, strength, n), net.parameters())
    ridge = np.linalg.solve(x.T @ x + strength * np.eye(6), x.T @ y)
    np.testing.assert_allclose(net.weight.numpy().T, ridge, rtol=1e-6)
    same = np.asarray(ag.linalg.solve(x.T @ x + strength * np.eye(6), x.T @ y))
    np.testing.assert_allclose(same, ridge, rtol=1e-12)


def test_the_bias_of_ridge_regression_is_not_shrunk(rng):
    x = rng.standard_normal((40, 3))
    y = (x @ [1.0, 2.0, -1.0] + 100)[:, None]
    net = nn.Linear(3, 1).double()
    minimise(lambda: F.quadratic_loss(net(x), y) + penalties.l2(net, 5.0, len(x)), net.parameters(), steps=100)
    centred = x - x.mean(0)
    ridge = np.linalg.solve(centred.T @ centred + 5.0 * np.eye(3), centred.T @ (y - y.mean()))
    np.testing.assert_allclose(net.weight.numpy(), ridge.T, rtol=1e-5)
    np.testing.assert_allclose(net.bias.numpy(), y.mean() - x.mean(0) @ ridge[:, 0], rtol=1e-6)


def test_l1_leaves_few_weights_and_l2_makes_all_small(rng):
    x = rng.standard_normal((50, 20))
    y = x[:, :2] @ [[3.0], [-2.0]] + 0.1 * rng.standard_normal((50, 1))
    weights = {}
    for penalty in (penalties.l1, penalties.l2):
        net = nn.Linear(20, 1).double()
        optimizer = optim.SGD(net.parameters(), lr=0.02)
        for _ in range(1500):
            optimizer.zero_grad()
            (F.quadratic_loss(net(x), y) + penalty(net, 5.0, len(x))).backward()
            optimizer.step()
        weights[penalty] = np.abs(net.weight.numpy()[0])
    assert (weights[penalties.l1][2:] < 3e-3).all()  # but for the last step's size, 0
    assert np.median(weights[penalties.l2][2:]) > 5e-3
    assert (weights[penalties.l1][:2] > 1.5).all()


def test_noise_on_the_inputs_is_l2_on_a_linear_unit(rng):
    # E(w·(x + ε) - y)² = (w·x - y)² + σ²‖w‖²: with n examples, λ = nσ² (Bishop 1995; deck E).
    x, y, std = rng.standard_normal((30, 3)), rng.standard_normal((30, 1)), 0.7
    net, noise = nn.Linear(3, 1).double(), nn.GaussianNoise(std)
    ag.manual_seed(0)
    often = 20_000
    F.quadratic_loss(net(noise(ag.tensor(np.tile(x, (often, 1))))), np.tile(y, (often, 1))).backward()
    noisy = net.weight.grad.numpy()
    net.zero_grad()
    (F.quadratic_loss(net(x), y) + penalties.l2(net, 30 * std**2, n=30)).backward()
    np.testing.assert_allclose(noisy, net.weight.grad.numpy(), atol=0.01)


def test_noise_on_the_labels_is_label_smoothing(rng):
    logits, labels, epsilon = ag.tensor(rng.standard_normal((8, 5))), np.arange(8) % 5, 0.3
    often = 40_000
    drawn = np.tile(labels, (often, 1))
    wrong = rng.random(drawn.shape) < epsilon
    drawn[wrong] = rng.integers(0, 5, int(wrong.sum()))
    noisy = F.cross_entropy(ag.tile(logits, (often, 1)), drawn.reshape(-1)).item()
    assert F.cross_entropy(logits, labels, label_smoothing=epsilon).item() == pytest.approx(noisy, abs=5e-3)


def test_dropout_averages_an_ensemble_of_smaller_networks(rng):
    # Halving the units at random, and doubling what is left, gives on average what all of them say (deck C).
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 50), nn.Tanh(), nn.Dropout(0.5), nn.Linear(50, 1)).double()
    x = rng.standard_normal((1, 4))
    with ag.no_grad():
        members = net(ag.tensor(np.tile(x, (20_000, 1)))).numpy()
        whole = net.eval()(ag.tensor(x)).item()
    assert members.std() > 0.1
    assert members.mean() == pytest.approx(whole, abs=4 * members.std() / np.sqrt(20_000))


def test_stopping_early_keeps_a_polynomial_from_following_the_noise():
    # 12 noisy points of a sine, and a network wide enough for all of them.
    data = np.random.default_rng(5)
    x, x_validation = np.linspace(-1, 1, 12)[:, None], np.linspace(-0.95, 0.95, 50)[:, None]
    y, y_validation = [np.sin(3 * part) + 0.4 * data.standard_normal(part.shape) for part in (x, x_validation)]
    ag.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1)).double()

    def trained(*callbacks):
        ag.manual_seed(0)
        nn.initial.initialise(net, nn.initial.xavier_normal)
        trainer = nn.training.Trainer(net, F.mse_loss, optim.Adam(net.parameters(), lr=0.01), callbacks=list(callbacks))
        trainer.fit((x, y), epochs=600, batch_size=12, validation=(x_validation, y_validation))
        return F.mse_loss(net(x), y).item(), F.mse_loss(net(x_validation), y_validation).item(), trainer.history

    long_train, long_validation, _ = trained()
    stopping = nn.training.EarlyStopping(patience=60)
    train, validation, history = trained(stopping)
    assert len(history) < 600
    assert long_train < 0.5 * train
    assert validation < 0.8 * long_validation
    assert validation == pytest.approx(stopping.best, rel=1e-9)
