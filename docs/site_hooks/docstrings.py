"""The extension that has docstrings read as Markdown."""

from typing import Any

import griffe
from docstring_text import as_markdown  # which pages.py has loaded


class Docstrings(griffe.Extension):
    """Changes each docstring as it is read."""

    def on_instance(self, *, obj: Any, **_: Any) -> None:
        """Called for every module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)
