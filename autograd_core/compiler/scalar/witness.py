"""Witness: looks whether a function has to do with Values at all, while it runs as it stands for the first time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from autograd_core.recording import thread
from autograd_core.value import Value


class Witness:
    """In place of a tape: it just looks whether there are Values at all, and leaves everything as it is."""

    def __init__(self) -> None:
        self.saw_values = False

    def is_number(self, x: Any) -> bool:
        """There are none."""
        return False

    def created(self, value: Value, given: Any) -> None:
        """Value(given) was called."""
        self.saw_values = True

    def made(self, value: Value, op: Any, parents: Any) -> None:
        """An op made a Value."""
        self.saw_values = True

    def plain(self, op: Any, parents: Any, result: Any) -> Any:
        """What an op without a gradient made."""
        self.saw_values = True
        return result

    def data_of(self, value: Value) -> Any:
        """v.data."""
        self.saw_values = True
        return value._data

    def set_data(self, value: Value, number: Any) -> None:
        """v.data = number."""
        self.saw_values = True
        value._data = number

    def grad_of(self, value: Value) -> Any:
        """v.grad."""
        self.saw_values = True
        return value._grad

    def set_grad(self, value: Value, gradient: Any) -> None:
        """v.grad = gradient."""
        self.saw_values = True
        value._grad = gradient

    def begin_backward(self, order: Any) -> None:
        """A backward pass goes through these."""

    @contextlib.contextmanager
    def arrays(self, name: str) -> Iterator[None]:
        """Within it an op of lists is computed, by Tensors that are nobody's business."""
        capture, watched = thread.recording.capture, thread.recording.watched
        thread.recording.capture, thread.recording.watched = None, thread.recording.anomaly
        try:
            yield
        finally:
            thread.recording.capture, thread.recording.watched = capture, watched

    def local_gradients(self, value: Value) -> Any:
        """Those of a Value."""
        return value.local_gradients
