"""Convolutions, float32, and both of their gradients."""

from __future__ import annotations

from typing import Any

from benchmarks.inputs import output_size
from benchmarks.report import Section, mean_goal, ratios, versus, worst_goal
from benchmarks.runner import Figures, Runner

PEERS = ("ours", "torch_eager")
DIRECTIONS = ("forward", "to input", "to weights")
FIELDS = ("batch", "channels", "size", "outputs", "kernel", "stride", "padding", "groups")
LAYERS = {
    "LeNet-5's first: 64×1×28×28 → 6, 5×5": (64, 1, 28, 6, 5, 1, 2, 1),
    "LeNet-5's second: 64×6×14×14 → 16, 5×5": (64, 6, 14, 16, 5, 1, 0, 1),
    "CNN's first: 64×1×28×28 → 32, 3×3": (64, 1, 28, 32, 3, 1, 0, 1),
    "CNN's second: 64×32×26×26 → 64, 3×3": (64, 32, 26, 64, 3, 1, 0, 1),
    "32×64×32×32 → 64, 3×3": (32, 64, 32, 64, 3, 1, 1, 1),
    "32×64×32×32 → 128, 3×3, stride 2": (32, 64, 32, 128, 3, 2, 1, 1),
    "32×64×32×32 → 128, 1×1": (32, 64, 32, 128, 1, 1, 0, 1),
    "32×64×32×32 → 64, 3×3, 4 groups": (32, 64, 32, 64, 3, 1, 1, 4),
    "32×64×32×32 → 64, 3×3, depthwise": (32, 64, 32, 64, 3, 1, 1, 64),
    "1×64×32×32 → 64, 3×3": (1, 64, 32, 64, 3, 1, 1, 1),
    "1×1×28×28 → 6, 5×5": (1, 1, 28, 6, 5, 1, 2, 1),
    "1×32×26×26 → 64, 3×3": (1, 32, 26, 64, 3, 1, 0, 1),
}


def measure(runner: Runner) -> Section:
    measured: dict[str, Figures] = {}
    operations: dict[str, float] = {}
    for layer, numbers in list(LAYERS.items())[: 2 if runner.quick else None]:
        sizes = dict(zip(FIELDS, numbers, strict=True))
        for direction in DIRECTIONS:
            label = f"{layer}; {direction}"
            measured[label] = runner.compare("conv2d", {"direction": direction, **sizes}, PEERS)
            operations[label] = _operations(**sizes)

    def show(label: str, seconds: Any) -> str:
        return f"{seconds * 1e3:.3g} ms, {1e-9 * operations[label] / seconds:.3g}"

    against = ratios(measured, "torch_eager")
    return Section(
        "Convolutions",
        [mean_goal("conv2d", against, 1.5, "torch"), worst_goal("conv2d", against, 0.9, "torch")],
        "float32, without bias: time, and GFLOP/s counted as if padding were multiplied too.",
        [versus("images → filters", measured, PEERS, show)],
    )


def _operations(
    batch: int, channels: int, size: int, outputs: int, kernel: int, stride: int, padding: int, groups: int
) -> float:
    return 2 * batch * outputs * output_size(size, kernel, stride, padding) ** 2 * channels // groups * kernel**2
