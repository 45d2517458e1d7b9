"""The backward pass of Tensors: the chain rule, and around it hooks, `.grad` of inner tensors, nan and infinity."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_core.errors import GraphError
from autograd_core.gradient_parts import Parts, add_parts, whole
from autograd_core.graph import Node, chain_rule, topological_order
from autograd_core.kernels import memory
from autograd_core.recording import check_share, refuse_to_compile, structure, thread


def backpropagate(
    root: Any,
    gradient: Any,
    retain_graph: bool = False,
    create_graph: bool = False,
    on_tensors: bool | None = None,
    wanted: Iterable[Any] | None = None,
) -> dict[Any, Any]:
    """Gradients of `root`, times `gradient`, for every leaf (or for the `wanted` nodes and leaves).

    With `create_graph` the gradients are Tensors and are recorded themselves; else the arrays that the graph saved are
    released as the pass goes by, unless `retain_graph`, and gradients are arrays, unless it is to run `on_tensors`.
    """
    on_tensors = create_graph if on_tensors is None else on_tensors
    order = topological_order(root)
    if structure.leaves_have_hooks and any(type(node) is not Node and node.hooks for node in order):
        order = _leaves_where_needed(order)
    kept = None if wanted is None else set(wanted)
    needed = None if kept is None else _leads_to(order, kept)
    release = not (retain_graph or create_graph)
    anomaly = thread.recording.anomaly
    result: dict[Any, Any] = {}

    def pull_back(node: Any, total: Any) -> Iterable[tuple[Any, Any]]:
        if type(total) is Parts:
            total = total.whole()
        if node.hooks:
            total = _hooked(node, total, on_tensors)
        is_leaf = type(node) is not Node
        if is_leaf if kept is None else node in kept:
            result[node] = total
        if is_leaf:
            return ()
        if node.retained is not None and (tensor := node.retained()) is not None:
            tensor.accumulate(total)
        if node.saved is None:
            raise GraphError(
                f"{node.op.name}: this graph was differentiated before and its saved arrays are released; "
                "call the first backward(retain_graph=True), or compute the result again"
            )
        shares: list[tuple[Any, Any]] = node.op.pull_back(node, total, create_graph, needed, on_tensors)
        if anomaly:
            for _, share in shares:
                check_share(node.op.name, node.line, whole(share))
        if release:
            node.saved = None
        return shares

    chain_rule(order, {root: gradient}, pull_back, add_shares)
    return result


def _leaves_where_needed(order: list[Any]) -> list[Any]:
    """The order with every leaf right before the first node that needs it.

    A backward pass then comes to it, and to its hooks, as soon as its gradient is complete. All else stays in order, so
    that sums are rounded as ever.
    """
    found: list[Any] = []
    placed: set[Any] = {None}
    for node in order:
        if type(node) is Node:
            leaves = [x for x in node.parents if type(x) is not Node and x not in placed]
            placed.update(leaves)
            found += dict.fromkeys(leaves)
            found.append(node)
    return found or order  # which is the root alone, if that is a leaf


class _Sums:
    """How large arrays are added: by the op `add`, which puts that here when it is defined."""

    of_large: Callable[[Any, Any], Any]


sums = _Sums()


def add_shares(a: Any, b: Any) -> Any:
    """Two shares of a gradient added: arrays or, with create_graph, Tensors; tuples if an op has several outputs.

    Either may be in `Parts`.
    """
    if type(a) is tuple:
        return tuple([y if x is None else x if y is None else add_shares(x, y) for x, y in zip(a, b, strict=True)])
    if type(a) is Parts or type(b) is Parts:
        return add_parts(a, b)
    if type(a) is np.ndarray and a.nbytes >= memory.LARGE_RESULT:
        return sums.of_large(a, b)
    return a + b


def _hooked(node: Any, gradient: Any, on_tensors: bool) -> Any:
    """What the hooks make of a complete gradient; one that returns None leaves it as it is."""
    refuse_to_compile("what a tensor's hooks do", "remove them, or do without compiling")
    for hook in node.hooks:
        changed = hook(gradient)
        if changed is not None:
            gradient = changed if on_tensors else getattr(changed, "array", changed)
    return gradient


def _leads_to(order: list[Any], kept: set[Any]) -> set[Any]:
    """The nodes of `order` from which a path of parents reaches one of `kept`."""
    found: set[Any] = set()
    for node in order:
        if node in kept or any(parent in found for parent in node.parents):
            found.add(node)
    return found
