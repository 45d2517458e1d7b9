"""Every public name of nn is held against golden values or a formula; what nobody covers fails here.

A test file below tests/nn says what its cases pin in a set at its top, as the names are found in `nn`:

    COVERS = {"Linear", "functions.linear"}

or derives it from its table of cases. Only cases that compare numbers count, not a call that merely succeeds.
"""

import importlib
import importlib.util
import inspect
import pkgutil
import re
from pathlib import Path

import nn

HERE = Path(__file__).parent


def public_names():
    """Layers, losses and functions; exceptions have tests of their messages, and sub-packages tests of their own."""
    own = {
        name
        for name in nn.__all__
        if not inspect.ismodule(found := getattr(nn, name))
        and not (inspect.isclass(found) and issubclass(found, Exception))
    }
    return own | {f"functions.{name}" for name in nn.functions.__all__}


def covered_names():
    """Name -> the files that cover it."""
    covered = {}
    for path in sorted(HERE.rglob("test_*.py")):
        if re.search(r"^COVERS\b", path.read_text(), re.MULTILINE):
            spec = importlib.util.spec_from_file_location(f"covering_{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            for name in module.COVERS:
                covered.setdefault(name, []).append(path.relative_to(HERE).as_posix())
    return covered


def test_every_layer_and_error_is_exported():
    modules = [importlib.import_module(f"nn.layers.{found.name}") for found in pkgutil.iter_modules(nn.layers.__path__)]
    written = {
        name
        for module in [nn.errors, *modules]
        for name, found in vars(module).items()
        if inspect.isclass(found) and found.__module__ == module.__name__ and not name.startswith("_")
    }
    forgotten = sorted(written - set(nn.__all__))
    assert not forgotten, f"add {', '.join(forgotten)} to the __all__ of their module"
    assert {"Linear", "StateError"} <= written


def test_nothing_is_exported_twice():
    for module in (nn, nn.functions):
        assert len(set(module.__all__)) == len(module.__all__)


def test_no_public_name_is_without_a_case():
    missing = sorted(public_names() - covered_names().keys())
    assert not missing, f"no test file's COVERS has {', '.join(missing)}"


def test_no_case_is_for_a_name_that_is_gone():
    gone = {name: files for name, files in covered_names().items() if name not in public_names()}
    assert not gone
