"""Why something could not be measured, in words for a table's cell: short, and without this machine's paths."""

from __future__ import annotations

import re

_MISSING = re.compile(r"No module named '?([^']+)'?")
_PATH = re.compile(r"(?<![^\s'\"(])/[^\s'\")]+")


def in_short(message: str) -> str:
    """The last line of a traceback, or an exception's name and text."""
    lines = message.strip().splitlines() or ["no message"]
    missing = _MISSING.search(lines[-1])
    if missing:
        return f"{missing[1]} is not installed"
    return f"failed: {_PATH.sub('…', lines[-1])[:80]}"
