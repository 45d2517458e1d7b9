"""Published files kept in a directory of the user's: checked when read, written whole or not at all."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nn.data.sources import PublishedFile, Report, Source, fetch_from_first_able
from nn.errors import DataError, OutputError


def cached_files(
    files: Sequence[PublishedFile], directory: Path, sources: Sequence[Source], report: Report
) -> dict[str, bytes]:
    """The content of each file, from `directory` where it is there and intact, else from the first able source.

    What was fetched is in the cache afterwards; nothing is written unless every file has been had and checked. Two
    processes may do this at once: each puts whole files in place, and both put the same.

    Raises `DataError` if no source has the files, `OutputError`, before anything is fetched, if the cache cannot be
    written.
    """
    held = {
        file.name: data for file in files if (data := _read_intact(directory / file.name, file, report)) is not None
    }
    missing = [file for file in files if file.name not in held]
    if not missing:
        return held
    _check_writable(directory)
    fetched = fetch_from_first_able(missing, sources, report)
    for name, data in fetched.items():
        _put_in_place(directory / name, data)
    return held | fetched


def _read_intact(path: Path, file: PublishedFile, report: Report) -> bytes | None:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror or error}; remove it, to have it fetched again"
        ) from error
    if file.matches(data):
        return data
    report(f"{path} is damaged (its checksum is wrong), so it is fetched again")
    return None


def _check_writable(directory: Path) -> None:
    """Raise before the download rather than after it, and leave no empty directories behind if the download fails."""
    nearest = directory
    while not os.path.exists(nearest):
        nearest = nearest.parent
    if not os.path.isdir(nearest):
        raise _unwritable(directory, f"{nearest} is no directory")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise _unwritable(directory, f"no permission to write in {nearest}")


def _put_in_place(path: Path, data: bytes) -> None:
    """Write under a name that nobody looks for and rename: a reader sees the whole file or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
        try:
            # No fsync: what a power cut takes away, the checksum notices at the next load.
            with open(descriptor, "wb") as file:
                file.write(data)
            os.replace(partial, path)
        except BaseException:
            os.unlink(partial)
            raise
    except OSError as error:
        raise _unwritable(path.parent, error.strerror or str(error)) from error


def _unwritable(directory: Path, reason: str) -> OutputError:
    return OutputError(
        f"cannot write the cache {directory}: {reason}; make it writable, or keep the four IDX files in a directory"
        " of your own and name it with --data-dir or $MNIST_DIR"
    )
