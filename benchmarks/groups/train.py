"""One step of training, five models, and how it grows with the batch."""

from __future__ import annotations

import itertools

from benchmarks.inputs import MODELS
from benchmarks.report import (
    NAMES,
    OURS,
    Goal,
    Line,
    Plot,
    Section,
    duration,
    known,
    limit_goal,
    mean_goal,
    ratio,
    ratios,
    versus,
    worst_goal,
)
from benchmarks.runner import Figures, Runner

PEERS = (
    "ours",
    "ours_compiled",
    "ours_winograd",
    "torch_eager",
    "torch_tuned",
    "torch_compiled",
    "jax_jit",
    "mygrad_eager",
    "hips_autograd",
)
COMPILED, WINOGRAD = "ours_compiled", "ours_winograd"
# Seconds that a compiled step may take where all cores together reach 225 GFLOP/s.
LIMITS = {
    ("MLP 784-30-10", COMPILED): 35e-6,
    ("MLP 784-128-10", COMPILED): 480e-6,
    ("MLP 784-512-512-10", COMPILED): 2.75e-3,
    ("LeNet-5", COMPILED): 1.5e-3,
    ("CNN 32-64", COMPILED): 25e-3,
    ("CNN 32-64", WINOGRAD): 17e-3,
}
GROWING = ("MLP 784-128-10", "LeNet-5")
GROWING_PEERS = ("ours", "torch_eager", "jax_jit")
BATCHES = (1, 4, 16, 64, 256, 1024)


def measure(runner: Runner) -> Section:
    models = [name for name in MODELS if not runner.quick or name.startswith(("MLP 784-30", "LeNet"))]
    by_model: dict[str, Figures] = {}
    for name in models:
        peers = [peer for peer in PEERS if peer != WINOGRAD or (name, WINOGRAD) in LIMITS]
        by_model[name] = runner.compare("training", {"model": name, "batch": MODELS[name].batch}, peers)
    measured = {f"{name}, batch {MODELS[name].batch}": figures for name, figures in by_model.items()}
    sizes = BATCHES[1:4] if runner.quick else BATCHES
    growth = {
        name: {
            size: runner.compare("training", {"model": name, "batch": size}, GROWING_PEERS, rounds=3) for size in sizes
        }
        for name in (GROWING[:1] if runner.quick else GROWING)
    }
    against = ratios(measured, "torch_eager")
    tuned = ratios(measured, "torch_tuned")
    best = {label: min(value, tuned.get(label, value)) for label, value in against.items()}
    small = _only(ratio(by_model["MLP 784-30-10"], "torch_eager"))
    goals = [
        mean_goal("training step, eager", against, 2.5, "torch eager"),
        mean_goal("training step, eager", best, 2.5, "the faster of torch eager and torch eager tuned"),
        worst_goal("training step, eager", best, 1.3, "the faster of both"),
        mean_goal("training step of MLP 784-30-10, eager", small, 1.0, "torch eager"),
        mean_goal("training step, compiled", ratios(measured, "torch_eager", COMPILED), 3.0, "torch eager"),
        *(
            worst_goal("training step, compiled", ratios(measured, peer, COMPILED), 1.0, NAMES[peer])
            for peer in ("torch_tuned", "torch_compiled", "jax_jit")
        ),
        *(
            limit_goal(
                f"training step of {name}, {NAMES[peer].removeprefix('ours, ')}",
                f"≤ {duration(most)} at a peak of 225 GFLOP/s",
                by_model[name].get(peer),
                most,
                duration,
            )
            for (name, peer), most in LIMITS.items()
            if name in by_model
        ),
        *(_jump_goal(name, by_size) for name, by_size in growth.items()),
    ]
    return Section(
        "Training steps",
        goals,
        "From the batch to the updated weights: SGD and the quadratic loss for MLP 784-30-10, Adam and the "
        "cross-entropy for the others. `torch, tuned` has channels last and the fused optimiser.",
        [
            versus("model", measured, PEERS),
            *(
                versus(f"{name}, batch", {str(size): figures for size, figures in by_size.items()}, GROWING_PEERS)
                for name, by_size in growth.items()
            ),
        ],
        [_plot(name, by_size) for name, by_size in growth.items()],
    )


def _only(value: float | None) -> dict[str, float]:
    return {} if value is None else {"batch 10": value}


def _jump_goal(name: str, by_size: dict[int, Figures]) -> Goal:
    """That four times the batch never costs more than four times, but for noise."""
    sizes = list(by_size)
    steps = [
        by_size[after][OURS] / by_size[before][OURS] / (after / before)
        for before, after in itertools.pairwise(sizes)
        if known(by_size[before][OURS]) and known(by_size[after][OURS])
    ]
    return limit_goal(
        f"cost against batch, {name}",
        "no jump: k times the batch, at most 1.25·k times the time",
        max(steps, default=None),
        1.25,
        lambda value: f"at most {value:.2f}·k times",
    )


def _plot(name: str, by_size: dict[int, Figures]) -> Plot:
    lines = []
    for peer in GROWING_PEERS:
        found = {size: figures[peer] * 1e3 for size, figures in by_size.items() if known(figures.get(peer))}
        if found:
            lines.append(Line(NAMES[peer], list(found), list(found.values())))
    file = "batch-" + name.split()[0].lower().replace("-", "")
    return Plot(file, f"One training step, {name}", "images in a batch", "milliseconds", lines, log_y=True)
