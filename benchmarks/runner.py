"""The runner: starts a process for each library, gives them turns, and takes medians."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# How far float32 results of different libraries may be apart, after five steps of training at most.
TOLERANCE = 2e-3

Figure = float | str  # a number, or why there is none
Figures = dict[str, Figure]


@dataclass
class Runner:
    """How thoroughly to measure; the libraries' processes so far, and where they have computed different things."""

    quick: bool = False
    workers: dict[str, Worker] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 7

    @property
    def turn(self) -> float:
        """Seconds of a turn, about."""
        return 0.01 if self.quick else 0.04

    def compare(
        self,
        kind: str,
        case: dict[str, Any],
        peers: Sequence[str],
        rounds: int | None = None,
        threads: int | None = None,
    ) -> Figures:
        """Seconds per call of each peer: the median over rounds in which each has its turn.

        Each uses so many `threads`, or as many as it does by itself.
        """
        _say(f"{kind} {' '.join(str(value) for value in case.values())}")
        figures: Figures = {}
        evidence: dict[str, list[float]] = {}
        for peer in peers:
            reply = self._worker(peer, threads).ask(do="prepare", kind=kind, case=case)
            if "problem" in reply:
                figures[peer] = reply["problem"]
            else:
                evidence[peer] = reply["evidence"]
        for peer in disagreeing(evidence):
            # To compare the times of different computations would be worthless, so there is none.
            self.disagreements.append(f"{kind} {case}: {peer} has computed {evidence[peer]}, others {evidence}")
            figures[peer] = "has computed something else"
            del evidence[peer]

        def turn(peer: str) -> Figure:
            reply = self._worker(peer, threads).ask(do="time", wanted=self.turn)
            return reply.get("seconds", reply.get("problem"))

        return figures | interleave(evidence, turn, rounds or self.rounds)

    def threads(self) -> Figures:
        """How many threads each library that has worked uses by itself."""
        return {name: worker.hello.get("threads", "") for name, worker in self.workers.items() if "," not in name}

    def _worker(self, peer: str, threads: int | None = None) -> Worker:
        name = peer if threads is None else f"{peer}, {threads} threads"
        worker = self.workers.get(name)
        if worker is None or worker.crashed:
            worker = self.workers[name] = Worker(peer, threads)
        return worker

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()


def interleave(names: Iterable[str], turn: Callable[[str], Figure], rounds: int) -> Figures:
    """The median of what each has in its turns, A B C A B C; what fails once is not asked again."""
    names = list(names)
    samples: dict[str, list[float]] = {name: [] for name in names}
    figures: Figures = {}
    for _ in range(rounds):
        for name in names:
            if name not in figures:
                figure = turn(name)
                if isinstance(figure, str):
                    figures[name] = figure
                else:
                    samples[name].append(figure)
    return {name: figures.get(name) or statistics.median(samples[name]) for name in names}


def disagreeing(evidence: dict[str, list[float]]) -> list[str]:
    """Who has computed something else than the first of them. A peer without evidence computes nothing."""
    shown = {peer: numbers for peer, numbers in evidence.items() if numbers}
    reference = next(iter(shown.values()), [])
    return [
        peer
        for peer, numbers in shown.items()
        if len(numbers) != len(reference) or not np.allclose(numbers, reference, rtol=TOLERANCE, atol=TOLERANCE)
    ]


class Worker:
    """A library's process, seen from outside."""

    def __init__(self, peer: str, threads: int | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=None if threads is None else os.environ | {"OMP_NUM_THREADS": str(threads)},
        )
        self.crashed = False
        self.hello = self._reply()

    def ask(self, **request: Any) -> dict[str, Any]:
        if "problem" in self.hello:
            return self.hello
        with contextlib.suppress(BrokenPipeError):  # it has ended, and the reply will say so
            print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            self.crashed = True
            return {"problem": f"crashed with exit code {self._process.wait()}"}
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
