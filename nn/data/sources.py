"""Files that are known to the byte, had from the first source that has them. Each source is a file of its own.

Everything is fetched into memory and checked there; the cache alone writes to disk.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

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
    files: Sequence[PublishedFile], sources: Sequence[Source], report: Report, advice: str
) -> dict[str, bytes]:
    """The content of each file, checked, from the first source that has it; `report` is told of each attempt.

    Raises `DataError`, with every source and why it failed and the `advice`, if no source is left and a file is still
    missing.
    """
    fetched: dict[str, bytes] = {}
    failures: list[str] = []
    for source in sources:
        wanted = [file for file in files if file.name not in fetched]
        if not wanted:
            break
        report(f"fetching {len(wanted)} file{'s' if len(wanted) > 1 else ''} from {source.name}")
        try:
            _fetch_checked(source, wanted, into=fetched)
        except DataError as error:
            failures.append(f"{source.name}: {error}")
            report(f"{source.name} failed: {error}")
    missing = [file for file in files if file.name not in fetched]
    if missing:
        tried = "; ".join(failures) or "no source to try"
        raise DataError(f"cannot get {_names(missing)} ({tried}); {advice}")
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


def root_cause(error: BaseException) -> str:
    """The innermost reason, on one line: `Connection refused` rather than the five layers that wrap it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror + (f": {error.filename}" if error.filename else "")
    else:
        reason = str(error) or type(error).__name__
    return " ".join(reason.split())
