"""What type checkers know is what happens: of the ops, by stubs that are up to date; of a user's script, as it runs."""

import ast
import importlib.util
import json
import runpy
import subprocess
import sys
import sysconfig
import types
import typing
import venv
from pathlib import Path

import numpy as np
import pytest
from op_cases import CASES

import autograd_core as ag

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCRIPTS = [str(HERE / name) for name in ("user_script.py", "mistakes.py")]


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_stubs", HERE / "make_stubs.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def is_of(value, kind):
    """Whether a value is of a type, as deep as that says."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return any(is_of(value, argument) for argument in arguments)
    if kind is type(None) or kind is None:
        return value is None
    if not isinstance(value, origin or kind):
        return False
    if origin is list:
        return all(is_of(entry, arguments[0]) for entry in value)
    if origin is dict:
        return all(is_of(entry, arguments[1]) for entry in value.values())
    if origin is tuple and arguments[-1] is not Ellipsis:
        return len(value) == len(arguments) and all(map(is_of, value, arguments))
    return isinstance(value, np.generic) or not isinstance(value, tuple) or all(is_of(e, arguments[0]) for e in value)


def test_the_stubs_are_what_the_ops_say(maker):
    for module in maker.MODULES:
        assert maker.path_of(module).read_text(encoding="utf-8") == maker.stub(module), "run `make stubs`"


def test_ops_give_what_the_stubs_say(maker):
    names = {"Tensor": ag.Tensor, "Array": np.ndarray, "np": np, "Any": typing.Any}
    count = 0
    for module in maker.MODULES:
        returned = {}  # by the name of the op, and the type of what it is given first
        for node in ast.parse(maker.stub(module)).body:
            if isinstance(node, ast.FunctionDef):
                first = (node.args.posonlyargs or node.args.args or [node.args.vararg])[0].annotation
                returned.setdefault((node.name, ast.unparse(first)), ast.unparse(node.returns))
        for name in module.__all__:
            op = getattr(module, name)
            for function, inputs in CASES[name].checks if name in CASES else ():
                if function is not op or (name, "Arrays") not in returned:
                    continue
                of_tensors = op(*[ag.tensor(x) if isinstance(x, np.ndarray) else x for x in inputs])
                assert is_of(of_tensors, eval(returned[name, "Tensor"], names)), name
                assert is_of(op(*inputs), eval(returned[name, "Arrays"], names)), name
                count += 1
    assert count > 60


def test_a_users_script_runs_with_the_types_that_it_asserts(monkeypatch):
    asserted = []

    def assert_type(value, kind):
        asserted.append(kind)
        assert is_of(value, kind), f"{value!r} is no {kind}"
        return value

    monkeypatch.setattr(typing, "assert_type", assert_type)
    runpy.run_path(SCRIPTS[0])
    assert len(asserted) > 50


def environment(folder, **options):
    """A new environment of Python's: its interpreter, and where its packages are."""
    venv.create(folder / "env", symlinks=True, **options)
    python = str(folder / "env" / "bin" / "python")
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return python, Path(subprocess.run([python, "-c", program], capture_output=True, text=True).stdout.strip())


@pytest.mark.slow  # sets up an environment, from a package index
def test_an_editable_install_is_a_path_and_no_import_hook(tmp_path):
    python, packages = environment(tmp_path, with_pip=True)
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--editable", str(ROOT)]
    subprocess.run(install, check=True, capture_output=True)
    (path,) = packages.glob("__editable__*")  # nor a module beside it
    assert Path(path.read_text().strip()).samefile(ROOT)


def test_mypy_knows_the_types_in_a_users_script_and_finds_mistakes():
    done = subprocess.run([sys.executable, "-m", "mypy", *SCRIPTS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(importlib.util.find_spec("pyright") is None, reason="pip install 'autograd-core[typing]'")
def test_pyright_knows_the_types_in_a_users_script_and_finds_mistakes(tmp_path):
    python, packages = environment(tmp_path)
    (packages / "project.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", python, "--project", str(HERE)]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout)
    assert found["summary"]["filesAnalyzed"] == len(SCRIPTS)
    assert not found["generalDiagnostics"], found["generalDiagnostics"]
