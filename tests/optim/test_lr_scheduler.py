"""Schedulers by PyTorch's names set the rates that torch 2.13's set, step by step."""

import pytest

import autograd_core as ag
import optim
from optim import lr_scheduler

CASES = {  # "class case": (the call, the rates of the first eight steps by torch)
    "StepLR": ("L.StepLR(o, 3, gamma=0.5)", [0.3, 0.3, 0.3, 0.15, 0.15, 0.15, 0.075, 0.075]),
    "MultiStepLR": ("L.MultiStepLR(o, [2, 5], gamma=0.1)", [0.3, 0.3, 0.03, 0.03, 0.03, 0.003, 0.003, 0.003]),
    "ConstantLR": ("L.ConstantLR(o, factor=0.5, total_iters=3)", [0.15, 0.15, 0.15, 0.3, 0.3, 0.3, 0.3, 0.3]),
    "LinearLR": (
        "L.LinearLR(o, start_factor=0.25, total_iters=4)",
        [0.075, 0.13125, 0.1875, 0.24375, 0.3, 0.3, 0.3, 0.3],
    ),
    "LinearLR down": (
        "L.LinearLR(o, start_factor=1.0, end_factor=0.2, total_iters=4)",
        [0.3, 0.24, 0.18, 0.12, 0.06, 0.06, 0.06, 0.06],
    ),
    "ExponentialLR": (
        "L.ExponentialLR(o, gamma=0.9)",
        [0.3, 0.27, 0.243, 0.2187, 0.19683, 0.177147, 0.1594323, 0.1434891],
    ),
    "PolynomialLR": ("L.PolynomialLR(o, total_iters=5, power=2.0)", [0.3, 0.192, 0.108, 0.048, 0.012, 0.0, 0.0, 0.0]),
    "LambdaLR": ("L.LambdaLR(o, lambda k: 1 / (1 + k))", [0.3, 0.15, 0.1, 0.075, 0.06, 0.05, 0.0428571, 0.0375]),
    "LambdaLR resumed": (
        "L.LambdaLR(o, lambda k: 1 / (1 + k), last_epoch=3)",
        [0.06, 0.05, 0.0428571, 0.0375, 0.0333333, 0.03, 0.0272727, 0.025],
    ),
    "CosineAnnealingLR": (
        "L.CosineAnnealingLR(o, T_max=8, eta_min=0.01)",
        [0.3, 0.2889625, 0.2575305, 0.2104891, 0.155, 0.0995109, 0.0524695, 0.0210375],
    ),
    "CosineAnnealingWarmRestarts": (
        "L.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2, eta_min=0.01)",
        [0.3, 0.155, 0.3, 0.2575305, 0.155, 0.0524695, 0.3, 0.2889625],
    ),
    "OneCycleLR": (
        "L.OneCycleLR(o, max_lr=1.0, total_steps=8)",
        [0.04, 0.8192751, 0.9719418, 0.8117457, 0.555984, 0.283061, 0.0766416, 4e-06],
    ),
    "SequentialLR": (
        "L.SequentialLR(o, [L.LinearLR(o, 0.1, total_iters=2), L.ExponentialLR(o, 0.5)], milestones=[3])",
        [0.03, 0.165, 0.3, 0.3, 0.15, 0.075, 0.0375, 0.01875],
    ),
    "ChainedScheduler": (
        "L.ChainedScheduler([L.ConstantLR(o, 0.1, total_iters=2), L.ExponentialLR(o, 0.9)])",
        [0.03, 0.027, 0.243, 0.2187, 0.19683, 0.177147, 0.1594323, 0.1434891],
    ),
}
FORMS = {"ReduceLROnPlateau", "LRScheduler"}  # tested below


def optimizer(kind=optim.SGD, **settings):
    return kind([ag.zeros(2, requires_grad=True)], lr=0.3, **settings)


def made(text, o):
    return eval(text, {"L": lr_scheduler, "o": o})


def rate(o):
    return o.param_groups[0]["lr"]


