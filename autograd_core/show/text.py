"""A graph as a table: what each node knows, and what it passes on. `svg.py` draws the same as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from autograd_core.show.snapshot import LIMIT, Entry, Snapshot, number_text, take


def explain(root: Any, limit: int = LIMIT) -> str:
    """The graph behind `root` as a table to print, each node after its inputs.

    A node of numbers knows its op and inputs, its value, its local gradient for each input and,
    after `backward()`, its upstream gradient, which is its own gradient ∂root/∂node, whatever
    other backward passes have added to `.grad`. It passes
    local · upstream on to each input; an input's gradient is the sum of what it is passed.

    >>> from autograd_core import Value
    >>> x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    >>> f = (x + y) * z
    >>> f.backward()
    >>> print(explain(f))
    node  op        value  gradient  input  local gradient  · upstream  = passed on
    x                  -2        -4
    y                   5        -4
    v1    add           3        -4  x                   1          -4           -4
                                     y                   1          -4           -4
    z                  -4         3
    v2    multiply    -12         1  v1                 -4           1           -4
                                     z                   3           1            3

    Of a graph of Tensors it tells ops, inputs, shapes, dtypes, and the shapes of what `.grad` holds;
    recorded nodes keep no numbers.
    Of more than `limit` nodes it tells those nearest to `root`. Where an input has been given another value since, it
    says so.
    Errors: DTypeError for what is neither a Value nor a Tensor.
    """
    snapshot = take(root, limit)
    table = _table_of_numbers(snapshot) if snapshot.of_numbers else _table_of_arrays(snapshot)
    if snapshot.omission:
        table += ["", snapshot.omission]
    if snapshot.warning:
        table += ["", snapshot.warning]
    if not snapshot.differentiated and snapshot.released:
        table += ["", "no gradients are kept; backward() has freed this graph: for another, compute the result again"]
    elif not snapshot.differentiated:
        table += ["", "no gradients yet: call backward() on the result"]
    return "\n".join(table)


def _table_of_numbers(snapshot: Snapshot) -> list[str]:
    rows: list[tuple[str, ...]] = [_HEADER]
    for entry, inputs in _shown(snapshot):
        own = (entry.name, entry.op_name, _text(entry.value), _text(entry.gradient))
        edges = [_edge(entry, *edge) for edge in zip(inputs, entry.local_gradients, strict=True)]
        for i, edge in enumerate(edges or [("",) * 4]):
            rows.append((*(own if i == 0 else ("",) * 4), *edge))
    sides = "llrrlrrr"
    if not snapshot.differentiated:
        rows = [(*row[:3], *row[4:6]) for row in rows]
        sides = "llrlr"
    return _aligned(rows, sides)


_HEADER = ("node", "op", "value", "gradient", "input", "local gradient", "· upstream", "= passed on")


def _edge(entry: Entry, source: Entry, local: float) -> tuple[str, ...]:
    """The chain rule for one input; a constant is passed nothing, and has no derivative that is nan."""
    if source.role == "constant" and math.isnan(local):  # (-3)^b has none in b, but b is 2
        return source.name, "", "", ""
    if not isinstance(entry.gradient, float) or source.role == "constant":
        return source.name, _text(local), "", ""
    return source.name, _text(local), _text(entry.gradient), _text(local * entry.gradient)


def _table_of_arrays(snapshot: Snapshot) -> list[str]:
    rows = [("node", "op", "inputs", "shape", "dtype", ".grad")]
    for entry, inputs in _shown(snapshot):
        op = entry.op_name + f"({entry.attributes})" * bool(entry.attributes)
        names = ", ".join(source.name for source in inputs)
        rows.append((entry.name, op, names, _text(entry.value), entry.dtype, _text(entry.gradient)))
    return _aligned(rows, "llllll")


def _shown(snapshot: Snapshot) -> Iterator[tuple[Entry, list[Entry]]]:
    """The nodes with their inputs."""
    for entry in snapshot.entries:
        if entry.role == "node":
            yield entry, [snapshot.entries[i] for i in entry.inputs]


def _text(quantity: float | str | None) -> str:
    return "" if quantity is None else quantity if isinstance(quantity, str) else number_text(quantity)


def _aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """Columns two spaces apart, each flush left ("l") or right ("r")."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in rows
    ]
