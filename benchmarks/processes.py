"""Fresh processes, for what a process can do only once: import, compile, reach its peak of memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.problems import in_short
from benchmarks.runner import Figure


@dataclass
class Ended:
    """A process that has run to its end: how long it took from outside, and what it wrote."""

    seconds: float
    output: str
    errors: str
    problem: str = ""


def run(*arguments: str, **environment: str) -> Ended:
    """Run Python with these arguments. Modules may be kept compiled, as everywhere unless a variable forbids it."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env={**inherited, **environment}
    )
    seconds = time.perf_counter() - started
    problem = in_short(process.stderr) if process.returncode else ""
    return Ended(seconds, process.stdout, process.stderr, problem)


def printed_number(*arguments: str, **environment: str) -> Figure:
    """The number that a process printed last, or why there is none."""
    ended = run(*arguments, **environment)
    return ended.problem or float(ended.output.split()[-1])


def wall_time(*arguments: str, **environment: str) -> Figure:
    """How long a process took from start to end, or why it failed."""
    ended = run(*arguments, **environment)
    return ended.problem or ended.seconds
