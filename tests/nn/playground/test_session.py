import base64

import numpy as np
import pytest

import autograd_core as ag
import optim
from nn import functions as F
from nn.errors import SettingsError
from nn.playground.points import DATA, drawn
from nn.playground.session import EXTENT, RESOLUTION, Session
from nn.playground.settings import ACTIVATIONS, Settings


def session(**asked):
    return Session(Settings.of(asked), lambda parameters, rate: optim.SGD(parameters, lr=rate))


@pytest.mark.parametrize("name", DATA)
def test_points_are_of_two_equal_classes_and_moved_by_the_noise(name):
    exact, labels = drawn(name, 400, 0.0, np.random.default_rng(0))
    assert (exact.shape, labels.shape, labels.mean()) == ((400, 2), (400, 1), 0.5)
    moved, same = drawn(name, 400, 0.1, np.random.default_rng(0))
    np.testing.assert_array_equal(labels, same)
    assert (moved - exact).std() == pytest.approx(0.1, rel=0.1)


def test_it_learns_and_says_how_well():
    learning = session(data="circle", widths=[8], rate=0.3)
    before = learning.state()
    learning.step(800)
    after = learning.state()
    assert after["test"]["accuracy"] > 0.95 > before["test"]["accuracy"]
    assert (after["steps"], after["epochs"]) == (800, 40)


def test_what_is_shown_is_the_gradient_of_the_last_mini_batch():
    watched, other = session(batch_size=100), session(batch_size=100)
    points, labels = next(other._batches)
    F.binary_cross_entropy_with_logits(other.model(ag.tensor(points)), labels).backward()
    assert watched.state()["weight_gradients"] == [None, None, None]
    watched.step()
    found = watched.state()
    for i, layer in enumerate(found["weight_gradients"]):
        np.testing.assert_allclose(layer, other.model[2 * i].weight.grad.numpy())
        np.testing.assert_allclose(found["bias_gradients"][i], other.model[2 * i].bias.grad.numpy())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_maps_are_what_each_neuron_gives_at_each_point(activation):
    learning = session(widths=[3], activation=activation)
    hidden, (output,) = [
        [np.frombuffer(base64.b64decode(m), np.int8).reshape(RESOLUTION, RESOLUTION) for m in layer]
        for layer in learning.state()["maps"]
    ]
    assert len(hidden) == 3
    corner = ag.tensor([[EXTENT, EXTENT]])  # right and above: the end of the first row
    p = F.sigmoid(learning.model(corner)).item()
    assert output[0, -1] == pytest.approx(127 * (2 * p - 1), abs=0.6)
    values = learning.model[:2](corner).numpy()[0]
    for map_, value in zip(hidden, values, strict=True):
        assert np.abs(map_).max() in (127, 0)
        assert np.sign(map_[0, -1]) == np.sign(value) or abs(map_[0, -1]) <= 1


def test_same_settings_same_weights_and_the_penalty_shrinks_them():
    one, other = session(seed=3), session(seed=3)
    for learning in (one, other):
        learning.step(50)
    assert one.state() == other.state()
    shrunk = session(seed=3, penalty="l2", strength=0.1)
    shrunk.step(50)
    sizes = [sum(np.square(w).sum() for w in s.state()["weights"][0]) for s in (one, shrunk)]
    assert sizes[1] < sizes[0]


def test_a_training_that_diverges_stops_and_says_so():
    learning = session(rate=10.0, activation="linear", penalty="l2", strength=1.0)
    learning.step(2000)
    state = learning.state()
    assert state["diverged"] and state["steps"] < 2000
    assert np.isfinite(state["weights"][0]).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"data": "moons"}, "data must be one of circle, xor, blobs, spiral; got 'moons'"),
        ({"activation": ["relu"]}, r"activation must be one of .*; got \['relu'\]"),
        ({"rate": 0}, "rate must be a number from 1e-06 to 10, got 0"),
        ({"noise": float("nan")}, "noise must be a number from 0 to 1, got nan"),
        ({"strength": "0.1"}, "strength must be a number"),
        ({"widths": [1, 2, 3, 4, 5]}, "widths must be a list of at most 4"),
        ({"widths": [9]}, "widths must be whole numbers from 1 to 8, got 9"),
        ({"batch_size": 2.5}, "batch_size must be whole numbers"),
        ({"depth": 2}, "there is no setting 'depth'; there are data, noise"),
        ([1], "settings are names with values, got a list"),
    ],
)
def test_settings_out_of_range_are_named(asked, message):
    with pytest.raises(SettingsError, match=message):
        Settings.of(asked)
