"""What the documentation site is made of: pages from notebooks and docstrings, formulas, links that lead somewhere."""

import base64
import html
import importlib
import inspect
import json
import sys
from pathlib import Path

import pytest

import autograd_core as ag
import nn
import optim

HOOKS = Path(__file__).parents[2] / "docs" / "site_hooks"


@pytest.fixture
def hook(monkeypatch):
    """A file of the hooks, as the site's generator loads it."""
    monkeypatch.syspath_prepend(HOOKS)

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


def test_a_notebook_becomes_a_page_with_its_outputs(hook, tmp_path):
    png, steps = b"\x89PNG...", '<p title="a">1 &lt; 2</p>'
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "\n", "First\n", "paragraph.\n", "\n", "Second."]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
                {"output_type": "display_data", "data": {"image/png": base64.b64encode(png).decode()}},
                {"output_type": "execute_result", "data": {"image/svg+xml": "<svg/>", "text/plain": "a drawing"}},
                {
                    "output_type": "execute_result",
                    "data": {"text/html": f'<iframe srcdoc="{html.escape(steps)}" title="f">'},
                },
                {"output_type": "execute_result", "data": {"text/plain": "42"}},
            ],
        },
        {
            "cell_type": "markdown",
            "source": "[next](02-b.ipynb#c) [why](../docs/decisions.md) <details><summary>A</summary>",
        },
    ]
    path = tmp_path / "01-a.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    notebooks = hook("notebooks")
    page = notebooks.as_page(path)
    assert page.files == {"01-a-1.png": png, "01-a-2.svg": b"<svg/>", "01-a-3.html": steps.encode()}
    for part in (
        "```python\nprint(1)\n```",
        "``` { .text .output }\n1\n```",
        "(01-a-1.png)",
        "(01-a-2.svg)",
        '<iframe src="01-a-3.html" title="f"></iframe>',
        "``` { .text .output }\n42\n```",
        "[next](02-b.md#c) [why](../decisions.md) <details markdown",
    ):
        assert part in page.markdown
    assert notebooks.title_of(path) == "Title"
    assert notebooks.summary_of(path) == "First paragraph."


def test_formulas_are_found_outside_code_alone_and_put_back(hook):
    formulas = hook("formulas")
    source = "In $x$ and $$\n\\frac12\n$$ for `$HOME`, $5 and $6.\n```\n$ make x$\n```\n$y$"
    text, found = formulas.set_aside(source)
    assert found == [("x", False), ("\n\\frac12\n", True), ("y", False)]
    assert formulas.put_back(text, ["$x$", "$$\n\\frac12\n$$", "$y$"]) == source


def test_docstrings_have_their_doctests_fenced_and_their_labels_in_bold(hook):
    as_markdown = hook("docstring_text").as_markdown
    text = ag.Value.__doc__
    assert as_markdown("One.\nShapes: (n,) -> ().\n>>> 1\n1\n\nAfter.") == (
        "One.\n\n**Shapes:** (n,) -> ().\n\n```pycon\n>>> 1\n1\n```\n\nAfter."
    )
    assert as_markdown(text).count("```") % 2 == 0


def test_every_public_name_is_in_the_reference_once(hook):
    reference = hook("reference")
    pages = [reference.public_names(packages) for packages in reference.PACKAGES.values()]
    listed = [(module, name) for page in pages for module, names in page.items() for name in names]
    assert len(listed) == len(set(listed))
    found = {id(getattr(sys.modules[module], name)) for module, name in listed}
    for package in (ag, nn, optim, nn.functions, nn.training, nn.plots, nn.data):
        for name in package.__all__:
            assert inspect.ismodule(thing := getattr(package, name)) or id(thing) in found, name


def test_broken_links_and_what_is_loaded_from_elsewhere_are_found(hook, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.html").write_text('<h2 id="here"></h2><a href="sub/b.html#there"></a><a href="https://x.org"></a>')
    (tmp_path / "sub" / "b.html").write_text('<p id="there"></p><a href="../a.html#here"><img src="data:x"></a>')
    broken = hook("links").broken
    assert list(broken(tmp_path)) == []
    (tmp_path / "a.html").write_text(
        '<a href="sub/b.html#nowhere"></a><iframe src="c.html"></iframe><script src="https://x.org/y.js"></script>'
    )
    assert list(broken(tmp_path)) == [
        "a.html: sub/b.html#nowhere: there is no such place on the page",
        "a.html: c.html leads nowhere",
        "a.html: https://x.org/y.js is loaded from elsewhere",
        "sub/b.html: ../a.html#here: there is no such place on the page",
    ]
