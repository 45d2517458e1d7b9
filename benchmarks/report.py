"""What a group of measurements hands over, and how all of it becomes one Markdown page and its plots."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.runner import Figure, Figures

OURS = "ours"

# What the peers are called on the page.
NAMES = {
    "ours": "ours",
    "ours_compiled": "ours, compiled",
    "ours_winograd": "ours, compiled, Winograd",
    "numpy_blas": "numpy",
    "torch_eager": "torch",
    "torch_tuned": "torch, tuned",
    "torch_compiled": "torch.compile",
    "jax_jit": "JAX jit",
    "mygrad_eager": "mygrad",
    "hips_autograd": "autograd (HIPS)",
    "scikit_learn": "scikit-learn",
    "micrograd_scalar": "micrograd",
    "ours_of_lists": "ours, by lists",
    "peak": "peak",
}


@dataclass
class Goal:
    """A line of the summary; `met` is None where nothing could be measured."""

    what: str
    goal: str
    figure: str
    met: bool | None


@dataclass
class Table:
    head: Sequence[str]
    rows: list[Sequence[str]]


@dataclass
class Line:
    label: str
    x: list[float]
    y: list[float]


@dataclass
class Plot:
    """Lines over a logarithmic axis; `level` is a horizontal line (label, y)."""

    name: str
    title: str
    x_label: str
    y_label: str
    lines: list[Line]
    log_y: bool = False
    level: tuple[str, float] | None = None


@dataclass
class Section:
    title: str
    goals: list[Goal] = field(default_factory=list)
    text: str = ""
    tables: list[Table] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)


def known(figure: Figure | None) -> bool:
    return isinstance(figure, (int, float))


def ratio(figures: Figures, peer: str, ours: str = OURS) -> float | None:
    """The peer's time over ours."""
    if known(figures.get(peer)) and known(figures.get(ours)):
        return figures[peer] / figures[ours]
    return None


def ratios(cases: dict[str, Figures], peer: str, ours: str = OURS) -> dict[str, float]:
    """Of every case where both could be measured."""
    found = {label: ratio(figures, peer, ours) for label, figures in cases.items()}
    return {label: value for label, value in found.items() if value is not None}


def geometric_mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def mean_goal(what: str, of: dict[str, float], least: float, peer: str) -> Goal:
    """That the geometric mean of these ratios is at least so much."""
    goal = f"≥ {least:g}× {peer}"
    if not of:
        return Goal(what, goal, "not measured", None)
    mean = geometric_mean(of.values())
    return Goal(what, goal, f"{mean:.2f}×", mean >= least)


def worst_goal(what: str, of: dict[str, float], least: float, peer: str) -> Goal:
    """That none of these ratios is under so much."""
    goal = f"none under {least:g}× {peer}"
    if not of:
        return Goal(what, goal, "not measured", None)
    worst = min(of, key=of.__getitem__)
    below = sum(value < least for value in of.values())
    others = f"; {below} of {len(of)} are under" if below else ""
    return Goal(what, goal, f"worst {of[worst]:.2f}× ({worst}){others}", not below)


def limit_goal(what: str, goal: str, figure: Figure | None, most: float, show: Callable[[float], str]) -> Goal:
    """That a figure is at most so much."""
    if not known(figure):
        return Goal(what, goal, str(figure or "not measured"), None)
    return Goal(what, goal, show(figure), figure <= most)


def at_least(what: str, goal: str, figure: float | None, least: float, show: Callable[[float], str]) -> Goal:
    """That a figure is at least so much."""
    if figure is None:
        return Goal(what, goal, "not measured", None)
    return Goal(what, goal, show(figure), figure >= least)


def times(value: float) -> str:
    return f"{value:.3g}×" if value < 100 else f"{value:.0f}×"


def duration(figure: Figure | None) -> str:
    """Seconds in the unit that suits them."""
    if not known(figure):
        return str(figure or "–")
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if figure >= scale:
            return f"{figure / scale:.3g} {unit}"
    return f"{figure * 1e9:.3g} ns"


def versus(
    first: str, cases: dict[str, Figures], peers: Sequence[str], show: Callable[[str, Figure], str] | None = None
) -> Table:
    """All cases with the figure of everyone, and the ratio of every peer's time to ours."""
    rivals = [peer for peer in peers if peer not in (OURS, "peak")]
    rows = []
    for label, figures in cases.items():
        cells = [
            show(label, figures[peer]) if show and known(figures.get(peer)) else duration(figures.get(peer))
            for peer in peers
        ]
        shares = [ratio(figures, peer) for peer in rivals]
        rows.append([label, *cells, *("–" if share is None else f"**{share:.2f}×**" for share in shares)])
    return Table([first, *(NAMES[p] for p in peers), *(f"{NAMES[p]} / ours" for p in rivals)], rows)


def markdown(sections: Sequence[Section], machine: Table, folder: str) -> str:
    """The page. Plots are expected in `folder` beside it."""
    goals = [goal for section in sections for goal in section.goals]
    verdict = {True: "yes", False: "**no**", None: "?"}
    parts = [
        "# Benchmarks",
        "Made by `make bench`: everything in one run on one machine, each library in a process of its own, in turns; "
        "medians, after warm-up. A ratio is the peer's time over ours: above 1, ours is faster. Before anything is "
        "timed, results are compared: losses of the first five training steps, products, gradients.",
        "## Machine",
        _table(machine),
        "## Goals",
        _table(Table(["what", "goal", "figure", "met"], [[g.what, g.goal, g.figure, verdict[g.met]] for g in goals])),
    ]
    for section in sections:
        parts.append(f"## {section.title}")
        if section.text:
            parts.append(section.text)
        parts += [f"![{plot.title}]({folder}/{plot.name}.svg)" for plot in section.plots]
        parts += [_table(table) for table in section.tables]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    lines = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def write(sections: Sequence[Section], machine: Table, directory: Path) -> Path:
    """benchmarks.md and its plots."""
    page, pictures = directory / "benchmarks.md", directory / "benchmarks"
    pictures.mkdir(parents=True, exist_ok=True)
    for plot in (plot for section in sections for plot in section.plots):
        draw(plot, pictures / f"{plot.name}.svg")
    page.write_text(markdown(sections, machine, pictures.name), encoding="utf-8")
    return page


def draw(plot: Plot, path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = plot.name  # the same numbers give the same file
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for line in plot.lines:
        axes.plot(line.x, line.y, marker="o", markersize=4, label=line.label)
    if plot.level is not None:
        axes.axhline(plot.level[1], color="black", linestyle="--", linewidth=1, label=plot.level[0])
    axes.set_xscale("log", base=2)
    ticks = sorted({x for line in plot.lines for x in line.x})
    axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
    axes.minorticks_off()
    if plot.log_y:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    axes.set_title(plot.title)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
