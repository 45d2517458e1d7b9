"""micrograd's moons step, with Values."""

from __future__ import annotations

from benchmarks.report import OURS, Section, at_least, ratio, times, versus
from benchmarks.runner import Figures, Runner

PEERS = ("ours", "ours_of_lists", "ours_compiled", "micrograd_scalar")
COLLECTOR = {"cyclic collector on, as users have it": True, "cyclic collector off": False}


def measure(runner: Runner) -> Section:
    measured: dict[str, Figures] = {
        label: runner.compare("moons_step", {"collector": on}, PEERS, rounds=1 if runner.quick else 5)
        for label, on in COLLECTOR.items()
    }
    goals = [
        at_least(f"scalar graph, eager, {written}, {label}", "≥ 30× micrograd", factor(figures, ours), 30, times)
        for label, figures in measured.items()
        for written, ours in (("neurons as ops on lists", "ours_of_lists"), ("node by node", "ours"))
    ]
    goals += [
        at_least(f"scalar graph, compiled, {label}", "≥ 1500× micrograd", factor(figures, "ours_compiled"), 1500, times)
        for label, figures in measured.items()
    ]
    return Section(
        "Scalar graph",
        goals,
        "One step of micrograd's demo (MLP 2-16-16-1, 100 points, hinge loss and L2). Node by node it has 65,818 nodes,"
        " the same as micrograd's; with the weighted sums as `ag.linear` on lists of Values, 8,000. Compiled it is the"
        " step node by node within `ag.compile`, with its backward pass and update.",
        [versus("moons step", measured, PEERS)],
    )


def factor(figures: Figures, ours: str) -> float | None:
    """Micrograd's time over ours."""
    return ratio({OURS: figures[ours], "micrograd_scalar": figures["micrograd_scalar"]}, "micrograd_scalar")
