"""Optimisers go where PyTorch's go, step by step, in both precisions; Lion, which it lacks, and Muon, which it
rounds to bfloat16, where their formulas go."""

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core import ArgumentError

STEPS = 50


def by_loss(training, optimizer):
    rows = []
    for _ in range(STEPS):
        optimizer.step(training.loss)
        rows.append(training.row())
    return rows


def by_gradients(training, optimizer, before_step=lambda: None):
    rows = []
    for step in range(STEPS):
        training.give_gradients(step)
        before_step()
        optimizer.step()
        rows.append(training.row())
    return rows


def test_fifty_steps_down_a_loss_are_those_of_pytorch(training, optimizer_case):
    name, settings = optimizer_case
    rows = by_loss(training, training.optimizer(name.split()[0], settings))
    if "line_search_fn" in settings and training.dtype == np.float32:
        training.check_near_the_truth(f"{name}/loss", rows)
    else:
        training.check(f"{name}/loss", rows)


def test_fifty_steps_along_given_gradients_are_those_of_pytorch(training, optimizer_case):
    name, settings = optimizer_case
    if not name.startswith("LBFGS"):  # which asks for gradients where it wants them
        training.check(f"{name}/gradients", by_gradients(training, training.optimizer(name.split()[0], settings)))


@pytest.mark.parametrize("decoupled", [True, False])
def test_fifty_steps_of_lion_are_those_of_its_formula(training, stored, decoupled):
    optimizer = optim.Lion(
        training.parameters, lr=0.01, betas=(0.8, 0.95), weight_decay=0.1, decoupled_weight_decay=decoupled
    )
    p, m = training.row(), np.zeros(76, training.dtype)
    expected = []
    for g in stored["gradients"].astype(training.dtype):
        direction = g if decoupled else g + 0.1 * p
        update = np.sign(0.8 * m + 0.2 * direction)
        m = 0.95 * m + 0.05 * direction
        p = p - 0.01 * (update + 0.1 * p * decoupled)
        expected.append(p)
    tolerance = 1e-12 if training.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(by_gradients(training, optimizer), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "settings",
    [{}, {"nesterov": False, "momentum": 0.8, "ns_steps": 3}, {"weight_decay": 0.0, "adjust_lr_fn": "match_rms_adamw"}],
)
def test_fifty_steps_of_muon_are_those_of_its_formula(training, stored, settings):
    optimizer = optim.Muon(training.parameters, lr=0.01, **settings)
    beta, nesterov = settings.get("momentum", 0.95), settings.get("nesterov", True)
    parts = [(slice(0, 72), (9, 8), np.sqrt(9 / 8)), (slice(72, 76), (4, 1), 2.0)]
    if "adjust_lr_fn" in settings:
        parts = [(part, shape, 0.2 * np.sqrt(shape[0])) for part, shape, _ in parts]
    p, m = training.row().astype(float), np.zeros(76)
    expected = []
    for g in stored["gradients"].astype(training.dtype):
        m = beta * m + (1 - beta) * g
        u = beta * m + (1 - beta) * g if nesterov else m
        p = p * (1 - 0.01 * settings.get("weight_decay", 0.1))
        for part, shape, scale in parts:
            left, values, right = np.linalg.svd(u[part].reshape(shape), full_matrices=False)
            values = values / np.linalg.norm(values)
            for _ in range(settings.get("ns_steps", 5)):  # in which only the singular values change
                values = 3.4445 * values - 4.775 * values**3 + 2.0315 * values**5
            p[part] -= 0.01 * scale * (left * values @ right).reshape(-1)
        expected.append(p)
    tolerance = 1e-6 if training.dtype == np.float64 else 1e-3  # of eps, and of an iteration that spreads errors
    np.testing.assert_allclose(by_gradients(training, optimizer), expected, rtol=tolerance, atol=tolerance)


