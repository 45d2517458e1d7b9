"""Formulas in dollars as MathML, which browsers show by themselves: no script, no font, no request."""

import re
from typing import Any

_PARTS = re.compile(
    r"(?P<code>^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)|(?P<tick>`+)[^`].*?(?P=tick))"
    r"|\$\$(?P<display>.+?)\$\$"
    r"|(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$]*[^\s$\\])?)\$(?!\w)",
    re.DOTALL | re.MULTILINE,
)
_PLACE = "formula-place-{}-of-page"  # what Markdown leaves alone


def set_aside(markdown: str) -> tuple[str, list[tuple[str, bool]]]:
    """The text with a placeholder for each formula, and the formulas in their order: TeX, and whether displayed."""
    found: list[tuple[str, bool]] = []

    def place(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return match[0]
        displayed = match["display"] is not None
        found.append((match["display"] if displayed else match["inline"], displayed))
        return _PLACE.format(len(found) - 1)

    return _PARTS.sub(place, markdown), found


def put_back(text: str, formulas: list[str]) -> str:
    """The text with what the formulas have become in their places."""
    return re.sub(_PLACE.format(r"(\d+)"), lambda match: formulas[int(match[1])], text)


def mathml(tex: str, displayed: bool) -> str:
    """TeX as MathML. Raises ValueError where a command is not known, which would be shown as it stands."""
    from latex2mathml.converter import convert

    found: str = convert(tex, display="block" if displayed else "inline")
    if "\\" in found:
        raise ValueError(f"formula {tex!r}: a command of it is not known to latex2mathml")
    return found.replace("<mi>&#x02032;</mi>", '<mo class="prime">&#x02032;</mo>')  # else hardly to be seen


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Before Markdown is read."""
    text, found = set_aside(markdown)
    page.meta["formulas"] = [mathml(tex, displayed) for tex, displayed in found]
    return text


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """After it has become HTML."""
    for entry in page.toc:
        _restore(entry, page.meta["formulas"])
    return put_back(html, page.meta["formulas"])


def _restore(entry: Any, formulas: list[str]) -> None:
    entry.title = put_back(entry.title, formulas)
    for child in entry.children:
        _restore(child, formulas)
