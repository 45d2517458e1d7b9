"""Optimisers follow their papers' formulas, and go on after a restart to the bit."""

import numpy as np
import pytest

import autograd_core as ag
import optim


def problem():
    """A small loss with gradients of several sizes; parameters of two shapes."""
    w = ag.tensor(np.array([[1.0, -2.0], [0.5, 3.0]]), requires_grad=True)
    b = ag.tensor(np.array([0.1, -0.2]), requires_grad=True)

    def loss():
        return ((w @ ag.tensor(np.array([1.0, 2.0])) + b) ** 2).sum() + (w**4).mean()

    return [w, b], loss


def train(optimizer, loss, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()


def by_hand(update, steps=50):
    """The same steps with plain numpy arrays and `update(t, p, g, state) -> p`."""
    params, loss = problem()
    states = [{} for _ in params]
    for t in range(1, steps + 1):
        for p in params:
            p.grad = None
        loss().backward()
        for p, state in zip(params, states, strict=True):
            p.assign(update(t, p.numpy().copy(), p.grad.numpy(), state))
    return [p.numpy() for p in params]


def sgd_by_hand(t, p, g, state):
    state["v"] = 0.9 * state.get("v", 0.0) + g + 0.01 * p
    return p - 1e-3 * state["v"]


def adam_by_hand(t, p, g, state):
    g = g + 0.01 * p
    state["m"] = 0.8 * state.get("m", 0.0) + 0.2 * g
    state["v"] = 0.99 * state.get("v", 0.0) + 0.01 * g**2
    return p - 0.05 * (state["m"] / (1 - 0.8**t)) / (np.sqrt(state["v"] / (1 - 0.99**t)) + 1e-6)


CASES = [
    pytest.param(
        lambda params: optim.SGD(params, lr=1e-3, momentum=0.9, weight_decay=0.01), sgd_by_hand, id="sgd-momentum"
    ),
    pytest.param(lambda params: optim.SGD(params, lr=1e-3), lambda t, p, g, state: p - 1e-3 * g, id="sgd"),
    pytest.param(
        lambda params: optim.Adam(params, lr=0.05, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.01),
        adam_by_hand,
        id="adam",
    ),
]


@pytest.mark.parametrize(("make", "formula"), CASES)
def test_fifty_steps_equal_the_formula(make, formula):
    params, loss = problem()
    train(make(params), loss, 50)
    for p, expected in zip(params, by_hand(formula), strict=True):
        np.testing.assert_allclose(p.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(("make", "formula"), CASES)
def test_a_restart_from_the_state_goes_on_to_the_bit(make, formula):
    params, loss = problem()
    optimizer = make(params)
    train(optimizer, loss, 10)
    copies, other_loss = problem()
    other = make(copies)
    for copy, p in zip(copies, params, strict=True):
        copy.assign(p)
    other.load_state_dict(optimizer.state_dict())
    train(optimizer, loss, 10)
    train(other, other_loss, 10)
    for copy, p in zip(copies, params, strict=True):
        np.testing.assert_array_equal(copy.numpy(), p.numpy())


def test_groups_have_settings_of_their_own():
    (w, b), loss = problem()
    before = w.numpy()
    train(optim.SGD([{"params": [w], "lr": 0.0}, {"params": [b]}], lr=1e-3), loss, 3)
    np.testing.assert_array_equal(w.numpy(), before)
    assert b.tolist() != [0.1, -0.2]


def test_parameters_without_a_gradient_are_left_alone():
    (w, b), _ = problem()
    (b * b).sum().backward()
    optimizer = optim.Adam([w, b], lr=0.1)
    before = w.numpy()
    optimizer.step()
    np.testing.assert_array_equal(w.numpy(), before)
    assert set(optimizer.state) == {1}


def test_linear_schedule_of_deck_a():
    schedule = optim.schedules.linear(2.0, steps=4, final=0.01)
    assert [schedule(k) for k in (0, 2, 4, 100)] == pytest.approx([2.0, 1.01, 0.02, 0.02])
    (w, b), _ = problem()
    optimizer = optim.SGD([w, b], lr=2.0)
    optimizer.set_lr(schedule(4))
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.02)
    assert optim.schedules.constant(0.3)(17) == 0.3
    with pytest.raises(ag.ArgumentError, match="steps"):
        optim.schedules.linear(1.0, steps=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: optim.SGD([]), "SGD: no parameters"),
        (lambda p: optim.SGD([p, p]), "SGD: a parameter is listed twice"),
        (lambda p: optim.SGD([p * 2]), "SGD: parameters are leaf tensors"),
        (lambda p: optim.SGD([p], lr=-1), "SGD: lr must be at least 0, got -1"),
        (lambda p: optim.SGD([p], lr=float("nan")), "SGD: lr must be at least 0, got nan"),
        (lambda p: optim.SGD([p], momentum=1.0), "SGD: momentum must be"),
        (lambda p: optim.Adam([p], betas=(0.9, 1.0)), "Adam: betas must be two numbers"),
        (lambda p: optim.Adam([p], eps=-1), "Adam: eps"),
        (lambda p: optim.Adam([p], weight_decay=-1), "Adam: weight_decay"),
        (lambda p: optim.Adam([{"params": [p], "rate": 1}]), r"Adam: no setting named \['rate'\]"),
    ],
)
def test_refused_settings(make, message):
    with pytest.raises(ag.ArgumentError, match=message):
        make(ag.ones(2, requires_grad=True))


def test_a_state_that_does_not_fit_is_refused_and_nothing_changes():
    (w, b), loss = problem()
    adam = optim.Adam([w, b])
    train(adam, loss, 1)
    state = adam.state_dict()
    with pytest.raises(ag.ArgumentError, match="groups of"):
        optim.Adam([w]).load_state_dict(state)
    with pytest.raises(ag.ArgumentError, match="saved by another optimiser"):
        optim.SGD([w, b], momentum=0.9).load_state_dict(state)
    with pytest.raises(ag.ArgumentError, match="exp_avg of parameter 0 has shape"):
        optim.Adam([b, w]).load_state_dict(state)
