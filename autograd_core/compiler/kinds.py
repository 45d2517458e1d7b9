"""What tells the programs of a function apart: the kinds of what it is called with, and what is the same for all."""

from __future__ import annotations

from typing import Any

import numpy as np

PLAIN: frozenset[type] = frozenset({float, int, bool, str, bytes, type(None)})
MOST_PROGRAMS = 16


def plain_kind(x: Any) -> Any:
    """A number by its bits, for 0.0 and -0.0 are two, and nan is one."""
    return type(x), float(x).hex() if isinstance(x, (float, np.floating)) else x


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

    def __repr__(self) -> str:
        return f"a {type(self._it).__name__}"


def difference(what: str, before: Any, now: Any) -> str:
    """What is new in one kind, for people: that of an argument, of all of them, or of something around the function."""
    (form, parts), (old_form, old_parts) = _parts(now), _parts(before)
    if form is None or form is not old_form:
        ours, old = _described(now), _described(before)
        return f"{what} is {ours} and was {old}" if ours != old else f"{what} is another than before, {ours}"
    if parts.keys() != old_parts.keys():
        return f"{what} are {len(parts)} and were {len(old_parts)}"
    changed = [key for key in parts if parts[key] != old_parts[key]]
    return "; ".join([difference(f"{what}[{key!r}]", old_parts[key], parts[key]) for key in changed])


def _parts(kind: Any) -> tuple[Any, dict[Any, Any]]:
    """What kind of container, and the kinds of its parts by their keys or places."""
    if kind == () or (isinstance(kind, tuple) and kind[0] is dict):
        return dict, dict(kind[1]) if kind else {}
    if isinstance(kind, tuple) and isinstance(kind[0], type) and issubclass(kind[0], (list, tuple)):
        return kind[0], dict(enumerate(kind[1]))
    return None, {}


def _described(kind: Any) -> str:
    if isinstance(kind, tuple) and kind[:1] == ("array",):
        return f"{kind[2]} {kind[1]}"
    if isinstance(kind, tuple) and kind:
        if kind[0] is float:
            return repr(float.fromhex(kind[1]))
        return repr(kind[1]) if kind[0] in PLAIN and len(kind) == 2 else str(kind)
    return str(kind)
