"""A derivative as the sum over all paths, from the result to an input, of the products of local gradients on the way.

That is what the chain rule says; the backward pass adds the same up without going through each path by itself, of which
there may be exponentially many.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from autograd_core.errors import ArgumentError
from autograd_core.show import wording
from autograd_core.show.snapshot import Snapshot
from autograd_core.show.summaries import number_text
from autograd_core.value import Value

MOST = 20
"""Paths that are written out."""
LONGEST = 12
"""Edges of a path whose factors are written out."""

Path = tuple[tuple[int, int], ...]
"""Edges from the result on: a node, by its place in the snapshot, and which of its inputs the path goes through."""


def explain_paths(snapshot: Snapshot, wrt: Value) -> str:
    """The text for `wrt`, a node of the graph. Errors: ArgumentError for one that is none, or a constant."""
    places = [i for i, node in enumerate(snapshot.nodes) if node is wrt]  # equal numbers are other nodes
    if not places or snapshot.entries[places[0]].role != "node":
        raise ArgumentError(f"explain: wrt={wrt!r} is no node of the graph of {snapshot.result.name}")
    (goal,) = places
    count = _counted(snapshot, goal)
    what = f"∂{snapshot.result.name}/∂{snapshot.entries[goal].name}"
    if goal == len(snapshot.entries) - 1:
        return f"{what} = 1"
    shown = list(itertools.islice(_paths(snapshot, goal), MOST))
    rows = [_described(snapshot, path) for path in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(2)] if rows else [0, 0]
    lines = [f"{way.ljust(widths[0])}  {product.ljust(widths[1])} = {total}" for way, product, total in rows]
    products = [_product(snapshot, path) for path in shown]
    gradient = snapshot.entries[goal].gradient
    assert isinstance(gradient, float)
    sum_of = signed_sum(products)
    if count > len(shown):
        lines.append(f"… and {count - len(shown)} paths more")
        sum_of += " + …"
    head = f"{what} is the sum over {count} path{'s' * (count != 1)} of products of local gradients:"
    parts = [what, *([sum_of] if count != 1 and products else []), number_text(gradient)]
    return "\n".join([head, "", *lines, "", " = ".join(parts)] if rows else [f"{what} = 0: no path leads there"])


def signed_sum(numbers: Sequence[float]) -> str:
    """Numbers joined by +, negative ones after the first in brackets."""
    texts = list(map(number_text, numbers))
    return " + ".join(f"({text})" if i and text.startswith("-") else text for i, text in enumerate(texts))


def _counted(snapshot: Snapshot, goal: int) -> int:
    """How many paths there are, without going through them."""
    paths = [0] * len(snapshot.entries)
    for i, entry in enumerate(snapshot.entries):
        paths[i] = 1 if i == goal else sum(paths[source] for source in entry.inputs)
    return paths[-1]


def _paths(snapshot: Snapshot, goal: int) -> Iterator[Path]:
    """All of them, inputs from left to right; without recursion, for graphs may be deep."""
    leads = [False] * len(snapshot.entries)
    for i, entry in enumerate(snapshot.entries):
        leads[i] = i == goal or any(leads[source] for source in entry.inputs)
    start = len(snapshot.entries) - 1
    way: list[tuple[int, int]] = []
    waiting = [iter(range(len(snapshot.entries[start].inputs)))]
    nodes = [start]
    while waiting:
        position = next(waiting[-1], None)
        if position is None:
            waiting.pop()
            nodes.pop()
            if way:
                way.pop()
            continue
        node = nodes[-1]
        source = snapshot.entries[node].inputs[position]
        if source == goal:
            yield (*way, (node, position))
        elif leads[source]:
            way.append((node, position))
            nodes.append(source)
            waiting.append(iter(range(len(snapshot.entries[source].inputs))))


def _product(snapshot: Snapshot, path: Path) -> float:
    return math.prod(snapshot.entries[node].local_gradients[position] for node, position in path)


def _described(snapshot: Snapshot, path: Path) -> tuple[str, str, str]:
    """The way, the product in derivatives, and in symbols and numbers; of a long path the ends of the way alone."""
    entries = snapshot.entries
    last, last_position = path[-1]
    way = [entries[node].name for node, _ in path] + [entries[entries[last].inputs[last_position]].name]
    total = number_text(_product(snapshot, path))
    if len(path) > LONGEST:
        return " → ".join([*way[:3], "…", *way[-3:]]), f"a product of {len(path)}", total
    derivatives = " · ".join(wording.derivative(entries[node], position, snapshot) for node, position in path)
    factors = [wording.factor(wording.local_gradient_of(snapshot, node, position)) or "?" for node, position in path]
    texts = [number_text(entries[node].local_gradients[position]) for node, position in path]
    numbers = " · ".join(f"({text})" if i and text.startswith("-") else text for i, text in enumerate(texts))
    steps = [" · ".join(factors), numbers, total]
    return (
        " → ".join(way),
        derivatives,
        " = ".join(t for t, before in zip(steps, ["", *steps], strict=False) if t != before),
    )
