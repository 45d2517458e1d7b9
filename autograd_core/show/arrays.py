"""The numbers in a graph of Tensors: what it still holds of them, and the gradients by one more backward pass.

A recorded node keeps its shape, and of the arrays only those that a rule asks for. What is not among these is computed
again where all inputs are known and small; the rest stays unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_core.backward import add_shares
from autograd_core.gradient_parts import whole
from autograd_core.graph import Node, chain_rule
from autograd_core.ops.op import Op
from autograd_core.show.snapshot import Box, Entry, Reading, Snapshot
from autograd_core.show.summaries import FEW, number_text, spread, summary
from autograd_core.tensor import Tensor

ON_THE_WIRE = 3
"""Numbers of an array that have room on a wire."""
_FULLY = 10_000
"""Nodes of a graph of which all are looked at; of a larger one those that are shown."""
_SMALL = 10_000
"""Numbers in an array that is computed again, and in its inputs."""


def values(order: Sequence[Any], root: Tensor) -> dict[Any, Any]:
    """The arrays of nodes and leaves of a graph, as far as they are known; `order` has inputs first."""
    known: dict[Any, Any] = {root.node or root: root.array}
    for node in order:
        if isinstance(node, Tensor):
            known[node] = node.array
            continue
        if node.retained is not None and (tensor := node.retained()) is not None:
            known[node] = tensor.array
        saved = node.saved or ()
        for source, array in zip((*node.parents, node), saved, strict=False):
            if source is not None and isinstance(array, np.ndarray) and array.shape == source.shape:
                known.setdefault(source, array)
    for node in order:
        if isinstance(node, Node) and node not in known and node.saved is not None and _is_ours(node.op):
            inputs = [
                saved if source is None else known.get(source)
                for source, saved in zip(node.parents, node.saved or (None,) * len(node.parents), strict=False)
            ]
            sizes = [math.prod(node.shape), *[0 if x is None else np.size(x) for x in inputs]]
            if max(sizes) <= _SMALL and all(x is not None for x in inputs):
                known[node] = np.asarray(node.op.execute(inputs, node.attributes))
    return known


def with_numbers(snapshot: Snapshot, reading: Reading, root: Tensor) -> Snapshot:
    """A snapshot of Tensors with the numbers of small arrays, and of others what sums them up and how they are spread.

    Gradients are what `.grad` holds; but if leaves have some, and the graph is still there, those of all nodes.
    """
    order = reading.order
    known = values(
        order if len(order) <= _FULLY else [x for x in snapshot.nodes if isinstance(x, (Node, Tensor))], root
    )
    differentiated = any(isinstance(node, Tensor) and node.grad is not None for node in order)
    found = gradients(order) if differentiated and len(order) > 1 else None
    if found is not None and np.size(root.array) != 1:
        remarks = filter(None, [snapshot.folded, "gradients are those of the sum of the result's entries"])
        snapshot = replace(snapshot, folded="; ".join(remarks))
    return _filled(snapshot, root, known, None if found is None else found[0])


def _filled(snapshot: Snapshot, root: Tensor, known: Mapping[Any, Any], found: Mapping[Any, Any] | None) -> Snapshot:
    entries = []
    for entry, node in zip(snapshot.entries, snapshot.nodes, strict=True):
        shown = node.exits[0] if isinstance(node, Box) and len(node.exits) == 1 else node
        if entry.role in ("node", "box") and isinstance(shown, (Node, Tensor)):
            value = known.get(shown)
            gradient = _kept_gradient(shown, root) if found is None else found.get(shown)
            entry = _with_arrays(entry, value, gradient)
        entries.append(entry)
    insides = {place: _filled(inside, root, known, found) for place, inside in snapshot.insides.items()}
    return replace(snapshot, entries=tuple(entries), insides=insides, kept_gradients=found is None)


def _with_arrays(entry: Entry, value: Any, gradient: Any) -> Entry:
    said = {"value": _in_full(value), "gradient": _in_full(gradient)}
    norm = "" if gradient is None else f"norm {number_text(float(np.linalg.norm(gradient)), digits=4)}"
    return replace(
        entry,
        value=text(value, ON_THE_WIRE) or entry.value,
        gradient=None if gradient is None else text(gradient, ON_THE_WIRE) or norm,
        value_spread=spread(value) if value is not None else None,
        gradient_spread=spread(gradient) if gradient is not None else None,
        summary="; ".join(
            filter(None, [entry.summary, f"shape {entry.value}", *[f"{what} {x}" for what, x in said.items() if x]])
        ),
    )


def _in_full(array: Any) -> str:
    """The numbers, where they are few but have no room on a wire, and what sums them up."""
    numbers = text(array) if np.size(array) > ON_THE_WIRE else ""
    return ", ".join(filter(None, [numbers, summary(array)]))


def _kept_gradient(node: Any, root: Tensor) -> Any:
    """What the `.grad` of a node's tensor holds, as far as it is known which that is."""
    tensor = root if node is root.node else node
    if isinstance(tensor, Node):
        tensor = tensor.retained() if tensor.retained is not None else None
    return None if tensor is None or tensor.grad is None else tensor.grad.array


def _is_ours(op: Any) -> bool:
    """Whether an op of one result may be computed again: of a user's nobody knows what else it does."""
    return (
        isinstance(op, Op)
        and len(op.outputs) == 1
        and (getattr(op, "__module__", None) or "").startswith("autograd_core.")
    )


def gradients(order: Sequence[Any]) -> tuple[dict[Any, Any], dict[tuple[Any, int], Any]] | None:
    """∂(the sum of the last of `order`)/∂each, and what each node passes on to its input at a position.

    None if a backward pass has released the graph. Neither hooks run nor does `.grad` change.
    """
    *_, root = order
    if any(isinstance(node, Node) and node.saved is None for node in order):
        return None
    complete: dict[Any, Any] = {}
    shares: dict[tuple[Any, int], Any] = {}

    def pull_back(node: Any, total: Any) -> Iterable[tuple[Any, Any]]:
        if not isinstance(total, tuple):  # the gradients of an op's several results, which are nodes of their own
            complete[node] = total
        if not isinstance(node, Node):
            return ()
        passed = [(parent, whole(share)) for parent, share in node.op.pull_back(node, total, False, None, False)]
        waiting = list(passed)
        for position, source in enumerate(node.parents):
            if source is not None and waiting and waiting[0][0] is source:
                share = waiting.pop(0)[1]
                if not isinstance(share, tuple):
                    shares[node, position] = share
        return passed

    with np.errstate(all="ignore"):
        chain_rule(list(order), {root: np.ones(root.shape, root.dtype)}, pull_back, add_shares)
    return complete, shares


def text(array: Any, few: int = FEW) -> str:
    """The numbers of a small array, nested as it is; empty for a larger one."""
    if array is None or np.size(array) > few:
        return ""
    return _nested(np.asarray(array).tolist())


def _nested(part: Any) -> str:
    return f"[{', '.join(map(_nested, part))}]" if isinstance(part, list) else number_text(float(part), digits=4)


def known_text(known: Mapping[Any, Any], key: Any) -> str:
    """The numbers of an array if it is known and small, else what sums it up."""
    array = known.get(key)
    return text(array) or summary(array)
