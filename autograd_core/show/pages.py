"""Pages of HTML with all that they need within them, put together from the files of the folder `page`."""

from __future__ import annotations

import re
from importlib import resources

from autograd_core.show import captions, svg

_COLOURS = {
    "background": svg.BACKGROUND,
    "frame": svg.FRAME,
    "node": svg.NODE,
    "ink": captions.INK,
    "faint": captions.FAINT,
}
_COLOURS |= {"value": svg.VALUE, "gradient": svg.GRADIENT, "local": svg.LOCAL}


def page(name: str, **parts: str) -> str:
    """The page `name`, with its own script and the common style; `parts` are what else it has, ready to be put in."""
    parts |= {"STYLE": _colours() + _file("stepper.css"), "SCRIPT": _file(f"{name}.js")}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _file(f"{name}.html"))


def _colours() -> str:
    """The picture's colours follow the page's, which are those of the reader's choice, dark or light."""
    return "".join(
        f'#picture [{attribute}="{colour}"] {{ {attribute}: var(--{name}); }}\n'
        for name, colour in _COLOURS.items()
        for attribute in ("fill", "stroke")
    )


def _file(name: str) -> str:
    return (resources.files("autograd_core.show") / "page" / name).read_text(encoding="utf-8")
