"""A file that one process at a time may hold, to be the only one that works on something.

The system keeps the lock, not the file's existence: it is free as soon as its holder has ended, by a kill as well.
"""

import contextlib
import errno
import os
import socket
import sys
import time
import warnings
from pathlib import Path
from typing import Self

from nn.atomic_write import check_writable, message
from nn.errors import OutputError

# What systems answer where another holds the lock, and where a file system has no locks.
_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK, getattr(errno, "EDEADLOCK", errno.EDEADLK))
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)


class FileLock:
    """Holds the lock file at `path` between `acquire` and `release`, or while entered.

    `acquire` makes the file, and its directory if there is none, and raises `OutputError` where another holds it, in
    this process or any other: the message is `taken`, who that is, and what can be done, `advice` among it. `release`
    removes the file, and the directory that was made for it if nothing else has come into it.
    """

    def __init__(self, path: Path, *, taken: str, advice: str) -> None:
        self._path, self._taken, self._advice = path, taken, advice
        self._descriptor: int | None = None
        self._made: list[Path] = []

    def acquire(self) -> None:
        """Take the lock at once, or raise `OutputError`."""
        directory = self._path.parent
        check_writable(directory, advice=self._advice)
        self._made = [place for place in (directory, *directory.parents) if not place.exists()]
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._descriptor = self._open()
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, _signature().encode())
        except BaseException as error:
            self.release()
            if isinstance(error, OSError) and not isinstance(error, OutputError):
                problem = f"cannot write {self._path}: {error.strerror or error}"
                raise OutputError(message(problem, self._advice)) from error
            raise

    def release(self) -> None:
        """Let go of it; without effect where it is not held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            if os.name == "posix":
                self._path.unlink(missing_ok=True)  # before the lock goes, or this could be another's file already
            os.close(descriptor)
            if os.name != "posix":
                with contextlib.suppress(OSError):  # elsewhere open files cannot be removed, and somebody may wait
                    self._path.unlink()
        for place in self._made:
            with contextlib.suppress(OSError):  # something is in it, which is the rule
                place.rmdir()
        self._made = []

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _open(self) -> int:
        """The lock file, open and locked."""
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                if self._lock(descriptor):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _lock(self, descriptor: int) -> bool:
        """Lock it; whether that file is still at the path, for its holder may have removed it just before."""
        try:
            _lock(descriptor)
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno in _HELD:
                holder = os.read(descriptor, 200).decode(errors="replace") or "another process"
                raise OutputError(f"{self._taken}, by {holder}; let that end or stop it, or {self._advice}") from None
            if error.errno not in _NO_LOCKS:
                raise
        warnings.warn(
            f"{self._path.parent} lies on a file system without locks; see to it that nobody else works there at the"
            " same time",
            RuntimeWarning,
            stacklevel=5,
        )
        return True


def _signature() -> str:
    return f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M:%S')}"


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # A byte far behind the text: what is locked there, others cannot read.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
