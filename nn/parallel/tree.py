"""Sums in one fixed binary tree: over arrays that come one by one here, and then over processes.

Leaves are numbered; a node is the sum of its left and its right half. A process has a whole subtree of 2^k leaves, and
sums it; then neighbours are added, and neighbouring pairs, and so on. So the sum is, to the bit, the same however many
processes share the leaves, while they are a power of two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nn.parallel.communicator import Communicator, Pending


class TreeSum:
    """The sum of `leaves` arrays of `size` entries, 2^k of them, of which k + 1 are in memory at most.

    >>> total = TreeSum(1, np.float32, leaves=4)
    >>> for number in (1, 2, 3, 4):
    ...     total.place()[:] = number
    ...     total.added()
    >>> total.result()  # (1 + 2) + (3 + 4)
    array([10.], dtype=float32)
    """

    def __init__(self, size: int, dtype: DTypeLike, leaves: int) -> None:
        self._free = [np.empty(size, dtype) for _ in range(leaves.bit_length())]
        self._sums: list[NDArray[Any]] = []  # of subtrees that wait for their right neighbours, the largest first
        self._count = 0

    def place(self) -> NDArray[Any]:
        """Where the next leaf's numbers are to be written, before `added` is called."""
        return self._free[-1]

    def added(self) -> None:
        """The next leaf is where `place` said: add it to its neighbours, as far as they are complete."""
        total, number = self._free.pop(), self._count
        while number & 1:
            left = self._sums.pop()
            with np.errstate(all="ignore"):  # infinities are numbers too
                np.add(left, total, out=total)
            self._free.append(left)
            number >>= 1
        self._sums.append(total)
        self._count += 1

    def result(self) -> NDArray[Any]:
        """The sum of all leaves, which is overwritten by later ones; the count starts anew."""
        (total,) = self._sums
        self._free.append(self._sums.pop())
        self._count = 0
        return total


def add_up(communicator: Communicator, array: NDArray[Any], tag: int) -> Iterator[Pending]:
    """Make `array` the sum over all processes, a power of two of them; yields what it has to wait for, in turn.

    Recursive halving: neighbours exchange halves and add them, then pairs of them quarters, until each process has its
    part of the sum; then the parts are collected the other way round. Each process sends less than twice the array, in
    2·log₂(size) messages (Thakur, Rabenseifner and Gropp 2005). Addition commutes to the bit, so the tree is that of
    the processes in order.
    """
    begin, end, parts = 0, len(array), []
    received = np.empty((len(array) + 1) // 2, array.dtype)
    distances = [1 << level for level in range(communicator.size.bit_length() - 1)]
    for distance in distances:
        middle = (begin + end) // 2
        left, right = (begin, middle), (middle, end)
        kept, given = (right, left) if communicator.rank & distance else (left, right)
        parts.append((kept, given))
        into = received[: kept[1] - kept[0]]
        yield communicator.exchange(communicator.rank ^ distance, array[slice(*given)], into, tag)
        mine = array[slice(*kept)]
        with np.errstate(all="ignore"):
            np.add(mine, into, out=mine)
        begin, end = kept
    for distance, (kept, given) in zip(reversed(distances), reversed(parts), strict=True):
        yield communicator.exchange(communicator.rank ^ distance, array[slice(*kept)], array[slice(*given)], tag)
