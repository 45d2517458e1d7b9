"""Buffers, such as the running moments of batch normalisation, when every shard of a mini-batch moves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import Tensor
from nn.parallel.communicator import Communicator, Pending
from nn.parallel.gradients import Sum
from nn.parallel.tree import TreeSum

_TAG = 30000  # no bucket of gradients has it


class BufferMoves:
    """Every shard finds the buffers as they were before the step; they then move by the mean of the shards' moves.

    The mean is by examples, in float64, and rounded for whole numbers. So a count of steps goes on by one, and what no
    shard changes stays as it is.
    """

    def __init__(self, communicator: Communicator, buffers: Sequence[Tensor], leaves: int) -> None:
        self._communicator, self._buffers = communicator, list(buffers)
        self._before = [buffer.numpy().copy() for buffer in buffers]
        self._sums = TreeSum(sum(buffer.size for buffer in buffers), np.float64, leaves)
        self._sum: Sum | None = None

    def put_back(self) -> None:
        """Give the buffers what they had before the step."""
        for buffer, before in zip(self._buffers, self._before, strict=True):
            buffer.assign(before)

    def add(self, share: float, *, last: bool) -> None:
        """Add how far the next shard has moved them, times its share of the examples."""
        place, begin = self._sums.place(), 0
        for buffer, before in zip(self._buffers, self._before, strict=True):
            part = place[begin : begin + buffer.size]
            np.subtract(buffer.numpy().reshape(-1), before.reshape(-1), out=part, dtype=np.float64)
            part *= share
            begin += buffer.size
        self._sums.added()
        if last and self._buffers:
            self._sum = Sum(self._communicator, self._sums.result(), _TAG)

    @property
    def on_their_way(self) -> list[Pending]:
        """The sum, once the last shard has been added."""
        return [] if self._sum is None else [self._sum]

    def move(self) -> None:
        """Move the buffers by the sum, which is done."""
        begin = 0
        for buffer, before in zip(self._buffers, self._before, strict=True):
            assert self._sum is not None
            moved = self._sum.array[begin : begin + buffer.size].reshape(buffer.shape)
            buffer.assign(_moved(before, moved))
            begin += buffer.size


def _moved(before: NDArray[Any], by: NDArray[np.float64]) -> NDArray[Any]:
    if before.dtype.kind == "f":
        moved: NDArray[Any] = before + by.astype(before.dtype)
        return moved
    rounded: NDArray[Any] = (before + np.rint(by)).astype(before.dtype)
    return rounded
