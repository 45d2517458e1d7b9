"""The examples of docs/sequences.md give what the page says."""

import doctest
from pathlib import Path


def test_the_examples_run_as_written():
    page = Path(__file__).parents[2] / "docs" / "sequences.md"
    failed, run = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert run > 8
    assert not failed
