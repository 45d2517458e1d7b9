"""A row is public by its name in its file's `__all__`, and by nothing else; a row that is forgotten there fails."""

import importlib
import pkgutil

import autograd_core as ag
from autograd_core import fft, linalg, ops
from autograd_core.ops.op import Op

FILES = [importlib.import_module(f"autograd_core.ops.{found.name}") for found in pkgutil.iter_modules(ops.__path__)]
# Rows that other files call, and which are not for users; nor are gradients that are rows of their own.
INNER = {"windows", "add_windows", "random_state", "swap_random_state"}


def test_every_row_without_an_underscore_is_public():
    for file in FILES:
        rows = {
            name for name, found in vars(file).items() if isinstance(found, Op) and found.__module__ == file.__name__
        }
        inner = INNER | {name for name in rows if name.startswith("_") or name.endswith("_gradient")}
        forgotten = rows - inner - set(getattr(file, "__all__", []))
        assert not forgotten, f"add {', '.join(sorted(forgotten))} to the __all__ of {file.__name__}, or name it _..."


def test_what_a_file_adds_is_exported_once():
    added = [name for file in FILES for name in getattr(file, "__all__", [])]
    assert len(added) == len(set(added)) > 150
    assert set(added) == set(ops.__all__) | set(linalg.__all__) | set(fft.__all__) - {"fftfreq", "rfftfreq"}  # no ops
    assert set(ops.__all__) <= set(ag.__all__)
    assert len(ag.__all__) == len(set(ag.__all__))
