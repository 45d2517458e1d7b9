"""Matrix products, float32: squares, and the products that the five models' dense layers need."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.inputs import MODELS
from benchmarks.report import OURS, Line, Plot, Section, at_least, known, mean_goal, ratios, versus, worst_goal
from benchmarks.runner import Figures, Runner

PEERS = ("ours", "numpy_blas", "torch_eager", "jax_jit")
SQUARES = (64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
TRANSPOSED = (64, 128, 256, 512, 1024, 2048)
PRODUCTS = {"nn": "a b", "nt": "a bᵀ", "tn": "aᵀ b"}
# From here on the threads' start no longer counts in what the peak's tile takes.
PEAK_FROM = 512


def cases(quick: bool) -> dict[str, tuple[int, int, int, str]]:
    """(m, k, n, layout) by label."""
    sizes = (64, 256, 512) if quick else SQUARES
    found = {_label(n, n, n, "nn"): (n, n, n, "nn") for n in sizes}
    for layout in ("nt", "tn"):
        found |= {_label(n, n, n, layout): (n, n, n, layout) for n in sizes if n in TRANSPOSED}
    for model in list(MODELS.values())[: 1 if quick else None]:
        for kind, *shape in model.layers:
            if kind == "linear":
                wide, narrow = shape
                for product in (
                    (model.batch, wide, narrow, "nt"),  # x wᵀ
                    (model.batch, narrow, wide, "nn"),  # g w
                    (narrow, model.batch, wide, "tn"),  # gᵀ x
                ):
                    found[_label(*product)] = product
    return found


def _label(m: int, k: int, n: int, layout: str) -> str:
    return f"{m}×{k}×{n}, {PRODUCTS[layout]}"


def measure(runner: Runner) -> Section:
    wanted = cases(runner.quick)
    measured: dict[str, Figures] = {}
    for label, (m, k, n, layout) in wanted.items():
        peak = ("peak",) if m == k == n >= PEAK_FROM and layout == "nn" else ()
        case: dict[str, Any] = {"m": m, "k": k, "n": n, "layout": layout}
        measured[label] = runner.compare("matmul", case, PEERS + peak, rounds=3 if runner.quick else 5)

    def gigaflops(label: str, seconds: Any) -> str:
        m, k, n, _ = wanted[label]
        return f"{2e-9 * m * k * n / seconds:.4g}"

    squares = {label: figures for label, figures in measured.items() if _is_square(wanted[label])}
    heavy = {label: figures for label, figures in measured.items() if math.prod(wanted[label][:3]) >= 256**3}
    layers = {label: figures for label, figures in heavy.items() if label not in squares}
    large = {label: figures for label, figures in heavy.items() if label in squares}
    goals = []
    for peer, name in (("numpy_blas", "numpy"), ("torch_eager", "torch")):
        goals.append(mean_goal("matmul, squares from 256, all layouts", ratios(large, peer), 1.5, name))
    for peer, name in (("numpy_blas", "numpy"), ("torch_eager", "torch")):
        goals.append(mean_goal("matmul, the layers' shapes with as much work", ratios(layers, peer), 1.5, name))
    goals.append(worst_goal("matmul, all shapes", ratios(measured, "numpy_blas"), 0.95, "numpy"))
    at_peak = ratios(squares, "peak")
    label = _label(1024, 1024, 1024, "nn")
    share = at_peak.get(label)
    goals.append(at_least("matmul, 1024", "≥ 75 % of the peak", share, 0.75, lambda value: f"{value:.0%}"))
    return Section(
        "Matrix products",
        goals,
        "GFLOP/s, float32. The peak is what all cores reach together when they only multiply and add, in a register "
        "tile whose operands lie in first-level cache; it is measured in turns with the rest.",
        [versus("m×k×n", measured, (*PEERS, "peak"), gigaflops)],
        [_plot(wanted, squares)],
    )


def _is_square(case: tuple[int, int, int, str]) -> bool:
    return case[0] == case[1] == case[2]


def _plot(wanted: dict[str, tuple[int, int, int, str]], squares: dict[str, Figures]) -> Plot:
    def speed(peer: str) -> dict[float, float]:
        return {
            wanted[label][0]: 2e-9 * wanted[label][0] ** 3 / figures[peer]
            for label, figures in squares.items()
            if wanted[label][3] == "nn" and known(figures.get(peer))
        }

    names = {OURS: "ours", "numpy_blas": "numpy", "torch_eager": "torch", "jax_jit": "JAX"}
    lines = [Line(name, list(found), list(found.values())) for peer, name in names.items() if (found := speed(peer))]
    peak = speed("peak")
    level = ("peak of the micro-kernel", sorted(peak.values())[len(peak) // 2]) if peak else None
    return Plot("matmul", "Product of square matrices, float32", "rows and columns", "GFLOP/s", lines, level=level)
