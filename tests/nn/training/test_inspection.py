import io

import numpy as np
import pytest
from PIL import Image

import autograd_core as ag
import nn
from nn.training import Histograms, activity, distributions, histograms_png


def one_layer(weight, bias, activation):
    layer = nn.Linear(1, len(bias))
    layer.weight.assign(np.array(weight, np.float32)[:, None])
    layer.bias.assign(np.array(bias, np.float32))
    return nn.Sequential(layer, activation)


X = np.array([[-1.0], [0.5], [2.0]], np.float32)


def test_a_relu_that_is_never_above_zero_is_dead():
    model = one_layer([1, 1, 0], [0, -5, 0], nn.ReLU())  # sometimes on, never on, never on (relu'(0) = 0)
    [found] = activity(model, X)
    assert (found.name, found.layer) == ("1", "ReLU")
    assert found.dead == pytest.approx(2 / 3)
    assert found.flat == pytest.approx(7 / 9)
    assert found.mean == pytest.approx(2.5 / 9)
    assert str(found).endswith("77.8 % flat, 66.7 % of the units dead")


@pytest.mark.parametrize(("activation", "edge"), [(nn.Sigmoid(), 6.0), (nn.Tanh(), 3.0)])
def test_a_saturated_unit_is_flat(activation, edge):
    weight = [edge * 1.01, 0.1]  # at x = ±1 the first is beyond the edge
    [found] = activity(one_layer(weight, [0, 0], activation), np.array([[-1.0], [1.0], [0.0]], np.float32))
    assert found.flat == pytest.approx(2 / 6)
    assert found.dead == 0


def test_a_unit_of_a_convolution_is_a_channel():
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU())
    model[0].weight.assign(np.array([1.0, 1.0], np.float32).reshape(2, 1, 1, 1))
    model[0].bias.assign(np.array([0.0, -10.0], np.float32))
    [found] = activity(model, np.array([-1.0, 1.0, 1.0, -1.0], np.float32).reshape(1, 1, 2, 2))
    assert (found.flat, found.dead) == (0.75, 0.5)


def test_looking_changes_nothing():
    model = nn.Sequential(nn.Linear(1, 4), nn.PReLU(), nn.Dropout(0.5), nn.Linear(4, 1)).train()
    state = ag.get_random_state()
    assert [found.layer for found in activity(model, X)] == ["PReLU"]
    distributions(model, X)
    assert all(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert ag.get_random_state() == state
    assert not model[1]._own_hooks()._after


def test_a_model_without_activation_layers_is_refused():
    with pytest.raises(ag.ArgumentError, match=r"Linear has no activation layers, such as nn.ReLU"):
        activity(nn.Linear(1, 1), X)


def test_distributions_are_the_numbers_themselves():
    model = one_layer([2, -1], [0, 0], nn.ReLU())
    model(ag.tensor(X)).sum().backward()
    model[0].bias.grad = None
    found = distributions(model, X)
    assert {kind: list(arrays) for kind, arrays in found.items()} == {
        "weights": ["0.weight", "0.bias"],
        "gradients": ["0.weight"],
        "activations": ["0", "1"],
    }
    np.testing.assert_allclose(found["gradients"]["0.weight"], [[2.5], [-1.0]])
    np.testing.assert_allclose(found["activations"]["1"], np.maximum(X * [2, -1], 0))
    assert distributions(model)["activations"] == {}


def test_histograms_after_each_epoch(train_line, tmp_path):
    train_line(epochs=2, callbacks=[Histograms(tmp_path / "at-{epoch}.png"), Histograms(tmp_path / "one.png")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["at-1.png", "at-2.png", "one.png"]
    first, second, one = (Image.open(path) for path in sorted(tmp_path.iterdir()))
    assert first.size == second.size == (1080, 340)
    assert first.tobytes() != second.tobytes() == one.tobytes()


def test_every_no_epoch_is_refused():
    with pytest.raises(ag.ArgumentError, match="Histograms: every_epochs must be a whole number of at least 1, got 0"):
        Histograms("x", every_epochs=0)


def test_numbers_that_are_not_finite_do_not_spoil_the_picture():
    png = histograms_png({"weights": {"w": np.array([1.0, np.nan, np.inf, 2.0])}, "gradients": {}}, "")
    assert Image.open(io.BytesIO(png)).size == (360, 230)
