"""What the pages for those who know another library show is what comes out."""

import doctest
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs").glob("coming-from-*.md"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_examples_run(path):
    failed, tried = doctest.testfile(str(path), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried and not failed
