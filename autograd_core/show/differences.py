"""Derivatives of a graph of numbers by moving them: what its gradients are checked against.

The whole graph is computed again from where a number was moved, by its ops, with the others as they are.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_core.check import central_difference
from autograd_core.value import Value

STEP = 1e-6
"""How far a number is moved; times its size, if that is larger than 1."""


def finite_differences(order: Sequence[Value], nodes: Iterable[Value]) -> dict[Value, float]:
    """∂(the last of `order`)/∂each of `nodes`, by central differences; `order` has inputs before what they make."""
    consumers: list[list[int]] = [[] for _ in order]
    position = {node: i for i, node in enumerate(order)}
    sources = [[position[parent] for parent in node.parents] for node in order]
    for i, inputs in enumerate(sources):
        for source in set(inputs):
            consumers[source].append(i)
    result = len(order) - 1

    def moved(start: int, by: float) -> float:
        changed = {start: order[start].data + by}
        waiting = list(consumers[start])  # in order, so it is a heap
        while waiting:
            i = heapq.heappop(waiting)
            if i in changed:
                continue
            changed[i] = order[i].op.on_numbers(*[changed.get(s, order[s].data) for s in sources[i]])
            for consumer in consumers[i]:
                heapq.heappush(waiting, consumer)
        return changed.get(result, order[result].data)

    def difference(node: Value) -> float:
        step = STEP * max(1.0, abs(node.data)) if math.isfinite(node.data) else STEP
        return central_difference(lambda by: moved(position[node], by), step)

    return {node: difference(node) for node in nodes}


def agree(gradient: float, difference: Any) -> bool:
    """Whether a gradient is what differences say, as far as these are exact."""
    return math.isclose(gradient, difference, rel_tol=1e-5, abs_tol=1e-7)
