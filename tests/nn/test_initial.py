"""Initialisers draw what their formulas say, the same for the same seed."""

import math
from inspect import isfunction
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import initial

FAN_IN, FAN_OUT = 300, 400
DRAWN = {  # name -> its mean square, and how far it goes
    "normal": (lambda shape, **k: initial.normal(shape, 0.1, **k), 0.01, None),
    "uniform": (lambda shape, **k: initial.uniform(shape, 0.3, **k), 0.03, 0.3),
    "lecun_normal": (initial.lecun_normal, 1 / 300, None),
    "lecun_uniform": (initial.lecun_uniform, 1 / 300, math.sqrt(3 / 300)),
    "xavier_normal": (initial.xavier_normal, 2 / 700, None),
    "xavier_normal gain": (lambda shape, **k: initial.xavier_normal(shape, 5 / 3, **k), 25 / 9 * 2 / 700, None),
    "xavier_uniform": (initial.xavier_uniform, 2 / 700, math.sqrt(6 / 700)),
    "xavier_uniform gain": (lambda shape, **k: initial.xavier_uniform(shape, 2.0, **k), 8 / 700, math.sqrt(24 / 700)),
    "he_normal": (initial.he_normal, 2 / 300, None),
    "he_normal fan_out": (lambda shape, **k: initial.he_normal(shape, mode="fan_out", **k), 2 / 400, None),
    "he_normal slope": (lambda shape, **k: initial.he_normal(shape, 0.5, **k), 1.6 / 300, None),
    "he_normal tanh": (lambda shape, **k: initial.he_normal(shape, nonlinearity="tanh", **k), 25 / 9 / 300, None),
    "he_uniform": (initial.he_uniform, 2 / 300, math.sqrt(6 / 300)),
    "he_uniform fan_out": (lambda shape, **k: initial.he_uniform(shape, 0, "fan_out", **k), 0.005, math.sqrt(0.015)),
    "fan_in_uniform": (lambda shape, **k: initial.fan_in_uniform(shape, 300, **k), 1 / 900, 1 / math.sqrt(300)),
    # the variance of a normal distribution cut at ±2σ is 0.7737 σ²
    "truncated_normal": (lambda shape, **k: initial.truncated_normal(shape, std=0.5, a=-1, b=1, **k), 0.19343, 1.0),
    "orthogonal": (lambda shape, **k: initial.orthogonal(shape, 2.0, **k), 4 / 400, None),
    "sparse": (lambda shape, **k: initial.sparse(shape, 0.25, 0.2, **k), 0.03, None),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_has_its_variance_and_bound_and_comes_again_from_its_seed(name):
    draw, mean_square, bound = DRAWN[name]
    ag.manual_seed(1)
    drawn = draw((FAN_OUT, FAN_IN))
    assert drawn.dtype == ag.get_default_dtype()
    drawn = drawn.numpy().astype(np.float64)
    assert np.mean(drawn**2) == pytest.approx(mean_square, rel=0.02)
    assert abs(drawn.mean()) < 0.02 * math.sqrt(mean_square)
    if bound is not None:
        assert bound * 0.99 < np.abs(drawn).max() <= bound * (1 + 1e-6)
    ag.manual_seed(1)
    np.testing.assert_array_equal(draw((FAN_OUT, FAN_IN)).numpy(), drawn)
    one, same = [draw((4, 3), generator=np.random.default_rng(5)).numpy() for _ in range(2)]
    np.testing.assert_array_equal(one, same)


def test_normal_draws_are_normal():
    ag.manual_seed(0)
    drawn = initial.normal((100_000,)).numpy()
    for limit, share in ((1, 0.6827), (2, 0.9545), (3, 0.9973)):
        assert np.mean(np.abs(drawn) < limit) == pytest.approx(share, abs=0.005)


def test_a_truncated_normal_keeps_the_shape_of_what_is_left():
    ag.manual_seed(0)
    drawn = initial.truncated_normal((100_000,), mean=1.0, std=1.0, a=0.0, b=1.5).numpy()
    assert drawn.min() >= 0
    assert drawn.max() <= 1.5
    # P(0 < x < 1)/P(0 < x < 1.5) = 0.34134/(0.34134 + 0.19146)
    assert np.mean(drawn < 1) == pytest.approx(0.34134 / 0.5328, abs=0.005)


def test_fans_count_the_receptive_field():
    assert initial.fans((16, 6, 5, 5)) == (150, 400)


def test_gains_are_those_of_pytorch():
    gains = {"linear": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": 2**0.5, "leaky_relu": (2 / 1.0001) ** 0.5, "selu": 0.75}
    assert {name: initial.calculate_gain(name) for name in gains} == pytest.approx(gains)
    assert initial.calculate_gain("leaky_relu", 2.0) == pytest.approx(math.sqrt(0.4))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3, 3), (4, 4)])
