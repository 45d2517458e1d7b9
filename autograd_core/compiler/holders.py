"""Who looks at an array: how many references programs hold, and how many others there are.

A program writes to the arrays of leaves where they are. It may while nobody else looks at them; and another program
that reads them, as a generator's step reads the discriminator's weights, is nobody: it wants the new numbers.
"""

from __future__ import annotations

import functools
import gc
import threading
import weakref
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_core.kernels import plan
from autograd_core.kernels.references import counts
from autograd_core.recording import Recorded
from autograd_core.tensor import Tensor

_CONTAINERS = (list, tuple, dict, functools.partial, plan.Plan)


class Holders:
    """The references of all programs that there are to arrays, by the arrays' ids.

    Programs end in any thread, at any point of it: what they held is put aside then, and taken off by who asks next.
    """

    def __init__(self) -> None:
        self._counted: Counter[int] = Counter()
        self._gone: deque[Counter[int]] = deque()  # what programs held that have ended since
        self._lock = threading.Lock()
        self.version = 0  # grows whenever they change

    def add(self, program: Any) -> set[int]:
        """Count a program's in, until it is gone; the ids of the Tensors that are its own, whose references are too."""
        counts, own = _references(program)
        with self._lock:
            self._counted.update(counts)
        self.version += 1
        weakref.finalize(program, self._remove, counts)
        return own

    def _remove(self, counts: Counter[int]) -> None:
        self._gone.append(counts)
        self.version += 1

    @property
    def _counts(self) -> Counter[int]:
        with self._lock:
            while self._gone:
                self._counted.subtract(gone := self._gone.popleft())
                for key in gone:
                    if not self._counted[key]:
                        del self._counted[key]
        return self._counted

    def of(self, looked_at: Sequence[Any]) -> list[int]:
        """How many of the references to each of these are programs'."""
        counts = self._counts
        return [counts[id(x)] for x in looked_at]

    def kept_elsewhere(
        self, memory: Sequence[Any], known: Sequence[Tensor | None], blocks: int, held: Held | None = None
    ) -> Tensor | None:
        """A Tensor, none of the `known`, that looks at what a step computed, and so was put somewhere by the step.

        Nor is it one of the program's own, which are among those that it has `held`.

        `memory` has weak references to arrays; of the last of them, so many, a block of a program is one holder more.
        """
        expected = [*{id(x): x for x in known if x is not None}.values()]
        held = held or Held(None)
        views = [*{id(x): x for x in (*held.take_views(), *[x.array for x in expected]) if x.base is not None}.values()]
        if not self._looked_at(memory, expected, blocks, views):
            return None
        gc.collect()  # perhaps it is a graph with a circle in it, as of gradients of gradients
        looked_at = self._looked_at(memory, expected, blocks, views)
        others = {id(x) for x in known} | held.tensors.keys()
        x: Any
        for x in gc.get_objects() if looked_at else ():  # of weak proxies, too, which isinstance would look through
            if issubclass(type(x), Tensor) and id(x) not in others and id(plan.owner(x.array)) in looked_at:
                return x  # type: ignore[no-any-return]
        return None

    def _looked_at(self, memory: Sequence[Any], known: Sequence[Tensor], blocks: int, views: list[Any]) -> set[int]:
        """The arrays of memory that anybody looks at but programs and what is known to, by their ids.

        `views` are those that a program or one of the known holds.
        """
        found, programs = set(), self._counts
        mine = Counter(id(x.array) for x in known)
        for view, n in zip(views, counts(views), strict=True):
            owner = id(plan.owner(view))
            if n > programs[id(view)] + mine[id(view)]:
                found.add(owner)
            if id(view) not in programs:  # for else this holder of what it looks at is counted among programs'
                mine[owner] += 1
        for i, reference in enumerate(memory):
            key, block = id(reference()), i >= len(memory) - blocks
            if reference() is not None and counts([reference()])[0] > programs[key] + mine[key] + block:
                found.add(key)
        return found & {id(reference()) for reference in memory}

    def are_all_of(self, leaf: Tensor) -> bool:
        """Whether nobody but programs looks at the array of a leaf, which is whole."""
        array = leaf.array
        if array.base is not None or not array.flags.c_contiguous:
            return False
        mine = 2  # the leaf's, and the name here
        return counts([array])[0] == self._counts[id(array)] + mine


