"""How a call is timed, and what every peer hands over to be timed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# A call that takes longer than this is its own warm-up.
SLOW = 0.5


def _nothing(result: Any) -> None:
    """Most libraries have finished when they return."""


@dataclass
class Task:
    """One thing to time: `call()` computes it once more; `wait(result)` returns when the result is really there.

    `evidence` are a few numbers that follow from the result: those of all libraries must agree.
    """

    call: Callable[[], Any]
    wait: Callable[[Any], Any] = _nothing
    evidence: list[float] = field(default_factory=list)
    repeats: int = 1  # how many calls filled the last turn


def fingerprint(array: Any) -> list[float]:
    """Two numbers that hardly any other array has: its length, and its projection on a wave, in units of the length."""
    flat = np.asarray(array, np.float64).reshape(-1)
    length = float(np.linalg.norm(flat))
    return [length, float(flat @ np.cos(np.arange(flat.size))) / length]


def seconds_per_call(task: Task, wanted: float) -> float:
    """The mean over the calls of a turn of about `wanted` seconds, after a first one that finds caches cold."""
    first = _clock(task, 1)
    if first >= SLOW:
        return first
    count = task.repeats
    while True:
        elapsed = _clock(task, count)
        if elapsed >= wanted / 2:
            task.repeats = count
            return elapsed / count
        count = max(2 * count, min(100 * count, int(count * wanted / elapsed)))


def _clock(task: Task, count: int) -> float:
    call, result = task.call, None
    started = time.perf_counter()
    for _ in range(count):
        result = call()
    task.wait(result)
    return time.perf_counter() - started
