"""A list that answers `next`, as programs ask that were given an iterator where they are given a list here."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class ListedParts(list[T]):
    """A list of a module's parts, made anew at each call.

    `next(net.parameters())` is the first of them, as in PyTorch, where these are iterators. The list stays as it is.

    >>> parts = ListedParts("abc")
    >>> next(parts), next(parts), list(parts)
    ('a', 'b', ['a', 'b', 'c'])
    """

    _given = 0  # by `next`

    def __next__(self) -> T:
        if self._given >= len(self):
            raise StopIteration
        self._given += 1
        return self[self._given - 1]
