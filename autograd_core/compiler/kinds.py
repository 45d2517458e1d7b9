"""What tells the programs of a function apart: the kinds of what it is called with, and what is the same for all."""

from __future__ import annotations

from typing import Any

PLAIN = frozenset({float, int, bool, str, bytes, type(None)})
MOST_PROGRAMS = 16


def plain_kind(x: Any) -> Any:
    """A number by its bits, for 0.0 and -0.0 are two, and nan is one."""
    return type(x), x.hex() if isinstance(x, float) else x


def kind_around(x: Any) -> Any:
    """What a program depends on of something around the function: a number, or else which object it is."""
    return plain_kind(x) if type(x) in PLAIN else Same(x)


class Same:
    """An object that is itself and nothing else."""

    __slots__ = ("_it",)

    def __init__(self, it: Any) -> None:
        self._it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other._it is self._it

    def __hash__(self) -> int:
        return id(self._it)
