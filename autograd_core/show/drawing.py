"""A drawing as the caller has it: to display, to print, to save. What is on it, `svg.py` decides."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from dataclasses import replace
from numbers import Real
from typing import Any, ClassVar

from autograd_core.errors import ArgumentError
from autograd_core.show.arrays import with_numbers
from autograd_core.show.folding import take_folded
from autograd_core.show.graph_text import dot, mermaid
from autograd_core.show.layout import arrange
from autograd_core.show.pages import page
from autograd_core.show.raster import png
from autograd_core.show.saving import check_suffix, is_device, write
from autograd_core.show.scope import Scope
from autograd_core.show.snapshot import LIMIT, Reading, Snapshot
from autograd_core.show.svg import Look, render
from autograd_core.tensor import Tensor

NARROWEST = 100
"""Pixels."""


def draw(
    root: Any,
    limit: int = LIMIT,
    *,
    module: Any = None,
    depth: int | None = None,
    width: float | None = None,
    local_gradients: bool = False,
) -> Drawing:
    """A picture of the graph behind `root`, a Value or a Tensor, from the leaves on the left to the result.

    On the wire of each node stands its value and, after `backward()`, below it the gradient
    ∂root/∂node, whatever else has been added to `.grad`. Of Tensors there stand the numbers where they are few; else
    the shape, the gradient's norm and histograms from the smallest to the largest number. Range, norm and share of
    zeros appear when the mouse rests on a node, or it is clicked in a page. Their gradients are what `.grad` holds,
    or those of all nodes after `backward(retain_graph=True)`; of what backward() has freed, leaves alone have numbers.
    A label `x_1` has a subscript, `\\hat y` an accent.

    `module`, whatever has `named_parameters()`, or a dictionary of names and leaves, says what the leaves are called.
    Its modules are boxes, which in a page open by a click; `depth` levels of them are opened from the beginning.
    A graph of more than `limit` nodes is folded further: those of one op at one level are a box, with histograms of
    their values and gradients; where these are still too many, it shows what is nearest to `root`, and says so.
    With `width`, in pixels, the picture is no wider: wires that leave at the right come in again at the left, below.
    With `local_gradients` these stand where wires come in (of Values; those of Tensors are arrays: see `explain`).
    Where an input has been given another value since, the picture says so.

    >>> from autograd_core import Value
    >>> x = Value(3.0, label="x")
    >>> str(draw(x * x))[:4]
    '<svg'

    Errors: DTypeError for anything else, ArgumentError for a limit, depth or width that is too small, local gradients
    of Tensors and a module that is not in the graph, MissingLibraryError without igraph.
    """
    scope = Scope(module)
    reading = Reading(root, names=scope.names)
    if width is not None and not (isinstance(width, Real) and width >= NARROWEST):
        raise ArgumentError(f"show: width={width!r}; a picture is at least {NARROWEST} pixels wide")
    if local_gradients and isinstance(root, Tensor):
        raise ArgumentError(
            "show: the local gradients of Tensors are arrays, which no wire has room for; explain(t) has each rule"
        )
    snapshot = take_folded(reading, scope, limit, depth)
    if isinstance(root, Tensor):
        snapshot = with_numbers(snapshot, reading, root)
    return Drawing(snapshot, Look(width=width, local_gradients=local_gradients))


class Drawing:
    """A picture of a graph as it was when it was drawn: displays itself in notebooks; `str()` of it is the SVG text."""

    def __init__(self, snapshot: Snapshot, look: Look) -> None:
        self._snapshot = _without_graph(snapshot)
        self._look = look
        self._svg = render(snapshot, arrange([entry.inputs for entry in snapshot.entries]), look)

    def __str__(self) -> str:
        return self._svg

    def __repr__(self) -> str:
        return f"<Drawing: {len(self._svg)} characters of SVG; .save(path) writes them>"

    def _repr_svg_(self) -> str:
        return self._svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file, whole or not at all, in the format that its name says: `.svg`, which is that of one without a
        suffix; `.png`, by matplotlib; `.html`, to pan, zoom and open boxes; `.dot` or `.gv` for Graphviz; `.mmd` or
        `.mermaid`.

        One that was there before keeps its permissions.
        Errors: ArgumentError for a name that ends as another kind of file does and for a PNG of a picture that is too
        large for one, OSError where it cannot be written, MissingLibraryError for a PNG without matplotlib.
        """
        suffix = ".svg" if is_device(path) else check_suffix(path, "a drawing", tuple(self._FORMATS), "")
        write(path, self._FORMATS[suffix](self))

    def _html(self) -> str:
        pictures: list[str] = []

        def add(snapshot: Snapshot) -> str:
            """The picture of a snapshot, and of what is in its boxes; its name."""
            name = str(len(pictures))
            pictures.append("")
            look = replace(self._look, links={place: add(inside) for place, inside in snapshot.insides.items()})
            picture = render(snapshot, arrange([entry.inputs for entry in snapshot.entries]), look)
            title = html.escape(snapshot.title, quote=True)
            pictures[int(name)] = f'<template id="picture-{name}" data-title="{title}">\n{picture}</template>\n'
            return name

        add(self._snapshot)
        return page("picture", TITLE=html.escape(self._snapshot.title), PICTURES="".join(pictures))

    _FORMATS: ClassVar[dict[str, Callable[[Drawing], str | bytes]]] = {
        ".svg": __str__,
        ".png": lambda self: png(self._svg),
        ".html": _html,
        ".dot": lambda self: dot(self._snapshot),
        ".gv": lambda self: dot(self._snapshot),
        ".mmd": lambda self: mermaid(self._snapshot),
        ".mermaid": lambda self: mermaid(self._snapshot),
    }


def _without_graph(snapshot: Snapshot) -> Snapshot:
    """A drawing that is kept keeps no graph, with all its arrays."""
    insides = {place: _without_graph(inside) for place, inside in snapshot.insides.items()}
    return replace(snapshot, nodes=(), insides=insides)
