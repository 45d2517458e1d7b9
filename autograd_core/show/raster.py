"""A drawing as pixels, by matplotlib, whose fonts have the letters that it needs. It reads what `svg.py` writes."""

from __future__ import annotations

import io
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

from autograd_core.errors import ArgumentError
from autograd_core.show.layout import MissingLibraryError

SCALE = 2.0
"""Pixels of the image for each of the drawing: enough for a slide."""
LONGEST_SIDE, LARGEST = 30_000, 100_000_000
"""Pixels of a side and of all of an image: less than most programs show, and half a gigabyte of memory."""
_POINTS = 72 / 96  # of a pixel


def png(svg: str) -> bytes:
    """The PNG file of a drawing's SVG text.

    Errors: ArgumentError for one that is too large, MissingLibraryError without matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingLibraryError(
            'a drawing is written as .png with matplotlib, which is not installed: pip install "autograd-core[plot]"; '
            "as .svg, .html, .dot and .mmd without"
        ) from None
    root = ET.fromstring(svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    scale = SCALE * float(root.attrib["width"]) / width
    if max(width, height) * scale > LONGEST_SIDE or width * height * scale**2 > LARGEST:
        raise ArgumentError(
            f"save: a .png of {width * scale:.0f} x {height * scale:.0f} pixels is too large to be looked at; draw the "
            "graph with a smaller limit, or within a width, or save it as .svg or .html"
        )
    figure = Figure(figsize=(width / 96, height / 96), dpi=96 * scale)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    for element, style in _drawn(root, {}):
        _DRAW[element.tag.rpartition("}")[2]](axes, element, style)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _drawn(element: ET.Element, inherited: dict[str, str]) -> Iterator[tuple[ET.Element, dict[str, str]]]:
    """What is to be drawn, in order, with the attributes that it has or inherits."""
    style = inherited | element.attrib
    if element.tag.rpartition("}")[2] in _DRAW:
        yield element, style
    else:
        for child in element:
            yield from _drawn(child, style)


def _paint(style: dict[str, str]) -> dict[str, Any]:
    return {
        "facecolor": style.get("fill", "black"),
        "edgecolor": style.get("stroke", "none"),
        "linewidth": _POINTS if "stroke" in style else 0,
    }


_ARC = 0.5523
"""How far along the tangents the control points of a cubic curve lie that is nearly a quarter of a circle."""


def _rectangle(axes: Any, element: ET.Element, style: dict[str, str]) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    x, y, width, height, r = (float(element.attrib[name]) for name in ("x", "y", "width", "height", "rx"))
    right, bottom, k = x + width, y + height, r * (1 - _ARC)
    corners = [
        [(right - r, y), (right - k, y), (right, y + k), (right, y + r)],
        [(right, bottom - r), (right, bottom - k), (right - k, bottom), (right - r, bottom)],
        [(x + r, bottom), (x + k, bottom), (x, bottom - k), (x, bottom - r)],
        [(x, y + r), (x, y + k), (x + k, y), (x + r, y)],
    ]
    points = [point for corner in corners for point in corner]
    codes = [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4] * 4
    codes[0] = Path.MOVETO
    axes.add_patch(PathPatch(Path([*points, points[0]], [*codes, Path.CLOSEPOLY]), **_paint(style)))


def _circle(axes: Any, element: ET.Element, style: dict[str, str]) -> None:
    from matplotlib.patches import Circle

    x, y, radius = (float(element.attrib[name]) for name in ("cx", "cy", "r"))
    axes.add_patch(Circle((x, y), radius, **_paint(style)))


def _path(axes: Any, element: ET.Element, style: dict[str, str]) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points: list[tuple[float, float]] = []
    codes: list[Any] = []
    for command, text in re.findall(r"([MHClvz])([^MHClvz]*)", element.attrib["d"]):
        numbers = [float(number) for number in text.split()]
        x, y = points[-1] if points else (0.0, 0.0)
        match command:
            case "M":
                added = [(numbers[0], numbers[1])]
            case "H":
                added = [(numbers[0], y)]
            case "C":
                added = list(zip(numbers[::2], numbers[1::2], strict=True))
            case "l":
                added = [(x + numbers[0], y + numbers[1])]
            case "v":
                added = [(x, y + numbers[0])]
            case _:
                added = [points[0]]
        points += added
        code = {"M": Path.MOVETO, "C": Path.CURVE4, "z": Path.CLOSEPOLY}.get(command, Path.LINETO)
        codes += [code] * len(added)
    axes.add_patch(PathPatch(Path(points, codes), **_paint(style)))


def _text(axes: Any, element: ET.Element, style: dict[str, str]) -> None:
    """A line of text; its runs one after the other, as wide as they come out."""
    runs = list(element) or [element]
    looks = [style | run.attrib for run in runs]
    shift = [float(look.get("dx", 0)) for look in looks]
    lower = itertools.accumulate(float(look.get("dy", 0)) for look in looks)
    placed = [_run(axes, run.text or "", look) for run, look in zip(runs, looks, strict=True)]
    renderer = axes.figure.canvas.get_renderer()
    scale = axes.figure.dpi / 96
    widths = [text.get_window_extent(renderer).width / scale for text in placed]
    x = float(element.attrib["x"])
    x -= (sum(widths) + sum(shift)) * {"middle": 0.5, "end": 1.0}.get(style.get("text-anchor", ""), 0.0)
    for text, width, before, below in zip(placed, widths, shift, lower, strict=True):
        text.set_position((x + before, float(element.attrib["y"]) + below))
        x += before + width


def _run(axes: Any, text: str, look: dict[str, str]) -> Any:
    italic = look.get("font-style") == "italic"
    return axes.text(
        0,
        0,
        text,
        color=look.get("fill", "black"),
        fontsize=float(look["font-size"]) * _POINTS,
        fontfamily="DejaVu Serif" if italic else "DejaVu Sans",
        fontstyle="italic" if italic else "normal",
        verticalalignment="baseline",
        parse_math=False,
    )


_DRAW = {"rect": _rectangle, "circle": _circle, "path": _path, "text": _text}
