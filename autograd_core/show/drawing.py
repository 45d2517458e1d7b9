"""A drawing as the caller has it: to display, to print, to save. What is on it, `svg.py` decides."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

from autograd_core.errors import ArgumentError
from autograd_core.show.layout import arrange
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
        target = Path(path).resolve()  # what a link points to, so that it stays a link
        if target.exists() and not target.is_file():  # a pipe or a device is written to, not replaced
            target.write_text(self._svg, encoding="utf-8")
            return
        if Path(path).suffix.lower() not in ("", ".svg"):
            raise ArgumentError(
                f"save: a drawing is written as .svg, got {os.fspath(path)!r}; save it as "
                f"{Path(path).with_suffix('.svg').name!r}, and for another format convert that file, with a browser, "
                "Inkscape or rsvg-convert"
            )
        if not target.parent.is_dir():
            what = f"there is no folder {str(target.parent)!r}; make it first"
            raise FileNotFoundError(errno.ENOENT, what, str(target))
        partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with partial.open("w", encoding="utf-8") as file:
                if target.exists():
                    shutil.copymode(target, partial)  # before anything is in it that others should not read
                file.write(self._svg)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
