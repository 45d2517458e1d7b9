"""The `__getattr__` of a module: it answers an unknown name with what it is called here, or with the nearest one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import NoReturn


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
