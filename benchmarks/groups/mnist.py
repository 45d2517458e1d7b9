"""MNIST: how long a whole process takes to 99 % test accuracy."""

from __future__ import annotations

import json
import statistics

from benchmarks.mnist_run import TARGET
from benchmarks.processes import run
from benchmarks.report import Goal, Section, Table, duration
from benchmarks.runner import Runner

LIBRARIES = ("ours", "torch")


def measure(runner: Runner) -> Section:
    try:
        from nn.data import mnist

        mnist()  # fetched now if need be, so that nobody's time includes it
    except Exception as error:
        return Section("MNIST", [Goal("MNIST to 99 %", "≤ 1/4 of torch", f"no data: {error}"[:100], None)])
    run("-m", "benchmarks.mnist_run", "ours", "--images=640")  # what is to compile is in "first run ever" already
    rows, seconds = [], {library: [] for library in LIBRARIES}
    all_reached = True
    for seed in range(1 if runner.quick else 3):
        for library in LIBRARIES:
            ended = run(
                "-m", "benchmarks.mnist_run", library, f"--seed={seed}", *(["--images=6400"] if runner.quick else [])
            )
            if ended.problem:
                rows.append([str(seed), library, ended.problem, "–", "–"])
                continue
            result = json.loads(ended.output.splitlines()[-1])
            all_reached &= result["accuracy"] >= TARGET
            seconds[library].append(ended.seconds)
            rows.append(
                [str(seed), library, duration(ended.seconds), f"{result['accuracy']:.2%}", str(result["epochs"])]
            )
    if all(seconds.values()):
        ours, torch = (statistics.median(seconds[library]) for library in LIBRARIES)
        note = "" if all_reached else " (not all runs reached 99 %)"
        figure, met = f"{ours / torch:.2f} of torch: {duration(ours)} to {duration(torch)}{note}", ours <= torch / 4
        met = met and all_reached
    else:
        figure, met = "not measured", None
    return Section(
        "MNIST",
        [Goal("MNIST, whole process to 99 % test accuracy", "≤ 1/4 of torch", figure, met)],
        "LeNet-5 by the recipe of `nn/models` (Adam, batches of 64, one cycle of the rate in five epochs), "
        "from the same weights, with the same images in the same order, until an epoch ends at 99 % or the recipe "
        "does. torch has its fused optimiser.",
        [Table(["seed", "library", "whole process", "test accuracy", "epochs"], rows)],
    )
