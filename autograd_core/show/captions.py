"""What is written on a picture, and where: on a node, above and below its wire, and in small beside a histogram."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_core.show import labels
from autograd_core.show.snapshot import Entry
from autograd_core.show.summaries import Spread, number_text
from autograd_core.show.svg_elements import Run, width

SYMBOLS = {
    "add": "+",
    "divide": "÷",
    "matmul": "@",
    "maximum": "max",
    "minimum": "min",
    "multiply": "×",
    "negative": "−1 ×",
    "pow": "^",
    "sigmoid": "σ",
    "sqrt": "√",
    "subtract": "−",
}
"""How an op is written in its node, where that is not its name."""

# Lengths in pixels.
TINY, SMALL, MEDIUM, LARGE = 10.0, 12.0, 14.0, 19.0
LONGEST_NAME = 28  # characters; the whole of it shows when the mouse rests on the node
RADIUS = 18.0  # of an op's node: a circle, or as wide as its name needs
BARS = 44.0  # a histogram's width

# Colours with a contrast of at least 4.5 : 1 to the background (WCAG AA).
INK, FAINT = "#1f2328", "#656d76"
VARIABLE = {"font_family": "'Times New Roman', Times, 'Liberation Serif', serif", "font_style": "italic"}


def title(entry: Entry) -> tuple[list[Run], float]:
    """What stands in the node, and its size: an op's symbol, a leaf's label or its number, a box's name."""
    if entry.role == "beyond":
        return [Run(_shortened(entry.name), {"fill": FAINT})], MEDIUM if len(entry.name) > 1 else LARGE
    if entry.role == "box":
        return [Run(_shortened(entry.label), {"fill": INK})], MEDIUM
    if entry.op is not None:
        symbol = SYMBOLS.get(entry.op_name, entry.op_name)
        return [Run(symbol, {"fill": INK})], LARGE if len(symbol) == 1 else MEDIUM
    if entry.label:
        size = LARGE if len(entry.label) < 12 else MEDIUM
        return variable(entry.label, size, INK), size
    text = quantity(entry.value) if isinstance(entry.value, float) else entry.name
    return [Run(text, {"fill": FAINT if entry.role == "constant" else INK})], MEDIUM


def variable(label: str, size: float, fill: str | None = None) -> list[Run]:
    """A label as it is written in formulas: slanted, with its subscript."""
    look = VARIABLE if fill is None else {"fill": fill, **VARIABLE}
    stem, subscript = labels.read(label)
    if len(stem) + len(subscript) > LONGEST_NAME:
        return [Run(_shortened(labels.read(label).plain), look)]
    if not subscript:
        return [Run(stem, look)]
    return [Run(stem, look), Run(subscript, {**look, "font_size": 0.7 * size, "dy": 0.25 * size})]


def above(entry: Entry) -> list[Run]:
    """The value and, unless it stands in the node, the name that the user gave it."""
    value = quantity(entry.value)
    if value in ("", title(entry)[0][0].text):
        return []
    if entry.op is None or not entry.label:
        return [Run(value, {})]
    equals = "= " if isinstance(entry.value, float) else ""
    runs = variable(entry.label, MEDIUM)
    # A space at the seam of two runs is drawn by some programs and not by others; a shift is by all.
    shift = {"dx": 0.3 * MEDIUM} | ({"dy": -0.25 * MEDIUM} if len(runs) > 1 else {})
    return [*runs, Run(equals + value, shift)]


def below(entry: Entry) -> list[Run]:
    """The gradient."""
    return [] if entry.gradient is None or entry.role == "constant" else [Run(quantity(entry.gradient), {})]


def ends(spread: Spread) -> tuple[Run, Run]:
    """What stands on both sides of a histogram."""
    low, high = (Run(number_text(x, digits=3), {}) for x in (spread.low, spread.high))
    return low, high


def room(entry: Entry) -> float:
    """How wide a wire must be for what is written on it."""
    lines = [width(line, MEDIUM) for line in (above(entry), below(entry))]
    spreads = [spread for spread in (entry.value_spread, entry.gradient_spread) if spread is not None]
    return max(lines + [2 * max(width([end], TINY) for end in ends(spread)) + BARS + 18 for spread in spreads]) + 16


def node_width(entry: Entry) -> float:
    """How wide a node is."""
    line, size = title(entry)
    wide = width(line, size)
    if entry.role == "box":
        return max(wide, width([Run(entry.kind, {})], SMALL)) + 20
    return wide + 10 if entry.op is None or entry.role == "beyond" else max(2 * RADIUS, wide + 22)


def described(entry: Entry, inputs: Sequence[str]) -> str:
    """What is shown when the mouse rests on the node."""
    call = f" = {entry.op_name}({', '.join(filter(None, [*inputs, entry.attributes]))})"
    first = f"{entry.name}{call if entry.op else ''} {entry.dtype}".strip()
    return first + f"\n{entry.summary}" * bool(entry.summary)


def quantity(number: float | str) -> str:
    """A number, to four digits; or a shape."""
    return number if isinstance(number, str) else number_text(number, digits=4)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
