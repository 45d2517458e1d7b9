"""A notebook as a page of Markdown, and the files that its outputs become."""

import base64
import html
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

_FRAME = re.compile(r'<iframe srcdoc="(?P<page>[^"]*)"(?P<rest>[^>]*)>')


class Page(NamedTuple):
    """Markdown, and what else belongs beside it by name."""

    markdown: str
    files: dict[str, bytes]


def as_page(path: Path) -> Page:
    """The notebook at `path` as it was run: text as it is, code as code, pictures as files of their own."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    parts: list[str] = []
    files: dict[str, bytes] = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(prose(source))
        elif cell["cell_type"] == "code":
            parts.append(f"```python\n{source}\n```")
            parts.extend(_output(output, path.stem, files) for output in cell["outputs"])
    return Page("\n\n".join(part for part in parts if part) + "\n", files)


def prose(source: str) -> str:
    """A cell's Markdown for the site: links to notebooks lead to their pages, and folded answers are Markdown too."""
    source = re.sub(r"\]\(([\w-]+)\.ipynb(#[^)]*)?\)", r"](\1.md\2)", source)
    source = re.sub(r"\]\(\.\./docs/([^)]+)\)", r"](../\1)", source)
    return source.replace("<details>", '<details markdown="1">')


def title_of(path: Path) -> str:
    """The notebook's first heading."""
    return _first_cell(path)[0].lstrip("# ")


def summary_of(path: Path) -> str:
    """The paragraph below it."""
    return "\n".join(_first_cell(path)[1:]).strip().split("\n\n")[0].replace("\n", " ")


def _first_cell(path: Path) -> list[str]:
    return "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]).splitlines()


def _output(output: dict[str, Any], stem: str, files: dict[str, bytes]) -> str:
    if output["output_type"] == "stream":
        return _text("".join(output["text"]))
    data = {kind: "".join(content) for kind, content in output.get("data", {}).items()}

    def keep(suffix: str, content: bytes) -> str:
        name = f"{stem}-{len(files) + 1}.{suffix}"
        files[name] = content
        return name

    if "text/html" in data:
        found = _FRAME.search(data["text/html"])
        if found is None:
            return f"<div>{data['text/html']}</div>"
        name = keep("html", html.unescape(found["page"]).encode())
        return f'<iframe src="{name}"{found["rest"]}></iframe>'
    if "image/svg+xml" in data:
        return f"![what the cell above draws]({keep('svg', data['image/svg+xml'].encode())})"
    if "image/png" in data:
        return f"![what the cell above draws]({keep('png', base64.b64decode(data['image/png']))})"
    return _text(data.get("text/plain", ""))


def _text(text: str) -> str:
    return f"``` {{ .text .output }}\n{text.rstrip()}\n```" if text.strip() else ""
