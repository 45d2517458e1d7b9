"""Files that are replaced whole: whoever reads one, even after a power cut, finds the old content or the new."""

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path

from nn.errors import OutputError


def write_atomically(path: Path, data: bytes, *, shared: bool = False, advice: str = "") -> None:
    """Make `data` the content of the file at `path`, whose directory is made if there is none.

    `shared` is for a file that several processes may write at once: each then has a partial file of its own. Without
    it there is one fixed name, so that what a kill leaves behind is overwritten by the next attempt.

    Raises `OutputError`, with the advice, if it cannot be written; what was there before is kept then.
    """
    partial = path.with_name(f".{path.name}{'.' + uuid.uuid4().hex if shared else ''}.partial")
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
        raise OutputError(_message(f"cannot write {path}: {error.strerror or error}", advice)) from error


def check_writable(directory: Path, names: Iterable[str] = (), *, advice: str = "choose another --out") -> None:
    """Raise `OutputError` unless files can be written in `directory`, or it can be made; leaves nothing behind.

    `names` are those of the files; none of them may be a directory already.

    It tries rather than asks: permissions do not tell of a read-only file system, and root has them all.
    """
    nearest = directory
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(_message(f"cannot write in {directory}: {nearest} is no directory", advice))
    taken = next((directory / name for name in names if (directory / name).is_dir()), None)
    if taken is not None:
        raise OutputError(_message(f"cannot write {taken}: it is a directory", f"remove it, or {advice}"))
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        reason = f"{error.strerror or error} in {nearest}"
        raise OutputError(_message(f"cannot write in {directory}: {reason}", advice)) from error


def _message(problem: str, advice: str) -> str:
    return f"{problem}; {advice}" if advice else problem


def _sync_directory(directory: Path) -> None:
    """Bring the rename itself to the disk; only POSIX systems can open a directory for that."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
