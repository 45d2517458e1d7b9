"""Files that are replaced whole: whoever reads one, even after a power cut, finds the old content or the new."""

import contextlib
import errno
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path

from nn.errors import OutputError

_UNIQUE = 8  # hexadecimal digits in a partial file's name that tell writers apart


def write_atomically(path: Path, data: bytes, *, advice: str = "") -> None:
    """Make `data` the content of the file at `path`, whose directory is made if there is none.

    Several may do so at once: each writes a partial file of its own first, beside it, and the last one's content stays.
    A link stays one, and what it points to is replaced; a device or pipe is written to. A file that was there before
    keeps its permissions, and a new one has those that the process gives.

    Raises `OutputError`, with the advice, if it cannot be written; what was there before is kept then.
    """
    if not path.name:
        raise OutputError(message(f"cannot write {str(path)!r}: it names no file", advice))
    try:
        target = Path(os.path.realpath(path))
        if target.is_symlink():  # to which a loop of links comes; only before Python 3.13 was it an error by itself
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        _make_directory_of(target, advice)
        if target.exists() and not (target.is_file() or target.is_dir()):
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OutputError:
        raise
    except OSError as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(message(f"cannot write {path}: {reason}", advice)) from error


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:_UNIQUE]}.partial")
    with contextlib.ExitStack() as undo:
        with open(partial, "xb") as file:
            undo.callback(partial.unlink, missing_ok=True)
            if path.exists():
                shutil.copymode(path, partial)  # before anything is in it that others should not read
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or the rename could reach the disk before the content does
        os.replace(partial, path)
        undo.pop_all()
    _sync_directory(path.parent)


def remove_partial_files(path: Path) -> None:
    """Remove what writers of `path` have left that were killed as they wrote. Only for who alone writes it now."""
    with contextlib.suppress(OSError, RuntimeError):  # whatever is wrong with the place, writing there will say
        target = path.resolve()
        left = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{{_UNIQUE}}}\.partial")
        for entry in target.parent.iterdir():
            if left.fullmatch(entry.name):
                entry.unlink()


def check_writable(directory: Path, names: Iterable[str] = (), *, advice: str = "choose another --out") -> None:
    """Raise `OutputError` unless files can be written in `directory`, or it can be made; leaves nothing behind.

    `names` are those of the files; none of them may be a directory already.

    It tries rather than asks: permissions do not tell of a read-only file system, and root has them all.
    """
    nearest = directory
    while not os.path.lexists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(message(f"cannot write in {directory}: {nearest} is no directory", advice))
    taken = next((directory / name for name in names if (directory / name).is_dir()), None)
    if taken is not None:
        raise OutputError(message(f"cannot write {taken}: it is a directory", f"remove it, or {advice}"))
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        reason = f"{error.strerror or error} in {nearest}"
        raise OutputError(message(f"cannot write in {directory}: {reason}", advice)) from error


def message(problem: str, advice: str) -> str:
    """One line of both."""
    return f"{problem}; {advice}" if advice else problem


def _make_directory_of(path: Path, advice: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot write {path}: the directory {path.parent} cannot be made: {error.strerror or error}"
        raise OutputError(message(problem, advice)) from error


def _sync_directory(directory: Path) -> None:
    """Bring the rename itself to the disk; only POSIX systems can open a directory for that."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
