"""The page on adding a kernel does what it says: its code, put where it says, works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "adding-a-kernel.md").read_text()


def test_the_pages_code_makes_an_op_that_passes_its_test(tmp_path):
    shutil.copytree(ROOT / "autograd_core", tmp_path / "autograd_core", ignore=shutil.ignore_patterns("__pycache__"))
    cases = tmp_path / "tests" / "autograd_core" / "ops" / "test_every_op.py"
    cases.parent.mkdir(parents=True)
    shutil.copy(ROOT / cases.relative_to(tmp_path), cases)

    kernel, row, case = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    name, code = named(kernel)
    (tmp_path / name).write_text(code)
    name, code = named(row)
    with open(tmp_path / name, "a") as file:
        file.write(f"\n\n{code}")
    name, code = named(case)
    assert tmp_path / name == cases
    cases.write_text(cases.read_text().replace("CASES = {\n", f"CASES = {{\n{code}", 1))

    command = [sys.executable, "-m", "pytest", "-q", "-k", "row_norms or has_a_case", "-p", "no:cacheprovider", cases]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    compiled = (
        "import numpy as np; from autograd_core.kernels import warmup; print([k.name for k in warmup.all_kernels()])"
    )
    done = subprocess.run(
        [sys.executable, "-c", compiled],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "row_norms._norms" in done.stdout, done.stderr


def named(block):
    """The file that a block's first line names, and the rest of the block."""
    first, rest = block.split("\n", 1)
    return first.removeprefix("# ").partition(",")[0], rest
