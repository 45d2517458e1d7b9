import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core
from autograd_core.kernels.jit import entry, jit

PACKAGE = Path(autograd_core.__file__).parent
USE_A_KERNEL = """
import numpy as np
from autograd_core import kernels
x = np.arange(16.0).reshape(1, 1, 4, 4)
print(kernels.pooling.max_pool2d(x, (2, 2), (2, 2), (0, 0)).sum())
"""


TRAIN_A_STEP = """
import sys
import numpy as np
import autograd_core as ag
import nn
import optim
net = nn.Sequential(
    nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.BatchNorm2d(4), nn.ReLU(),
    nn.Flatten(), nn.Linear(100, 8), nn.BatchNorm1d(8),
)
optimizer = optim.Adam(net.parameters(), lr=0.01)
images, labels = np.random.default_rng(0).random((64, 1, 12, 12), np.float32), np.arange(64) % 8
nn.functions.cross_entropy(net(ag.tensor(images)), labels).backward()
optimizer.step()
print("numba" in sys.modules, sorted({"numba.np.arraymath", "scipy.linalg"} & sys.modules.keys()))
"""


def _run(code, root, **environment):
    environment = {**os.environ, "PYTHONPATH": str(root), **environment}
    return subprocess.run([sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True)


def _copy_of_package(directory):
    ignored = shutil.ignore_patterns("__pycache__")
    (directory / "autograd_core").mkdir(parents=True)
    for name in ("__init__.py", "errors.py"):
        shutil.copy(PACKAGE / name, directory / "autograd_core" / name)
    (directory / "autograd_core" / "__init__.py").write_text("")
    shutil.copytree(PACKAGE / "kernels", directory / "autograd_core" / "kernels", ignore=ignored)
    return directory


def test_importing_the_package_of_kernels_does_not_import_numba():
    ran = _run("import sys; from autograd_core import kernels; print('numba' in sys.modules)", PACKAGE.parent)
    assert ran.stdout == "False\n"


def test_second_process_compiles_nothing_and_an_edited_kernel_is_compiled_again(tmp_path):
    root = _copy_of_package(tmp_path)
    first = _run(USE_A_KERNEL, root, NUMBA_CACHE_DIR="")
    assert first.stdout == "40.0\n"
    assert first.stderr.count("compiling kernels, once") == 1
    (directory,) = root.rglob("kernels-*")
    assert {file.name.split("-kernel")[0] for file in directory.iterdir()} == {"pooling.launch__forward"}  # whole

    second = _run(USE_A_KERNEL, root, NUMBA_CACHE_DIR="")
    assert (second.stdout, second.stderr) == (first.stdout, "")

    # An edit anywhere in the kernels must not meet old machine code, even with size and time of the file kept.
    edited = root / "autograd_core" / "kernels" / "threads.py"
    edited.write_text(edited.read_text() + "# edited\n")
    third = _run(USE_A_KERNEL, root, NUMBA_CACHE_DIR="")
    assert third.stdout == first.stdout
    assert "compiling kernels" in third.stderr
    (found,) = root.rglob("kernels-*")
    assert found != directory  # which nobody would look into again


def test_kernels_from_the_cache_bring_no_more_of_numba_than_they_need():
    # numba.np.arraymath, for an array's own sum(), imports all of scipy.linalg if there is one: a quarter of a second.
    root = PACKAGE.parent
    _run(TRAIN_A_STEP, root)  # which compiles what is not in the cache
    assert _run(TRAIN_A_STEP, root).stdout == "True []\n"


def test_damaged_cache_file_is_compiled_again(tmp_path):
    root = _copy_of_package(tmp_path)
    cache = tmp_path / "cache"
    first = _run(USE_A_KERNEL, root, NUMBA_CACHE_DIR=str(cache))
    for file in cache.rglob("*.nbc"):
        file.write_bytes(file.read_bytes()[:100])
    second = _run(USE_A_KERNEL, root, NUMBA_CACHE_DIR=str(cache))
    assert second.returncode == 0
    assert second.stdout == first.stdout


def test_kernels_of_different_processes_do_not_meet_in_the_cache(tmp_path):
    (tmp_path / "rules.py").write_text(
        "import sys\n"
        "import numpy as np\n"
        "from autograd_core.kernels import elementwise\n"
        "def double(x): return x * 2.0\n"
        "def triple(x): return x * 3.0\n"
        "for name in sys.argv[1:]: print(elementwise.run(globals()[name], (np.ones(9, np.float32),))[0])\n"
    )

    def run(*names):
        code = f"import runpy, sys; sys.argv[1:] = {names}; runpy.run_path({str(tmp_path / 'rules.py')!r})"
        return _run(code, PACKAGE.parent, NUMBA_CACHE_DIR=str(tmp_path / "cache"))

    for name in ("double", "triple"):  # each the first that its process compiles, so with the same numbers in symbols
        assert "compiling" in run(name).stderr
    both = run("double", "triple")
    assert (both.stdout, both.stderr) == ("2.0\n3.0\n", "")


@jit
def _square(x):
    return x * x


@entry
def _sum_of_squares(x):
    total = 0.0
    for i in range(x.size):
        total += _square(x[i])
    return total


def test_a_part_is_compiled_with_its_entry_and_python_cannot_call_it():
    assert _sum_of_squares(np.arange(4.0)) == 14.0
    with pytest.raises(TypeError, match=r"_square is a part of kernels: Python cannot call it"):
        _square(2.0)
