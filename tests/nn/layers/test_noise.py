"""Dropout and noise: the right share and size in training, nothing in evaluation, the same again for a seed."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.functions import alpha_dropout, dropout, dropout2d, gaussian_noise

COVERS = {"AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "GaussianNoise", "WeightNoise"}
COVERS |= {
    f"functions.{name}"
    for name in ("alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "gaussian_noise")
}


@pytest.fixture(autouse=True)
def seed():
    ag.manual_seed(0)


ALL = [
    (nn.Dropout(0.4), (50, 40)),
    (nn.Dropout1d(0.4), (20, 30, 4)),
    (nn.Dropout2d(0.4), (20, 30, 2, 3)),
    (nn.Dropout3d(0.4), (20, 30, 2, 1, 3)),
    (nn.AlphaDropout(0.4), (50, 40)),
    (nn.GaussianNoise(0.4), (50, 40)),
]


@pytest.mark.parametrize(("layer", "shape"), ALL, ids=repr)
def test_training_draws_anew_a_seed_draws_the_same_and_evaluation_nothing(layer, shape):
    x = ag.tensor(np.ones(shape))
    layer.train()
    first, second = layer(x).numpy(), layer(x).numpy()
    assert not np.array_equal(first, second)
    ag.manual_seed(0)
    np.testing.assert_array_equal(layer(x).numpy(), first)
    assert layer.eval()(x) is x


def test_dropout_drops_the_share_p_and_keeps_the_mean():
    x = ag.ones((400, 500), requires_grad=True)
    y = dropout(x, 0.3)
    y.backward(np.full(x.shape, 2.0, np.float32))
    kept = y.numpy() != 0
    assert kept.mean() == pytest.approx(0.7, abs=0.005)
    np.testing.assert_allclose(y.numpy()[kept], 1 / 0.7, rtol=1e-6)
    np.testing.assert_allclose(x.grad.numpy(), 2 * y.numpy(), rtol=1e-6)


@pytest.mark.parametrize("layer", [nn.Dropout1d(0.5), nn.Dropout2d(0.5), nn.Dropout3d(0.5)], ids=repr)
def test_channels_are_dropped_as_a_whole(layer):
    axes = {"Dropout1d": 1, "Dropout2d": 2, "Dropout3d": 3}[type(layer).__name__]
    y = layer(ag.ones((30, 40, *[3] * axes))).numpy().reshape(30, 40, -1)
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y == y[:, :, :1]).all()
    assert (y[:, :, 0] == 0).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p):
    x = np.random.default_rng(0).standard_normal((500, 400))
    y = alpha_dropout(ag.tensor(x), p).numpy()
    assert y.mean() == pytest.approx(0, abs=0.01)
    assert y.var() == pytest.approx(1, abs=0.02)
    values, counts = np.unique(y.round(9), return_counts=True)
    scale = ((1 - p) * (1 + p * 1.7580993408473766**2)) ** -0.5
    assert values[counts.argmax()] == pytest.approx(-scale * 1.7580993408473766 * (1 - p))  # SELU(-∞), moved
    assert counts.max() / y.size == pytest.approx(p, abs=0.005)


def test_gaussian_noise_is_added_and_lets_the_gradient_through():
    x = ag.full((300, 400), 5.0, requires_grad=True)
    y = gaussian_noise(x, 0.2)
    y.sum().backward()
    assert y.numpy().mean() == pytest.approx(5.0, abs=0.005)
    assert y.numpy().std() == pytest.approx(0.2, abs=0.005)
    assert (x.grad.numpy() == 1).all()


@pytest.mark.parametrize("function", [dropout, alpha_dropout, gaussian_noise])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(function, dtype):
    assert function(ag.ones((3, 4), dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("function", [dropout, alpha_dropout])
def test_the_ends_of_the_range_of_p(function):
    x = ag.ones((3, 4))
    assert function(x, 0.0) is x
    assert not function(x, 1.0).numpy().any()


def test_the_same_bits_at_any_number_of_threads():
    x, threads = ag.ones((300, 300)), ag.get_num_threads()
    found = []
    for count in (1, 2):
        ag.set_num_threads(count)
        ag.manual_seed(3)
        found.append(gaussian_noise(dropout(x)).numpy())
    ag.set_num_threads(threads)
    np.testing.assert_array_equal(*found)


def test_weight_noise_gives_the_gradient_at_the_shaken_weights_and_restores_them():
    net = nn.WeightNoise(nn.Sequential(nn.Linear(3, 2), nn.Tanh()), std=0.5)
    linear = net.module[0]
    before = {name: array.copy() for name, array in net.state_dict().items()}
    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    ag.manual_seed(1)
    y = net(ag.tensor(x))
    y.sum().backward()
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    ag.manual_seed(1)
    noise = 0.5 * ag.default_generator().standard_normal((2, 3))
    expected = np.tanh(x @ (before["module.0.weight"] + noise).T + before["module.0.bias"])
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(linear.weight.grad.numpy(), (1 - expected**2).T @ x, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(linear.bias.grad.numpy(), (1 - expected**2).sum(0), rtol=1e-4, atol=1e-5)
    assert not np.array_equal(net(ag.tensor(x)).numpy(), y.numpy())
    np.testing.assert_array_equal(net.eval()(ag.tensor(x)).numpy(), net.module(ag.tensor(x)).numpy())


def test_weight_noise_restores_the_weights_after_an_error_and_refuses_second_gradients():
    net = nn.WeightNoise(nn.Linear(3, 2), std=0.5)
    before = net.module.weight.numpy().copy()
    with pytest.raises(ag.ShapeError):
        net(ag.ones((4, 7)))
    np.testing.assert_array_equal(net.module.weight.numpy(), before)
    with pytest.raises(ag.GraphError, match="was given a new value after it was used"):
        net(ag.ones((4, 3), requires_grad=True)).sum().backward(create_graph=True)


@pytest.mark.parametrize(("layer", "shape"), ALL, ids=repr)
def test_whole_numbers_are_refused_rather_than_rounded(layer, shape):
    with pytest.raises(ag.DTypeError, match="takes floating-point numbers, got int64; use astype"):
        layer(np.ones(shape, np.int64))


def test_what_does_not_fit_is_named():
    with pytest.raises(ag.ArgumentError, match="Dropout: p is a probability from 0 to 1, got 3"):
        nn.Dropout(3)
    with pytest.raises(ag.ArgumentError, match="dropout: p is a probability from 0 to 1, got nan"):
        dropout(ag.ones(3), float("nan"))
    with pytest.raises(ag.ArgumentError, match="Dropout: p is a probability from 0 to 1, got 'half'"):
        nn.Dropout("half")
    with pytest.raises(ag.ArgumentError, match="GaussianNoise: std is a number of at least 0, got -1"):
        nn.GaussianNoise(-1)
    with pytest.raises(ag.ShapeError, match=r"dropout2d: takes shape \(N, C, H, W\), got shape \(3, 4\)"):
        dropout2d(ag.ones((3, 4)))


def test_lists_are_taken_too_and_operations_counted():
    assert set(dropout([1.0] * 100).tolist()) == {0.0, 2.0}
    x = np.zeros((2, 3))
    assert (nn.Dropout().train().flops((x,), x), nn.GaussianNoise().eval().flops((x,), x)) == (6, 0)


def test_repr_shows_the_settings():
    assert repr(nn.Dropout2d(0.25)) == "Dropout2d(p=0.25)"
    assert repr(nn.GaussianNoise(0.25)) == "GaussianNoise(std=0.25)"


def test_what_looks_like_a_setting_and_is_none_is_refused():
    layer = nn.Dropout(0.3)
    for name in ("prob", "rate", "drop_prob", "P"):
        with pytest.raises(ag.ArgumentError, match=f"^Dropout: {name} is no setting of it, .*did you mean 'p'"):
            setattr(layer, name, 0.5)
    layer.p, layer.note, layer.SCALE = 0.4, "one's own", 1
    assert repr(layer) == "Dropout(p=0.4)"
    with pytest.raises(ag.ArgumentError, match=r"BatchNorm1d: momentun .* mean 'momentum'"):
        nn.BatchNorm1d(2).momentun = 0.5