def test_muon_refuses_what_is_no_matrix_and_takes_compiled_steps(training):
    with pytest.raises(
        ArgumentError, match=r"Muon: takes matrices alone, got a parameter of shape \(3,\); give .*AdamW"
    ):
        optim.Muon([ag.zeros(3, requires_grad=True)])
    with pytest.raises(ArgumentError, match="ns_coefficients must be three numbers, got"):
        optim.Muon(training.parameters, ns_coefficients=(1.0, 2.0))
    start = training.row()
    rows = []
    for compiled in (False, True):
        training.w.assign(start[:72].reshape(9, 8))
        training.b.assign(start[72:].reshape(4, 1))
        optimizer = optim.Muon(training.parameters, lr=0.01)

        def step(optimizer=optimizer):
            loss = training.loss()
            optimizer.step()
            return loss

        run = ag.compile(step) if compiled else step
        for k in range(5):
            optimizer.set_lr(0.01 / (k + 1))
            run()
        rows.append(training.row())
        assert optimizer.state[0]["step"] == 5
    np.testing.assert_allclose(*rows, rtol=1e-12 if training.dtype == np.float64 else 1e-4)


CLIPS = {
    "norm": lambda parameters: optim.clip_grad_norm(parameters, 2.0),
    "norm 1": lambda parameters: optim.clip_grad_norm(parameters, 50.0, norm_type=1.0),
    "norm inf": lambda parameters: optim.clip_grad_norm(parameters, max_norm=2.0, norm_type=float("inf")),
    "value": lambda parameters: optim.clip_grad_value(parameters, clip_value=0.5),
}


@pytest.mark.parametrize("name", CLIPS)
def test_fifty_steps_along_clipped_gradients_are_those_of_pytorch(training, name):
    totals = []
    optimizer = optim.SGD(training.parameters, lr=0.1)
    rows = by_gradients(training, optimizer, lambda: totals.append(CLIPS[name](training.parameters)))
    training.check(f"clip {name}", rows)
    if name == "value":
        assert totals == [None] * STEPS
    else:
        training.check_numbers(f"clip {name}/totals/{np.dtype(training.dtype)}", totals)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("exponential", lambda parameters: optim.ExponentialMovingAverage(parameters, decay=0.9)),
        ("equal", optim.EqualAverage),
    ],
)
def test_averages_of_fifty_steps_are_those_of_pytorch(training, name, make):
    optimizer, average = optim.SGD(training.parameters, lr=0.1), make(training.parameters)
    rows = []
    for _ in range(STEPS):
        optimizer.step(training.loss)
        average.update()
        with average.applied():
            rows.append(training.row())
    training.check(f"average {name}", rows)


def test_every_public_name_is_tested(cases):
    optimizers = {
        name
        for name in optim.__all__
        if isinstance(getattr(optim, name), type) and issubclass(getattr(optim, name), optim.Optimizer)
    }
    assert optimizers - {"Optimizer"} == {name.split()[0] for name in cases["optimizers"]} | {"Lion", "Muon"}
    assert set(optim.__all__) - optimizers == {
        *("ExponentialMovingAverage", "EqualAverage", "WeightAverage", "clip_grad_norm", "clip_grad_value"),  # above
        *("RangeTest", "learning_rate_range_test"),  # test_range_test.py
        "schedules",  # test_schedules.py
        "lr_scheduler",  # test_lr_scheduler.py
        *("clip_grad_norm_", "clip_grad_value_"),  # tests/nn/test_utils.py
    }


def test_the_average_of_asgd_begins_after_t0_steps(training):
    optimizer = optim.ASGD(training.parameters, lr=0.1, t0=20)
    rows, averages = by_gradients(training, optimizer), []
    for t, row in enumerate(rows, start=1):
        averages.append(row if t <= 22 else averages[-1] + (row - averages[-1]) / (t - 1 - 20))
    kept = np.concatenate([optimizer.state[i]["ax"].numpy().ravel() for i in range(2)])
    tolerance = 1e-12 if training.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(kept, averages[-1], rtol=tolerance, atol=tolerance)


def test_rprop_refuses_factors_and_sizes_that_do_not_fit(training):
    with pytest.raises(ArgumentError, match=r"Rprop: etas must be a factor below 1 and one above, got \(1.2, 0.5\)"):
        optim.Rprop(training.parameters, etas=(1.2, 0.5))
    with pytest.raises(ArgumentError, match=r"Rprop: step_sizes must be the least and the largest, got \(1.0, 0.5\)"):
        optim.Rprop(training.parameters, step_sizes=(1.0, 0.5))
    with pytest.raises(ArgumentError, match=r"Rprop: etas must be two numbers, got 0.5"):
        optim.Rprop(training.parameters, etas=0.5)
