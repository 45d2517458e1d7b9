"""Flat: a tape as arrays that kernels go through: what is needed of it, in the order of levels and ops."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.compiler.scalar.tape import CONSTANTS, GIVEN, PRODUCTS, SUMS, Kind, Tape

_LANES_MEMORY = 1 << 21  # bytes of an arena in lanes: beyond what caches hold, more lanes do not pay


class Flat:
    """The nodes that `wanted` slots of a tape need. Of one level none needs another, so those of one op are one run.

    Places in the arena: constants, then what each run is given, by where it comes from (`given` has these stretches),
    then the nodes, run by run. `wanted` are places now.
    """

    def __init__(self, tape: Tape, wanted: Sequence[int]) -> None:
        graph = _Graph(tape, np.array(wanted, np.int64))
        starts = np.concatenate([[0], np.cumsum(np.bincount(graph.codes, minlength=GIVEN)[:GIVEN])])
        places = np.zeros(len(graph.codes), np.int64)
        for code in range(GIVEN):
            places[graph.codes == code] = np.arange(starts[code], starts[code + 1])
        nodes = graph.in_order()
        first = int(starts[GIVEN])
        places[nodes] = np.arange(first, first + len(nodes))
        self.constants = np.array(tape.constants, np.float64)
        self.given = {code: slice(int(starts[code]), int(starts[code + 1])) for code in range(CONSTANTS + 1, GIVEN)}
        self.size = first + len(nodes)
        self.wanted = places[graph.wanted]
        self.levels = int(graph.levels[nodes].max(initial=0))
        # A change of level, op or number of terms begins a run.
        codes, terms = graph.codes[nodes], graph.terms[nodes]
        keys = np.stack([graph.levels[nodes], codes, terms])
        begins = np.flatnonzero(np.concatenate([[len(nodes) > 0], (keys[:, 1:] != keys[:, :-1]).any(axis=0)]))
        counts = np.diff(begins, append=len(nodes))
        self.runs = np.zeros((len(begins), kernels.scalar.FIELDS), np.int64)
        self.runs[:, 0], self.runs[:, 1], self.runs[:, 3] = first + begins, counts, terms[begins]
        self.operands = np.zeros(int(np.diff(graph.offsets)[nodes].sum()), np.uint32)
        is_sum = terms[begins] > 0
        kernels.scalar.write_operands(nodes, places, graph.offsets, graph.operands, self.runs, is_sum, self.operands)
        kinds, self.which = np.unique(codes[begins], return_inverse=True)
        self._names = [tape.kinds[kind].name for kind in kinds]
        self._codes = [_code(tape.kinds[kind]) for kind in kinds]

    def counts(self) -> dict[str, int]:
        """How many nodes there are of each op."""
        found = np.bincount(self.which, weights=self.runs[:, 1], minlength=len(self._names))
        return dict(zip(self._names, map(int, found), strict=True))

    @functools.cached_property
    def single(self) -> tuple[Any, Callable[[], None]]:
        """An arena of single numbers, and what goes through it."""
        arena = np.zeros(self.size)
        arena[: len(self.constants)] = self.constants
        return arena, kernels.scalar.Sweep(arena, self.operands, self.runs, self.which, self._codes)

    @functools.cached_property
    def in_lanes(self) -> tuple[Any, Callable[[], None]]:
        """An arena whose places are rows of numbers, and what goes through it."""
        lanes = max(8, min(256, _LANES_MEMORY // (8 * self.size) // 8 * 8))
        arena = np.zeros((self.size, lanes))
        arena[: len(self.constants)] = self.constants[:, None]
        return arena, kernels.scalar.Sweep(arena.reshape(-1), self.operands, self.runs, self.which, self._codes, lanes)


def _code(kind: Kind) -> Any:
    if kind.function is None:
        return kernels.scalar.Sum(kind is PRODUCTS)
    return kernels.scalar.code(kind.function, kind.gradient)


class _Graph:
    """A tape as arrays: the operands of node i stand from offsets[i] on. Additions in a row are one sum, and a product
    that nothing but a sum uses is made there.

    `terms` has the number of terms of each sum, and 0 for all else; `levels` is 0 for what needs nothing.
    """

    def __init__(self, tape: Tape, wanted: Any) -> None:
        size = len(tape.codes)
        self.wanted = wanted
        self.codes = np.array(tape.codes, np.int64)
        lengths = np.fromiter(map(len, tape.operands), np.int64, size)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        operands = np.fromiter(itertools.chain.from_iterable(tape.operands), np.int64, int(offsets[-1]))
        self.needed = np.zeros(size, np.bool_)
        self.needed[wanted] = True
        kernels.scalar.mark_needed(offsets, operands, self.needed)
        uses = np.bincount(wanted, minlength=size).astype(np.int64)
        kernels.scalar.count_uses(offsets, operands, self.needed, uses)
        is_sum = self.needed & (self.codes == tape.adds)
        self.terms, before = np.zeros(size, np.int64), np.zeros(size, np.int64)
        kernels.scalar.join_sums(offsets, operands, is_sum, uses, self.terms, before)
        self.needed &= ~(is_sum & (self.terms == 0))
        is_product = self.needed & (self.codes == tape.multiplies)
        products, of_products = is_product.copy(), np.zeros(size, np.bool_)
        kernels.scalar.join_products(offsets, operands, is_product, uses, self.terms, before, of_products)
        left_out = products & ~is_product
        self.needed &= ~left_out
        self.codes[self.terms > 0] = tape.kinds.index(SUMS)
        self.codes[of_products] = tape.kinds.index(PRODUCTS)
        self.offsets, self.operands = np.zeros(size + 1, np.int64), np.zeros(2 * len(operands), np.int64)
        how = self.needed, self.terms, before, of_products, left_out, tape.one
        kernels.scalar.join(offsets, operands, *how, self.offsets, self.operands)
        self.levels = np.zeros(size, np.int64)
        kernels.scalar.find_levels(self.offsets, self.operands, self.levels)

    def in_order(self) -> Any:
        """The needed nodes, by level, op and number of terms; within a run as they were recorded."""
        nodes = np.flatnonzero(self.needed & (self.codes >= GIVEN))
        return nodes[np.lexsort((self.terms[nodes], self.codes[nodes], self.levels[nodes]))]
