"""numpy, with the BLAS that its wheels bring along (OpenBLAS)."""

from __future__ import annotations

import os

import numpy as np

from benchmarks import inputs
from benchmarks.timing import Task, fingerprint


def threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def matmul(m: int, k: int, n: int, layout: str) -> Task:
    a, b = inputs.matmul_operands(m, k, n, layout)
    a = a.T if layout[0] == "t" else a
    b = b.T if layout[1] == "t" else b
    return Task(lambda: np.matmul(a, b), evidence=fingerprint(np.matmul(a, b)))


def add(size: int) -> Task:
    a, b = np.ones(size, np.float32), np.ones(size, np.float32)
    return Task(lambda: a + b)
