"""docs/coming-from-pytorch.md is what its script makes of the table of names; that its calls are right is a test of the
table's.
"""

import importlib.util
import re
from pathlib import Path

import autograd_core as ag
from autograd_core.names_table import TABLE

SCRIPT = Path(__file__).parents[2] / "docs" / "make_coming_from_pytorch.py"


def test_the_page_is_what_the_table_says():
    spec = importlib.util.spec_from_file_location("make_coming_from_pytorch", SCRIPT)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.PAGE.read_text() == made.page(), f"run python docs/{SCRIPT.name}"
    assert made.TITLES.keys() == TABLE.keys()


def test_what_the_table_tells_to_write_exists():
    named = {
        name
        for rows in TABLE.values()
        for row in rows
        for name in re.findall(r"\b(?:ag|autograd_core)\.(\w+)", f"{row.ours} {row.differs}")
    }
    assert len(named) > 80
    assert [name for name in sorted(named) if not hasattr(ag, name)] == []
