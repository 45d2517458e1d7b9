"""Where the nodes of a graph stand: columns from the leaves to the result, rows within a column.

The placing itself is igraph's (Sugiyama's layered layout); this file says what is to be placed.
A node has one wire, whatever the number of its consumers, as in a circuit diagram: the wire
runs through every column up to its last consumer and branches off on the way. So a leaf that
a thousand nodes use costs a thousand points, not the half million of a line for each of them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from autograd_core.errors import AutogradError


class MissingLibraryError(AutogradError, ImportError):
    """A library that only this feature needs, and that is not installed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of a node, or of a point where a wire passes through a column."""

    column: int  # 0 is the leftmost
    row: float  # 0 is the topmost; neighbours are at least 1 apart


@dataclass(frozen=True, slots=True)
class Segment:
    """A wire from one column to the next, between places; `port` says which input it is, at a node."""

    start: int
    end: int
    port: int | None


@dataclass(frozen=True, slots=True)
class Layout:
    """The places, nodes first and in their order, and the wires between them."""

    places: tuple[Place, ...]
    segments: tuple[Segment, ...]


def arrange(inputs: Sequence[Sequence[int]]) -> Layout:
    """Place a graph given as each node's inputs, by position; inputs come first, the result last.

    Every node stands right before the first that uses it, so wires are short.
    Errors: MissingLibraryError without igraph.
    """
    distance = [0] * len(inputs)  # in columns, to the result
    for node in range(len(inputs) - 1, -1, -1):
        for source in inputs[node]:
            distance[source] = max(distance[source], distance[node] + 1)
    segments = _route(inputs, distance)
    rows = _rows(distance, segments)
    if _upside_down(inputs, rows):
        rows = [-row for row in rows]
    top = min(rows)
    farthest = max(distance)
    places = tuple(Place(farthest - d, row - top) for d, row in zip(distance, rows, strict=True))
    return Layout(places, segments)


def _route(inputs: Sequence[Sequence[int]], distance: list[int]) -> tuple[Segment, ...]:
    """Lead each node's wire to its consumers; `distance` grows by the points where a wire passes a column."""
    segments = []
    on_the_way: dict[tuple[int, int], int] = {}  # (node, distance) -> the point of its wire there
    for node, sources in enumerate(inputs):
        for port, source in enumerate(sources):
            at = source
            for column in range(distance[source] - 1, distance[node], -1):
                if (source, column) not in on_the_way:
                    on_the_way[source, column] = len(distance)
                    distance.append(column)
                    segments.append(Segment(at, on_the_way[source, column], None))
                at = on_the_way[source, column]
            segments.append(Segment(at, node, port))
    return tuple(segments)


def _rows(distance: Sequence[int], segments: Sequence[Segment]) -> list[float]:
    igraph: Any = _igraph()
    graph = igraph.Graph(n=len(distance), edges=[(s.start, s.end) for s in segments], directed=True)
    layout = graph.layout_sugiyama(layers=distance, hgap=1, vgap=1)
    rows = [float(row) for row, _ in layout.coords]
    # igraph averages four alignments, and the average may put two places closer than hgap, or even on each other.
    columns: dict[int, list[int]] = defaultdict(list)
    for place, column in enumerate(distance):
        columns[column].append(place)
    leaving: dict[int, list[Segment]] = defaultdict(list)
    for segment in segments:
        leaving[segment.start].append(segment)

    def leads_to(place: int) -> float:
        return fmean(rows[s.end] + 0.01 * (s.port or 0) for s in leaving[place]) if leaving[place] else 0.0

    for column in sorted(columns):  # from the result to the left, so that what a wire leads to is placed before
        places = sorted(columns[column], key=lambda place: (rows[place], leads_to(place)))
        for place, row in zip(places, _one_apart([rows[place] for place in places]), strict=True):
            rows[place] = row
    return rows


def _one_apart(rows: Sequence[float]) -> list[float]:
    """The rows nearest to the given, sorted ones (in least squares) of which no two are closer than 1.

    Less their position they only have to ascend, which is isotonic regression; done by pooling
    those that violate it (Ayer and others, 1955).
    """
    pools: list[list[float]] = []
    for position, row in enumerate(rows):
        pools.append([row - position])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            violating = pools.pop()
            pools[-1] += violating
    level = [fmean(pool) for pool in pools for _ in pool]
    return [row + position for position, row in enumerate(level)]


def _upside_down(inputs: Sequence[Sequence[int]], rows: Sequence[float]) -> bool:
    """Whether more neighbouring inputs stand in the wrong order, the first below the second, than in the right one.

    Of a graph with several results these count, too.
    """
    used = {source for sources in inputs for source in sources}
    wrong = 0
    for sources in (*inputs, [node for node in range(len(inputs)) if node not in used]):
        for first, second in itertools.pairwise(sources):
            wrong += (rows[first] > rows[second]) - (rows[first] < rows[second])
    return wrong > 0


def _igraph() -> Any:
    try:
        import igraph
    except ImportError:
        raise MissingLibraryError(
            'drawing a graph needs igraph, which is not installed: pip install "autograd-core[show]"'
        ) from None
    return igraph
