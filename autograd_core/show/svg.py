"""A snapshot and its layout as SVG, in the lectures' style: values above each wire in green, gradients below in red.

Every node has one wire that branches to all who use it; a dot marks the branching. Inputs enter
a node from top to bottom in the order in which the formula names them. The picture refers to
nothing outside of it, has no ids or style sheet that could meddle with the page that it is put
on, and brings its own light background, so that it reads the same on a dark one.
"""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_core.show.layout import Layout, Segment
from autograd_core.show.snapshot import Entry, Snapshot, number_text

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

COMMUTATIVE = {"add", "maximum", "minimum", "multiply"}
"""Ops whose inputs may enter in any order, so that no wires need to cross for it."""

# Lengths in pixels.
ROW = 62.0  # from one row to the next
MARGIN = 20.0
RADIUS = 18.0  # of an op's node: a circle, or as wide as its name needs
SHORTEST_WIRE = 46.0
BEND = 36.0  # at least, from one column to the next
LEGEND = 26.0
SMALL, MEDIUM, LARGE = 12.0, 14.0, 19.0
LONGEST_NAME = 28  # characters; the whole of it shows when the mouse rests on the node

# Colours with a contrast of at least 4.5 : 1 to the background (WCAG AA).
BACKGROUND, FRAME, NODE = "#ffffff", "#d0d7de", "#eaf1fb"
INK, FAINT, VALUE, GRADIENT = "#1f2328", "#656d76", "#116329", "#c9252d"
SANS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
VARIABLE = {"font_family": "'Times New Roman', Times, 'Liberation Serif', serif", "font_style": "italic"}


def render(snapshot: Snapshot, layout: Layout, marked: bool = False) -> str:
    """The picture as the text of an SVG file.

    If `marked`, a page's script finds its way in it: nodes and wires have data-node, and wires data-to, positions in
    the snapshot; texts have the class title, value or gradient. There is room for other numbers than the present ones.
    """
    return _Picture(snapshot, layout, marked).text()


class _Run(NamedTuple):
    """A piece of a line of text in one look."""

    text: str
    look: dict[str, Any]


@dataclass(slots=True)
class _Column:
    """A column of nodes and, to their right, of their wires."""

    left: float = MARGIN
    nodes: float = 0.0  # width
    wires: float = SHORTEST_WIRE  # width

    @property
    def middle(self) -> float:
        return self.left + self.nodes / 2

    @property
    def right(self) -> float:
        return self.left + self.nodes + self.wires


