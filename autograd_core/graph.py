"""The graph and the chain rule: which op made what from what, and how gradients flow back.

Nothing here knows an op, a float or an array. A node says which op made it (`op`) and from which nodes (`parents`);
the op knows its own derivatives (`ops/definition.py`).

Ownership runs one way only, from a result to what it was made from, so reference counting alone frees a graph as soon
as its result is dropped: no cycles, nothing left for `gc`.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd_core.ops.op import Op


class Node:
    """One recorded op on arrays: what the backward pass needs of it, and nothing else. (A Value is its own node.)

    `parents` has one entry an input: the Node that made it, the leaf Tensor that it is, or None
    where no gradient is wanted. `saved` holds the arrays that the op's rules name: inputs in
    order and the output last, None where nothing is needed. `Op.node` makes them.
    """

    __slots__ = (
        "__weakref__",
        "attributes",
        "dtype",
        "hooks",
        "line",
        "op",
        "parents",
        "retained",
        "saved",
        "shape",
        "shapes",
    )

    op: Op[Any]
    parents: tuple[Any, ...]
    saved: Sequence[Any] | None  # None once released
    shapes: tuple[tuple[int, ...], ...] | None  # of the inputs, where a rule asks for one
    attributes: dict[str, Any]
    shape: tuple[Any, ...]  # of the output; of several, those of all
    dtype: Any
    retained: Any  # weak reference to the Tensor whose .grad is asked for, or None
    hooks: list[Any] | None  # called with the gradient when it is complete
    line: str | None  # where in the user's program it was recorded, within detect_anomaly()


def topological_order(root: Any) -> list[Any]:
    """Every node that `root` depends on, each after all of its parents; `root` comes last.

    Depth-first and iterative, so a chain of a million nodes needs no recursion. The order
    depends on the graph alone, so gradients are summed in the same order in every run.
    """
    order: list[Any] = []
    seen: set[Any] = {None}
    stack = [root]
    pop, push, extend, append = stack.pop, stack.append, stack.extend, order.append
    see, is_seen = seen.add, seen.__contains__
    finished = object()  # on the stack above a node whose parents have all been placed
    while stack:
        node = pop()
        if node is finished:
            append(pop())
        elif node not in seen:
            see(node)
            if node.parents:
                push(node)
                push(finished)
                # Of many parents most have been seen: weights, by the neuron before. It saves pushing them.
                extend(node.parents if len(node.parents) < 4 else itertools.filterfalse(is_seen, node.parents))
            else:
                append(node)
    return order


def chain_rule(
    order: list[Any],
    gradients: dict[Any, Any],
    pull_back: Callable[[Any, Any], Iterable[tuple[Any, Any]]],
    add: Callable[[Any, Any], Any] = operator.add,
) -> None:
    """Backpropagation: go through the nodes of `order` from the last to the first, and pass gradients to parents.

    `gradients` has that of the last one. When a node is reached, all that was computed from it has been, so its
    upstream gradient is complete: `pull_back(node, upstream)` gives every parent its share, upstream times the local
    gradient. Where the graph branches, shares add up.
    """
    while order:
        node = order.pop()  # which frees what has been passed, while the rest is still at work
        if node in gradients:
            for parent, share in pull_back(node, gradients.pop(node)):
                gradients[parent] = add(gradients[parent], share) if parent in gradients else share
