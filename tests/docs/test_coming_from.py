"""What the pages for those who know another library show is what comes out."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["coming-from-micrograd.md", "coming-from-numpy.md", "array-api.md"])
def test_examples_run(name):
    path = DOCS / name
    failed, tried = doctest.testfile(str(path), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried and not failed
