"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from autograd_core.errors import ArgumentError


def check_suffix(path: str | os.PathLike[str], what: str, suffixes: Sequence[str], advice: str) -> str:
    """The suffix of a file's name, one of `suffixes`; the first of them where there is none.

    Errors: ArgumentError for a name that ends as another kind of file does, with `advice` on what to do for one.
    """
    suffix = Path(path).suffix.lower()
    if suffix and suffix not in suffixes:
        kinds = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise ArgumentError(
            f"save: {what} is written as {kinds}, got {os.fspath(path)!r}; save it as "
            f"{Path(path).with_suffix(suffixes[0]).name!r}{advice}"
        )
    return suffix or suffixes[0]


def is_device(path: str | os.PathLike[str]) -> bool:
    """Whether it is a pipe or a device, which is written to, not replaced, whatever it is called."""
    target = _meant(path)
    return target.exists() and not target.is_file()


def _meant(path: str | os.PathLike[str]) -> Path:
    """What a link points to, so that it stays a link when that is replaced; of a loop of links, one of them."""
    return Path(os.path.realpath(path))


def write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file. One that was there before keeps its permissions, and a link what it points to.

    Errors: OSError where it cannot be written.
    """
    target = _meant(path)
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    content = content.encode() if isinstance(content, str) else content
    if is_device(target):
        target.write_bytes(content)
        return
    if not target.parent.is_dir():
        what = f"there is no folder {str(target.parent)!r}; make it first"
        raise FileNotFoundError(errno.ENOENT, what, str(target))
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            if target.exists():
                shutil.copymode(target, partial)  # before anything is in it that others should not read
            file.write(content)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
