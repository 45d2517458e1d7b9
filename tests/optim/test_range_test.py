"""The learning-rate range test finds the rates that a training bears, and leaves no trace of itself."""

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim import learning_rate_range_test


class Quadratic:
    """½Σ hᵢ(pᵢ - ξᵢ)² with a little noise ξ, for which gradient descent diverges above the rate 2 / max h."""

    def __init__(self, steepest=10.0):
        self.h = ag.tensor([1.0, steepest])
        self.p = ag.tensor([1.0, 1.0], requires_grad=True)
        self.optimizer = optim.SGD([self.p], lr=0.5)
        self.rates = []
        self.noise = np.random.default_rng(0)

    def closure(self):
        self.rates.append(self.optimizer.param_groups[0]["lr"])
        self.optimizer.zero_grad()
        apart = self.p - ag.tensor(self.noise.normal(scale=0.03, size=2).astype(np.float32))
        loss = 0.5 * (self.h * apart * apart).sum()
        loss.backward()
        return loss


def test_rates_rise_by_a_factor_until_the_loss_diverges():
    problem = Quadratic()
    found = learning_rate_range_test(problem.optimizer, problem.closure, lowest=1e-4, highest=100.0, steps=61)
    assert found.diverged
    assert list(found.rates) == problem.rates
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 61
    np.testing.assert_allclose(np.diff(np.log10(found.rates)), 0.1, rtol=1e-9)
    assert found.rates[0] == 1e-4
    assert found.losses[0] == found.smoothed[0] == pytest.approx(5.5, rel=0.3)
    assert found.rates[-1] > 2 / 10  # what diverges does so above 2 / h


def test_the_suggestion_trains_well_and_follows_the_curvature():
    suggestions = []
    for steepest in (10.0, 1000.0):
        problem = Quadratic(steepest)
        found = learning_rate_range_test(problem.optimizer, problem.closure, lowest=1e-6, highest=100.0, steps=200)
        suggestions.append(found.suggestion)
        problem.optimizer.set_lr(found.suggestion)
        first = problem.closure().item()
        for _ in range(50):
            problem.optimizer.step(problem.closure)
        assert problem.closure().item() < 0.2 * first
        assert found.suggestion < 2 / steepest
    assert 20 < suggestions[0] / suggestions[1] < 500


def test_there_is_no_suggestion_where_no_rate_lowers_the_loss():
    problem = Quadratic()
    found = learning_rate_range_test(problem.optimizer, problem.closure, lowest=10.0, highest=100.0, steps=20)
    assert found.diverged
    assert found.suggestion is None


def test_small_rates_alone_do_not_diverge():
    problem = Quadratic()
    found = learning_rate_range_test(problem.optimizer, problem.closure, lowest=1e-5, highest=1e-2, steps=30)
    assert not found.diverged
    assert len(found.rates) == 30
    assert found.rates[-1] == pytest.approx(1e-2)


def test_a_negative_loss_that_falls_is_no_divergence():
    problem = Quadratic()
    found = learning_rate_range_test(
        problem.optimizer, lambda: problem.closure() - 100.0, lowest=1e-4, highest=1e-1, steps=20
    )
    assert not found.diverged


def test_everything_is_as_before_afterwards_to_the_bit():
    p = ag.tensor([1.0, -2.0], requires_grad=True)
    optimizer = optim.Adam([{"params": [p], "lr": 0.02}], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p * p * ag.tensor(ag.default_generator().random(2))).sum()
        loss.backward()
        return loss

    def go_on():
        for _ in range(5):
            optimizer.step(closure)
        return p.numpy()

    ag.manual_seed(0)
    go_on()
    before = optimizer.state_dict(), p.numpy(), p.grad, ag.get_random_state()
    expected = go_on()
    optimizer.load_state_dict(before[0])
    p.assign(before[1])
    p.grad = before[2]
    ag.set_random_state(before[3])
    learning_rate_range_test(optimizer, closure, steps=30)
    assert p.tolist() == before[1].tolist()
    assert p.grad is before[2]
    assert optimizer.param_groups[0]["lr"] == 0.02
    np.testing.assert_array_equal(go_on(), expected)


def test_everything_is_as_before_after_an_error_too():
    problem = Quadratic()

    def failing():
        if len(problem.rates) == 3:
            raise RuntimeError("no more data")
        return problem.closure()

    with pytest.raises(RuntimeError, match="no more data"):
        learning_rate_range_test(problem.optimizer, failing)
    assert problem.p.tolist() == [1.0, 1.0]
    assert problem.p.grad is None
    assert problem.optimizer.param_groups[0]["lr"] == 0.5
    assert problem.optimizer.state == {}


def test_a_loss_that_is_nan_at_once_ends_it():
    problem = Quadratic()
    found = learning_rate_range_test(problem.optimizer, lambda: problem.closure() * float("nan"))
    assert found.diverged
    assert len(found.rates) == 1
    assert found.suggestion is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lowest": 0.0}, "rates must be 0 < lowest < highest, got 0.0, 10.0"),
        ({"lowest": 1.0, "highest": 0.1}, "rates must be 0 < lowest < highest, got 1.0, 0.1"),
        ({"highest": float("inf")}, "rates must be 0 < lowest < highest, got 1e-06, inf"),
        ({"steps": 1}, "steps must be at least 2, got 1"),
        ({"divergence": 1.0}, "divergence must be above 1, got 1.0"),
    ],
)
def test_refused_arguments(arguments, message):
    problem = Quadratic()
    with pytest.raises(ag.ArgumentError, match=f"learning_rate_range_test: {message}"):
        learning_rate_range_test(problem.optimizer, problem.closure, **arguments)
