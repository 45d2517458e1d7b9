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
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core.kernels import plan
from autograd_core.kernels.references import counts
from autograd_core.recording import Recorded
from autograd_core.tensor import Tensor

_CONTAINERS = (list, tuple, dict, plan.Plan, plan.Call)


class Holders:
    """The references of all programs that there are to arrays, by the arrays' ids.

    Programs end in any thread, at any point of it: what they held is put aside then, and taken off by who asks next.
    """

    def __init__(self) -> None:
        self._counted: Counter[int] = Counter()
        self._gone: deque[dict[int, int]] = deque()  # what programs held that have ended since
        self._lock = threading.Lock()
        self.version = 0  # grows whenever they change

    def add(self, program: Any) -> tuple[Held, set[int]]:
        """Count a program's in, until it is gone: what it holds, and the ids of the Tensors that are its own.

        The references of these are counted, too.
        """
        held, counts, own = _references(program)
        with self._lock:
            for key, n in counts.items():
                self._counted[key] += n
        self.version += 1
        weakref.finalize(program, self._remove, counts)
        return held, own

    def _remove(self, counts: dict[int, int]) -> None:
        self._gone.append(counts)
        self.version += 1

    @property
    def _counts(self) -> Counter[int]:
        with self._lock:
            while self._gone:
                for key, n in self._gone.popleft().items():
                    self._counted[key] -= n
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
        held = held or Held()
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


_WALKED, _FOUND, _PASSED = range(3)


class _Kinds(dict[type, int]):
    """What to do with an object of a type on a walk through what a program holds: to look into it, to note it, or not.

    The objects of a program's own package are looked into, and so are containers.
    """

    def __init__(self, own: str) -> None:
        super().__init__()
        self._own = own

    def __missing__(self, kind: type) -> int:
        if issubclass(kind, (np.ndarray, Recorded)):
            found = _FOUND
        elif issubclass(kind, _CONTAINERS) or kind.__module__.startswith(self._own):
            found = _WALKED
        else:
            found = _PASSED
        self[kind] = found
        return found


_kinds = functools.cache(_Kinds)  # by the package


def _referents(waiting: list[Any], seen: set[int], kinds: _Kinds) -> list[Any]:
    """Arrays and Tensors, as often as the objects that wait and, in turn, a program's own objects in them hold them."""
    found = []
    while waiting:
        held = gc.get_referents(*waiting)
        waiting = []
        for x in held:
            kind = kinds[type(x)]
            if kind == _FOUND:
                found.append(x)
            elif kind == _WALKED and id(x) not in seen:
                seen.add(id(x))
                waiting.append(x)
    return found


class Held:
    """What a program's own objects hold: Tensors, by their ids and as often, and arrays that look at others.

    It keeps none of them alive, and is one holder of none.
    """

    def __init__(self) -> None:
        self.tensors: Counter[int] = Counter()
        self.views: list[weakref.ref[Any]] = []

    def take_views(self) -> list[Any]:
        """The arrays that look at others, as far as they are still there."""
        return [x for x in [reference() for reference in self.views] if x is not None]


def _references(program: Any) -> tuple[Held, dict[int, int], set[int]]:
    """What a program holds, how often it holds each array, by its id, and the ids of its own Tensors.

    Modules and optimisers are not the program's own, nor is a Tensor that anybody else holds: what these hold counts
    as others'. Its own are Tensors that were made while it was captured.
    """
    kinds = _kinds(type(program).__module__.rpartition(".")[0])
    held = Held()
    found: dict[int, int] = {}
    own: set[int] = set()  # none as long as the program's own objects are walked through
    views: set[int] = set()
    tensors: dict[int, list[Any]] = {}  # as often as the program holds each
    seen: set[int] = set()
    waiting = [program]
    while waiting:
        x: Any
        for x in _referents(waiting, seen, kinds):
            if isinstance(x, Recorded):
                tensors.setdefault(id(x), []).append(x)
                continue
            found[id(x)] = found.get(id(x), 0) + 1
            if x.base is not None and not own and id(x) not in seen:
                seen.add(id(x))
                held.views.append(weakref.ref(x))
            while id(x) not in views and isinstance(x.base, np.ndarray):
                views.add(id(x))  # which holds what it looks at once
                x = x.base
                found[id(x)] = found.get(id(x), 0) + 1
        x = None  # which would be one holder more
        if not own:
            held.tensors.update({key: len(same) for key, same in tensors.items()})
        waiting = []
        while tensors and not waiting:
            same: Any = tensors.popitem()[1]
            if counts(same)[0] == 2 * len(same) - 1:  # the program's, and the list's but for one
                waiting = same[:1]
                own.add(id(same[0]))
            same = None
    return held, found, own


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
