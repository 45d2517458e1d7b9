"""The pages on adding an op and a kernel do what they say: their code, put where it says, works and is all it takes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = "tests/autograd_core/ops/op_cases.py"
PAGES = {"adding-an-op.md": ["logit", "squared_distances"], "adding-a-kernel.md": ["row_norms"]}
# The tests that a new op could fail, but for those that compile every op there is.
FILES = ["every_op", "exports", "golden", "special_values", "shapes", "one_backward_pass"]
# And those that fail for an op that something is missing of.
COMPLETE = ["has_a_case", "is_public", "is_exported", "has_golden", "is_compared"]
PLACE = re.compile(r"# (?P<file>\S+?)(, (?P<where>at the end|in \w+))?")


def blocks(page):
    """(file, where in it, code) of each block."""
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL):
        first, code = block.split("\n", 1)
        place = PLACE.fullmatch(first)
        yield place["file"], place["where"], code


def put(path, where, code):
    if where is None:
        assert not path.exists()
        path.write_text(code)
        return
    text = path.read_text()
    if where == "at the end":
        text += f"\n\n{code}"
    else:
        start = re.search(rf"^{where.removeprefix('in ')} \|?= [\[{{]", text, re.MULTILINE)
        text = f"{text[: start.end()]}\n{code}{text[start.end() :]}"
    path.write_text(text)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a command in a copy of the project that has what both pages add."""
    root = tmp_path_factory.mktemp("with_ops")
    for part in ("autograd_core", "tests/autograd_core/ops", "tests/golden", "docs"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "benchmarks*"))
    for page in PAGES:
        for file, where, code in blocks(page):
            put(root / file, where, code)

    def run(*command):
        path = os.pathsep.join([str(root), str(root / "tests/autograd_core/ops")])
        done = subprocess.run(
            [sys.executable, *command], cwd=root, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    return run


def test_the_ops_of_the_pages_pass_the_tests_of_all_ops(run):
    names = [name for names in PAGES.values() for name in names]
    files = [f"tests/autograd_core/ops/test_{name}.py" for name in FILES]
    said = run(
        *("-m", "pytest", "-v", "-p", "no:cacheprovider", "--import-mode=importlib"),
        *("-k", " or ".join([*names, *COMPLETE]), *files),
    )
    assert " failed" not in said, said
    assert " error" not in said, said
    for name in names:
        assert len(re.findall(rf"\[.*{name}.*\] PASSED", said)) >= 3, said
    for test in COMPLETE:
        assert re.search(rf"::test_\w*{test}\w* PASSED", said), said


def test_they_are_public_and_the_kernel_is_found_by_the_warm_up(run):
    said = run(
        "-c",
        "import autograd_core as ag; from autograd_core import logit; from autograd_core.kernels import warmup; "
        "assert {'logit', 'squared_distances', 'row_norms'} <= set(ag.__all__); "
        "print([k.name for k in warmup.all_kernels()])",
    )
    assert "row_norms._norms" in said, said


def test_an_op_is_two_places_and_one_with_a_kernel_three():
    for page, names in PAGES.items():
        for name in names:
            files = {file for file, _, code in blocks(page) if name in code or name in file}
            assert CASES in files
            assert len(files) == (3 if page == "adding-a-kernel.md" else 2)
