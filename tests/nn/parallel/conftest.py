"""Programs run by the mpirun that the extra `mpi` brings, several processes on one machine."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def programs():
    sys.path.insert(0, str(HERE))
    try:
        import parallel_programs

        yield parallel_programs
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="session")
def mpirun():
    """`mpirun(4, "-m", "nn", ...)` runs Python with these arguments in 4 processes; it must end within four minutes."""
    beside = Path(sys.executable).with_name("mpirun")
    found = str(beside) if beside.exists() else shutil.which("mpirun")
    assert found, "tests of several processes need MPI: pip install 'autograd-core[mpi]'"
    root = HERE.parents[2]

    def run(processes, *arguments, seconds=240):
        done = subprocess.run(
            [found, "-n", str(processes), sys.executable, *map(str, arguments)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        # Where the kernels have never run before, the engine says that it compiles them.
        lines = [line for line in done.stderr.splitlines(keepends=True) if "compiling kernels" not in line]
        return Ended(done.returncode, done.stdout, "".join(lines))

    return run


@pytest.fixture(scope="session")
def program(mpirun):
    """`program(4, "killed", directory)` runs that function of parallel_programs.py in 4 processes."""

    def run(processes, name, directory, **options):
        return mpirun(processes, HERE / "parallel_programs.py", name, directory, **options)

    return run