def _referents(waiting: list[Any], seen: set[int], own: str) -> Iterator[Any]:
    """Arrays and Tensors, as often as the objects that wait and, in turn, a program's own objects in them hold them."""
    while waiting:
        for x in gc.get_referents(waiting.pop()):
            if isinstance(x, (np.ndarray, Recorded)):
                yield x
            elif id(x) not in seen and (isinstance(x, _CONTAINERS) or type(x).__module__.startswith(own)):
                seen.add(id(x))
                waiting.append(x)


def _package(program: Any) -> str:
    return type(program).__module__.rpartition(".")[0]


class Held:
    """What a program's own objects hold: Tensors, by their ids and as often, and arrays that look at others."""

    def __init__(self, program: Any) -> None:
        self.tensors: Counter[int] = Counter()
        self._views: dict[int, Any] = {}
        for x in _referents([program], set(), _package(program)):
            if isinstance(x, Recorded):
                self.tensors[id(x)] += 1
            elif x.base is not None:
                self._views[id(x)] = x

    def take_views(self) -> list[Any]:
        """The arrays that look at others, once each; they are held here no longer."""
        views, self._views = [*self._views.values()], {}
        return views


def _references(program: Any) -> tuple[Counter[int], set[int]]:
    """How many references a program's own objects hold to each array, by its id; and the ids of its own Tensors.

    Modules and optimisers are not the program's own, nor is a Tensor that anybody else holds: what these hold counts
    as others'. Its own are Tensors that were made while it was captured.
    """
    found: Counter[int] = Counter()
    own: set[int] = set()
    views: set[int] = set()
    tensors: dict[int, list[Any]] = {}  # as often as the program holds each
    waiting, seen = [program], set[int]()
    while waiting or tensors:
        if not waiting:
            _, same = tensors.popitem()
            if counts(same)[0] == 2 * len(same) - 1:  # the program's, and the list's but for one
                waiting.append(same[0])
                own.add(id(same[0]))
            continue
        x: Any
        for x in _referents(waiting, seen, _package(program)):
            if isinstance(x, Recorded):
                tensors.setdefault(id(x), []).append(x)
                continue
            found[id(x)] += 1
            while id(x) not in views and isinstance(x.base, np.ndarray):
                views.add(id(x))  # which holds what it looks at once
                x = x.base
                found[id(x)] += 1
        x = None  # which would be one holder more
    return found, own


holders = Holders()


def kept_gradient(gradients: Sequence[tuple[Tensor, Tensor | None]], held: Held) -> Tensor | None:
    """One of the gradients that a program gives to leaves, if anybody has it but its leaf and what is `held`."""
    if _kept_gradient(gradients, held) is None:
        return None
    gc.collect()  # perhaps it was a graph
    return _kept_gradient(gradients, held)


def _kept_gradient(gradients: Sequence[tuple[Tensor, Tensor | None]], held: Held) -> Tensor | None:
    for leaf, gradient in gradients:
        mine = 1 + (leaf.grad is gradient)  # the name here, and the leaf's
        if gradient is not None and counts([gradient])[0] > held.tensors[id(gradient)] + mine:
            return gradient
    return None


def place_of(x: Any) -> str:
    """Where something is kept, for people."""
    found = gc.get_referrers(x)
    named = [holder if isinstance(holder, dict) else getattr(holder, "__dict__", {}) for holder in found]
    names = [name for names in named for name, value in names.items() if value is x]
    kinds = [kind.__name__ for kind in (list, tuple) if any(type(holder) is kind for holder in found)]
    texts = [f"under the name {name!r}" for name in names if isinstance(name, str)]
    return [*texts, *[f"in a {kind}" for kind in kinds], "somewhere"][0]