@pytest.mark.parametrize("name", CASES)
def test_rates_are_those_of_pytorch(name):
    text, expected = CASES[name]
    o = optimizer(momentum=0.9)
    scheduler, rates = made(text, o), []
    for _ in expected:
        rates.append(rate(o))
        assert scheduler.get_last_lr() == [rate(o)]
        o.step()
        scheduler.step()
    assert rates == pytest.approx(expected, rel=1e-5, abs=2e-7)


def test_every_scheduler_has_a_case():
    assert {name.split()[0] for name in CASES} | FORMS == set(lr_scheduler.__all__)


@pytest.mark.parametrize("name", CASES)
def test_a_state_goes_on_where_it_was(name):
    text, expected = CASES[name]
    first = made(text, optimizer(momentum=0.9))
    for _ in range(3):
        first.step()
    o = optimizer(momentum=0.9)
    again = made(text, o)
    again.load_state_dict(first.state_dict())
    assert rate(o) == pytest.approx(expected[3], rel=1e-5)
    with pytest.raises(ag.ArgumentError, match="a state has the parts"):
        again.load_state_dict({"epoch": 3})


def test_reduce_on_plateau_takes_the_metric():
    def run(scheduler, losses):
        return [scheduler.step(loss) or rate(scheduler.optimizer) for loss in losses]

    losses = [1.0, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4]
    first, whole = (lr_scheduler.ReduceLROnPlateau(optimizer(), factor=0.5, patience=1) for _ in range(2))
    assert run(whole, losses) == pytest.approx([0.3, 0.3, 0.3, 0.15, 0.15, 0.15, 0.075, 0.075])
    run(first, losses[:4])
    again = lr_scheduler.ReduceLROnPlateau(optimizer(), factor=0.5, patience=1)
    again.load_state_dict(first.state_dict())
    assert run(again, losses[4:]) == pytest.approx([0.15, 0.15, 0.075, 0.075])


def test_one_cycle_moves_the_momentum_the_other_way():
    by_torch = [0.95, 0.8688255, 0.8528058, 0.8688255, 0.8944018, 0.9216942, 0.9423362, 0.95]
    for kind, read in ((optim.SGD, lambda g: g["momentum"]), (optim.Adam, lambda g: g["betas"][0])):
        o = optimizer(kind)
        scheduler, momenta = lr_scheduler.OneCycleLR(o, max_lr=1.0, epochs=2, steps_per_epoch=4), []
        for _ in by_torch:
            momenta.append(read(o.param_groups[0]))
            scheduler.step()
        assert momenta == pytest.approx(by_torch, rel=1e-6)
    with pytest.raises(ag.ArgumentError, match="Adagrad has no momentum; give cycle_momentum=False"):
        lr_scheduler.OneCycleLR(optimizer(optim.Adagrad), max_lr=1.0, total_steps=8)
    with pytest.raises(ag.ArgumentError, match="takes total_steps, or epochs and steps_per_epoch"):
        lr_scheduler.OneCycleLR(optimizer(), max_lr=1.0)


def test_a_group_with_a_rate_of_its_own_keeps_its_share():
    o = optim.SGD([{"params": [ag.zeros(1, requires_grad=True)]}], lr=0.3)
    o.add_param_group({"params": [ag.zeros(1, requires_grad=True)], "lr": 0.03})
    scheduler = lr_scheduler.ExponentialLR(o, gamma=0.5)
    scheduler.step()
    assert scheduler.get_last_lr() == pytest.approx([0.15, 0.015])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda o: lr_scheduler.StepLR(None, 3), "takes an optimiser first, got a NoneType"),
        (lambda o: lr_scheduler.LambdaLR(o, [1.0]), "takes one function for all groups, got a list"),
        (
            lambda o: lr_scheduler.CosineAnnealingLR(o, 8, eta_min=1.0),
            "eta_min must be from 0 to the optimiser's rate, 0.3",
        ),
        (lambda o: lr_scheduler.ChainedScheduler([]), "takes at least one scheduler"),
        (lambda o: lr_scheduler.StepLR(o, 0), "step_size"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ag.ArgumentError, match=message):
        call(optimizer())
