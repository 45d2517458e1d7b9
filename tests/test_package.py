"""What holds for the project as a whole: what an import loads, and what is public."""

import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import autograd_core as ag
import nn
import optim

HEAVY = {"numba", "llvmlite", "matplotlib", "igraph", "safetensors", "tqdm", "pooch", "PIL", "requests"}


def loaded_by(statement):
    """The top-level modules in a fresh interpreter after this statement."""
    code = f"{statement}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_engine_loads_numpy_and_nothing_slower():
    assert not loaded_by("import autograd_core") & HEAVY


def test_what_few_programs_use_is_loaded_when_it_is_asked_for():
    late = ["fft", "linalg", "batching_rules", "inspection", "names_table", "compiler", "show", "transforms", "tracing"]
    det = pickle.dumps(ag.linalg.det)  # an op, by its name and the module that defines it
    code = (
        "import pickle, sys, autograd_core as ag\n"
        f"print(*[name for name in {late} if f'autograd_core.{{name}}' in sys.modules])\n"
        f"print(pickle.loads({det!r}).name, ag.linalg.det(2.0 * ag.eye(2)).item(), ag.isdtype(ag.int8, 'integral'))\n"
        "print(ag.vmap(ag.linalg.det)(ag.ones((3, 1, 1))).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "det 4.0 True", "[1.0, 1.0, 1.0]"]


def test_a_toy_graph_compiles_nothing():
    toy = "import autograd_core as ag; x = ag.ones((2, 2), requires_grad=True); (x @ x * ag.tanh(x)).sum().backward()"
    assert not loaded_by(toy) & HEAVY


def test_importing_nn_and_optim_loads_nothing_slower():
    assert not loaded_by("import nn, optim") & HEAVY


def test_public_names_exist_and_are_documented():
    for package in (ag, nn, optim):
        for name in package.__all__:
            assert getattr(package, name).__doc__, f"{package.__name__}.{name} has no docstring"


def test_public_methods_say_what_they_do_or_inherit_it():
    modules = [
        importlib.import_module(found.name)
        for package in (ag, nn, optim)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not found.name.endswith("__main__")
    ]
    names = {module.__name__ for module in modules}
    methods = {
        f"{c.__module__}.{c.__name__}.{name}": method
        for module in modules
        for c in vars(module).values()
        if inspect.isclass(c) and c.__module__ in names and not c.__name__.startswith("_")
        for name, method in inspect.getmembers(c, lambda found: inspect.isroutine(found) or isinstance(found, property))
        if not name.startswith("_") and name not in ("draw", "stepper")  # which are given, behind `show`
    }
    assert [place for place, method in methods.items() if not inspect.getdoc(method)] == []
    assert len(methods) > 1000


def test_files_that_are_no_modules_are_declared_so_that_a_wheel_has_them():
    root = Path(ag.__file__).parents[1]
    declared = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    patterns = [root / package.replace(".", "/") / glob for package, globs in declared.items() for glob in globs]
    for package in ("autograd_core", "nn", "optim"):
        for path in (root / package).rglob("*.*"):
            if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts:
                assert any(path.match(str(pattern)) for pattern in patterns), f"{path} is in no package-data"
