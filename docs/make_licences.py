"""Make the table of licences.md from pyproject.toml and what the installed packages say: python docs/make_licences.py

What is not installed keeps the row that it has.
"""

import re
import tomllib
from importlib import metadata
from pathlib import Path

PAGE = Path(__file__).with_name("licences.md")
PROJECT = PAGE.parents[1] / "pyproject.toml"
HEAD = "| package | licence, as it says itself | for |\n| --- | --- | --- |\n"


def declared() -> dict[str, str]:
    """Which packages the project asks for, and in which extras; nothing stands for those that it always needs."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    found: dict[str, list[str]] = {}
    for extra, requirements in {"": project["dependencies"], **project["optional-dependencies"]}.items():
        for requirement in requirements:
            name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            if name != project["name"]:
                found.setdefault(name, []).append(extra)
    return {name: ", ".join(f"`{extra}`" for extra in extras if extra) or "all" for name, extras in found.items()}


def licence(name: str) -> str | None:
    """What the installed package says of itself in one line; None if it is not installed."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    of_classifiers = [line for line in said.get_all("Classifier") or [] if line.startswith("License ::")]
    short = said.get("License-Expression") or said.get("License") or ""
    if not short or len(short) > 60:  # some have the whole text there
        short = of_classifiers[0] if of_classifiers else "not said"
    return short.rpartition(" :: ")[2].strip()


def rows() -> dict[str, str]:
    """The licences that the page has, by package."""
    table = PAGE.read_text(encoding="utf-8").partition(HEAD)[2]
    return dict(re.findall(r"^\| ([\w.-]+) \| (.+?) \| .+ \|$", table, re.MULTILINE))


def page() -> str:
    """The page anew."""
    before, known = PAGE.read_text(encoding="utf-8").partition(HEAD)[0], rows()
    lines = [
        f"| {name} | {licence(name) or known.get(name, 'not known')} | {extras} |"
        for name, extras in declared().items()
    ]
    return before + HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
