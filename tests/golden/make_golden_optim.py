"""Write golden_optim.npz: where PyTorch's optimisers, schedules, clipping and averages lead, for tests/optim.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_optim.py

Two parameters, w (9, 8) and b (4, 1), one long enough for a kernel and one not, are trained in two ways: down the
gradients of a small nonconvex loss (see `loss`), and by gradients given in the file. The file holds both parameters,
in one row, after each of the steps SAVED, in float64 and in float32. Schedules are rates of 50 steps.
"""

from __future__ import annotations

import functools
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

STEPS, SAVED = 50, [1, 2, 10, 50]

OPTIMIZERS = {  # name -> settings; "b" are those of b, as a group of its own, and "ridge" is the loss's
    "SGD": {"lr": 0.1},
    "SGD momentum": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    "SGD dampening": {"lr": 0.1, "momentum": 0.8, "dampening": 0.3},
    "SGD nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "SGD groups": {"lr": 0.1, "momentum": 0.9, "b": {"lr": 0.02, "momentum": 0.0, "weight_decay": 0.1}},
    "Adagrad": {"lr": 0.1},
    "Adagrad all": {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.01, "initial_accumulator_value": 0.2, "eps": 1e-6},
    "Adadelta": {},
    "Adadelta all": {"lr": 2.0, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.01},
    "RMSprop": {"lr": 0.02},
    "RMSprop centered": {"lr": 0.02, "alpha": 0.9, "centered": True, "weight_decay": 0.01, "eps": 0.05},
    "RMSprop momentum": {"lr": 0.02, "alpha": 0.9, "momentum": 0.8, "eps": 1e-4},
    "RMSprop all": {"lr": 0.02, "alpha": 0.9, "momentum": 0.8, "centered": True, "weight_decay": 0.01, "eps": 1e-3},
    "Adam": {"lr": 0.05},
    "Adam all": {"lr": 0.05, "betas": [0.8, 0.99], "eps": 1e-4, "weight_decay": 0.01, "amsgrad": True},
    "AdamW": {"lr": 0.05},
    "AdamW all": {"lr": 0.05, "betas": [0.8, 0.99], "eps": 1e-4, "weight_decay": 0.1, "amsgrad": True},
    "Adamax": {"lr": 0.05},
    "Adamax all": {"lr": 0.05, "betas": [0.8, 0.99], "eps": 1e-4, "weight_decay": 0.01},
    "NAdam": {"lr": 0.05},
    "NAdam all": {"lr": 0.05, "betas": [0.8, 0.99], "eps": 1e-4, "weight_decay": 0.01, "momentum_decay": 0.01},
    "NAdam decoupled": {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True},
    "RAdam": {"lr": 0.05},
    "RAdam all": {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.01},
    "RAdam decoupled": {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True},
    "Rprop": {},
    "Rprop all": {"lr": 0.05, "etas": [0.6, 1.4], "step_sizes": [0.01, 0.2]},
    "ASGD": {"lr": 0.1},
    "ASGD all": {"lr": 0.1, "lambd": 0.02, "alpha": 0.6, "t0": 20.0, "weight_decay": 0.01},
    "SGD maximize": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.3, "maximize": True},
    "AdamW maximize": {"lr": 0.05, "weight_decay": 0.1, "maximize": True},
    # "ridge" makes the loss convex: elsewhere rounding grows with each of their steps, in torch as here.
    "LBFGS": {"lr": 0.3, "max_iter": 1, "history_size": 3, "ridge": 0.1},
    "LBFGS several": {"lr": 0.2, "max_iter": 4, "max_eval": 3, "ridge": 0.1},
    "LBFGS wolfe": {"max_iter": 2, "max_eval": 20, "history_size": 5, "line_search_fn": "strong_wolfe", "ridge": 0.1},
    "LBFGS wolfe short": {"lr": 0.02, "max_iter": 1, "max_eval": 30, "line_search_fn": "strong_wolfe", "ridge": 0.1},
    "LBFGS wolfe long": {"lr": 9.0, "max_iter": 1, "max_eval": 30, "line_search_fn": "strong_wolfe", "ridge": 0.1},
}

