"""A graph as a page can play it: nodes with their numbers, and what is said of each when it computes and passes back.

Of numbers the page gets formulas with places for them, and the rows as JavaScript, so that it can compute again with
other inputs. Of arrays it gets sentences: which rule makes what of which shapes, and the numbers where they are few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_core import ops, value_list
from autograd_core.errors import ArgumentError
from autograd_core.graph import Node, topological_order
from autograd_core.ops.definition import Elementwise
from autograd_core.show import arrays, wording
from autograd_core.show.javascript import Translator, UntranslatableError
from autograd_core.show.notation import ATOM, Term
from autograd_core.show.snapshot import Entry, Snapshot, take

LIMIT = 300
"""How many nodes can be stepped through unless asked otherwise."""

Data = dict[str, Any]


def read(root: Any, limit: int, names: Mapping[Any, str]) -> tuple[Snapshot, Data, str]:
    """A snapshot to be drawn, what the page is to know, and the JavaScript that it computes with.

    Errors: DTypeError for what has no graph, ArgumentError for a graph of more than `limit` nodes.
    """
    snapshot = take(root, max(limit, 1), differentiated=True, names=names)
    if snapshot.omission or limit < 1:
        raise ArgumentError(
            f"step: the graph has {snapshot.total} nodes, and limit={limit}; step through a part of it, from an inner "
            "node, or give a larger limit"
        )
    snapshot = replace(snapshot, entries=_named(snapshot.entries))
    if snapshot.of_numbers:
        return _of_numbers(snapshot)
    return _of_arrays(root, snapshot)


def _named(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Steps speak of nodes by name: leaves without a label get one, and so does the result; the picture shows all."""
    taken = {entry.name for entry in entries}
    *others, result = entries
    if result.op is not None and not result.label and "f" not in taken:
        entries = [*others, replace(result, name="f")]
    fresh = (name for i in range(1, len(entries) + 1 + len(taken)) if (name := f"x{i}") not in taken)
    named = []
    for entry in entries:
        name = next(fresh) if entry.role == "node" and entry.op is None and not entry.label else entry.name
        named.append(replace(entry, name=name, label=name) if entry.role == "node" else entry)
    return tuple(named)


# --- numbers --------------------------------------------------------------------------------------


def _of_numbers(snapshot: Snapshot) -> tuple[Snapshot, Data, str]:
    translator = Translator()
    nodes, refusals = [], []
    for entry in snapshot.entries:
        node = _node_of_numbers(entry, snapshot)
        try:
            node |= _functions(entry, translator)
        except UntranslatableError as error:
            refusals.append(f"{entry.name}, which is made by {entry.op_name}: {error}")
        nodes.append(node)
    fixed = f"inputs cannot be changed here, for not all can be computed in a page ({refusals[0]})" if refusals else ""
    data = {"numbers": True, "nodes": nodes, "fixed": fixed, "notices": list(filter(None, [snapshot.warning]))}
    return snapshot, data, translator.text


def _node_of_numbers(entry: Entry, snapshot: Snapshot) -> Data:
    inputs, y = wording.names_of(entry, snapshot)
    constants = [snapshot.entries[i].role == "constant" for i in entry.inputs]
    # What a formula's numbers are put into by the page; those of constants are known, and may decide what it says.
    places = [x if fixed else Term(f"⟦{i}⟧", ATOM) for i, (x, fixed) in enumerate(zip(inputs, constants, strict=True))]
    node: Data = {
        "name": entry.name,
        "op": entry.op_name,
        "role": entry.role,
        "inputs": entry.inputs,
        "value": repr(entry.value),
        "gradient": repr(entry.gradient),
        "edges": [],
    }
    if entry.op is None:
        return node
    node["written"] = wording.result(entry.op, inputs).text
    node["filled"] = wording.result(entry.op, places).text
    for position, local in enumerate(entry.local_gradients):
        node["edges"].append(
            {
                "derivative": wording.derivative(entry, position, snapshot),
                "local": repr(local),
                "written": wording.local_gradient(entry.op, position, inputs, y),
                "filled": wording.local_gradient(entry.op, position, places, Term("⟦y⟧", ATOM)),
            }
        )
    return node


