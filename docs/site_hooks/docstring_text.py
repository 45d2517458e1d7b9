"""Docstrings as Markdown: what is typed at a prompt is a block of code; Shapes, Errors and the like are paragraphs."""

import re

_LABEL = re.compile(r"^(Shapes?|Gradients?|Errors|Sources?|Raises)\b(:?)")


def as_markdown(docstring: str) -> str:
    """The docstring with its doctests fenced.

    >>> print(as_markdown("Adds.\\nErrors: none.\\n>>> 1 + 1\\n2"))
    Adds.
    <BLANKLINE>
    **Errors:** none.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    lines: list[str] = []
    within = False
    for line in docstring.splitlines():
        if line.startswith(">>> ") and not within:
            lines += ["", "```pycon"]
            within = True
        elif within and not line.strip():
            lines.append("```")
            within = False
        if within and line == "<BLANKLINE>":
            line = ""
        found = None if within else _LABEL.match(line)
        if found:
            label = f"**{found[1]}:**" if found[2] else found[1]
            lines += ["", label + line[found.end() :]]
        else:
            lines.append(line)
    return "\n".join([*lines, "```"] if within else lines)
