"""A drawing as the caller has it: to display, to print, to save. What is on it, `svg.py` decides."""

from __future__ import annotations

import os
from typing import Any

from autograd_core.show.layout import arrange
from autograd_core.show.saving import check_suffix, is_device, write_text
from autograd_core.show.snapshot import LIMIT, take
from autograd_core.show.svg import render


def draw(root: Any, limit: int = LIMIT) -> Drawing:
    """A picture of the graph behind `root`, a Value or a Tensor, from the leaves on the left to the result.

    On the wire of each node stands its value and, after `backward()`, below it the gradient
    ∂root/∂node, whatever else has been added to `.grad`; for Tensors stand there the shapes of
    the value and of `.grad`. Of more than `limit` nodes it shows those
    nearest to `root`, and says so, as it does where an input has been given another value since.

    >>> from autograd_core import Value
    >>> x = Value(3.0, label="x")
    >>> str(draw(x * x))[:4]
    '<svg'

    Errors: DTypeError for anything else, MissingLibraryError without igraph.
    """
    snapshot = take(root, limit)
    return Drawing(render(snapshot, arrange([entry.inputs for entry in snapshot.entries])))


class Drawing:
    """A picture of a graph as it was when it was drawn: displays itself in notebooks; `str()` of it is the SVG text."""

    def __init__(self, svg: str) -> None:
        self._svg = svg

    def __str__(self) -> str:
        return self._svg

    def __repr__(self) -> str:
        return f"<Drawing: {len(self._svg)} characters of SVG; .save(path) writes them>"

    def _repr_svg_(self) -> str:
        return self._svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an SVG file, whole or not at all. One that was there before keeps its permissions.

        Errors: ArgumentError for a name that ends as another kind of file does, OSError where it cannot be written.
        """
        if not is_device(path):
            advice = ", and for another format convert that file, with a browser, Inkscape or rsvg-convert"
            check_suffix(path, "a drawing", (".svg",), advice)
        write_text(path, self._svg)
