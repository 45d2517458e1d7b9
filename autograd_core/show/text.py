"""A graph as a table: what each node knows, and what it passes on. `svg.py` draws the same as a picture."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograd_core.errors import ArgumentError
from autograd_core.graph import Node, topological_order
from autograd_core.show import wording
from autograd_core.show.differences import agree, finite_differences
from autograd_core.show.notation import ATOM, Term
from autograd_core.show.paths import explain_paths, signed_sum
from autograd_core.show.scope import Scope
from autograd_core.show.snapshot import LIMIT, Entry, Snapshot, take
from autograd_core.show.summaries import number_text
from autograd_core.tensor import Tensor


def explain(
    root: Any,
    limit: int = LIMIT,
    *,
    wrt: Any = None,
    symbols: bool = False,
    check: bool = False,
    module: Any = None,
) -> str:
    """The graph behind `root` as a table to print, each node after its inputs.

    A node of numbers knows its op and inputs, its value, its local gradient for each input and,
    after `backward()`, its upstream gradient, which is its own gradient ∂root/∂node, whatever
    other backward passes have added to `.grad`. It passes
    local · upstream on to each input; an input's gradient is the sum of what it is passed.

    >>> from autograd_core import Value
    >>> x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    >>> f = (x + y) * z
    >>> f.backward()
    >>> print(explain(f, symbols=True))
    node  op        value  gradient  input  local gradient  in symbols  · upstream  = passed on
    x                  -2        -4
    y                   5        -4
    v1    add           3        -4  x                   1  1                   -4           -4
                                     y                   1  1                   -4           -4
    z                  -4         3
    v2    multiply    -12         1  v1                 -4  z                    1           -4
                                     z                   3  v1                   1            3
    <BLANKLINE>
    ∂v2/∂x = -4
    ∂v2/∂y = -4
    ∂v2/∂z = 3

    With `symbols` the local gradients stand there in symbols, too, as their rows have them. With `check` there is a
    column of central differences, which need no derivative. With `wrt`, one of the Values, it is the derivative by that
    one instead, as the sum over all paths to it of products of local gradients.

    Of a graph of Tensors it tells ops, inputs, shapes, dtypes, and the shapes of what `.grad` holds;
    recorded nodes keep no numbers. Then, for each input, what its vector-Jacobian product is and which shapes it takes
    and gives.
    `module` says what the leaves are called that have no label, as in `draw`.
    Of more than `limit` nodes it tells those nearest to `root`. Where an input has been given another value since, it
    says so.
    Errors: DTypeError for what is neither a Value nor a Tensor, ArgumentError for a `wrt` or `check` of Tensors, and
    for a `wrt` that is not in the graph.
    """
    if isinstance(root, Tensor) and (wrt is not None or check):
        raise ArgumentError(
            "explain: wrt and check are for graphs of Values; of Tensors explain(t) has each rule, and gradcheck "
            "compares gradients with finite differences"
        )
    names = Scope(module).names
    if wrt is not None:
        return explain_paths(take(root, sys.maxsize, differentiated=True, names=names), wrt)
    snapshot = take(root, limit, names=names)
    if snapshot.of_numbers:
        differences = _differences(root, snapshot) if check else {}
        table = _table_of_numbers(snapshot, symbols, differences)
        table += _block(_totals(snapshot)) + _block(_disagreements(snapshot, differences))
    else:
        table = _table_of_arrays(snapshot) + _block(_rules(snapshot))
    table += _block(filter(None, [snapshot.omission])) + _block(filter(None, [snapshot.warning]))
    if not snapshot.differentiated and snapshot.released:
        table += ["", "no gradients are kept; backward() has freed this graph: for another, compute the result again"]
    elif not snapshot.differentiated:
        table += ["", "no gradients yet: call backward() on the result"]
    return "\n".join(table)


def _block(lines: Iterable[str]) -> list[str]:
    """Lines after an empty one, if there are any."""
    found = list(lines)
    return ["", *found] if found else []


def _table_of_numbers(snapshot: Snapshot, symbols: bool, differences: Mapping[int, float]) -> list[str]:
    """The columns are those that there is something for."""
    header = ["node", "op", "value", "gradient", "by differences"]
    header += ["input", "local gradient", "in symbols", "· upstream", "= passed on"]
    wanted = [True, True, True, snapshot.differentiated, bool(differences)]
    wanted += [True, True, symbols, snapshot.differentiated, snapshot.differentiated]
    rows = [header]
    for n, entry in _shown(snapshot):
        own = [entry.name, entry.op_name, _text(entry.value), _text(entry.gradient), _text(differences.get(n))]
        edges = [_edge(snapshot, n, position, symbols) for position in range(len(entry.inputs))]
        for i, edge in enumerate(edges or [[""] * 5]):
            rows.append([*(own if i == 0 else [""] * 5), *edge])
    kept = [[cell for cell, keep in zip(row, wanted, strict=True) if keep] for row in rows]
    return aligned(kept, "".join(side for side, keep in zip("llrrrlrlrr", wanted, strict=True) if keep))


def _edge(snapshot: Snapshot, n: int, position: int, symbols: bool) -> list[str]:
    """The chain rule for one input; a constant is passed nothing, and has no derivative that is nan."""
    entry = snapshot.entries[n]
    source = snapshot.entries[entry.inputs[position]]
    local = entry.local_gradients[position]
    if source.role == "constant" and math.isnan(local):  # (-3)^b has none in b, but b is 2
        return [source.name, "", "", "", ""]
    if source.role == "constant":
        return [source.name, _text(local), "", "", ""]
    written = wording.local_gradient_of(snapshot, n, position) if symbols else ""
    if not isinstance(entry.gradient, float):
        return [source.name, _text(local), written, "", ""]
    return [source.name, _text(local), written, _text(entry.gradient), _text(local * entry.gradient)]


def _totals(snapshot: Snapshot) -> Iterator[str]:
    """The gradient of each leaf with a label, and of each node that several use, as the sum of what it is passed."""
    if snapshot.omission or not snapshot.differentiated:  # or else what others pass is not known here
        return
    shares: dict[int, list[float]] = {i: [] for i in range(len(snapshot.entries))}
    for _, entry in _shown(snapshot):
        for i, local in zip(entry.inputs, entry.local_gradients, strict=True):
            if isinstance(entry.gradient, float):
                shares[i].append(local * entry.gradient)
    for i, entry in enumerate(snapshot.entries[:-1]):
        labelled_leaf = entry.op is None and entry.label
        if entry.role != "node" or entry.gradient is None or not (labelled_leaf or len(shares[i]) > 1):
            continue
        parts = [signed_sum(shares[i])] if len(shares[i]) > 1 else []
        yield " = ".join([f"∂{snapshot.result.name}/∂{entry.name}", *parts, _text(entry.gradient)])


def _differences(root: Any, snapshot: Snapshot) -> dict[int, float]:
    """The derivatives by the nodes that are shown, by their place."""
    shown = {n: snapshot.nodes[n] for n, _ in _shown(snapshot)}
    found = finite_differences(topological_order(root), shown.values())
    return {n: found[node] for n, node in shown.items()}


def _disagreements(snapshot: Snapshot, differences: Mapping[int, float]) -> Iterator[str]:
    for n, difference in differences.items():
        entry = snapshot.entries[n]
        if isinstance(entry.gradient, float) and not agree(entry.gradient, difference):
            yield (
                f"{entry.name}: the graph says {_text(entry.gradient)}, differences {_text(difference)}; at a kink, a "
                "tie or an infinity they may, elsewhere a rule is wrong"
            )


def _table_of_arrays(snapshot: Snapshot) -> list[str]:
    rows = [("node", "op", "inputs", "shape", "dtype", ".grad")]
    for _, entry in _shown(snapshot):
        op = entry.op_name + f"({entry.attributes})" * bool(entry.attributes)
        names = ", ".join(snapshot.entries[i].name for i in entry.inputs)
        rows.append((entry.name, op, names, _text(entry.value), entry.dtype, _text(entry.gradient)))
    return aligned(rows, "llllll")


def _rules(snapshot: Snapshot) -> list[str]:
    """What each node passes back to its inputs, from the result on."""
    rows = []
    for n, entry in reversed(list(_shown(snapshot))):
        node = snapshot.nodes[n]
        if not isinstance(node, Node):
            continue
        inputs, y = wording.names_of(entry, snapshot)
        upstream = Term(f"∂{snapshot.result.name}/∂{entry.name}", ATOM)
        for position, (i, source) in enumerate(zip(entry.inputs, node.parents, strict=True)):
            if source is not None:
                rule = wording.product(node.op, position, upstream, inputs, y, node.attributes)
                to = snapshot.entries[i]
                rows.append((f"∂{snapshot.result.name}/∂{to.name}", rule, f"{entry.value} -> {to.value}"))
    return aligned([("gradient", "vector-Jacobian product", "shapes"), *rows], "lll") if rows else []


def _shown(snapshot: Snapshot) -> Iterator[tuple[int, Entry]]:
    """The nodes, with their places."""
    for n, entry in enumerate(snapshot.entries):
        if entry.role == "node":
            yield n, entry


def _text(quantity: float | str | None) -> str:
    return "" if quantity is None else quantity if isinstance(quantity, str) else number_text(quantity)


def aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """Columns two spaces apart, each flush left ("l") or right ("r")."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in rows
    ]
