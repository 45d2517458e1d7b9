"""Schedules give the rates of PyTorch's schedulers, or of their formulas, and refuse what makes no sense."""

import inspect
import math

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim import schedules


def made(name, arguments):
    """The schedule of a case; a schedule among its arguments is a list [name, arguments]."""

    def argument(value):
        if isinstance(value, list) and value and isinstance(value[0], str):
            return made(*value)
        return [argument(entry) for entry in value] if isinstance(value, list) else value

    return getattr(schedules, name.split()[0])(**{key: argument(value) for key, value in arguments.items()})


def test_fifty_rates_are_those_of_pytorch(schedule_case, stored):
    name, arguments = schedule_case
    schedule = made(name, arguments)
    np.testing.assert_allclose([schedule(step) for step in range(50)], stored[f"rates {name}"], rtol=1e-10, atol=1e-14)


def test_reduce_on_plateau_gives_the_rates_of_pytorch(plateau_case, stored):
    name, arguments = plateau_case
    schedule = schedules.ReduceOnPlateau(0.3, **arguments)
    rates = []
    for step, metric in enumerate(stored["metrics"]):
        schedule.step(metric)
        rates.append(schedule(step))
    np.testing.assert_allclose(rates, stored[f"plateau {name}"], rtol=1e-12)
    assert rates[-1] < 0.3


FORMULAS = {  # what torch lacks: (schedule, the rate of step k)
    "inverse": (schedules.inverse(0.3, decay=0.2), lambda k: 0.3 / (1 + 0.2 * k)),
    "inverse_square_root": (
        schedules.inverse_square_root((512 * 8) ** -0.5, warm_up=8),
        lambda k: 512**-0.5 * min((k + 1) ** -0.5, (k + 1) * 8**-1.5),  # Vaswani et al. 2017, equation 3
    ),
    "piecewise": (
        schedules.piecewise([0.3, 0.1, 0.2], milestones=[4, 9]),
        lambda k: 0.3 if k < 4 else 0.1 if k < 9 else 0.2,
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_rates_are_those_of_the_formula(name):
    schedule, formula = FORMULAS[name]
    assert [schedule(k) for k in range(50)] == pytest.approx([formula(k) for k in range(50)], rel=1e-12)


def test_every_schedule_is_held_against_something_here(cases):
    golden = {name.split()[0] for name in cases["schedules"]}
    assert set(schedules.__all__) - {"Schedule", "ReduceOnPlateau"} == golden | set(FORMULAS)


@pytest.mark.parametrize("name", sorted(set(schedules.__all__) - {"Schedule"}))
def test_every_schedule_says_whether_it_converges(name):
    text = inspect.getdoc(getattr(schedules, name))
    assert "Σε" in text
    assert "Σε²" in text


@pytest.mark.parametrize(
    ("schedule", "rates_infinite", "squares_infinite"),
    [
        (schedules.inverse(1.0, 1.0), True, False),
        (schedules.inverse_square_root(1.0), True, True),
        (schedules.exponential(1.0, 0.9), False, False),
        (schedules.linear(1.0, 100), True, True),
        (schedules.cosine(1.0, 100), False, False),
    ],
    ids=["inverse", "inverse_square_root", "exponential", "linear", "cosine"],
)
def test_sums_that_are_said_to_be_infinite_grow_and_the_others_do_not(schedule, rates_infinite, squares_infinite):
    rates = np.array([schedule(k) for k in range(100_000)])
    for terms, infinite in ((rates, rates_infinite), (rates**2, squares_infinite)):
        grown = terms.sum() - terms[:10_000].sum()
        assert (grown > 1e-3 * terms.sum()) == infinite


def test_a_schedule_stays_at_its_end_after_it():
    for schedule in (
        schedules.linear(0.5, 10, final=0.2),
        schedules.polynomial(0.5, 10, power=3, final=0.2),
        schedules.cosine(0.5, 10, final=0.2),
    ):
        assert schedule(10) == schedule(1000) == pytest.approx(0.1)
    cycle = schedules.one_cycle(0.5, 10)
    assert cycle(9) == cycle(1000) == pytest.approx(0.5 / 25 / 1e4)
    assert schedules.one_cycle(0.5, 1)(0) == pytest.approx(0.5 / 25 / 1e4)


def test_restarts_are_where_the_grown_periods_begin():
    schedule = schedules.cosine_restarts(1.0, period=3, growth=2)
    assert [k for k in range(50) if schedule(k) == 1.0] == [0, 3, 9, 21, 45]
    assert schedules.cosine_restarts(1.0, period=3)(3 * 10**12 + 1) == pytest.approx(0.75)


def test_a_schedule_sets_the_rate_of_each_group_by_its_share():
    w, b = ag.zeros(2, requires_grad=True), ag.zeros(2, requires_grad=True)
    optimizer = optim.SGD([{"params": [w], "lr": 0.02}, {"params": [b]}], lr=0.2)
    schedule = schedules.linear(0.2, steps=4, final=0.5)
    optimizer.set_lr(schedule(0))
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.02, 0.2])
    optimizer.set_lr(schedule(4))
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.01, 0.1])


