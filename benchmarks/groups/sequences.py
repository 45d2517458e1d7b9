"""Recurrent layers, attention, a step of a small GPT, and transforms: with one thread, and with two."""

from __future__ import annotations

from benchmarks.report import Section, mean_goal, ratios, versus, worst_goal
from benchmarks.runner import Runner
from benchmarks.sequences import CASES

PEERS = ("ours", "torch_eager")


def measure(runner: Runner) -> Section:
    chosen = CASES[:: 4 if runner.quick else 1]
    goals, tables = [], []
    for threads in (1,) if runner.quick else (1, 2):
        measured = {label: runner.compare("sequence", {"label": label}, PEERS, threads=threads) for label in chosen}
        against = ratios(measured, "torch_eager")
        each = f"{threads} thread{'s' * (threads > 1)} each"
        goals += [
            mean_goal(f"sequences and transforms, {each}", against, 1.0, "torch"),
            worst_goal(f"sequences and transforms, {each}", against, 0.9, "torch"),
        ]
        tables.append(versus(each, measured, PEERS))
    return Section(
        "Sequences and transforms",
        goals,
        "float32. Layers: the output and the gradients of the parameters; packing and padding where it says so. "
        "The GPT: from the batch to the updated weights, by AdamW. Both libraries run the same text.",
        tables,
    )
