"""Gradients added up over shards and processes, in buckets that are on their way while the backward pass goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import Tensor
from nn.errors import ParallelError
from nn.parallel.communicator import Communicator, Pending
from nn.parallel.tree import TreeSum, add_up


class Sum:
    """An array that is being added up over the processes."""

    def __init__(self, communicator: Communicator, array: NDArray[Any], tag: int) -> None:
        self.array = array
        self._steps: Iterator[Pending] = add_up(communicator, array, tag)
        self._pending: Pending | None = next(self._steps, None)
        self.value = array

    def done(self) -> bool:
        """Go on as far as messages have arrived; whether it is complete."""
        while self._pending is not None and self._pending.done():
            self._pending = next(self._steps, None)
        return self._pending is None


class _Bucket:
    """Some parameters' gradients in one array, with a number for each that says whether it has one in any shard."""

    def __init__(self, parameters: Sequence[Tensor], leaves: int) -> None:
        self.parameters = list(parameters)
        ends = np.cumsum([parameter.size for parameter in parameters]).tolist()
        self._slices = [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]
        self._flags = slice(ends[-1], ends[-1] + len(parameters))
        self.sums = TreeSum(self._flags.stop, parameters[0].dtype, leaves)
        self.missing = len(parameters)  # of the shard that is being differentiated
        self.sum: Sum | None = None  # once it is on its way

    def take(self, index: int, gradient: NDArray[Any] | None) -> None:
        """Put the gradient of a parameter where the shard's gradients are collected."""
        place = self.sums.place()
        if gradient is None:
            place[self._slices[index]] = 0
        else:
            np.copyto(place[self._slices[index]], gradient.reshape(-1))
        place[self._flags.start + index] = gradient is not None

    def give(self) -> None:
        """Set the parameters' gradients to the sums."""
        assert self.sum is not None
        total = self.sum.array
        for parameter, part, there in zip(self.parameters, self._slices, total[self._flags], strict=True):
            parameter.grad = Tensor(total[part].reshape(parameter.shape)) if there else None
        self.sum, self.missing = None, len(self.parameters)


class GradientSums:
    """The gradients of `parameters`, summed over `leaves` shards here and over all processes.

    Buckets hold up to `bucket_bytes`, of one dtype, from the last parameter to the first, which is about the order in
    which a backward pass reaches them.
    """

    def __init__(
        self, communicator: Communicator, parameters: Sequence[Tensor], leaves: int, bucket_bytes: int
    ) -> None:
        self._communicator, self._parameters = communicator, list(parameters)
        self._shapes = [(parameter.shape, parameter.dtype) for parameter in parameters]
        self._buckets: list[_Bucket] = []
        collected: dict[Any, list[Tensor]] = {}
        for parameter in reversed(self._parameters):
            group = collected.setdefault(parameter.dtype, [])
            if group and sum(p.array.nbytes for p in group) + parameter.array.nbytes > bucket_bytes:
                self._buckets.append(_Bucket(group, leaves))
                group.clear()
            group.append(parameter)
        self._buckets += [_Bucket(group, leaves) for group in collected.values()]
        self._places = {
            id(parameter): (bucket, index)
            for bucket in self._buckets
            for index, parameter in enumerate(bucket.parameters)
        }
        self._early: bool | None = None  # whether a hook is called once a pass, with all of the gradient; once known
        self._taken: dict[int, NDArray[Any]] = {}  # by hooks, in the last shard

    def fits(self, parameters: Sequence[Tensor]) -> bool:
        """Whether these are still the parameters."""
        return [*map(id, parameters)] == [*map(id, self._parameters)] and self._shapes == [
            (parameter.shape, parameter.dtype) for parameter in parameters
        ]

    def add(self, *, last: bool, empty: bool = False) -> None:
        """Add the parameters' gradients as the next shard's; nothing, if that has no examples."""
        for bucket in self._buckets:
            if bucket.sum is not None:
                continue
            for index, parameter in enumerate(bucket.parameters):
                bucket.take(index, None if empty or parameter.grad is None else parameter.grad.numpy())
            bucket.sums.added()
            if last:
                self._send(bucket)
        if last:
            self._taken.clear()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Within it the last shard's last backward pass runs: buckets leave as soon as they are complete."""
        if self._communicator.size == 1 or self._early is False:
            yield
            return
        calls = dict.fromkeys(self._places, 0)

        def hook_of(parameter: Tensor) -> Callable[[Any], None]:
            def hook(gradient: Any) -> None:
                calls[id(parameter)] += 1
                if self._early:
                    self._take(parameter, gradient.numpy())

            return hook

        removals = [parameter.register_hook(hook_of(parameter)) for parameter in self._parameters]
        try:
            yield
        finally:
            for remove in removals:
                remove()
        if self._early is None:
            self._early = max(calls.values(), default=0) == 1

    @property
    def on_their_way(self) -> list[Pending]:
        """The sums, once the last shard has been added."""
        return [bucket.sum for bucket in self._buckets if bucket.sum is not None]

    def give(self) -> None:
        """Make the sums, which are done, the parameters' gradients."""
        for bucket in self._buckets:
            bucket.give()

    def _take(self, parameter: Tensor, gradient: NDArray[Any]) -> None:
        """The gradient of the last pass; what there is of those before is in `.grad`."""
        bucket, index = self._places[id(parameter)]
        if id(parameter) in self._taken:
            raise ParallelError(
                "a parameter's gradient came in parts, as it does through autograd_core.checkpoint, though not in the"
                " first step; DataParallel(overlap=False) waits for the whole backward pass"
            )
        self._taken[id(parameter)] = gradient
        before = None if parameter.grad is None else parameter.grad.numpy()
        bucket.take(index, gradient if before is None else before + gradient)
        bucket.missing -= 1
        if not bucket.missing:
            bucket.sums.added()
            self._send(bucket)
        for other in self._buckets:
            if other.sum is not None:
                other.sum.done()  # which moves it on

    def _send(self, bucket: _Bucket) -> None:
        bucket.sum = Sum(self._communicator, bucket.sums.result(), tag=self._buckets.index(bucket))
