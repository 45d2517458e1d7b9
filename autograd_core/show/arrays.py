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
from autograd_core.graph import Node, chain_rule
from autograd_core.ops.op import Op
from autograd_core.show.snapshot import Snapshot, number_text
from autograd_core.tensor import Tensor

FEW = 12
"""Up to so many numbers are shown one by one."""
ON_THE_WIRE = 3
"""Numbers of an array that have room on a wire."""
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


def with_numbers(snapshot: Snapshot, root: Tensor) -> Snapshot:
    """A snapshot of Tensors with the numbers of small arrays for their shapes, and of others what sums them up."""
    shown = [node for entry, node in zip(snapshot.entries, snapshot.nodes, strict=True) if entry.role == "node"]
    known = values(shown, root)
    entries = []
    for entry, node in zip(snapshot.entries, snapshot.nodes, strict=True):
        if entry.role != "node":
            entries.append(entry)
            continue
        tensor = root if node is root.node else node
        if isinstance(node, Node) and node is not root.node:
            tensor = node.retained() if node.retained is not None else None
        gradient = None if tensor is None or tensor.grad is None else tensor.grad.array
        summaries = {"value": summary(known.get(node)), "gradient": summary(gradient)}
        entries.append(
            replace(
                entry,
                value=text(known.get(node), ON_THE_WIRE) or entry.value,
                gradient=text(gradient, ON_THE_WIRE) or entry.gradient,
                summary="; ".join(
                    [f"shape {entry.value}"] + [f"{what} {found}" for what, found in summaries.items() if found]
                ),
            )
        )
    return replace(snapshot, entries=tuple(entries))


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
        passed: list[tuple[Any, Any]] = node.op.pull_back(node, total, False, None, False)
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


def summary(array: Any) -> str:
    """What there is to say of many numbers: their range, norm and share of zeros; empty for what is unknown."""
    if array is None or np.size(array) == 0:
        return ""
    numbers = np.asarray(array, np.float64)
    strange = numbers.size - int(np.isfinite(numbers).sum())
    if strange:
        return f"{strange} of {numbers.size} are nan or infinite"
    low, high, norm = (number_text(float(x), digits=4) for x in (numbers.min(), numbers.max(), np.linalg.norm(numbers)))
    return f"from {low} to {high}, norm {norm}, {(numbers == 0).mean():.0%} zeros"


def known_text(known: Mapping[Any, Any], key: Any) -> str:
    """The numbers of an array if it is known and small, else what sums it up."""
    array = known.get(key)
    return text(array) or summary(array)
