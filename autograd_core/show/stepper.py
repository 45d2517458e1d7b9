"""A graph to step through, as one page of HTML: forward, then backward, node by node, with the chain rule's numbers.

The page has all that it needs within it, and asks for nothing from outside. Of a graph of numbers the inputs can be
changed in it: it computes by the rows themselves, translated to JavaScript (`javascript.py`).
"""

from __future__ import annotations

import html
import json
import os
import re
from typing import Any

from autograd_core.show import svg
from autograd_core.show.javascript import RUNTIME
from autograd_core.show.layout import arrange
from autograd_core.show.pages import page
from autograd_core.show.saving import check_suffix, is_device, write
from autograd_core.show.scope import Scope
from autograd_core.show.steps import LIMIT, read
from autograd_core.show.text import explain
from autograd_core.show.wording import expression


def step(root: Any, title: str = "", limit: int = LIMIT, *, module: Any = None) -> Stepper:
    """The graph behind `root`, a Value or a Tensor, to be played in a notebook or a browser.

    Each step computes a node or passes its gradient back; no backward pass is needed before. Of Tensors it shows
    shapes, and numbers where they are few and known: step before `backward()` frees the graph. `module` says what the
    leaves are called, as in `draw`.

    >>> from autograd_core import Value
    >>> x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    >>> step((x + y) * z)
    <Stepper: f = (x + y)·z; .save("steps.html") writes a page>

    Errors: DTypeError for anything else, ArgumentError for a graph of more than `limit` nodes, MissingLibraryError
    without igraph.
    """
    snapshot, data, functions = read(root, limit, Scope(module).names)
    picture = svg.render(snapshot, arrange([entry.inputs for entry in snapshot.entries]), svg.Look(marked=True))
    whole = expression(snapshot)
    name = snapshot.result.name
    title = title or (f"{name} = {whole}" if whole not in ("", name) else f"{name}, step by step")
    return Stepper(title, _filled(title, picture, data, functions, explain(root, limit, module=module)))


class Stepper:
    """A page to step through a graph, as it was when it was made: shows itself in notebooks; `str()` of it is HTML."""

    def __init__(self, title: str, text: str) -> None:
        self._title = title
        self._page = text

    def __str__(self) -> str:
        return self._page

    def __repr__(self) -> str:
        return f'<Stepper: {self._title}; .save("steps.html") writes a page>'

    def _repr_html_(self) -> str:
        # In a frame of its own, so that neither the notebook's style nor its keys get in the way.
        source = html.escape(self._page, quote=True)
        return (
            f'<iframe srcdoc="{source}" sandbox="allow-scripts" title="{html.escape(self._title, quote=True)}" '
            'style="width: 100%; height: 760px; border: 0"></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an HTML file, whole or not at all.

        Errors: ArgumentError for a name that ends as another kind of file does, OSError where it cannot be written.
        """
        if not is_device(path):
            check_suffix(path, "a stepper", (".html", ".htm"), ", or .show() the graph for a picture")
        write(path, self._page)


def _filled(title: str, picture: str, data: dict[str, Any], functions: str, table: str) -> str:
    # In a script a less-than sign could end it, whatever the language.
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    names = re.findall(r"^function (\w+)\(", functions, re.MULTILINE)
    return page(
        "stepper",
        TITLE=html.escape(title),
        PICTURE=picture,
        TABLE=html.escape(table),
        DATA=text,
        FUNCTIONS=f"{RUNTIME}{functions}\nconst functions = {{ {', '.join(names)} }};",
    )
