"""Ctrl-C and SIGTERM as a question to ask between two mini-batches, so that no step is left half done."""

import signal
from types import FrameType
from typing import Any, Self


class Interruption:
    """While entered, `requested()` tells whether a signal to stop has come; a second one stops at once.

    That is by KeyboardInterrupt, and yet another one then kills the process without a word. `exit_code` is what shells
    expect of a program that the signal ended: 130 for Ctrl-C, 143 for SIGTERM.
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
            # Somebody is impatient, and who unwinds from here must not be interrupted halfway by a third signal.
            self._handlers_before.clear()
            end_quietly_on_signals()
            raise KeyboardInterrupt
        self._signal = number


def expect_signals() -> None:
    """Let Ctrl-C raise KeyboardInterrupt from now on, where it would have ended the process; ignored, it stays so."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_quietly_on_signals() -> None:
    """Let Ctrl-C and SIGTERM end the process from now on, without a traceback; ignored, they stay so."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
