"""After the site is built: every link within it leads somewhere, and nothing that a page loads comes from elsewhere.

Markdown's links are checked by mkdocs; this looks at what has become of them, and at what notebooks and frames hold.
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_LOADED = {"src", "srcset", "data", "poster"}  # what a browser fetches without being asked


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, bool]] = []  # where to, and whether it is loaded with the page
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name in ("id", "name"):
                self.anchors.add(value)
            if name in _LOADED or name == "href":
                self.links.append((value, name in _LOADED or tag == "link"))


def broken(site: Path) -> Iterator[str]:
    """What is wrong with the pages below `site`, a line each."""
    pages: dict[Path, _Links] = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = _Links()
        pages[path].feed(path.read_text(encoding="utf-8"))
    for path, found in pages.items():
        for link, loaded in found.links:
            where = f"{path.relative_to(site)}: {link}"
            parts = urlsplit(link)
            if parts.scheme in ("data", "mailto", "javascript"):
                continue
            if parts.scheme or parts.netloc:
                if loaded:
                    yield f"{where} is loaded from elsewhere"
                continue
            if path.name == "404.html":  # its links begin at the root, wherever that will be
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                yield f"{where} leads nowhere"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{where}: there is no such place on the page"


def on_post_build(config: Any, **_: Any) -> None:
    """Fails the build if anything is broken."""
    from mkdocs.exceptions import Abort

    if found := sorted(set(broken(Path(config["site_dir"]).resolve()))):
        raise Abort("broken links:\n" + "\n".join(found))
