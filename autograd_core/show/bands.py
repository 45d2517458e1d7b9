"""The columns of a picture, and how they are broken into bands, one below the other, where it has to be narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograd_core.show.layout import Place, Segment

# Lengths in pixels.
MARGIN = 20.0
SHORTEST_WIRE = 46.0
CONNECTOR = 26.0  # at the ends of a band, for what leaves and comes in


@dataclass(slots=True)
class Column:
    """A column of nodes and, to their right, of their wires; lengths in pixels."""

    left: float = MARGIN
    nodes: float = 0.0  # width
    wires: float = SHORTEST_WIRE  # width
    gap: float = 0.0  # to the column before
    entrance: float = 0.0  # of the gap, what is kept for what stands where wires come in

    @property
    def middle(self) -> float:
        """Where its nodes stand."""
        return self.left + self.nodes / 2

    @property
    def right(self) -> float:
        """Where its wires end."""
        return self.left + self.nodes + self.wires


@dataclass(frozen=True, slots=True)
class Band:
    """Columns that stand beside each other; `shift` is to be added to their places."""

    number: int
    first: int
    last: int
    shift: float
    top: float  # its uppermost row
    rows: float  # how many


def broken(
    columns: Sequence[Column], places: Sequence[Place], segments: Sequence[Segment], room: float | None
) -> list[Band]:
    """Bands of columns that are no wider than `room` pixels, if a column allows; without it, one."""
    starts = [0]
    for i, column in enumerate(columns):
        # A band that is not the first begins with the bends of wires that come in.
        begin = columns[starts[-1]]
        extra = begin.gap if starts[-1] else 0.0
        if room is not None and i > starts[-1] and column.right - begin.left + extra > room:
            starts.append(i)
    bands = []
    for number, (first, after) in enumerate(zip(starts, [*starts[1:], len(columns)], strict=True)):
        rows = [place.row for place in places if first <= place.column < after]
        comes_in = [places[s.start].row for s in segments if places[s.end].column == first] if number else []
        top, bottom = min(rows + comes_in), max(rows + comes_in)
        shift = MARGIN + CONNECTOR + columns[first].gap - columns[first].left if number else 0.0
        bands.append(Band(number, first, after - 1, shift, top, bottom - top + 1))
    return bands
