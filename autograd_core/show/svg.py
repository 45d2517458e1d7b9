"""A snapshot and its layout as SVG, in the lectures' style: values above each wire in green, gradients below in red.

Every node has one wire that branches to all who use it; a dot marks the branching. Inputs enter
a node from top to bottom in the order in which the formula names them. A picture that is to be narrower than its
columns is broken like a line of text (`bands.py`): wires leave at the right, and come in again at the left, with the
same number. The picture refers to
nothing outside of it, has no ids or style sheet that could meddle with the page that it is put
on, and brings its own light background, so that it reads the same on a dark one.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd_core.show import captions
from autograd_core.show.bands import CONNECTOR, MARGIN, Band, Column, broken
from autograd_core.show.captions import FAINT, INK, MEDIUM, RADIUS, SMALL, TINY
from autograd_core.show.layout import Layout, Segment
from autograd_core.show.snapshot import Entry, Snapshot
from autograd_core.show.summaries import Spread
from autograd_core.show.svg_elements import Run, add, add_line, path, text_of, width

COMMUTATIVE = {"add", "maximum", "minimum", "multiply"}
"""Ops whose inputs may enter in any order, so that no wires need to cross for it."""

# Lengths in pixels.
ROW, ROW_OF_HISTOGRAMS = 62.0, 84.0  # from one row to the next
BEND = 36.0  # at least, from one column to the next
LEGEND = 26.0
FEW_INPUTS = 2  # local gradients of so many stand at the node; of more, in the middle of the wires

# Colours with a contrast of at least 4.5 : 1 to the background (WCAG AA).
BACKGROUND, FRAME, NODE = "#ffffff", "#d0d7de", "#eaf1fb"
VALUE, GRADIENT, LOCAL = "#116329", "#c9252d", "#6639ba"
SANS = "Helvetica, Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is to be.

    If `marked`, the stepper's script finds its way in it: nodes and wires have data-node, and wires data-to, positions
    in the snapshot; texts have the class title, value or gradient. There is room for other numbers than the present
    ones. `links` says which nodes a page can open, and by what name.
    """

    marked: bool = False
    width: float | None = None  # at most, in pixels
    local_gradients: bool = False  # on the wires
    links: Mapping[int, str] = field(default_factory=dict)


def render(snapshot: Snapshot, layout: Layout, look: Look | None = None) -> str:
    """The picture as the text of an SVG file."""
    return _Picture(snapshot, layout, look or Look()).text()