class _Picture:
    """One picture in the making."""

    def __init__(self, snapshot: Snapshot, layout: Layout, marked: bool) -> None:
        self.snapshot = snapshot
        self.marked = marked
        self.places = layout.places
        self.segments = layout.segments
        self.before = {segment.end: segment.start for segment in self.segments if segment.port is None}
        self.after: dict[int, list[Segment]] = defaultdict(list)
        for segment in self.segments:
            self.after[segment.start].append(segment)
        self.columns = self._measured_columns()
        self.entrances = self._entrances()
        self.svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg")

    def text(self) -> str:
        legend = self._legend()
        width = MARGIN + max(self.columns[-1].right, MARGIN + _width(legend, SMALL))
        height = 2 * MARGIN + ROW * (max(place.row for place in self.places) + 1) + LEGEND * bool(legend)
        self.svg.attrib |= {
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "style": "max-width: none",  # notebooks would shrink a wide picture until nothing can be read
            "role": "img",
            "font-family": SANS,
            "font-size": f"{MEDIUM:g}",
        }
        _add(self.svg, "title", f"The graph that leads to {self.snapshot.result.name}")
        frame = {"x": 0.5, "y": 0.5, "width": round(width) - 1, "height": round(height) - 1, "rx": 8}
        _add(self.svg, "rect", **frame, fill=BACKGROUND, stroke=FRAME)
        self._draw_wires()
        for index, entry in enumerate(self.snapshot.entries):
            self._draw_node(index, entry)
        _add_line(self.svg, legend, x=MARGIN, y=height - MARGIN + 4, font_size=SMALL)
        ET.indent(self.svg, " ")
        for line in self.svg.iter("text"):
            for run in line:
                line.text = run.tail = None  # between runs, what was indented would be drawn as a space
        return ET.tostring(self.svg, encoding="unicode") + "\n"

    def _legend(self) -> list[_Run]:
        """One line; a lone leaf needs none."""
        legend = []
        if len(self.snapshot.entries) > 1:
            shapes = not self.snapshot.of_numbers
            what = "value, or its shape," if shapes else "value"
            legend.append(_Run(f"{what} above each wire", {"fill": VALUE}))
            if self.snapshot.differentiated:
                below = ".grad" if shapes and not self.marked else "gradient"
                legend.append(_Run(f", {below} below", {"fill": GRADIENT}))
        for remark in filter(None, (self.snapshot.omission, self.snapshot.warning)):
            legend.append(_Run("; " * bool(legend) + remark, {"fill": INK}))
        return legend

    # --- where things are -----------------------------------------------------------------------

    def _measured_columns(self) -> list[_Column]:
        columns = [_Column() for _ in range(max(place.column for place in self.places) + 1)]
        for entry, place in zip(self.snapshot.entries, self.places, strict=False):
            column = columns[place.column]
            column.nodes = max(column.nodes, _node_width(entry))
            column.wires = max(column.wires, *(_width(line, MEDIUM) + 16 for line in (_above(entry), _below(entry))))
            if self.marked and self.snapshot.of_numbers and entry.role == "node":
                longest = len(entry.label) + len("= ") if entry.op is not None else 0
                column.wires = max(column.wires, 0.56 * MEDIUM * (longest + len("-0.1234")) + 16)
        climb = [0.0] * len(columns)
        for segment in self.segments:
            start, end = self.places[segment.start], self.places[segment.end]
            climb[start.column] = max(climb[start.column], ROW * abs(start.row - end.row))
        for before, column, highest in zip(columns, columns[1:], climb, strict=False):
            column.left = before.right + min(max(BEND, 0.3 * highest), 240.0)  # steep wires are hard to follow
        return columns

    def _entrances(self) -> dict[Segment, tuple[float, float]]:
        """For each wire that ends at a node, where on the node's outline it does."""
        arriving: dict[int, list[Segment]] = defaultdict(list)
        for segment in self.segments:
            if segment.port is not None:
                arriving[segment.end].append(segment)
        entrances = {}
        for node, segments in arriving.items():
            entry = self.snapshot.entries[node]
            if entry.op_name in COMMUTATIVE:
                segments = sorted(segments, key=lambda segment: self.places[segment.start].row)
            apart = min(12.0, 28.0 / max(len(segments) - 1, 1))
            for i, segment in enumerate(segments):
                off = apart * (i - (len(segments) - 1) / 2)
                x = self._middle(node) - _node_width(entry) / 2 + RADIUS - (RADIUS**2 - off**2) ** 0.5
                entrances[segment] = (x, self._y(node) + off)
        return entrances

    def _column(self, place: int) -> _Column:
        return self.columns[self.places[place].column]

    def _middle(self, index: int) -> float:
        """Where a node stands in its column; constants, with nothing on their wires, close to who uses them."""
        column, entry = self._column(index), self.snapshot.entries[index]
        return column.right - 12 - _node_width(entry) / 2 if entry.role == "constant" else column.middle

    def _y(self, place: int) -> float:
        return MARGIN + ROW * (self.places[place].row + 0.5)

    # --- drawing --------------------------------------------------------------------------------

    def _draw_wires(self) -> None:
        lines = _add(self.svg, "g", fill="none", stroke=INK)
        heads = _add(self.svg, "g", fill=INK)
        for index, entry in enumerate(self.snapshot.entries):
            start = (self._middle(index) + _node_width(entry) / 2, self._y(index))
            _add(lines, "path", d=_path(start, "H", (self._column(index).right,)), **self._mark(data_node=index))
        branches: dict[int, int] = defaultdict(int)
        for segment in self.segments:
            branches[segment.start] += 1
            x, y = self._column(segment.start).right, self._y(segment.start)
            column = self._column(segment.end)
            end_x, end_y = self.entrances.get(segment, (column.right, self._y(segment.end)))
            bend = (column.left - x) / 2
            curve = (x + bend, y, column.left - bend, end_y, column.left, end_y)
            mark = {}
            if self.marked:
                mark = self._mark(data_node=self._source(segment.start), data_to=self._goal(segment))
            _add(lines, "path", d=_path((x, y), "C", curve, "H", (end_x,)), **mark)
            if segment in self.entrances:
                _add(heads, "path", d=_path((end_x, end_y), "l", (-9, -4), "v", (8,), "z"), **mark)
        for place, count in branches.items():
            if count > 1:
                _add(heads, "circle", cx=self._column(place).right, cy=self._y(place), r=3)

    def _draw_node(self, index: int, entry: Entry) -> None:
        x, y, width = self._middle(index), self._y(index), _node_width(entry)
        group = _add(self.svg, "g", text_anchor="middle", **self._mark(data_node=index))
        _add(group, "title", _described(entry, [self.snapshot.entries[i].name for i in entry.inputs]))
        if entry.op is not None and entry.role == "node":
            box = {"x": x - width / 2, "y": y - RADIUS, "width": width, "height": 2 * RADIUS, "rx": RADIUS}
            _add(group, "rect", **box, fill=NODE, stroke=INK)
        title, size = _title(entry)
        _add_line(group, [title], x=x, y=y + 0.34 * size, font_size=size, **self._mark(class_="title"))
        on_wire = (x + width / 2 + self._column(index).right) / 2
        _add_line(group, _above(entry), x=on_wire, y=y - 6, fill=VALUE, **self._mark(class_="value"))
        _add_line(group, _below(entry), x=on_wire, y=y + 17, fill=GRADIENT, **self._mark(class_="gradient"))

    def _mark(self, **attributes: str | int) -> dict[str, str]:
        return {name: str(value) for name, value in attributes.items()} if self.marked else {}

    def _source(self, place: int) -> int:
        """The node whose wire passes through a place."""
        while place >= len(self.snapshot.entries):
            place = self.before[place]
        return place

    def _goal(self, segment: Segment) -> str:
        """The nodes that a piece of a wire leads to."""
        waiting, goals = [segment], []
        while waiting:
            last = waiting.pop()
            if last.port is None:
                waiting += self.after[last.end]
            else:
                goals.append(last.end)
        return " ".join(map(str, sorted(set(goals))))


