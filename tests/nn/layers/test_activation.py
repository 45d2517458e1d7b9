"""Activations that PyTorch does not have, by their formulas; second gradients; what is refused.

The others are compared with PyTorch in test_golden_layers.py.
"""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import functions as F

COVERS = {
    *("Swish", "Maxout", "GELU", "Heaviside", "Sign"),
    *("functions.swish", "functions.maxout", "functions.gelu", "functions.heaviside", "functions.sign"),
}

rng = np.random.default_rng(0)
X = rng.standard_normal((4, 6)) * 2


def sigma(x):
    return 1 / (1 + np.exp(-x))


def test_gelu_by_sigmoid_is_x_times_sigma_of_1702_x():
    np.testing.assert_allclose(nn.GELU("sigmoid")(X), X * sigma(1.702 * X), rtol=1e-12)


@pytest.mark.parametrize("beta", [1.0, 0.3, -2.0])
def test_swish_has_a_fixed_or_learned_beta(beta):
    expected = X * sigma(beta * X)
    np.testing.assert_allclose(nn.Swish(beta)(X), expected, rtol=1e-12)
    learned = nn.Swish(beta, learned=True).double()
    assert nn.Swish(beta).parameters() == []
    learned.beta.assign(beta)
    y = learned(ag.tensor(X))
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)
    y.sum().backward()
    s = sigma(beta * X)
    np.testing.assert_allclose(learned.beta.grad.numpy(), np.sum(X * X * s * (1 - s)), rtol=1e-12)


def test_maxout_takes_the_largest_linear_piece_and_sends_the_gradient_there():
    layer = nn.Maxout(6, 2, pieces=3).double()
    x = ag.tensor(X, requires_grad=True)
    w, b = layer.weight.numpy(), layer.bias.numpy()
    pieces = (X @ w.T + b).reshape(4, 2, 3)
    y = layer(x)
    np.testing.assert_allclose(y.numpy(), pieces.max(2), rtol=1e-12)
    u = rng.standard_normal((4, 2))
    y.backward(u)
    chosen = (pieces == pieces.max(2, keepdims=True)) * u[:, :, None]
    np.testing.assert_allclose(x.grad.numpy(), chosen.reshape(4, 6) @ w, rtol=1e-10)
    np.testing.assert_allclose(layer.weight.grad.numpy(), chosen.reshape(4, 6).T @ X, rtol=1e-10)
    np.testing.assert_allclose(layer.bias.grad.numpy(), chosen.reshape(4, 6).sum(0), rtol=1e-10)


def test_maxout_of_two_pieces_can_be_relu_and_the_absolute_value():
    layer = nn.Maxout(1, 2, bias=False)
    layer.weight.assign([[1.0], [0.0], [1.0], [-1.0]])
    assert layer(ag.tensor([[-3.0], [2.0]])).tolist() == [[0.0, 3.0], [2.0, 2.0]]


def test_a_threshold_does_not_hide_nan():
    np.testing.assert_array_equal(F.threshold(ag.tensor([np.nan, 0.0, 2.0]), 1.0, 5.0).numpy(), [np.nan, 5.0, 2.0])


def test_threshold_units_are_zero_one_and_minus_one_one():
    x = ag.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    assert nn.Heaviside()(x).tolist() == [0.0, 0.0, 1.0]
    assert nn.Heaviside(at_zero=0.5)(x).tolist() == [0.0, 0.5, 1.0]
    assert nn.Sign()(x).tolist() == [-1.0, 0.0, 1.0]
    for unit in (nn.Heaviside(), nn.Sign()):
        x.grad = None
        unit(x).sum().backward()
        assert x.grad.tolist() == [0.0, 0.0, 0.0]


SMOOTH = {
    "gelu tanh": lambda x: F.gelu(x, "tanh"),
    "gelu sigmoid": lambda x: F.gelu(x, "sigmoid"),
    "softplus beta": lambda x: F.softplus(x, 2.5),
    "celu alpha": lambda x: F.celu(x, 0.7),
    "glu": lambda x: F.glu(x, dim=1),
    "softmax": lambda x: F.softmax(x, dim=0),
    "threshold": lambda x: F.threshold(x, 0.3, -1.0) ** 2,
    "maxout": lambda x: F.maxout(x, 2) ** 2,
    **{
        name: getattr(F, name)
        for name in ("mish", "silu", "selu", "softsign", "logsigmoid", "log_softmax", "hardswish")
    },
}


