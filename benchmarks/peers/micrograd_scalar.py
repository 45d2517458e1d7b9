"""micrograd, from the package index, with its own MLP."""

from __future__ import annotations

import gc

from micrograd.engine import Value
from micrograd.nn import MLP

from benchmarks import moons
from benchmarks.timing import Task


def threads() -> int:
    return 1


def moons_step(collector: bool) -> Task:
    (gc.enable if collector else gc.disable)()
    step = moons.training(MLP(moons.SIZES[0], list(moons.SIZES[1:])), Value, Value.backward)
    evidence = [step() for _ in range(moons.EVIDENCE)]
    gc.collect()  # its graphs are cycles, and without the collector they would stay for good
    return Task(step, evidence=evidence)