# --- what is written where ------------------------------------------------------------------------


def _title(entry: Entry) -> tuple[_Run, float]:
    """What stands in the node, and its size: an op's symbol, a leaf's label or its number."""
    if entry.role == "beyond":
        return _Run("…", {"fill": FAINT}), LARGE
    if entry.op is not None:
        symbol = SYMBOLS.get(entry.op_name, entry.op_name)
        return _Run(symbol, {"fill": INK}), LARGE if len(symbol) == 1 else MEDIUM
    if entry.label:
        return _Run(_shortened(entry.label), {"fill": INK, **VARIABLE}), LARGE
    text = _quantity(entry.value) if isinstance(entry.value, float) else entry.name
    return _Run(text, {"fill": FAINT if entry.role == "constant" else INK}), MEDIUM


def _above(entry: Entry) -> list[_Run]:
    """The value and, unless it stands in the node, the name that the user gave it."""
    value = _quantity(entry.value)
    if value in ("", _title(entry)[0].text):
        return []
    if entry.op is None or not entry.label:
        return [_Run(value, {})]
    equals = "= " if isinstance(entry.value, float) else ""
    # A space at the seam of two runs is drawn by some programs and not by others; a shift is by all.
    return [_Run(_shortened(entry.label), VARIABLE), _Run(equals + value, {"dx": 0.3 * MEDIUM})]


def _below(entry: Entry) -> list[_Run]:
    return [] if entry.gradient is None or entry.role == "constant" else [_Run(_quantity(entry.gradient), {})]


def _quantity(quantity: float | str) -> str:
    return quantity if isinstance(quantity, str) else number_text(quantity, digits=4)


def _described(entry: Entry, inputs: Sequence[str]) -> str:
    """What is shown when the mouse rests on the node."""
    call = f" = {entry.op_name}({', '.join(filter(None, [*inputs, entry.attributes]))})"
    return f"{entry.name}{call if entry.op else ''} {entry.dtype}".strip() + f"\n{entry.summary}" * bool(entry.summary)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _node_width(entry: Entry) -> float:
    title, size = _title(entry)
    width = _width([title], size)
    return width + 8 if entry.op is None or entry.role == "beyond" else max(2 * RADIUS, width + 22)


def _width(line: Iterable[_Run], size: float) -> float:
    """About how wide a line will be, in a font that is not known here: rather too wide than too narrow."""
    return size * sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.56 for run in line for c in run.text)


# --- SVG ------------------------------------------------------------------------------------------


def _add(parent: ET.Element, tag: str, text: str | None = None, /, **attributes: Any) -> ET.Element:
    """A new element; ElementTree escapes whatever users have put into their labels."""
    element = ET.SubElement(parent, tag)
    element.text = text
    for name, value in attributes.items():
        element.set(name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else _number(value))
    return element


def _add_line(parent: ET.Element, line: Sequence[_Run], **attributes: Any) -> None:
    """A line of text; nothing if it is empty."""
    if len(line) == 1:
        _add(parent, "text", line[0].text, **attributes, **line[0].look)
    elif line:
        element = _add(parent, "text", **attributes)
        for run in line:
            _add(element, "tspan", run.text, **run.look)


def _path(start: Sequence[float], *commands: str | Sequence[float]) -> str:
    """The d of a path: a start, then letters, each followed by its numbers."""
    return "M" + "".join(c if isinstance(c, str) else " ".join(map(_number, c)) for c in (start, *commands))


def _number(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