@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_gradients(name):
    ag.gradcheck(SMOOTH[name], X, order=2)


def test_learned_slopes_have_first_and_second_gradients():
    ag.gradcheck(lambda x, w: F.prelu(x, w) ** 2, X.reshape(2, 3, 4), np.array([0.1, -0.3, 0.7]), order=2)


def test_activations_take_values_of_the_scalar_engine():
    x = ag.Value(-1.5)
    y = nn.Softplus(2.0)(nn.LeakyReLU(0.1)(x))
    y.backward()
    assert y.data == pytest.approx(np.log1p(np.exp(-0.3)) / 2)
    assert x.grad == pytest.approx(0.1 * sigma(-0.3))


@pytest.mark.parametrize(
    "layer", [nn.Softplus(2.5), nn.Swish(0.5), nn.Threshold(0.1, -1.0), nn.Hardtanh(-2, 1), nn.CELU(2)]
)
def test_float32_stays_float32(layer):
    assert layer(ag.tensor(X.astype(np.float32))).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.GELU("erf"), "gelu: approximate must be one of none, tanh, sigmoid; got 'erf'"),
        (lambda: nn.Hardtanh(1, 1), "Hardtanh: min_val must be below max_val, got 1 and 1"),
        (lambda: nn.Softplus(0), "Softplus: beta must be above 0, got 0"),
        (lambda: nn.PReLU(0), "PReLU: num_parameters must be a whole number of at least 1, got 0"),
        (
            lambda: nn.PReLU(3)(ag.ones((4, 6))),
            r"prelu: takes one slope, .*slopes of shape \(3,\) for x of shape \(4, 6",
        ),
        (lambda: nn.GLU()(ag.ones((4, 5))), r"glu: halves axis 1 of shape \(4, 5\), whose length is odd"),
        (lambda: nn.Maxout(4, 2, pieces=0), "Maxout: pieces must be a whole number of at least 1, got 0"),
        (lambda: nn.Maxout(0, 2), "Maxout: in_features must be a whole number of at least 1, got 0"),
        (lambda: F.maxout(ag.ones((4, 5)), 2), r"maxout: axis 1 of shape \(4, 5\) does not divide into groups of 2"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()


@pytest.mark.parametrize("kind", ["CELU", "ELU", "Hardtanh", "LeakyReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Dropout2d"])
def test_nothing_is_done_in_place(kind):
    make = getattr(nn, kind)
    assert repr(make(inplace=False)) == f"{kind}()"
    with pytest.raises(ag.ArgumentError, match=f"{kind}: tensors are values.* leave inplace out"):
        make(inplace=True)


def test_repr_shows_the_settings():
    shown = {
        nn.LeakyReLU(): "LeakyReLU()",
        nn.LeakyReLU(0.2): "LeakyReLU(negative_slope=0.2)",
        nn.PReLU(3): "PReLU(num_parameters=3)",
        nn.CELU(2): "CELU(alpha=2.0)",
        nn.GELU("tanh"): "GELU(approximate='tanh')",
        nn.Swish(0.25): "Swish(beta=0.25)",
        nn.Swish(0.5, learned=True): "Swish(beta=0.5, learned=True)",
        nn.Softplus(2): "Softplus(beta=2.0)",
        nn.Hardtanh(-2, 3): "Hardtanh(min_val=-2.0, max_val=3.0)",
        nn.Threshold(0, 1): "Threshold(threshold=0.0, value=1.0)",
        nn.Heaviside(0.5): "Heaviside(at_zero=0.5)",
        nn.Softmax(1): "Softmax(dim=1)",
        nn.Maxout(3, 2, 4, bias=False): "Maxout(in_features=3, out_features=2, pieces=4, bias=False)",
        nn.Tanh(): "Tanh()",
    }
    for layer, text in shown.items():
        assert repr(layer) == text