def _functions(entry: Entry, translator: Translator) -> Data:
    """The names of the JavaScript functions that compute a node and its local gradients, and what these take."""
    op: Any = entry.op
    if op is None:
        return {}
    if isinstance(op, value_list.WeightedSum):
        return _functions_of_weighted_sum(op, len(entry.inputs), translator)
    if not isinstance(op, Elementwise):
        raise UntranslatableError("an op on lists is no function of numbers")
    # An input without a rule is a constant, and has the local gradient 0.
    rules = [rule and [translator.add(rule.function), rule.arrays] for rule in op.rules]
    return {"function": translator.add(op.row), "rules": rules}


def _functions_of_weighted_sum(op: value_list.WeightedSum, count: int, translator: Translator) -> Data:
    """Those of multiply for each product, and of add for what is added up."""
    n = op.pairs
    (by_a, by_b), (by_sum, _) = ops.multiply.rules, ops.add.rules
    assert by_a is not None and by_b is not None and by_sum is not None
    first, second, added = (translator.add(rule.function) for rule in (by_a, by_b, by_sum))
    rules = [[first, [n + i]] for i in range(n)] + [[second, [i]] for i in range(n)]
    rules += [[added, []]] * (count - 2 * n)
    names = [translator.add(ops.add.row), translator.add(ops.multiply.row)]
    return {"sum": names, "pairs": n, "rules": rules}


# --- arrays ---------------------------------------------------------------------------------------


def _of_arrays(root: Any, snapshot: Snapshot) -> tuple[Snapshot, Data, str]:
    order = topological_order(root.node or root)
    found = arrays.gradients(order)
    gradients, shares = found or ({}, {})
    known = arrays.values(order, root)
    notices = list(filter(None, [snapshot.warning]))
    if found is None:
        notices.append(
            "backward() has freed this graph, so that the gradients' numbers are not known any more: step before "
            "backward(), or call backward(retain_graph=True)"
        )
    elif np.size(root.array) != 1:
        notices.append(f"{snapshot.result.name} has several entries: the gradients are those of their sum")
    nodes: list[Data] = []
    entries = []
    for entry, node in zip(snapshot.entries, snapshot.nodes, strict=True):
        nodes.append(_node_of_arrays(entry, node, snapshot, known, gradients, shares))
        value, gradient = (
            arrays.text(found.get(node), arrays.ON_THE_WIRE).replace("-", "−") or entry.value
            for found in (known, gradients)
        )
        entries.append(replace(entry, value=value, gradient=gradient) if entry.role == "node" else entry)
    data = {"numbers": False, "nodes": nodes, "fixed": "", "notices": notices}
    return replace(snapshot, entries=tuple(entries)), data, ""


def _node_of_arrays(entry: Entry, node: Any, snapshot: Snapshot, known: Any, gradients: Any, shares: Any) -> Data:
    inputs, y = wording.names_of(entry, snapshot)
    shape = str(entry.value)
    data: Data = {
        "name": entry.name,
        "op": entry.op_name,
        "role": entry.role,
        "inputs": entry.inputs,
        "shape": shape,
        "value": arrays.known_text(known, node),
        "gradient": arrays.known_text(gradients, node),
        "edges": [],
    }
    if not isinstance(node, Node):
        return data
    data["written"] = wording.result(entry.op, inputs, entry.attributes).text
    upstream = Term(f"∂{snapshot.result.name}/∂{entry.name}", ATOM)
    for position, (i, source) in enumerate(zip(entry.inputs, node.parents, strict=True)):
        if source is None:
            data["edges"].append(None)
            continue
        formula = wording.product(node.op, position, upstream, inputs, y, node.attributes)
        shapes = f"{shape} → {snapshot.entries[i].value}"
        share = arrays.known_text(shares, (node, position))
        data["edges"].append({"formula": formula, "shapes": shapes, "share": share})
    return data
