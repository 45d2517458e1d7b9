"""micrograd's moons step, with Values."""

from __future__ import annotations

from benchmarks.groups.not_yet import compiled_goals
from benchmarks.report import Section, at_least, ratio, times, versus
from benchmarks.runner import Figures, Runner

PEERS = ("ours", "micrograd_scalar")


def measure(runner: Runner) -> Section:
    measured: dict[str, Figures] = {
        label: runner.compare("moons_step", {"collector": on}, PEERS, rounds=1 if runner.quick else 5)
        for label, on in (("cyclic collector on, as users have it", True), ("cyclic collector off", False))
    }
    usual, off = measured.values()
    goals = [
        at_least("scalar graph, eager", "≥ 30× micrograd", ratio(usual, "micrograd_scalar"), 30, times),
        at_least("scalar graph, eager, collector off", "≥ 30× micrograd", ratio(off, "micrograd_scalar"), 30, times),
        *compiled_goals("scalar graph, compiled", "≥ 1500× micrograd"),
    ]
    return Section(
        "Scalar graph",
        goals,
        "One step of micrograd's demo (MLP 2-16-16-1, 100 points, hinge loss and L2): 65,818 nodes.",
        [versus("moons step", measured, PEERS)],
    )
