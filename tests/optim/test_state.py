"""A training that is stopped and gone on with ends where one without a stop ends, to the bit."""

import json
import pickle

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.update import _WORTH_A_KERNEL

LION = ("Lion", {"lr": 0.01, "weight_decay": 0.1})


def advance(training, optimizer, steps):
    for _ in range(steps):
        optimizer.step(training.loss)


def by_way_of_a_file(state):
    """What is left of a state after JSON, where names are text and tuples lists; arrays as a file would hold them."""

    def plain(value):
        if isinstance(value, np.ndarray):
            return {"array": value.tolist(), "dtype": str(value.dtype)}
        if isinstance(value, dict):
            return {key: plain(entry) for key, entry in value.items()}
        return [plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value

    def arrays(entry):
        return np.array(entry["array"], dtype=entry["dtype"]) if entry.keys() == {"array", "dtype"} else entry

    return json.loads(json.dumps(plain(state)), object_hook=arrays)


def check_resume(make_training, dtype, kind, settings):
    """25 steps, and 25 more by a new optimiser with the state, of a parameter for a kernel and one for numpy."""
    whole, first, second = (make_training(dtype) for _ in range(3))
    advance(whole, whole.optimizer(kind, settings), 50)
    optimizer = first.optimizer(kind, settings)
    advance(first, optimizer, 25)
    state = by_way_of_a_file(optimizer.state_dict())
    for parameter, saved in zip(second.parameters, first.parameters, strict=True):
        parameter.assign(saved)
    resumed = second.optimizer(kind, settings)
    resumed.load_state_dict(state)
    advance(second, resumed, 25)
    np.testing.assert_array_equal(second.row(), whole.row())
    assert whole.w.size >= _WORTH_A_KERNEL > whole.b.size


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_optimiser_goes_on_from_its_state_to_the_bit(make_training, optimizer_case, dtype):
    name, settings = optimizer_case
    check_resume(make_training, dtype, name.split()[0], settings)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", [LION, ("Muon", {"lr": 0.01})])
def test_those_that_torch_lacks_or_rounds_go_on_from_their_state_to_the_bit(make_training, dtype, case):
    check_resume(make_training, dtype, *case)


def test_a_state_keeps_its_numbers_while_the_training_goes_on(make_training, optimizer_case):
    name, settings = optimizer_case
    training = make_training()
    optimizer = training.optimizer(name.split()[0], settings)
    advance(training, optimizer, 3)
    state = optimizer.state_dict()
    before = json.dumps(by_way_of_a_file(state), default=lambda array: array.tolist())
    advance(training, optimizer, 3)
    assert json.dumps(by_way_of_a_file(state), default=lambda array: array.tolist()) == before


@pytest.mark.parametrize(
    ("name", "switched"),
    [("SGD", {"momentum": 0.0}), ("RMSprop", {"centered": False}), ("Adam", {"amsgrad": False})],
)
def test_what_a_changed_setting_leaves_unused_is_saved_and_used_again(make_training, name, switched):
    """A momentum of 0 for some steps, or the like, keeps what it had, before a stop as without one."""
    begun = {"momentum": 0.5, "centered": True, "amsgrad": True}
    whole, first, second = (make_training() for _ in range(3))
    settings = {setting: begun[setting] for setting in switched}
    without_stop, optimizer = whole.optimizer(name, settings), first.optimizer(name, settings)
    for training, stepped in ((whole, without_stop), (first, optimizer)):
        advance(training, stepped, 3)
        stepped.param_groups[0].update(switched)
        advance(training, stepped, 3)
    for parameter, saved in zip(second.parameters, first.parameters, strict=True):
        parameter.assign(saved)
    resumed = second.optimizer(name, {})
    resumed.load_state_dict(by_way_of_a_file(optimizer.state_dict()))
    for training, stepped in ((whole, without_stop), (second, resumed)):
        stepped.param_groups[0].update(settings)
        advance(training, stepped, 3)
    np.testing.assert_array_equal(second.row(), whole.row())


def test_settings_come_with_the_state(make_training):
    training = make_training()
    saved = optim.Adam(training.parameters, lr=0.5, betas=(0.5, 0.6), amsgrad=True)
    advance(training, saved, 1)
    loaded = optim.Adam(training.parameters)
    loaded.load_state_dict(by_way_of_a_file(saved.state_dict()))
    assert loaded.param_groups == saved.param_groups
    assert loaded.state[0].keys() == {"step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"}


def refusals():
    w, b = ag.ones((2, 2), requires_grad=True), ag.ones(3, requires_grad=True)
    w.grad, b.grad = ag.ones((2, 2)), ag.ones(3)
    adam = optim.Adam([w, b])
    adam.step()
    state = adam.state_dict()
    lacking = {**state, "state": {0: {key: state["state"][0][key] for key in ("step", "exp_avg")}}}
    beyond = {**state, "state": {2: state["state"][0]}}
    wrong = {**state, "param_groups": [{**state["param_groups"][0], "lr": -1.0}]}
    return [
        (optim.Adam([w]), state, r"Adam: a state for groups of \[2\] parameters; here are \[1\]"),
        (optim.SGD([w, b], momentum=0.9), state, "SGD: a state with the settings .* saved by another optimiser"),
        (
            optim.Adam([b, w]),
            state,
            r"Adam: exp_avg of parameter 0 must be numbers of shape \(3,\), got float32 of shape \(2, 2\)",
        ),
        (optim.Adam([w, b]), lacking, r"Adam: parameter 0 needs the state .* got \['exp_avg', 'step'\]; was it saved"),
        (optim.Adam([w, b]), beyond, "Adam: a state for parameter 2; there are 2"),
        (optim.Adam([w, b]), {"state": {}}, r"Adam: a state has the parts .* got \['state'\]"),
        (optim.Adam([w, b]), wrong, "Adam: lr must be at least 0, got -1.0"),
    ]


@pytest.mark.parametrize("number", range(7))
def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(number):
    optimizer, state, message = refusals()[number]
    before = optimizer.state_dict()
    with pytest.raises(ag.ArgumentError, match=message):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before


def test_a_history_of_another_length_is_refused():
    w = ag.ones(3, requires_grad=True)
    optimizer = optim.LBFGS([w])

    def closure():
        optimizer.zero_grad()
        loss = (w**4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    state = optimizer.state_dict()
    entries = state["state"][0]
    assert len(entries["old_dirs"]) > 1
    for history in (entries["old_stps"][1:], [vector[1:] for vector in entries["old_stps"]]):
        broken = {**state, "state": {0: {**entries, "old_stps": history}}}
        with pytest.raises(ag.ArgumentError, match=r"LBFGS: old_stps must be \d+ vectors of shape \(3,\), got shapes"):
            optim.LBFGS([w]).load_state_dict(broken)


def test_every_optimiser_can_be_pickled_with_what_it_updates(make_training, optimizer_case):
    name, settings = optimizer_case
    training = make_training(np.float64)
    optimizer = training.optimizer(name.split()[0], settings)
    advance(training, optimizer, 3)
    parameters, copy = pickle.loads(pickle.dumps((training.parameters, optimizer)))
    other = make_training(np.float64)
    other.parameters, (other.w, other.b), other.ridge = parameters, parameters, training.ridge
    advance(training, optimizer, 3)
    advance(other, copy, 3)
    np.testing.assert_array_equal(other.row(), training.row())


def test_a_state_from_before_there_was_maximize_is_taken_over(make_training):
    training = make_training()
    optimizer = training.optimizer("Adam", {"lr": 0.1})
    advance(training, optimizer, 2)
    state = optimizer.state_dict()
    for group in state["param_groups"]:
        del group["maximize"]
    resumed = training.optimizer("Adam", {})
    resumed.load_state_dict(state)
    assert resumed.param_groups[0]["lr"] == 0.1
    assert resumed.param_groups[0]["maximize"] is False
