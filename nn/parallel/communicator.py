"""What the processes of a training can say to each other, and the one process that has nobody to talk to."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from nn.errors import ParallelError

Bytes = NDArray[np.uint8]


class Pending(Protocol):
    """A message on its way; `value` is what it brings, once it is done."""

    value: Any

    def done(self) -> bool:
        """Whether it has arrived. Asking moves it on."""


class Communicator(Protocol):
    """Processes that run the same program, by their number `rank`, from 0 to `size` - 1."""

    rank: int
    size: int

    def exchange(self, partner: int, out: NDArray[Any], into: NDArray[Any], tag: int) -> Pending:
        """Send `out` to the partner and receive its message of the same tag into `into`; both are contiguous."""

    def gather(self, array: NDArray[Any]) -> Pending:
        """The arrays of all processes, which have one shape and dtype: (...) -> (size, ...), for every process."""

    def broadcast(self, content: bytes, root: int = 0) -> bytes:
        """The content that process `root` gives, for every process."""

    def wait(self, *pending: Pending) -> None:
        """Wait until these are done."""

    def abort(self, message: str, code: int = 1) -> NoReturn:
        """End all processes, after one of them has written the message to stderr."""


class Arrived:
    """A message that did not have to travel."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def done(self) -> bool:
        """Always."""
        return True


class Alone:
    """The communicator of one process."""

    rank, size = 0, 1

    def exchange(self, partner: int, out: NDArray[Any], into: NDArray[Any], tag: int) -> Pending:
        """There is no partner."""
        raise ParallelError(f"there is no process {partner}; this is one alone")

    def gather(self, array: NDArray[Any]) -> Pending:
        """This process's array."""
        return Arrived(array[None])

    def broadcast(self, content: bytes, root: int = 0) -> bytes:
        """The content."""
        return content

    def wait(self, *pending: Pending) -> None:
        """All are done."""

    def abort(self, message: str, code: int = 1) -> NoReturn:
        """Raise the message as an error, for there is nobody else to be ended."""
        raise ParallelError(message)

    def __repr__(self) -> str:
        return "one process"