def test_a_plateau_goes_on_from_its_state():
    metrics = [1.0, 0.9, 0.9, 0.95, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]

    def rates(schedule, metrics):
        for metric in metrics:
            schedule.step(metric)
            yield schedule(0)

    whole = list(rates(schedules.ReduceOnPlateau(1.0, patience=1, cooldown=2), metrics))
    assert len(set(whole)) == 3
    for stop in range(len(metrics)):
        first = schedules.ReduceOnPlateau(1.0, patience=1, cooldown=2)
        before = list(rates(first, metrics[:stop]))
        second = schedules.ReduceOnPlateau(1.0, patience=1, cooldown=2)
        second.load_state_dict(first.state_dict())
        assert before + list(rates(second, metrics[stop:])) == whole
    with pytest.raises(ag.ArgumentError, match="ReduceOnPlateau: a state has the parts"):
        first.load_state_dict({"lr": 0.1})


def test_a_plateau_takes_nan_for_no_better_and_a_negative_best_for_what_it_is():
    schedule = schedules.ReduceOnPlateau(1.0, patience=0, threshold=0.1)
    schedule.step(-1.0)
    schedule.step(-1.2)
    assert schedule(2) == 1.0
    schedule.step(-1.25)  # less than a tenth better
    assert schedule(3) == pytest.approx(0.1)
    schedule.step(math.nan)
    assert schedule(4) == pytest.approx(0.01)


REFUSED = [
    (lambda: schedules.constant(-1.0), "constant: lr must be a number of at least 0, got -1.0"),
    (lambda: schedules.constant(math.nan), "constant: lr must be a number of at least 0, got nan"),
    (lambda: schedules.constant("fast"), "constant: lr must be a number of at least 0, got 'fast'"),
    (lambda: schedules.step(1.0, 0), "step: step_size must be at least 1, got 0"),
    (lambda: schedules.step(1.0, 5, gamma=1.5), "step: gamma must be from 0 to 1, got 1.5"),
    (lambda: schedules.step(1.0, 5, gamma="half"), "step: gamma must be from 0 to 1, got 'half'"),
    (lambda: schedules.multi_step(1.0, [-1, 2]), "multi_step: milestones must be steps in rising order, got"),
    (lambda: schedules.multi_step(1.0, [5, 2]), "multi_step: milestones must be steps in rising order, got"),
    (lambda: schedules.multi_step(1.0, [5], gamma=-1), "multi_step: gamma must be from 0 to 1, got -1"),
    (lambda: schedules.piecewise([1.0], [5]), "piecewise: rates must be one more than there are milestones"),
    (lambda: schedules.piecewise([1.0, -1.0], [5]), "piecewise: lr must be a number of at least 0, got -1.0"),
    (lambda: schedules.linear(1.0, steps=0), "linear: steps must be at least 1, got 0"),
    (lambda: schedules.polynomial(1.0, 5, power=0), "polynomial: power must be above 0, got 0"),
    (lambda: schedules.polynomial(1.0, 5, final=2), "polynomial: final must be from 0 to 1, got 2"),
    (lambda: schedules.exponential(1.0, 2), "exponential: gamma must be from 0 to 1, got 2"),
    (lambda: schedules.inverse(1.0, -1), "inverse: decay must be at least 0, got -1"),
    (lambda: schedules.inverse_square_root(1.0, 0), "inverse_square_root: warm_up must be at least 1, got 0"),
    (lambda: schedules.cosine(1.0, 0), "cosine: steps must be at least 1, got 0"),
    (lambda: schedules.cosine_restarts(1.0, 0), "cosine_restarts: period must be at least 1, got 0"),
    (lambda: schedules.cosine_restarts(1.0, 5, 1.5), "cosine_restarts: growth must be a whole number from 1, got 1.5"),
    (lambda: schedules.one_cycle(1.0, 5, pct_start=2), "one_cycle: pct_start must be from 0 to 1, got 2"),
    (
        lambda: schedules.one_cycle(1.0, 5, anneal_strategy="log"),
        "one_cycle: anneal_strategy must be 'cos' or 'linear'",
    ),
    (lambda: schedules.one_cycle(1.0, 5, div_factor=0), "one_cycle: div_factor must be at least 1, got 0"),
    (lambda: schedules.one_cycle(1.0, 5, final_div_factor=0), "one_cycle: final_div_factor must be at least 1, got 0"),
    (lambda: schedules.warm_up(0.1, 5), "warm_up: schedule must be a schedule, a function of the step .*, got 0.1"),
    (lambda: schedules.chained(1.0, [0.5]), "chained: factor must be a schedule, a function of the step .*, got 0.5"),
    (lambda: schedules.warm_up(schedules.constant(1.0), 0), "warm_up: steps must be at least 1, got 0"),
    (lambda: schedules.warm_up(schedules.constant(1.0), 5, start=2), "warm_up: start must be from 0 to 1, got 2"),
    (
        lambda: schedules.sequence([schedules.constant(1.0)], [3]),
        "sequence: schedules must be one more than the 1",
    ),
    (lambda: schedules.chained(-1.0, []), "chained: lr must be a number of at least 0, got -1.0"),
    (lambda: schedules.ReduceOnPlateau(1.0, mode="best"), "ReduceOnPlateau: mode must be 'min' or 'max', got 'best'"),
    (lambda: schedules.ReduceOnPlateau(1.0, factor=1.0), "ReduceOnPlateau: factor must be below 1, got 1.0"),
    (lambda: schedules.ReduceOnPlateau(1.0, threshold_mode="x"), "threshold_mode must be 'rel' or 'abs', got 'x'"),
    (lambda: schedules.ReduceOnPlateau(1.0, patience=-1), "ReduceOnPlateau: patience must be at least 0, got -1"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_refused_arguments(make, message):
    with pytest.raises(ag.ArgumentError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
