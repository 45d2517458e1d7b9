"""A function's own source, as the syntax tree of what it was when it was imported: what rows are translated from."""

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable
from types import CodeType
from typing import Any


class NoSourceError(Exception):
    """A function whose source cannot be read, is none of a `def`, or is not what it was when it was imported."""


def definition(function: Callable[..., Any]) -> ast.FunctionDef:
    """The `def` of a function, to be changed by the caller if need be. Raises NoSourceError."""
    try:
        lines, start = inspect.findsource(function)
        changed = function.__code__ not in _functions_of("".join(lines))
        (tree,) = ast.parse(textwrap.dedent("".join(inspect.getblock(lines[start:])))).body
    except (OSError, SyntaxError, TypeError, ValueError) as error:
        raise NoSourceError(f"{function.__name__}: its source cannot be read ({error})") from error
    if changed:
        raise NoSourceError(f"{function.__name__}: its file has changed since it was imported")
    if not isinstance(tree, ast.FunctionDef):
        raise NoSourceError(f"{function.__name__}: is not written as a def")
    return tree


@functools.cache
def _functions_of(text: str) -> set[CodeType]:
    """The code of every function that this file defines, as it would be if it were imported now."""
    waiting = [compile(text, "<source>", "exec", dont_inherit=True)]
    found: set[CodeType] = set()
    while waiting:
        inside = [c for c in waiting.pop().co_consts if isinstance(c, CodeType)]
        found.update(inside)
        waiting += inside
    return found
