"""Files that are replaced whole: whoever reads one, even after a power cut, finds the old content or the new."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from nn.errors import OutputError


def write_atomically(path: Path, data: bytes) -> None:
    """Make `data` the content of the file at `path`, whose directory is made if there is none.

    Raises `OutputError` if it cannot be written; what was there before is kept then.
    """
    # One fixed name: what a kill leaves behind is overwritten by the next attempt.
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(partial, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # or the rename could reach the disk before the content does
            os.replace(partial, path)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise
        _sync_directory(path.parent)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def check_writable(directory: Path, names: Iterable[str] = ()) -> None:
    """Raise `OutputError` unless files can be written in `directory`, or it can be made; leaves nothing behind.

    `names` are those of the files; none of them may be a directory already.

    It tries rather than asks: permissions do not tell of a read-only file system, and root has them all.
    """
    nearest = directory
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(f"cannot write in {directory}: {nearest} is no directory; choose another --out")
    taken = next((directory / name for name in names if (directory / name).is_dir()), None)
    if taken is not None:
        raise OutputError(f"cannot write {taken}: it is a directory; remove it, or choose another --out")
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot write in {directory}: {error.strerror or error} in {nearest}; choose another --out"
        ) from error


def _sync_directory(directory: Path) -> None:
    """Bring the rename itself to the disk; only POSIX systems can open a directory for that."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