SCHEDULES = {  # name -> (arguments of ours, torch's for an optimiser whose rate is the first of them)
    "constant": ({"lr": 0.3}, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
    "step": ({"lr": 0.3, "step_size": 7, "gamma": 0.5}, lambda o: lr_scheduler.StepLR(o, 7, 0.5)),
    "multi_step": (
        {"lr": 0.3, "milestones": [5, 20, 21], "gamma": 0.2},
        lambda o: lr_scheduler.MultiStepLR(o, [5, 20, 21], 0.2),
    ),
    "linear": ({"lr": 0.3, "steps": 30, "final": 0.01}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.01, 30)),
    "exponential": ({"lr": 0.3, "gamma": 0.93}, lambda o: lr_scheduler.ExponentialLR(o, 0.93)),
    "polynomial": ({"lr": 0.3, "steps": 35, "power": 1.7}, lambda o: lr_scheduler.PolynomialLR(o, 35, 1.7)),
    "cosine": ({"lr": 0.3, "steps": 60, "final": 0.02}, lambda o: lr_scheduler.CosineAnnealingLR(o, 60, 0.3 * 0.02)),
    "cosine_restarts": (
        {"lr": 0.3, "period": 6, "growth": 2, "final": 0.02},
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 6, 2, 0.3 * 0.02),
    ),
    "one_cycle": (
        {"lr": 0.3, "steps": 50},
        lambda o: lr_scheduler.OneCycleLR(o, 0.3, 50, cycle_momentum=False),
    ),
    "one_cycle linear": (
        {
            "lr": 0.3,
            "steps": 50,
            "pct_start": 0.4,
            "anneal_strategy": "linear",
            "div_factor": 10,
            "final_div_factor": 100,
        },
        lambda o: lr_scheduler.OneCycleLR(o, 0.3, 50, None, None, 0.4, "linear", False, 0.85, 0.95, 10, 100),
    ),
    "warm_up": (
        {"schedule": ["cosine", {"lr": 0.3, "steps": 40}], "steps": 10, "start": 0.1},
        lambda o: lr_scheduler.SequentialLR(
            o,
            [lr_scheduler.LinearLR(o, 0.1, 1.0, 10), lr_scheduler.CosineAnnealingLR(o, 40)],
            [10],
        ),
    ),
    "chained": (
        {"lr": 0.3, "factors": [["exponential", {"lr": 1.0, "gamma": 0.95}], ["step", {"lr": 1.0, "step_size": 9}]]},
        lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ExponentialLR(o, 0.95), lr_scheduler.StepLR(o, 9)]),
    ),
    "sequence": (
        {
            "schedules": [
                ["exponential", {"lr": 0.3, "gamma": 0.9}],
                ["linear", {"lr": 0.3, "steps": 12, "final": 0.5}],
            ],
            "milestones": [15],
        },
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.ExponentialLR(o, 0.9), lr_scheduler.LinearLR(o, 1.0, 0.5, 12)], [15]
        ),
    ),
}

PLATEAUS = {
    "rel": {"factor": 0.5, "patience": 2, "threshold": 0.05, "cooldown": 1, "min_lr": 0.03},
    "abs": {"factor": 0.3, "patience": 1, "threshold": 0.02, "threshold_mode": "abs"},
    "max": {"mode": "max", "factor": 0.7, "patience": 3},
}

numbers = np.random.default_rng(60)


def single(*shape):
    return numbers.standard_normal(shape).astype(np.float32).astype(np.float64)


given = {
    "x": single(4, 9),
    "y": single(4, 8),
    "w": single(9, 8) * 0.5,
    "b": single(4, 1) * 0.5,
    "gradients": single(STEPS, 76),
    "metrics": np.abs(single(STEPS) * 0.2 + 3.0 / (1.0 + np.arange(STEPS))),
}


def loss(x, y, w, b, ridge):
    error = torch.tanh(x @ w + b) - y
    return (error * error).mean() + 0.05 * torch.sin(3 * w).mean() + ridge * ((w * w).sum() + (b * b).sum())


