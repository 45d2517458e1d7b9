"""The pieces that an SVG picture is put together from: elements, lines of text in several looks, paths."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Run(NamedTuple):
    """A piece of a line of text in one look; `look` are SVG's attributes, with _ for -."""

    text: str
    look: dict[str, Any]


def add(parent: ET.Element, tag: str, text: str | None = None, /, **attributes: Any) -> ET.Element:
    """A new element; ElementTree escapes whatever users have put into their labels."""
    element = ET.SubElement(parent, tag)
    element.text = text
    for name, value in attributes.items():
        element.set(name.rstrip("_").replace("_", "-"), value if isinstance(value, str) else _number(value))
    return element


def add_line(parent: ET.Element, line: Sequence[Run], **attributes: Any) -> None:
    """A line of text; nothing if it is empty."""
    if len(line) == 1:
        add(parent, "text", line[0].text, **attributes, **line[0].look)
    elif line:
        element = add(parent, "text", **attributes)
        for run in line:
            add(element, "tspan", run.text, **run.look)


def path(start: Sequence[float], *commands: str | Sequence[float]) -> str:
    """The d of a path: a start, then letters, each followed by its numbers."""
    return "M" + "".join(c if isinstance(c, str) else " ".join(map(_number, c)) for c in (start, *commands))


def width(line: Iterable[Run], size: float) -> float:
    """About how wide a line will be, in a font that is not known here: rather too wide than too narrow."""
    return sum(
        float(run.look.get("font_size", size))
        * sum(
            1.0 if unicodedata.east_asian_width(c) in "WF" else 0.56 for c in run.text if not unicodedata.combining(c)
        )
        for run in line
    )


def text_of(svg: ET.Element) -> str:
    """The file's text."""
    ET.indent(svg, " ")
    for line in svg.iter("text"):
        for run in line:
            line.text = run.tail = None  # between runs, what was indented would be drawn as a space
    return ET.tostring(svg, encoding="unicode") + "\n"


def _number(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
