"""A drawing as the caller has it: to display, to print, to save. What is on it, `svg.py` decides."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from autograd_core.show.arrays import with_numbers
from autograd_core.show.graph_text import dot, mermaid
from autograd_core.show.layout import arrange
from autograd_core.show.pages import page
from autograd_core.show.raster import png
from autograd_core.show.saving import check_suffix, is_device, write
from autograd_core.show.snapshot import LIMIT, Snapshot, take
from autograd_core.show.svg import render
from autograd_core.tensor import Tensor


def draw(root: Any, limit: int = LIMIT) -> Drawing:
    """A picture of the graph behind `root`, a Value or a Tensor, from the leaves on the left to the result.

    On the wire of each node stands its value and, after `backward()`, below it the gradient
    ∂root/∂node, whatever else has been added to `.grad`; for Tensors stand there the value and
    `.grad`, or the shapes of those that have many numbers, of which range, norm and share of zeros
    appear when the mouse rests on the node. Of more than `limit` nodes it shows those
    nearest to `root`, and says so, as it does where an input has been given another value since.

    >>> from autograd_core import Value
    >>> x = Value(3.0, label="x")
    >>> str(draw(x * x))[:4]
    '<svg'

    Errors: DTypeError for anything else, MissingLibraryError without igraph.
    """
    snapshot = take(root, limit)
    if isinstance(root, Tensor):
        snapshot = with_numbers(snapshot, root)
    return Drawing(snapshot, render(snapshot, arrange([entry.inputs for entry in snapshot.entries])))


class Drawing:
    """A picture of a graph as it was when it was drawn: displays itself in notebooks; `str()` of it is the SVG text."""

    def __init__(self, snapshot: Snapshot, svg: str) -> None:
        self._snapshot = replace(snapshot, nodes=())  # a drawing that is kept keeps no graph, with all its arrays
        self._svg = svg

    def __str__(self) -> str:
        return self._svg

    def __repr__(self) -> str:
        return f"<Drawing: {len(self._svg)} characters of SVG; .save(path) writes them>"

    def _repr_svg_(self) -> str:
        return self._svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file, whole or not at all, in the format that its name says: `.svg`, which is that of one without a
        suffix; `.png`, by matplotlib; `.html`, to pan and zoom; `.dot` or `.gv` for Graphviz; `.mmd` or `.mermaid`.

        One that was there before keeps its permissions.
        Errors: ArgumentError for a name that ends as another kind of file does, OSError where it cannot be written,
        MissingLibraryError for a PNG without matplotlib.
        """
        suffix = ".svg" if is_device(path) else check_suffix(path, "a drawing", tuple(self._FORMATS), "")
        write(path, self._FORMATS[suffix](self))

    def _html(self) -> str:
        title = f"The graph that leads to {self._snapshot.result.name}"
        return page("picture", TITLE=html.escape(title), PICTURE=self._svg)

    _FORMATS: ClassVar[dict[str, Callable[[Drawing], str | bytes]]] = {
        ".svg": __str__,
        ".png": lambda self: png(self._svg),
        ".html": _html,
        ".dot": lambda self: dot(self._snapshot),
        ".gv": lambda self: dot(self._snapshot),
        ".mmd": lambda self: mermaid(self._snapshot),
        ".mermaid": lambda self: mermaid(self._snapshot),
    }