class _Picture:
    """One picture in the making."""

    def __init__(self, snapshot: Snapshot, layout: Layout, look: Look) -> None:
        self.snapshot = snapshot
        self.look = look
        self.places = layout.places
        self.segments = layout.segments
        entries = snapshot.entries
        self.row = ROW_OF_HISTOGRAMS if any(e.value_spread or e.gradient_spread for e in entries) else ROW
        self.before = {segment.end: segment.start for segment in self.segments if segment.port is None}
        self.after: dict[int, list[Segment]] = defaultdict(list)
        for segment in self.segments:
            self.after[segment.start].append(segment)
        self.columns = self._measured_columns()
        room = None if look.width is None else look.width - 2 * (MARGIN + CONNECTOR)
        self.bands = broken(self.columns, self.places, self.segments, room)
        self.band_of = [band for band in self.bands for _ in range(band.first, band.last + 1)]
        self.tops = self._tops()
        self.entrances = self._entrances()
        self.svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg")

    def text(self) -> str:
        legend = self._legend()
        lines = self._legend_lines(legend)
        right = max(self._right(band) for band in self.bands)
        wide = MARGIN + max(right, *(MARGIN + width(line, SMALL) for line in lines), 0)
        high = self.tops[-1] + self.row * self.bands[-1].rows + MARGIN + LEGEND * bool(lines) + 18 * (len(lines) - 1)
        shown = min(1.0, (self.look.width or wide) / wide)
        self.svg.attrib |= {
            "width": f"{wide * shown:.0f}",
            "height": f"{high * shown:.0f}",
            "viewBox": f"0 0 {wide:.0f} {high:.0f}",
            "style": "max-width: none",  # notebooks would shrink a wide picture until nothing can be read
            "role": "group" if self.look.links else "img",  # of an image nobody expects that it has buttons
            "font-family": SANS,
            "font-size": f"{MEDIUM:g}",
        }
        add(self.svg, "title", self.snapshot.title)
        frame = {"x": 0.5, "y": 0.5, "width": round(wide) - 1, "height": round(high) - 1, "rx": 8}
        add(self.svg, "rect", **frame, fill=BACKGROUND, stroke=FRAME)
        self._draw_wires()
        for index, entry in enumerate(self.snapshot.entries):
            self._draw_node(index, entry)
        for i, line in enumerate(reversed(lines)):
            add_line(self.svg, line, x=MARGIN, y=high - MARGIN + 4 - 18 * i, font_size=SMALL)
        return text_of(self.svg)

    def _legend(self) -> list[Run]:
        """What stands where; a lone leaf needs none."""
        legend = []
        if len(self.snapshot.entries) > 1:
            shapes = not self.snapshot.of_numbers
            what = "value, or its shape," if shapes else "value"
            legend.append(Run(f"{what} above each wire", {"fill": VALUE}))
            if self.snapshot.differentiated:
                below = ".grad" if shapes and self.snapshot.kept_gradients else "gradient"
                legend.append(Run(f", {below} below", {"fill": GRADIENT}))
            if self.look.local_gradients:
                legend.append(Run(", local gradient where a wire comes in", {"fill": LOCAL}))
        remarks = (self.snapshot.omission, self.snapshot.warning)
        return legend + [
            Run("; " * (i > 0 or bool(legend)) + r, {"fill": INK}) for i, r in enumerate(filter(None, remarks))
        ]

    def _legend_lines(self, legend: list[Run]) -> list[list[Run]]:
        """The legend, broken where the picture has to be narrower."""
        if not legend:
            return []
        if self.look.width is None:
            return [legend]
        lines: list[list[Run]] = [[]]
        for run in legend:
            for i, word in enumerate(run.text.split(" ")):
                piece = Run(" " * (i > 0) + word, run.look)
                if lines[-1] and width([*lines[-1], piece], SMALL) > self.look.width - 2 * MARGIN:
                    lines.append([Run(word, run.look)])
                elif lines[-1] and lines[-1][-1].look is run.look:
                    lines[-1][-1] = Run(lines[-1][-1].text + piece.text, run.look)
                else:
                    lines[-1].append(piece)
        return lines

    # --- where things are -----------------------------------------------------------------------

    def _measured_columns(self) -> list[Column]:
        columns = [Column() for _ in range(max(place.column for place in self.places) + 1)]
        for entry, place in zip(self.snapshot.entries, self.places, strict=False):
            column = columns[place.column]
            column.nodes = max(column.nodes, captions.node_width(entry))
            column.wires = max(column.wires, captions.room(entry))
            if self.look.marked and self.snapshot.of_numbers and entry.role == "node":
                longest = len(entry.label) + len("= ") if entry.op is not None else 0
                column.wires = max(column.wires, 0.56 * MEDIUM * (longest + len("-0.1234")) + 16)
        climb = [0.0] * len(columns)
        for segment in self.segments:
            start, end = self.places[segment.start], self.places[segment.end]
            climb[start.column] = max(climb[start.column], self.row * abs(start.row - end.row))
            local = self._local_gradient(segment)
            columns[end.column].entrance = max(columns[end.column].entrance, width([Run(local, {})], SMALL) + 14)
        for before, column, highest in zip(columns, columns[1:], climb, strict=False):
            column.gap = min(max(BEND, 0.3 * highest), 240.0)  # steep wires are hard to follow
            column.gap += column.entrance if self.look.local_gradients else 0.0
            column.left = before.right + column.gap
        return columns

    def _tops(self) -> list[float]:
        tops = [MARGIN]
        for band in self.bands[:-1]:
            tops.append(tops[-1] + self.row * band.rows + MARGIN)
        return tops

    def _entrances(self) -> dict[Segment, tuple[float, float]]:
        """For each wire that ends at a node, where on the node's outline it does."""
        arriving: dict[int, list[Segment]] = defaultdict(list)
        for segment in self.segments:
            if segment.port is not None:
                arriving[segment.end].append(segment)
        entrances = {}
        for node, segments in arriving.items():
            entry = self.snapshot.entries[node]
            if entry.op_name in COMMUTATIVE or entry.role == "box":
                segments = sorted(segments, key=lambda segment: self.places[segment.start].row)
            apart = min(12.0, 28.0 / max(len(segments) - 1, 1))
            for i, segment in enumerate(segments):
                off = apart * (i - (len(segments) - 1) / 2)
                x = self._middle(node) - captions.node_width(entry) / 2
                if entry.role != "box":
                    x += RADIUS - (RADIUS**2 - off**2) ** 0.5
                entrances[segment] = (x, self._y(node) + off)
        return entrances

    def _band(self, place: int) -> Band:
        return self.band_of[self.places[place].column]

    def _right(self, band: Band) -> float:
        """Where a band of columns ends."""
        last = self.columns[band.last]
        return last.right + band.shift + (CONNECTOR if band.last + 1 < len(self.columns) else 0.0)

    def _wires_end(self, place: int) -> float:
        """Where a node's wire is long enough for all that stands on it, or a wire that passes its column ends."""
        return self.columns[self.places[place].column].right + self._band(place).shift

    def _column_starts(self, place: int) -> float:
        return self.columns[self.places[place].column].left + self._band(place).shift

    def _middle(self, index: int) -> float:
        """Where a node stands in its column; constants, with nothing on their wires, close to who uses them."""
        column, entry = self.columns[self.places[index].column], self.snapshot.entries[index]
        if entry.role == "constant":
            return self._wires_end(index) - 12 - captions.node_width(entry) / 2
        return column.middle + self._band(index).shift

    def _y(self, place: int, band: Band | None = None) -> float:
        band = band or self._band(place)
        return self.tops[band.number] + self.row * (self.places[place].row - band.top + 0.5)

    # --- drawing --------------------------------------------------------------------------------

    def _draw_wires(self) -> None:
        lines = add(self.svg, "g", fill="none", stroke=INK)
        heads = add(self.svg, "g", fill=INK)
        for index, entry in enumerate(self.snapshot.entries):
            start = (self._middle(index) + captions.node_width(entry) / 2, self._y(index))
            add(lines, "path", d=path(start, "H", (self._wires_end(index),)), **self._mark(data_node=index))
        branches: dict[int, int] = defaultdict(int)
        leaving = {s.start for s in self.segments if self._band(s.start) is not self._band(s.end)}
        numbers = {place: i + 1 for i, place in enumerate(sorted(leaving, key=lambda p: (self._y(p), p)))}
        for place, number in numbers.items():
            self._connect(lines, self._wires_end(place), self._y(place), number)
        for segment in self.segments:
            branches[segment.start] += 1
            x, y = self._wires_end(segment.start), self._y(segment.start)
            mark = {}
            if self.look.marked:
                mark = self._mark(data_node=self._source(segment.start), data_to=self._goal(segment))
            band = self._band(segment.end)
            if band is not self._band(segment.start):
                x, y = MARGIN + CONNECTOR, self._y(segment.start, band)
                if segment is self.after[segment.start][0]:
                    self._connect(lines, x, y, numbers[segment.start], into=True)
            left = self._column_starts(segment.end)
            end_x, end_y = self.entrances.get(segment, (self._wires_end(segment.end), self._y(segment.end)))
            bend = (left - x - self._entrance(segment)) / 2
            curve = (x + bend, y, x + bend, end_y, x + 2 * bend, end_y)
            add(lines, "path", d=path((x, y), "C", curve, "H", (end_x,)), **mark)
            if segment in self.entrances:
                add(heads, "path", d=path((end_x, end_y), "l", (-9, -4), "v", (8,), "z"), **mark)
            self._write_local_gradient(segment, ((x + bend, (y + end_y) / 2), (end_x, end_y)))
        for place, count in branches.items():
            if count > 1:
                add(heads, "circle", cx=self._wires_end(place), cy=self._y(place), r=3)

    def _connect(self, lines: ET.Element, x: float, y: float, number: int, into: bool = False) -> None:
        """The end of a band, where a wire leaves, or its beginning, where it comes in again."""
        middle = MARGIN + 9 if into else x + CONNECTOR - 10
        add(lines, "path", d=path((middle + 9, y) if into else (x, y), "H", (x if into else middle - 9,)))
        add(self.svg, "circle", cx=middle, cy=y, r=9, fill=BACKGROUND, stroke=FAINT)
        add(self.svg, "text", str(number), x=middle, y=y + 3.5, fill=FAINT, font_size=TINY, text_anchor="middle")

    def _local_gradient(self, segment: Segment) -> str:
        """What is written where a wire comes in; nothing at one of a constant, which nobody differentiates by."""
        if not self.look.local_gradients or segment.port is None:
            return ""
        entry = self.snapshot.entries[segment.end]
        source = self.snapshot.entries[entry.inputs[segment.port]]
        if source.role == "constant" or len(entry.inputs) != len(entry.local_gradients):  # some come from one box
            return ""
        return captions.quantity(entry.local_gradients[segment.port])

    def _entrance(self, segment: Segment) -> float:
        return self.columns[self.places[segment.end].column].entrance if self.look.local_gradients else 0.0

    def _write_local_gradient(self, segment: Segment, spots: tuple[tuple[float, float], ...]) -> None:
        text = self._local_gradient(segment)
        if not text:
            return
        middle, (end_x, end_y) = spots
        wide = width([Run(text, {})], SMALL)
        if len(self.snapshot.entries[segment.end].inputs) <= FEW_INPUTS:
            upper = end_y <= self._y(segment.end)
            y = end_y - 4 if upper else end_y + SMALL + 1
            add(self.svg, "text", text, x=end_x - 11 - wide / 2, y=y, fill=LOCAL, font_size=SMALL, text_anchor="middle")
            return
        x, y = middle
        box = {"x": x - wide / 2 - 2, "y": y - SMALL / 2 - 1, "width": wide + 4, "height": SMALL + 2, "rx": 3}
        add(self.svg, "rect", **box, fill=BACKGROUND)
        add(self.svg, "text", text, x=x, y=y + 0.34 * SMALL, fill=LOCAL, font_size=SMALL, text_anchor="middle")

    def _draw_node(self, index: int, entry: Entry) -> None:
        x, y, wide = self._middle(index), self._y(index), captions.node_width(entry)
        group = add(self.svg, "g", text_anchor="middle", **self._mark(data_node=index), **self._link(index, entry))
        add(group, "title", captions.described(entry, [self.snapshot.entries[i].name for i in entry.inputs]))
        box = {"x": x - wide / 2, "y": y - RADIUS, "width": wide, "height": 2 * RADIUS}
        if entry.role == "box":
            add(group, "rect", **box | {"x": box["x"] + 4, "y": box["y"] - 4}, rx=6, fill=BACKGROUND, stroke=INK)
            add(group, "rect", **box, rx=6, fill=NODE, stroke=INK)
            add(group, "text", entry.kind, x=x, y=y + 13, fill=FAINT, font_size=SMALL)
        elif entry.op is not None and entry.role == "node":
            add(group, "rect", **box, rx=RADIUS, fill=NODE, stroke=INK)
        line, size = captions.title(entry)
        lower = -3 if entry.role == "box" and entry.kind else 0.34 * size
        add_line(group, line, x=x, y=y + lower, font_size=size, **self._mark(class_="title"))
        on_wire = (x + wide / 2 + self._wires_end(index)) / 2
        value, gradient = captions.above(entry), captions.below(entry)
        add_line(group, value, x=on_wire, y=y - 6, fill=VALUE, **self._mark(class_="value"))
        add_line(group, gradient, x=on_wire, y=y + 17, fill=GRADIENT, **self._mark(class_="gradient"))
        if entry.value_spread is not None:
            self._draw_histogram(group, entry.value_spread, on_wire, y - (22 if value else 6), VALUE)
        if entry.gradient_spread is not None:
            self._draw_histogram(group, entry.gradient_spread, on_wire, y + (35 if gradient else 19), GRADIENT)

    def _draw_histogram(self, group: ET.Element, spread: Spread, x: float, y: float, colour: str) -> None:
        """How many numbers lie where between the smallest and the largest, which stand at its sides."""
        bar, most = captions.BARS / len(spread.bins), max(spread.bins)
        heights = [12 * count / most for count in spread.bins]
        heights = [max(height, 1.0) if count else 0.0 for height, count in zip(heights, spread.bins, strict=True)]
        steps: list[Any] = []
        for i, (before, height) in enumerate(zip([0.0, *heights], heights, strict=False)):
            steps += ["v", (before - height,), "H", (x - captions.BARS / 2 + bar * (i + 1),)]
        add(group, "path", d=path((x - captions.BARS / 2, y), *steps, "v", (heights[-1],), "z"), fill=colour)
        for end, side, anchor in zip(captions.ends(spread), (-1, 1), ("end", "start"), strict=True):
            at = x + side * (captions.BARS / 2 + 4)
            add(group, "text", end.text, x=at, y=y, fill=colour, font_size=TINY, text_anchor=anchor)

    def _mark(self, **attributes: str | int) -> dict[str, str]:
        return {name: str(value) for name, value in attributes.items()} if self.look.marked else {}

    def _link(self, index: int, entry: Entry) -> dict[str, str]:
        if index not in self.look.links:
            return {}
        return {
            "data_opens": self.look.links[index],
            "tabindex": "0",
            "role": "button",
            "aria_label": f"Open {entry.name}",
        }

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
