"""Ctrl-C and SIGTERM as a question to ask between two mini-batches, so that no step is left half done."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, Self


class Interruption:
    """While entered, `requested()` tells whether a signal to stop has come; a second one stops at once.

    `exit_code` is what shells expect of a program that the signal ended: 130 for Ctrl-C, 143 for SIGTERM.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._handlers_before: dict[int, Any] = {}

    def requested(self) -> bool:
        """Whether to stop."""
        return self._signal is not None

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal."""
        return 128 + (self._signal or 0)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers_before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _: FrameType | None) -> None:
        if self._signal is not None:
            raise KeyboardInterrupt
        self._signal = number
