"""Parameters that are computed from others: as PyTorch's norms of weights, and as what a user writes."""

import copy
import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import register_parametrization, remove_parametrizations, spectral_norm, weight_norm
from nn.summary import summarise

_spec = importlib.util.spec_from_file_location("golden_cases", Path(__file__).parent / "layers" / "conftest.py")
golden_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(golden_cases)

COVERS = {"register_parametrization", "remove_parametrizations", "spectral_norm", "weight_norm"}
CASES = {
    "weight_norm": lambda: weight_norm(nn.Linear(4, 3)),
    "weight_norm columns": lambda: weight_norm(nn.Linear(4, 3), dim=1),
    "weight_norm one length": lambda: weight_norm(nn.Linear(4, 3, bias=False), dim=None),
    "weight_norm conv": lambda: weight_norm(nn.Conv2d(4, 3, 3)),
    "weight_norm recurrent": lambda: weight_norm(nn.LSTM(3, 2), "weight_hh_l0"),
    "spectral_norm": lambda: spectral_norm(nn.Linear(4, 3)),
    "spectral_norm evaluation": lambda: spectral_norm(nn.Linear(4, 3)),
    "spectral_norm conv": lambda: spectral_norm(nn.Conv2d(4, 3, 3), n_power_iterations=3),
    "spectral_norm transposed": lambda: spectral_norm(nn.ConvTranspose2d(4, 3, 3)),
    "spectral_norm bias": lambda: spectral_norm(nn.Linear(4, 3), "bias"),
}


@pytest.fixture(scope="module")
def stored():
    return golden_cases.Golden("golden_parametrizations.npz")


def test_every_stored_case_is_asked(stored):
    assert list(stored.cases) == list(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_those_of_pytorch(stored, name, dtype):
    stored.check(name, CASES[name](), dtype)


def test_weight_norm_changes_nothing_at_first_and_what_is_learned_is_length_and_direction():
    layer = nn.Linear(3, 2)
    before = layer.weight.numpy()
    weight_norm(layer)
    np.testing.assert_allclose(layer.weight.numpy(), before, rtol=1e-6)
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    ag.sum(layer(ag.ones((4, 3))) ** 2).backward()
    optimizer.step()
    lengths = layer.parametrizations["weight"].original0.numpy()
    np.testing.assert_allclose(np.linalg.norm(layer.weight.numpy(), axis=1, keepdims=True), abs(lengths), rtol=1e-6)
    assert not np.allclose(layer.weight.numpy(), before)


def test_spectral_norm_brings_the_largest_singular_value_to_1():
    ag.manual_seed(0)  # it takes long where the two largest are nearly the same
    layer = spectral_norm(nn.Linear(6, 5).double())
    for _ in range(50):
        layer(ag.ones((1, 6)))
    assert np.linalg.norm(layer.weight.numpy(), 2) == pytest.approx(1, rel=1e-6)
    layer.eval()
    u = layer.parametrizations["weight"].children()[0]._u
    layer(ag.ones((1, 6)))
    assert layer.parametrizations["weight"].children()[0]._u is u


def test_copies_and_states_hold_the_originals():
    net = nn.Sequential(spectral_norm(weight_norm(nn.Linear(3, 2)), "bias"), nn.ReLU())
    names = ["weight.original0", "weight.original1", "bias.original"]
    assert list(net.state_dict()) == [f"0.parametrizations.{name}" for name in names]
    x = ag.tensor(np.random.default_rng(0).standard_normal((2, 3)), dtype=np.float32)
    twin = nn.Sequential(spectral_norm(weight_norm(nn.Linear(3, 2)), "bias"), nn.ReLU())
    twin.load_state_dict(net.state_dict())
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), twin):
        np.testing.assert_array_equal(other(x).numpy(), net(x).numpy())
        assert other[0].weight is not net[0].weight


def test_removing_leaves_a_parameter_of_the_same_value():
    layer = weight_norm(nn.Linear(3, 2))
    value = layer.weight.numpy()
    assert remove_parametrizations(layer, "weight") is layer
    np.testing.assert_array_equal(layer.weight.numpy(), value)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert isinstance(layer.weight, nn.Parameter)
    layer.weight = nn.Parameter(ag.ones((2, 3)))
    frozen = remove_parametrizations(weight_norm(nn.Linear(3, 2)).freeze(), "weight")
    assert not frozen.weight.requires_grad


def test_a_summary_counts_what_computes_a_weight():
    net = nn.Sequential(weight_norm(nn.Linear(4, 3)), spectral_norm(nn.Linear(3, 2, bias=False)))
    counts = {row.name: row.flops for row in summarise(net, ag.ones((5, 4))).rows}
    assert counts["0.parametrizations.weight.0"] == 36
    assert counts["1.parametrizations.weight.0"] == 3 * 6  # in evaluation, where σ is one product


class Symmetric(nn.Module):
    def forward(self, original):
        return ag.triu(original) + ag.triu(original, 1).mT


class Flat(nn.Module):
    def forward(self, original):
        return original.reshape(-1)


def test_a_parametrisation_of_ones_own_is_differentiated():
    layer = register_parametrization(nn.Linear(3, 3, bias=False), "weight", Symmetric())
    w = layer.weight.numpy()
    np.testing.assert_array_equal(w, w.T)
    layer(ag.ones((1, 3))).sum().backward()
    np.testing.assert_array_equal(
        layer.parametrizations["weight"].original.grad.numpy(), [[1, 2, 2], [0, 1, 2], [0, 0, 1]]
    )


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: weight_norm(nn.Linear(3, 2), "wait"), ag.ArgumentError, "'wait' is no parameter of Linear"),
        (lambda: weight_norm(weight_norm(nn.Linear(3, 2))), ag.ArgumentError, "'weight' is computed already of Lin"),
        (lambda: weight_norm(3), ag.ArgumentError, "takes a module, got a int"),
        (lambda: register_parametrization(nn.Linear(3, 2), "bias", ag.exp), ag.ArgumentError, "a module that computes"),
        (
            lambda: register_parametrization(nn.Linear(3, 2), "weight", Flat()),
            ag.ShapeError,
            r"weight has shape \(2, 3\), and what is computed for it \(6,\)",
        ),
        (lambda: remove_parametrizations(nn.Linear(3, 2), "weight"), ag.ArgumentError, "of Linear is not computed"),
        (lambda: spectral_norm(nn.Linear(3, 2), "wait"), ag.ArgumentError, "'wait' of Linear is no parameter"),
        (lambda: setattr(weight_norm(nn.Linear(3, 2)), "weight", 3), nn.StateError, "weight is computed from param"),
        (lambda: nn.Linear(3, 2).wait, AttributeError, "'Linear' object has no attribute 'wait'"),
    ],
)
def test_what_cannot_be_is_refused(act, error, message):
    with pytest.raises(error, match=message):
        act()
