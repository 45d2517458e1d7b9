"""The pages that are made when the site is built, from what stands elsewhere, and the order of all of them.

The course from the notebooks, the guide from the README, the reference from the docstrings, the stepper by the engine's
own command. A page that is added to docs/ or notebooks/ finds its place here by its name.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import docstring_text  # noqa: F401  mkdocs has this folder on the path now, and no longer when docstrings.py is loaded
import reference
from mkdocs.structure.files import File, Files

import notebooks

ROOT = Path(__file__).resolve().parents[2]


NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXAMPLE = ["(x+y)*z", "x=-2", "y=5", "z=-4"]


def on_config(config: Any, **_: Any) -> Any:
    """The order of the pages."""
    docs = Path(config["docs_dir"])
    pages = sorted(path.name for path in docs.glob("*.md") if path.name not in ("index.md", "pictures.md"))
    named = ("coming-from-", "adding-")
    config["nav"] = [
        {"Start": "index.md"},
        {"Guide": "guide.md"},
        {"Pictures": "pictures.md"},
        {"Coming from": [page for page in pages if page.startswith("coming-from-")]},
        {"Course": ["course/index.md", *(f"course/{path.stem}.md" for path in NOTEBOOKS)]},
        {"How to add": [page for page in pages if page.startswith("adding-")]},
        {"Reference": [{title: _entries(title)} for title in reference.PACKAGES]},
        {"Background": [page for page in pages if not page.startswith(named)]},
    ]
    return config


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Everything that is not a file of docs/."""

    def add(name: str, content: str | bytes) -> None:
        files.append(File.generated(config, name, content=content))

    add("guide.md", guide((ROOT / "README.md").read_text(encoding="utf-8")))
    add("stepper.html", stepper())
    for path in NOTEBOOKS:
        page = notebooks.as_page(path)
        add(f"course/{path.stem}.md", page.markdown)
        for name, content in page.files.items():
            add(f"course/{name}", content)
    for title in reference.PACKAGES:
        for name, content in _reference(title).items():
            add(name, content)
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Lists of pages, where a page asks for them."""
    docs = Path(config["docs_dir"])
    coming = [(path.name, _heading(path)) for path in sorted(docs.glob("coming-from-*.md"))]
    sections = [(path.name.replace(".ipynb", ".md"), path) for path in NOTEBOOKS]
    lists = {
        "coming-from": "\n".join(f"- [{title}]({name})" for name, title in coming),
        "course": "\n".join(
            f"- [{notebooks.title_of(path)}]({name}): {notebooks.summary_of(path)}" for name, path in sections
        ),
    }
    return re.sub(r"^\{\{ ([\w-]+) \}\}$", lambda match: lists[match[1]], markdown, flags=re.MULTILINE)


def guide(readme: str) -> str:
    """The README with its links as they lead from within the site."""
    readme = readme.replace("# autograd-core\n", "# Guide\n", 1).replace("<BLANKLINE>\n", "\n")
    readme = re.sub(r"\]\(docs/([^)]+)\)", r"](\1)", readme)
    return readme.replace("](notebooks)", "](course/index.md)").replace("[LICENSE](LICENSE)", "LICENSE")


def stepper() -> str:
    """The page that steps through the lectures' first graph, as the engine's command writes it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "stepper.html"
        command = [sys.executable, "-m", "autograd_core", *EXAMPLE, "--html", str(path)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return path.read_text(encoding="utf-8")


def _reference(title: str) -> dict[str, str]:
    found = reference.public_names(reference.PACKAGES[title])
    return {f"reference/{module}.md": reference.page(module, names) for module, names in found.items()}


def _entries(title: str) -> list[dict[str, str]]:
    """The pages of a part of the reference by short names: all are below one package."""
    package = reference.PACKAGES[title][0]
    return [{Path(name).stem.removeprefix(f"{package}."): name} for name in _reference(title)]


def _heading(path: Path) -> str:
    return path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
