"""Functions of whole arrays, as models are made of beside layers; forward and backward, float32."""

from __future__ import annotations

from benchmarks.inputs import ARRAY_FUNCTIONS
from benchmarks.report import Section, mean_goal, ratios, versus, worst_goal
from benchmarks.runner import Runner

PEERS = ("ours", "torch_eager")


def measure(runner: Runner) -> Section:
    chosen = list(ARRAY_FUNCTIONS)[:: 6 if runner.quick else 1]
    measured = {
        f"{name}, {'×'.join(map(str, ARRAY_FUNCTIONS[name]))}": runner.compare("array_function", {"name": name}, PEERS)
        for name in chosen
    }
    against = ratios(measured, "torch_eager")
    return Section(
        "Functions of arrays",
        [
            mean_goal("functions of arrays, forward and backward", against, 1.0, "torch"),
            worst_goal("functions of arrays", against, 0.9, "torch"),
        ],
        "float32: the result, and the gradient from an upstream gradient of its shape.",
        [versus("function", measured, PEERS)],
    )
