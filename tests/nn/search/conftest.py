"""Objectives that the workers can import as well: they take the path over from this process."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def objectives():
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        import search_objectives

        yield search_objectives
    finally:
        sys.path.pop(0)
