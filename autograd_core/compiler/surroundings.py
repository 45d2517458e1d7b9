"""What a function reads that is not among its arguments: other things there make another program.

They are found in the code of the function, and of all that it leads to in its own package: what it decorates, methods,
helpers that it calls by name. These are the variables around them, and the attributes, by names that stand in the code,
of objects that are found so or are given as arguments, of their classes, and of modules. What is in a list, a
dictionary or an array is not looked at. An object with a method `__compiled__` is told that it is read.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from types import CellType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd_core.compiler.kinds import PLAIN, kind_around
from autograd_core.own_packages import is_own
from autograd_core.recording import Recorded

_NOTHING_INSIDE: tuple[type, ...] = (*PLAIN, Recorded, np.ndarray, np.generic, list, tuple, dict, set)


class Surroundings:
    """The places where a function reads, and the kinds of what is there."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._looks: list[Callable[[], Any]] = []
        self._found: list[Any] | None = None
        self._kinds: tuple[Any, ...] = ()
        self.names: list[str] = []  # of the places, in the order of the kinds that were found last

    def kinds(self, objects: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The kinds of what is there now; `objects` are those that the function is given."""
        found = [*objects, *[look() for look in self._looks]]
        before = self._found
        if before is None or len(found) != len(before) or not all(map(operator.is_, found, before)):
            places = _Search(self._function, objects).places
            self.names = [name for name, _ in places.values()]
            self._looks = [look for _, look in places.values()]
            found = [look() for look in self._looks]
            self._kinds = tuple(map(kind_around, found))
            self._found = [*objects, *found]
        return self._kinds


class _Search:
    """All places that a function reads, by what they are in and their name there."""

    def __init__(self, function: Callable[..., Any], objects: Sequence[Any]) -> None:
        self.places: dict[tuple[int, str], tuple[str, Callable[[], Any]]] = {}
        self._home = _package_of(function)
        self._functions: list[FunctionType] = []
        self._objects: list[tuple[str, Any]] = []  # with their names
        self._seen: set[int] = set()
        self._enter("", function)
        for x in objects:
            self._enter(type(x).__name__, x)
        known = -1
        while len(self._seen) > known:  # what is found may lead to more
            known = len(self._seen)
            self._look_around()

    def _look_around(self) -> None:
        names = dict.fromkeys([name for f in self._functions for name in _names_in(f.__code__)])
        for f in tuple(self._functions):
            for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
                self._add(cell, name, name, functools.partial(_content, cell))
            for name in _names_in(f.__code__):
                if name in f.__globals__:
                    self._add(f.__globals__, name, name, functools.partial(f.__globals__.get, name))
        for owner, x in tuple(self._objects):
            for name in names:
                self._look_at(owner, x, name)

    def _look_at(self, owner: str, x: Any, name: str) -> None:
        """Look at an attribute of an object, class or module, where it is there."""
        kind = x if isinstance(x, type) else type(x)
        own: Any = getattr(x, "__dict__", {})
        where: Any = next((names for names in (own, *map(vars, kind.__mro__[:-1])) if name in names), None)
        if where is None:
            return
        found = where[name]
        if where is own or isinstance(found, FunctionType):
            is_ours = where is not own and is_own(kind.__module__)
            is_theirs = isinstance(x, ModuleType) and callable(found) and _package_of(found) != self._home
            if not (is_ours or is_theirs):  # functions that nobody sets anew
                self._add(where, name, f"{owner}.{name}", functools.partial(where.get, name))
        elif isinstance(found, property) and not is_own(kind.__module__):
            self._enter(name, found.fget)
        else:  # a slot, or of the class, and may be set of x as well
            look = functools.partial(getattr, x, name, None)
            if isinstance(found, MemberDescriptorType) or type(look()) in PLAIN:
                self._add(x, name, f"{owner}.{name}", look)

    def _add(self, where: Any, key: str, name: str, look: Callable[[], Any]) -> None:
        if (id(where), key) not in self.places:
            x = look()
            if not isinstance(x, ModuleType):
                self.places[id(where), key] = name, look
            self._enter(name, x)

    def _enter(self, name: str, x: Any) -> None:
        """Look into what was found under this name, if there is anything to be found in it."""
        if id(x) in self._seen or isinstance(x, _NOTHING_INSIDE):
            return
        self._seen.add(id(x))
        if isinstance(x, functools.partial):
            for part in (x.func, *x.args, *x.keywords.values()):
                self._enter(name, part)
        elif isinstance(x, MethodType):
            self._enter("self", x.__self__)
            self._enter(name, x.__func__)
        elif isinstance(x, FunctionType):
            if _package_of(x) == self._home:
                self._functions.append(x)
        elif isinstance(x, (type, ModuleType)):
            if not is_own(x.__module__ if isinstance(x, type) else x.__name__):
                self._objects.append((name, x))
        else:
            self._objects.append((name, x))
            for method in ("forward", "__call__"):
                self._enter_method(type(x), method)
            if hasattr(type(x), "__compiled__"):
                x.__compiled__()

    def _enter_method(self, kind: type, name: str) -> None:
        self._enter(name, getattr(kind, name, None))


def _package(module: str | None) -> str:
    return (module or "").partition(".")[0]


def _package_of(function: Any) -> str:
    """The name of the package that a function, method or object that can be called was written in."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)
    return _package(function.__module__ if isinstance(function, FunctionType) else type(function).__module__)


def _names_in(code: CodeType) -> Iterator[str]:
    """The names of globals and attributes in the code of a function and of those within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _content(cell: CellType) -> Any:
    """What a variable of an outer function is, if it is anything yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None
