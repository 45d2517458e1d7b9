"""A list that `next` takes from, as programs do that were given an iterator where they are given a list here."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class ListedParts(list[T]):
    """A list of a module's parts, made anew at each call.

    `next(net.parameters())` is the first of them; what is taken so is no longer in the list, as in PyTorch, where
    these are iterators.

    >>> parts = ListedParts("abc")
    >>> next(parts), list(parts)
    ('a', ['b', 'c'])
    """

    def __next__(self) -> T:
        if not self:
            raise StopIteration
        return self.pop(0)
