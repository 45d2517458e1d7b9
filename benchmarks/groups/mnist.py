"""MNIST: how long a whole process takes to 99 % test accuracy."""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.processes import Ended, run
from benchmarks.report import Goal, Section, Table, duration
from benchmarks.runner import Runner

TARGET = 0.99


def measure(runner: Runner) -> Section:
    try:
        from nn.data import mnist

        splits = mnist()  # fetched now if need be, so that nobody's time includes it
    except Exception as error:
        return Section("MNIST", [Goal("MNIST to 99 %", "≤ 3.5 s, ≤ 1/4 of torch", f"no data: {error}"[:100], None)])
    rows: list[list[str]] = []
    seconds: dict[str, list[float]] = {"ours": [], "torch": []}
    accuracies: dict[str, list[float]] = {"ours": [], "torch": []}
    with tempfile.TemporaryDirectory() as directory:
        for part in ("train", "test"):
            for what in ("images", "labels"):
                np.save(Path(directory, f"{part}_{what}.npy"), getattr(getattr(splits, part), what))
        _ours(directory, -1)  # what is to compile is in "first run ever" already
        for seed in range(1 if runner.quick else 5):
            for library, (ended, accuracy) in (("ours", _ours(directory, seed)), ("torch", _torch(directory, seed))):
                if ended.problem:
                    rows.append([str(seed), library, ended.problem, "–"])
                    continue
                seconds[library].append(ended.seconds)
                accuracies[library].append(accuracy)
                rows.append([str(seed), library, duration(ended.seconds), f"{accuracy:.2%}"])
    if all(seconds.values()):
        ours, torch = (statistics.median(seconds[library]) for library in seconds)
        reached = statistics.median(accuracies["ours"])
        figure = f"{duration(ours)}, {ours / torch:.2f} of torch's {duration(torch)}; median accuracy {reached:.2%}"
        met = ours <= min(3.5, torch / 4) and reached >= TARGET
    else:
        figure, met = "not measured", None
    return Section(
        "MNIST",
        [Goal("MNIST, whole process to 99 % test accuracy", "≤ 3.5 s, ≤ 1/4 of torch", figure, met)],
        "`python -m nn train mnist --recipe fast`, with all that it reads, validates, draws and saves, "
        "beside the same network, rates and loss in torch (fused Adam), which reads arrays and looks at the test "
        "images only. One epoch; ours has loaded its compiled kernels from the cache.",
        [Table(["seed", "library", "whole process", "test accuracy"], rows)],
    )


def _ours(directory: str, seed: int) -> tuple[Ended, float]:
    out = Path(directory, f"ours_{seed}")
    ended = run("-m", "nn", "train", "mnist", "--recipe", "fast", "--seed", str(max(seed, 0)), "--out", str(out))
    accuracy = 0.0 if ended.problem else json.loads((out / "history.json").read_text())["test"]["accuracy"]
    return ended, accuracy


def _torch(directory: str, seed: int) -> tuple[Ended, float]:
    ended = run("-m", "benchmarks.mnist_torch", directory, "--seed", str(seed))
    return ended, 0.0 if ended.problem else float(ended.output)
