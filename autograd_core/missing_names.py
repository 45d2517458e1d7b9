"""The `__getattr__` of a module: it loads what few programs use when it is asked for, and answers unknown names.

To those it says what they are called here, or the nearest one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, NoReturn


def late_names(module: str, places: Mapping[str, str], known: Iterable[str]) -> Callable[[str], Any]:
    """A `__getattr__` for `module` that loads a name from its place, a module, or that itself if it is called so.

    Of other names it says that they are unknown; `known` are all there are.
    """
    unknown = unknown_names(module, known)

    def __getattr__(name: str) -> Any:
        place = places.get(name)
        if place is None:
            unknown(name)
        found: Any = import_module(place)
        if place != f"{module}.{name}":
            found = getattr(found, name)
        vars(sys.modules[module])[name] = found  # so that it is asked for once
        return found

    return __getattr__


def unknown_names(module: str, known: Iterable[str]) -> Callable[[str], NoReturn]:
    """A function that raises the error for a name that `module` has not; `known` are those it has.

    It is to be the module's `__getattr__`, or called by it. For an attribute that is an AttributeError, for
    `from module import name` an ImportError, as Python's own.
    """

    def __getattr__(name: str) -> NoReturn:
        from autograd_core.names_elsewhere import instead  # with a long table, and for those who need it

        if f"{module}.{name}" not in sys.modules and _is_imported():  # of a module in a circle Python finds itself
            raise ImportError(f"cannot import name {name!r} from {module!r}{instead(module, name, known)}", name=module)
        raise AttributeError(f"module {module!r} has no attribute {name!r}{instead(module, name, known)}", name=name)

    return __getattr__


def _is_imported() -> bool:
    """Whether it is a statement `from module import name` that asks a module's `__getattr__`.

    Python puts a message of its own in place of an AttributeError's there, without a word of the name's meaning.
    """
    import opcode

    frame = sys._getframe(1)
    while frame.f_code.co_name == "__getattr__" and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] == opcode.opmap["IMPORT_FROM"]