def trajectory(dtype, make, by_gradients=False, before_step=lambda parameters: None, after_step=lambda: None, ridge=0):
    """Rows of both parameters after the steps SAVED; `make` gives an optimiser of the two."""
    torch.set_default_dtype(dtype)  # that of what NAdam keeps beside its arrays, too
    x, y = (torch.tensor(given[name], dtype=dtype) for name in "xy")
    w, b = (torch.tensor(given[name], dtype=dtype, requires_grad=True) for name in "wb")
    optimizer = make(w, b)
    rows = []
    for step in range(STEPS):

        def closure():
            optimizer.zero_grad()
            value = loss(x, y, w, b, ridge)
            value.backward()
            return value

        if by_gradients:
            row = torch.tensor(given["gradients"][step], dtype=dtype)
            w.grad, b.grad = row[:72].reshape(9, 8).clone(), row[72:].reshape(4, 1).clone()
            before_step((w, b))
            optimizer.step()
        else:
            optimizer.step(closure)
        after_step()
        if step + 1 in SAVED:
            rows.append(torch.cat([w.detach().reshape(-1), b.detach().reshape(-1)]).numpy())
    return np.stack(rows)


def optimizer_of(name, settings):
    settings = dict(settings)
    of_b = settings.pop("b", None)
    settings.pop("ridge", None)

    def make(w, b):
        groups = [w, b] if of_b is None else [{"params": [w]}, {"params": [b], **of_b}]
        return getattr(torch.optim, name.split()[0])(groups, **settings)

    return make


def averages(dtype, average):
    """The averaged parameters after each of the steps SAVED, of training by SGD."""
    held = []

    def make(w, b):
        model = torch.nn.ParameterList([w, b])  # of Parameters that share w's and b's memory
        held.extend([AveragedModel(model, **average), model])
        return torch.optim.SGD([w, b], lr=0.1)

    rows = []

    def after_step():
        held[0].update_parameters(held[1])
        rows.append(torch.cat([p.detach().reshape(-1) for p in held[0].module]).numpy())

    trajectory(dtype, make, after_step=after_step)
    return np.stack([rows[step - 1] for step in SAVED])


def rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True, dtype=torch.float64)], lr=0.3)
    scheduler = make(optimizer)
    found = []
    for step in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < STEPS:
            scheduler.step()
    return np.array(found)


def plateau(settings):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
    found = []
    for metric in given["metrics"]:
        scheduler.step(metric)
        found.append(optimizer.param_groups[0]["lr"])
    return np.array(found)


def main():
    arrays = dict(given)
    for dtype in (torch.float64, torch.float32):
        kind = str(dtype).removeprefix("torch.")
        for name, settings in OPTIMIZERS.items():
            make = optimizer_of(name, settings)
            arrays[f"{name}/loss/{kind}"] = trajectory(dtype, make, ridge=settings.get("ridge", 0))
            if not name.startswith("LBFGS"):
                arrays[f"{name}/gradients/{kind}"] = trajectory(dtype, make, by_gradients=True)
        sgd = optimizer_of("SGD", {"lr": 0.1})
        clips = {
            "norm": functools.partial(clip_grad_norm_, max_norm=2.0),
            "norm 1": functools.partial(clip_grad_norm_, max_norm=50.0, norm_type=1.0),
            "norm inf": functools.partial(clip_grad_norm_, max_norm=2.0, norm_type=float("inf")),
            "value": functools.partial(clip_grad_value_, clip_value=0.5),
        }
        for name, clip in clips.items():
            totals = []
            arrays[f"clip {name}/{kind}"] = trajectory(dtype, sgd, True, lambda p, c=clip, t=totals: t.append(c(p)))
            if name != "value":
                arrays[f"clip {name}/totals/{kind}"] = torch.stack(totals).numpy()
        arrays[f"average exponential/{kind}"] = averages(dtype, {"multi_avg_fn": get_ema_multi_avg_fn(0.9)})
        arrays[f"average equal/{kind}"] = averages(dtype, {})
    torch.set_default_dtype(torch.float64)
    for name, (_, make) in SCHEDULES.items():
        arrays[f"rates {name}"] = rates(make)
    for name, settings in PLATEAUS.items():
        arrays[f"plateau {name}"] = plateau(settings)
    cases = {
        "saved": SAVED,
        "optimizers": OPTIMIZERS,
        "schedules": {name: arguments for name, (arguments, _) in SCHEDULES.items()},
        "plateaus": PLATEAUS,
    }
    arrays["cases"] = np.array(json.dumps(cases))
    np.savez_compressed(Path(__file__).with_name("golden_optim.npz"), **arrays)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message=".*(lr_scheduler.step|epoch parameter).*")
    main()
