"""L-BFGS and its line search on functions whose minima are known."""

import math

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim.line_search import Point, strong_wolfe


def minimise(function, start, steps=1, **settings):
    x = ag.tensor(np.array(start), requires_grad=True)
    optimizer = optim.LBFGS([x], **settings)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = function(x)
        loss.backward()
        losses.append(loss.item())
        return loss

    returned = [float(optimizer.step(closure)) for _ in range(steps)]
    return x.numpy(), losses, returned, optimizer


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def test_rosenbrocks_valley_is_followed_to_its_end():
    x, losses, returned, _ = minimise(rosenbrock, [-1.2, 1.0, -0.5], max_iter=100, line_search_fn="strong_wolfe")
    np.testing.assert_allclose(x, 1.0, atol=1e-5)
    assert returned == losses[:1]
    assert len(losses) < 100


def test_a_quadratic_is_solved_in_as_many_iterations_as_it_has_curvatures():
    h = np.array([1.0, 3.0, 10.0, 30.0])
    x, losses, _, _ = minimise(
        lambda x: 0.5 * (ag.tensor(h) * (x - 1.0) ** 2).sum(), np.zeros(4), max_iter=30, line_search_fn="strong_wolfe"
    )
    np.testing.assert_allclose(x, 1.0, atol=1e-5)
    assert len(losses) < 20


def test_it_stops_where_the_gradient_is_small_and_within_its_evaluations():
    _, losses, _, optimizer = minimise(lambda x: (x * x).sum(), [0.0, 0.0])
    assert losses == [0.0]
    assert optimizer.state[0]["step"] == 0
    _, losses, _, _ = minimise(rosenbrock, [-1.2, 1.0], max_iter=50, max_eval=7, line_search_fn="strong_wolfe")
    assert 7 <= len(losses) <= 8
    _, losses, _, _ = minimise(rosenbrock, [-1.2, 1.0], max_iter=3, lr=1e-3)
    assert len(losses) == 3


def test_numpys_whole_numbers_count_iterations_too():
    _, losses, _, optimizer = minimise(rosenbrock, [-1.2, 1.0], max_iter=np.int64(3), lr=1e-3)
    assert len(losses) == 3
    assert type(optimizer.param_groups[0]["max_eval"]) is int


def test_a_function_that_ends_in_infinity_is_not_entered_there():
    """-log x + x from a place where the first step would leave what log is defined on."""
    x, losses, _, _ = minimise(
        lambda x: (x - ag.log(x)).sum(), [20.0, 1e-3], steps=3, lr=100.0, max_iter=30, line_search_fn="strong_wolfe"
    )
    assert any(math.isnan(loss) for loss in losses)
    np.testing.assert_allclose(x, 1.0, atol=1e-5)


def test_parameters_without_a_gradient_stay():
    x, unused = ag.tensor([2.0], requires_grad=True), ag.tensor([5.0], requires_grad=True)
    optimizer = optim.LBFGS([unused, x], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert unused.tolist() == [5.0]
    assert x.tolist() == pytest.approx([0.0], abs=1e-5)


def on(function, slope):
    """What a line search sees of a function of one number, and the steps it tries."""
    tried = []

    def at(t):
        tried.append(t)
        return Point(t, function(t), None, slope(t))

    return at, tried


WOLFE = {
    "the first step fits": (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1), 1.1),
    "too short": (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1), 1e-4),
    "too long": (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1), 50.0),
    "steep wall": (lambda t: -t + math.exp(20 * t - 20), lambda t: -1 + 20 * math.exp(20 * t - 20), 5.0),
}


@pytest.mark.parametrize("name", WOLFE)
def test_the_point_found_fulfils_both_conditions(name):
    function, slope, first = WOLFE[name]
    at, tried = on(function, slope)
    start = Point(0.0, function(0.0), None, slope(0.0))
    found = strong_wolfe(at, start, first, shortest=1e-9, trials=25)
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= -0.9 * start.slope
    assert len(tried) <= 12
    assert (found.t == first) == (name == "the first step fits")


def test_without_trials_left_the_better_point_is_taken():
    at, tried = on(lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1))
    start = at(0.0)
    assert strong_wolfe(at, start, 5.0, shortest=1e-9, trials=0).t == 0.0
    assert strong_wolfe(at, start, 0.01, shortest=1e-9, trials=0).t == 0.01
    assert tried == [0.0, 5.0, 0.01]
