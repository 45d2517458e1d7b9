"""Layers without matrix products: norms, softmax, activations, dropout; forward and backward, float32."""

from __future__ import annotations

from benchmarks.inputs import LAYERS
from benchmarks.report import Section, mean_goal, ratios, versus, worst_goal
from benchmarks.runner import Runner

PEERS = ("ours", "torch_eager")


def measure(runner: Runner) -> Section:
    chosen = list(LAYERS)[:: 5 if runner.quick else 1]
    measured = {label: runner.compare("layer", {"label": label}, PEERS) for label in chosen}
    against = ratios(measured, "torch_eager")
    return Section(
        "Layers",
        [mean_goal("layers, forward and backward", against, 1.0, "torch"), worst_goal("layers", against, 0.9, "torch")],
        "float32: the output, and the gradients of the input and of the layer's parameters.",
        [versus("layer", measured, PEERS)],
    )
