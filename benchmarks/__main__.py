"""python -m benchmarks: measures the rows of the goals table side by side with the peers.

Without arguments all of them, written to docs/benchmarks.md with plots beside it. Some of them, or --quick, go to the
terminal instead, unless --out names a directory.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from benchmarks.groups import (
    arrays,
    conv,
    estimators,
    imports,
    layers,
    matmul,
    memory,
    mnist,
    overhead,
    scalar,
    sequences,
    train,
)
from benchmarks.machine import describe
from benchmarks.report import Section, markdown, write
from benchmarks.runner import Runner

GROUPS = {
    "matmul": matmul.measure,
    "conv": conv.measure,
    "layers": layers.measure,
    "arrays": arrays.measure,
    "sequences": sequences.measure,
    "train": train.measure,
    "estimators": estimators.measure,
    "scalar": scalar.measure,
    "overhead": overhead.measure,
    "import": imports.measure,
    "memory": memory.measure,
    "mnist": mnist.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n\n")[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="few cases, few repeats: does it work at all?")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write benchmarks.md there (default for a whole run: docs)"
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.groups if name not in GROUPS]
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    chosen = [name for name in GROUPS if not options.groups or name in options.groups]
    runner = Runner(quick=options.quick)
    try:
        sections = [_measured(name, runner) for name in chosen]
        machine = describe(runner.threads())
    finally:
        runner.close()
    whole = not options.quick and len(chosen) == len(GROUPS)
    directory = options.out or (Path("docs") if whole else None)
    if directory is None:
        print(markdown(sections, machine, "benchmarks"))
    else:
        print(write(sections, machine, directory))
    for disagreement in runner.disagreements:
        print(f"error: {disagreement}", file=sys.stderr)
    return 1 if runner.disagreements or any(not section.goals for section in sections) else 0


def _measured(name: str, runner: Runner) -> Section:
    started = time.perf_counter()
    try:
        section = GROUPS[name](runner)
    except Exception:  # the others' figures must not be lost
        traceback.print_exc()
        section = Section(name, text="This group failed; the terminal shows why.")
    print(f"[{name}: {time.perf_counter() - started:.0f} s]", file=sys.stderr, flush=True)
    return section


if __name__ == "__main__":
    sys.exit(main())
