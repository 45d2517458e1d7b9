"""The machine as far as the figures depend on it: no names, no paths."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

from benchmarks.report import NAMES, Table
from benchmarks.runner import Figures

LIBRARIES = ("numpy", "numba", "llvmlite", "torch", "jax", "mygrad", "autograd", "micrograd")
FEATURES = (
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "avx512_bf16",
    "amx_tile",
    "asimd",
    "sve",
)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe(threads: Figures) -> Table:
    """`threads`: how many each library said that it uses."""
    used = ", ".join(f"{NAMES[name]} {count}" for name, count in threads.items() if count)
    rows = [
        ["processor", f"{platform.machine()}, {cores()} cores; {', '.join(_features()) or 'features unknown'}"],
        ["memory", _memory()],
        ["system", f"{platform.system()}, Python {platform.python_version()}"],
        ["libraries", ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)],
        ["threads", used or "–"],
    ]
    return Table(["what", "which"], rows)


def _features() -> list[str]:
    info = Path("/proc/cpuinfo")
    words = set(info.read_text().split()) if info.exists() else set()
    return [feature for feature in FEATURES if feature in words]


def _memory() -> str:
    try:
        import psutil
    except ModuleNotFoundError:
        return "unknown (psutil is not installed)"
    return f"{psutil.virtual_memory().total / 2**30:.0f} GiB"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
