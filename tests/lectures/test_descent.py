"""What batch size and learning rate do: a higher floor of the error against slower convergence (decks A, B, D)."""

import numpy as np
import pytest

import autograd_core as ag
import optim


def mean_square_errors(rate, batch_size, steps, copies=4000):
    """Of so many runs at once, each to find the mean, 0, of numbers drawn from N(0, 1), from w = 10."""
    w = ag.full((copies,), 10.0, dtype=np.float64, requires_grad=True)
    optimizer, rng, errors = optim.SGD([w], lr=rate), np.random.default_rng(0), []
    for _ in range(steps):
        drawn = rng.standard_normal((batch_size, copies))
        optimizer.zero_grad()
        (0.5 * ag.mean(ag.square(w - drawn), axis=0)).sum().backward()
        optimizer.step()
        errors.append(np.mean(w.numpy() ** 2))
    return np.array(errors)


@pytest.mark.parametrize("rate", [0.05, 0.5])
@pytest.mark.parametrize("batch_size", [1, 10])
def test_the_floor_is_the_rate_over_the_batch_size_and_the_way_there_as_long_as_the_rate_is_small(rate, batch_size):
    # w ← w - η(w - x̄), with x̄ of variance 1/m: E w² = 100 (1 - η)^2t + floor, floor = η/((2 - η)m).
    floor = rate / ((2 - rate) * batch_size)
    steps = 150
    errors = mean_square_errors(rate, batch_size, steps)
    assert np.mean(errors[-20:]) == pytest.approx(floor, rel=0.05)
    expected = 100 * (1 - rate) ** (2 * np.arange(1, steps + 1))
    expected += floor * (1 - (1 - rate) ** (2 * np.arange(1, steps + 1)))
    np.testing.assert_allclose(errors, expected, rtol=0.15)


def test_a_rate_beyond_twice_the_inverse_curvature_diverges():
    steep = ag.tensor(np.array([1.0, 1.0]), requires_grad=True)
    for rate, falls in ((0.19, True), (0.21, False)):  # curvatures 1 and 10: the limit is 2/10
        steep.assign([1.0, 1.0])
        optimizer = optim.SGD([steep], lr=rate)
        for _ in range(100):
            optimizer.zero_grad()
            (0.5 * (steep**2 * np.array([1.0, 10.0])).sum()).backward()
            optimizer.step()
        assert (abs(steep.numpy()[1]) < 1) == falls


def test_a_rate_that_falls_meets_no_floor():
    # Σε = ∞, Σε² < ∞: with ε = 1/(t + 1) w is the average of all that was drawn, whose variance is 1/t.
    w = ag.full((4000,), 10.0, dtype=np.float64, requires_grad=True)
    optimizer, rng = optim.SGD([w], lr=1.0), np.random.default_rng(1)
    for step in range(200):
        optimizer.set_lr(1 / (step + 1))
        optimizer.zero_grad()
        (0.5 * ag.square(w - rng.standard_normal(4000))).sum().backward()
        optimizer.step()
    assert np.mean(w.numpy() ** 2) == pytest.approx(1 / 200, rel=0.1)
