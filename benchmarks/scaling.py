"""How data-parallel training scales: costs measured on this machine, and a model of 1 to 1,024 processes made of them.

    python -m benchmarks.scaling                     the costs, by one process and by two, and the model's tables
    python -m benchmarks.scaling --processes 1 2 4   measured steps beside the model's, too

docs/scaling.md says what is in the model and what is not. Everything is of one thread a process, and the least of
many times; what one process computes is seconds of the processor. For other programs take processors, too.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import optim
from nn.parallel import DataParallel, communicator
from nn.training import Callback, Trainer

CLASSES, SIZE = 10, (28, 28)
STEPS, WARM_UP = 30, 12


@dataclass(frozen=True)
class Network:
    """What a message costs beside its own Python: seconds until it arrives, and bytes a second."""

    latency: float
    bandwidth: float


NETWORKS = {
    "10 Gb/s Ethernet": Network(30e-6, 1.1e9),
    "100 Gb/s InfiniBand": Network(2e-6, 11e9),
}


@dataclass(frozen=True)
class Costs:
    """Measured seconds. The first three are of a model, all others of messages between two processes here."""

    shard: float  # forward and backward of a shard, and adding up its gradients
    update: float  # the optimiser's step
    gradient_bytes: int
    message: float  # an exchange of next to nothing
    byte: float  # each byte more of an exchange, and of adding what has come
    gather: float  # the numbers of a step, for every process


def step_seconds(costs: Costs, shards: int, processes: int, network: Network | None = None) -> float:
    """What a step takes by the model; without a network, messages go through the memory of one machine.

    Each process computes its shards one after the other. Gradients are then halved log₂P times and collected log₂P
    times: (P - 1)/P of them go each way. Three times a step all hear a few numbers of all, in log₂P rounds.
    """
    rounds = math.log2(processes)
    latency = costs.message + (network.latency if network else 0.0)
    gather = costs.gather + (network.latency if network else 0.0)
    sent = 2 * costs.gradient_bytes * (processes - 1) / processes
    byte = costs.byte + (1 / network.bandwidth if network else 0.0)
    return shards / processes * costs.shard + costs.update + 2 * rounds * latency + sent * byte + 3 * rounds * gather


def efficiency(costs: Costs, shards: int, processes: int, network: Network | None = None) -> float:
    """The time of one process divided by that of all processes together."""
    return step_seconds(costs, shards, 1, network) / (processes * step_seconds(costs, shards, processes, network))


class _Times(Callback):
    def __init__(self) -> None:
        self.at: list[tuple[float, float]] = []

    def step_ended(self, trainer: Trainer) -> None:
        self.at.append((time.perf_counter(), time.process_time()))


def measured_step(model: str, shards: int, examples: int, compiled: bool = True) -> list[float]:
    """The least seconds of a step of `shards` with so many `examples` each, by the clock and of this processor."""
    ag.set_num_threads(1)
    ag.manual_seed(0)
    net = nn.models.RECIPES[model].build(SIZE, CLASSES)
    count = shards * examples
    rng = np.random.default_rng(0)
    images = rng.standard_normal((count, 1, *SIZE)).astype(np.float32)
    batch, times = (images, rng.integers(0, CLASSES, count)), _Times()
    trainer = Trainer(
        net,
        nn.functions.cross_entropy,
        optim.Adam(net.parameters(), lr=1e-3),
        parallel=DataParallel(shards),
        compile=compiled,
        callbacks=times,
    )
    trainer.fit([batch] * (WARM_UP + STEPS), epochs=1)
    least: list[float] = np.diff(times.at[WARM_UP:], axis=0).min(axis=0).tolist()
    return least


def measured_update(model: str) -> tuple[float, int]:
    """The seconds of an update, and the bytes of the gradients."""
    net = nn.models.RECIPES[model].build(SIZE, CLASSES)
    optimizer = optim.Adam(net.parameters(), lr=1e-3)
    for parameter in net.parameters():
        parameter.grad = ag.ones_like(parameter.detach())
    return _least_time(optimizer.step), sum(parameter.numpy().nbytes for parameter in net.parameters())


def measured_messages() -> dict[str, float]:
    """What messages cost between two processes that wait for each other; to be called in both."""
    together = communicator()

    def exchange(size: int) -> float:
        out, into = np.ones(size, np.float32), np.ones(size, np.float32)

        def once() -> None:
            together.wait(together.exchange(together.rank ^ 1, out, into, 1))
            np.add(out, into, out=into)

        return _least_time(once, 200)

    few, many = exchange(2), exchange(1 << 18)
    gather = _least_time(lambda: together.wait(together.gather(np.ones((1, 5)))), 200)
    return {"message": few, "byte": (many - few) / (4 << 18), "gather": gather}


def _least_time(function: Callable[[], object], times: int = 50) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        found.append(time.perf_counter() - started)
    return min(found)


def in_processes(count: int, *arguments: object) -> Any:
    """What `python -m benchmarks.scaling only ARGUMENTS` prints, run by so many processes."""
    beside = Path(sys.executable).with_name("mpirun")
    mpirun = str(beside) if beside.exists() else shutil.which("mpirun") or "mpirun"
    start = [mpirun, "-n", str(count)] if count > 1 else []
    command = [*start, sys.executable, "-m", "benchmarks.scaling", "only", *map(str, arguments)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(found.splitlines()[-1])


def costs_of(model: str, examples: int, messages: dict[str, float], compiled: bool = True) -> Costs:
    """The costs of a model by shards of so many examples."""
    shards = 8
    _, whole = in_processes(1, "step", model, shards, examples, int(compiled))
    update, size = measured_update(model)
    return Costs((whole - update) / shards, update, size, **messages)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown."""
    head = list(head)
    return "\n".join(["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)])


def report(models: list[tuple[str, int]], processes: list[int]) -> None:
    """Measure, and print the tables of docs/scaling.md."""
    messages = in_processes(2, "messages")
    costs = {}
    for model, examples in models:
        costs[model, examples] = costs_of(model, examples, messages)
        print(model, examples, {name: float(f"{value:.3g}") for name, value in asdict(costs[model, examples]).items()})
    if processes:
        rows = []
        for (model, examples), known in costs.items():
            shards = max(8, *processes)
            for count in processes:
                found, eager = (in_processes(count, "step", model, shards, examples, way)[0] for way in (1, 0))
                ours = step_seconds(known, shards, count)
                rows.append(
                    [f"{model}, {shards} shards of {examples}", str(count)]
                    + [f"{1e3 * seconds:.2f}" for seconds in (found, ours, eager)]
                )
        print(table(["training", "processes", "compiled step, ms", "by the model, ms", "eager step, ms"], rows))
    counts = [1, 4, 16, 64, 256, 1024]
    for kind, shards_of in (("1,024 shards, however many processes", lambda count: 1024), ("a shard a process", int)):
        rows = []
        for (model, examples), known in costs.items():
            for name, network in NETWORKS.items():
                found = [
                    efficiency(known, 1024, count, network)
                    if shards_of(count) == 1024
                    else step_seconds(known, 1, 1, network) / step_seconds(known, count, count, network)
                    for count in counts
                ]
                rows.append([f"{model}, shards of {examples}", name, *[f"{100 * share:.0f} %" for share in found]])
        print(f"\n{kind}\n")
        print(table(["training", "network", *map(str, counts)], rows))


def main() -> None:
    if sys.argv[1:2] == ["only"]:
        what, *rest = sys.argv[2:]
        if what == "messages":
            found: object = measured_messages()
        else:
            found = measured_step(rest[0], int(rest[1]), int(rest[2]), bool(int(rest[3])))
        if communicator().rank == 0:
            print(json.dumps(found))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, nargs="*", default=[], help="powers of two, to be measured as well")
    parser.add_argument("--models", nargs="*", default=["lenet5:8", "lenet5:64", "cnn:32", "residual:32"])
    options = parser.parse_args()
    models = [(name, int(examples)) for name, _, examples in (text.partition(":") for text in options.models)]
    report(models, options.processes)


if __name__ == "__main__":
    main()
