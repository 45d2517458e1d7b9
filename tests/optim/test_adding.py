"""The page on adding an optimiser is right: what it shows, put where it says, works.

Its code goes into a copy of the package, which another process imports, so that nothing of it stays in this one.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-an-optimiser.md").read_text()
BLOCKS = {
    place: block for block, place in re.findall(r"^```python\n(# (\S+)\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run what the page does with its optimiser, and then a text of ours."""
    root = tmp_path_factory.mktemp("with_sign")
    shutil.copytree(ROOT / "optim", root / "optim", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "optim/sign.py").write_text(BLOCKS["optim/sign.py"])
    public = root / "optim/__init__.py"
    imports, last = public.read_text().split("\n# Public is")
    public.write_text(f"{imports}{BLOCKS['optim/__init__.py']}\n# Public is{last}")

    def run(text):
        path = os.pathsep.join([str(root), str(ROOT)])
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", f"{BLOCKS['anywhere']}\nimport numpy as np\n{text}"],
            env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
            capture_output=True,
            text=True,
        )

    return run


def succeed(done):
    assert done.returncode == 0, done.stderr
    return True


def test_the_page_has_no_other_code():
    assert PAGE.count("```") == 2 * len(BLOCKS)
    assert list(BLOCKS) == ["optim/sign.py", "optim/__init__.py", "anywhere"]
    assert len(BLOCKS["optim/__init__.py"].splitlines()) == 2  # where it goes, and one line


def test_it_is_public_and_trains(run):
    assert succeed(
        run("""
assert optim.Sign.__module__ == "optim.sign"
assert "Sign" in optim.__all__
assert float(first) == 13.25
assert float(last) < 0.01
""")
    )


def test_it_follows_its_formula_with_a_kernel_and_without(run):
    assert succeed(
        run("""
for size in (3, 100):
    for decoupled in (True, False):
        p, m = np.linspace(-1.0, 2.0, size), np.zeros(size)
        w = ag.tensor(p, requires_grad=True)
        optimizer = optim.Sign([w], lr=0.1, beta=0.5, weight_decay=0.2, decoupled_weight_decay=decoupled)
        for t in range(1, 6):
            g = np.cos(t * p)
            w.grad = ag.tensor(g)
            optimizer.step()
            m = 0.5 * m + 0.5 * (g if decoupled else g + 0.2 * p)
            p = (0.98 if decoupled else 1.0) * p - 0.1 / t**0.5 * np.sign(m)
            np.testing.assert_allclose(w.numpy(), p, rtol=1e-12)
""")
    )


def test_its_state_is_saved_under_its_names_and_loaded(run):
    assert succeed(
        run("""
assert saved["state"][0].keys() == {"step", "exp_avg"}
assert saved["state"][0]["step"] == 301
np.testing.assert_array_equal(resumed.state[0]["exp_avg"].numpy(), saved["state"][0]["exp_avg"])
assert resumed.param_groups == optimizer.param_groups
ends = []
for goes_on in (optimizer, resumed):
    begin = w.numpy()
    for _ in range(3):
        goes_on.step(loss)
    ends.append(w.numpy())
    w.assign(begin)
np.testing.assert_array_equal(*ends)
""")
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("beta=1.0", "Sign: beta must be at least 0 and below 1, got 1.0"),
        ("beta='half'", "Sign: beta must be a number, got half"),
        ("lr=-0.1", "Sign: lr must be at least 0, got -0.1"),
        ("decoupled_weight_decay=0.5", "Sign: decoupled_weight_decay must be true or false, got 0.5"),
    ],
)
def test_a_bad_setting_is_refused(run, settings, message):
    done = run(f"optim.Sign([w], {settings})")
    assert done.returncode == 1
    assert done.stderr.endswith(f"ArgumentError: {message}\n")
