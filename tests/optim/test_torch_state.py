"""A training begun with PyTorch's optimisers goes on with ours as it would have gone on there."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import nn
import optim
from autograd_core import ArgumentError
from nn.errors import CheckpointError
from optim.torch_state import from_torch

with np.load(Path(__file__).parents[1] / "golden" / "golden_optim_states.npz") as file:
    ARRAYS = dict(file)
GROUPS = json.loads(str(ARRAYS.pop("groups")))


def state_of(name):
    """As PyTorch has it: what is one number is an array without axes."""
    state = {}
    for key, array in ARRAYS.items():
        case, index, entry = key.split("/")
        if case == name:
            state.setdefault(int(index), {})[entry] = array
    return {"state": state, "param_groups": json.loads(json.dumps(GROUPS[name]))}


def go_on(training, optimizer, stored, name):
    """From step 10 to step 50, along the stored gradients."""
    row = stored[f"{name}/gradients/float64"][2]
    training.w.assign(row[:72].reshape(9, 8))
    training.b.assign(row[72:].reshape(4, 1))
    for step in range(10, 50):
        training.give_gradients(step)
        optimizer.step()
    np.testing.assert_allclose(training.row(), stored[f"{name}/gradients/float64"][3], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", GROUPS)
def test_every_optimiser_goes_on_from_the_state_of_pytorchs(make_training, cases, stored, name):
    training = make_training()
    settings = dict(cases["optimizers"][name])
    other = {"lr": 0.9} | {key: settings[key] for key in ("b", "momentum", "centered", "amsgrad") if key in settings}
    optimizer = training.optimizer(name.split()[0], other)  # with another rate, which the state replaces
    optimizer.load_state_dict(state_of(name))
    assert optimizer.param_groups[0]["lr"] == settings.get("lr", GROUPS[name][0]["lr"])
    go_on(training, optimizer, stored, name)


def test_a_state_comes_by_a_file_too(make_training, stored, tmp_path):
    saved, path = state_of("Adam all"), tmp_path / "adam.safetensors"
    arrays = {f"{i}.{key}": np.array(x) for i, entries in saved["state"].items() for key, x in entries.items()}
    save_file(arrays, path, {"param_groups": json.dumps(saved["param_groups"])})
    training = make_training()
    optimizer = optim.Adam(training.parameters)
    nn.load_optimizer_state(optimizer, path)
    go_on(training, optimizer, stored, "Adam all")
    save_file(arrays, path)
    with pytest.raises(CheckpointError, match="has no param_groups in JSON in its metadata; save it with"):
        nn.load_optimizer_state(optimizer, path)


def test_the_state_of_a_parameter_without_axes_is_taken():
    parameter = nn.Parameter(np.asarray(1.0))
    optimizer = optim.Adam([parameter])
    moments = {"exp_avg": np.asarray(0.5, np.float32), "exp_avg_sq": np.asarray(0.25, np.float32)}
    groups = [{**optimizer.param_groups[0], "params": [0]}]
    optimizer.load_state_dict({"state": {0: {"step": np.asarray(3.0), **moments}}, "param_groups": groups})
    state = optimizer.state_dict()["state"][0]
    assert (state["step"], state["exp_avg"], state["exp_avg_sq"]) == (3, 0.5, 0.25)


def test_a_state_of_parameters_that_had_no_gradient_yet_begins_with_theirs():
    groups = [{"lr": 0.1, "lr_scale": 1.0, "momentum": 0.9, "params": ["two", "parameters"]}]
    saved = {
        "state": {4: {"momentum_buffer": None}, 7: {"momentum_buffer": np.ones(2)}},
        "param_groups": [{"lr": 0.2, "momentum": 0.9, "foreach": None, "params": [4, 7]}],
    }
    found = from_torch("SGD", saved, groups)
    assert found["param_groups"] == [{"lr": 0.2, "lr_scale": 1.0, "momentum": 0.9, "params": 2}]
    assert found["state"].keys() == {1}
    assert found["state"][1]["step"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["param_groups"].append({"params": []}), "Adam: a state of PyTorch's for 2 groups .* here are 1"),
        (lambda s: s["param_groups"][0].update(momentum=0.5), r"with the settings \['momentum'\], which there are not"),
        (lambda s: s["param_groups"][0].update(params=[0]), r"for parameters \['1'\], which no group lists"),
        (lambda s: s["state"][0].pop("exp_avg"), "parameter 0 needs the state"),
        (
            lambda s: s["state"][1].update(exp_avg=np.ones(3)),
            r"exp_avg of parameter 1 must be numbers of shape \(4, 1\)",
        ),
        (lambda s: s["state"][1].update(exp_avg=object()), "Adam: .*exp_avg"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(make_training, change, message):
    training = make_training()
    optimizer = optim.Adam(training.parameters, lr=0.3)
    saved = state_of("Adam")
    change(saved)
    with pytest.raises(ArgumentError, match=message):
        optimizer.load_state_dict(saved)
    assert (optimizer.state, optimizer.param_groups[0]["lr"]) == ({}, 0.3)


def test_lbfgs_says_that_it_begins_anew(make_training):
    optimizer = optim.LBFGS(make_training().parameters)
    with pytest.raises(ArgumentError, match="LBFGS: a state of PyTorch's is not taken"):
        optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]})
