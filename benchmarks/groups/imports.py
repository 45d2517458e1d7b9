"""What happens before the first step: imports, the first gradient, and compiling."""

from __future__ import annotations

import statistics
import tempfile

from benchmarks.processes import printed_number, run, wall_time
from benchmarks.report import Section, Table, duration, known, limit_goal
from benchmarks.runner import Figure, Runner, interleave

MODULES = ("numpy", "autograd_core", "torch", "jax", "mygrad")
TIMED_IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
FIRST_GRADIENT = (
    "from autograd_core import Value; x, y, z = Value(-2.0), Value(5.0), Value(-4.0); "
    "((x + y) * z).backward(); assert x.grad == -4.0"
)
STARTS = {"python, doing nothing": "pass", "(x+y)z and its gradient": FIRST_GRADIENT}


def measure(runner: Runner) -> Section:
    rounds = 3 if runner.quick else 9
    imports = interleave(MODULES, lambda name: printed_number("-c", TIMED_IMPORT.format(name)), rounds)
    starts = interleave(STARTS, lambda name: wall_time("-c", STARTS[name]), rounds)
    known_both = known(imports["numpy"]) and known(imports["autograd_core"])
    share = imports["autograd_core"] / imports["numpy"] if known_both else None
    first, later, message = _first_step(1 if runner.quick else 2)
    cold, from_disk = _compiling()
    torch_first = wall_time("-m", "benchmarks.first_step", "torch")
    return Section(
        "Starting",
        [
            limit_goal("import autograd_core", "≤ 1.3× import numpy", share, 1.3, lambda value: f"{value:.2f}×"),
            limit_goal("cold process to (x+y)z's gradient", "≤ 0.2 s", list(starts.values())[1], 0.2, duration),
            limit_goal(
                "first run ever of the MNIST MLP to its first step",
                "≤ 15 s, with a message",
                first,
                15.0,
                lambda value: f"{duration(value)}, {'with' if message else 'without'} a message",
            ),
            limit_goal("later runs of it", "≤ 1.5 s", later, 1.5, duration),
            limit_goal("compiling LeNet-5's training step, no kernel on disk", "≤ 10 s", cold, 10.0, duration),
            limit_goal("compiling it, kernels from disk", "≤ 1 s", from_disk, 1.0, duration),
        ],
        "Fresh processes with warm files. Imports are timed inside the process, and so is compiling, which is from the "
        "first call of a step to its second replay; all else from the process's start to its end.",
        [
            Table(["import", "time"], [[name, duration(figure)] for name, figure in imports.items()]),
            Table(
                ["process", "time"],
                [[name, duration(figure)] for name, figure in starts.items()]
                + [
                    ["MNIST, MLP 784-128-10, to the end of its first step: nothing compiled yet", duration(first)],
                    ["the same, later", duration(later)],
                    ["the same in torch", duration(torch_first)],
                ],
            ),
        ],
    )


def _compiling() -> tuple[Figure, Figure]:
    """How long it takes to compile LeNet-5's training step with no kernel compiled before; and later."""
    with tempfile.TemporaryDirectory() as empty:
        cold, *later = [printed_number("-m", "benchmarks.compiling", NUMBA_CACHE_DIR=empty) for _ in range(4)]
    problem = next((figure for figure in later if isinstance(figure, str)), None)
    return cold, problem or statistics.median(later)


def _first_step(times: int) -> tuple[Figure, Figure, bool]:
    """With nothing compiled; later; and whether the first said that it compiles."""
    firsts, laters, message = [], [], False
    for _ in range(times):
        with tempfile.TemporaryDirectory() as empty:
            ended = run("-m", "benchmarks.first_step", "ours", NUMBA_CACHE_DIR=empty)
            if ended.problem:
                return ended.problem, ended.problem, False
            firsts.append(ended.seconds)
            message = "compiling" in ended.errors
            laters += [run("-m", "benchmarks.first_step", "ours", NUMBA_CACHE_DIR=empty).seconds for _ in range(3)]
    return statistics.median(firsts), statistics.median(laters), message