def test_orthogonal_weights_are_at_right_angles(shape):
    w = initial.orthogonal(shape, 1.5).numpy().astype(np.float64).reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 2.25 * np.eye(len(product)), atol=1e-6)


def test_orthogonal_weights_point_everywhere():
    ag.manual_seed(0)
    corners = np.array([initial.orthogonal((2, 2)).numpy()[0, 0] for _ in range(400)])
    assert 0.4 < np.mean(corners > 0) < 0.6
    assert np.mean(corners**2) == pytest.approx(0.5, abs=0.06)


def test_sparse_columns_have_so_many_zeros_each():
    w = initial.sparse((10, 50), 0.25).numpy()
    assert ((w == 0).sum(axis=0) == 3).all()
    assert len({tuple(column) for column in (w == 0).T}) > 10


def test_constants():
    assert initial.constant((2, 1), 0.5).tolist() == [[0.5], [0.5]]
    assert initial.zeros((2,)).tolist() == [0.0, 0.0]
    assert initial.ones((2,)).tolist() == [1.0, 1.0]
    assert initial.eye((2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(("shape", "groups"), [((3, 3, 3), 1), ((4, 2, 3, 5), 2), ((2, 3, 3, 3, 3), 1)])
def test_a_dirac_convolution_passes_its_channels_through(shape, groups):
    x = np.random.default_rng(0).standard_normal((2, shape[1] * groups, *[6] * (len(shape) - 2))).astype(np.float32)
    convolve = {3: ag.conv1d, 4: ag.conv2d, 5: ag.conv3d}[len(shape)]
    y = convolve(x, initial.dirac(shape, groups).numpy(), padding=tuple(k // 2 for k in shape[2:]), groups=groups)
    np.testing.assert_array_equal(y, x[:, : shape[0]])


def test_a_network_is_drawn_anew():
    net = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.GRU(3, 2), nn.PReLU()).double()
    before = net.parameters()
    initial.initialise(net, initial.ones, lambda shape: initial.constant(shape, 0.5))
    named = dict(net.named_parameters())
    assert list(named.values()) == before
    for name, parameter in named.items():
        expected = 0.5 if "bias" in name else 0.25 if name == "3.weight" else 1.0
        assert set(parameter.numpy().reshape(-1)) == {expected}, name
        assert parameter.dtype == np.float64
    initial.initialise(net, initial.he_normal)
    assert not net[0].bias.numpy().any()
    assert len(set(net[0].weight.numpy().reshape(-1))) == 12


def test_the_default_dtype_is_what_is_made():
    ag.set_default_dtype(np.float64)
    try:
        made = [initial.normal((2, 2)), initial.zeros((2,)), initial.eye((2, 2)), initial.dirac((2, 2, 1))]
        assert {x.dtype for x in made} == {np.dtype(np.float64)}
    finally:
        ag.set_default_dtype(np.float32)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: initial.fans((3,)), r"fans: a weight has at least two axes \(out, in, ...\), got shape \(3,\)"),
        (lambda: initial.he_normal(3), "fans: a weight has at least two axes .*, got shape 3"),
        (
            lambda: initial.initialise(nn.Linear, initial.zeros),
            r"takes a module, .* got the class Linear rather than one",
        ),
        (lambda: initial.orthogonal((3,)), "a weight has at least two axes"),
        (lambda: initial.he_normal((3, 4), mode="fan"), "he: mode must be fan_in or fan_out, got 'fan'"),
        (lambda: initial.calculate_gain("gelu"), "calculate_gain: nonlinearity must be one of linear, .*; got 'gelu'"),
        (lambda: initial.truncated_normal((2,), a=5, b=9), "at least 1% must lie between a and b, got a 5 and b 9"),
        (
            lambda: initial.truncated_normal((2,), a=1, b=-1),
            "takes std above 0 and a below b, got std 1.0, a 1 and b -1",
        ),
        (lambda: initial.eye((2, 2, 1)), "eye: takes a shape of two axes .*dirac is that of convolutions"),
        (lambda: initial.dirac((3, 2, 3), 2), r"dirac: takes a convolution's shape .* got \(3, 2, 3\) and 2"),
        (lambda: initial.sparse((3, 2), 1.5), r"sparse: takes a shape .* from 0 to 1, got \(3, 2\) and 1.5"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ag.ArgumentError, match=message):
        call()


def test_no_initialiser_is_without_a_case():
    source = Path(__file__).read_text()
    public = [name for name, value in vars(initial).items() if isfunction(value) and value.__module__ == "nn.initial"]
    public = [name for name in public if not name.startswith("_")]
    assert len(public) > 15
    assert [name for name in public if f"initial.{name}(" not in source and name not in DRAWN] == []
