"""DataParallel: a mini-batch in a fixed number of shards, computed by any number of processes to the same bits."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from nn.arguments import at_least
from nn.data.shards import MOST_SHARDS, cut, is_number_of_shards
from nn.errors import DivergenceError, ParallelError
from nn.module import Module
from nn.parallel.buffers import BufferMoves
from nn.parallel.communicator import Communicator
from nn.parallel.gradients import GradientSums
from nn.parallel.mpi import communicator as start

Watching = contextlib.AbstractContextManager[None]


@dataclass(frozen=True)
class Work:
    """What there is to do for a shard: `run(watching)` computes its gradients, times its share of the examples.

    It is to enter `watching` around its last backward pass, and returns numbers, as many as all other shards do. It
    raises `DivergenceError` if the loss is no finite number.
    """

    share: float
    run: Callable[[Watching], Sequence[float]]


class Learning(NamedTuple):
    """The tensors of a model that a step changes. To list them takes longer than a small step."""

    parameters: list[Any]
    buffers: list[Tensor]

    @staticmethod
    def of(model: Module) -> Learning:
        """Those of the model as it is."""
        return Learning(model.parameters(), model.buffers())


class DataParallel:
    """Mini-batches that the processes of an MPI program share: `mpirun -n 4 python train.py`; or one process alone.

    A mini-batch is always cut into `shards`, and their gradients are added up in one fixed binary tree. So 1, 2, 4, …
    processes, up to one a shard, end at the same weights to the bit, on processors of one kind. Both numbers are powers
    of two. What depends on a whole mini-batch depends on the shard instead:

    - Batch normalisation takes each shard's own mean and variance; its running ones, and whatever else is a buffer,
      move by the mean of the shards' moves.
    - Each shard draws (dropout) from a generator of its own, which starts from a number that the default generator
      gives at each step.
    - Shards count by their examples, so that losses have to be means over examples.

    Gradients travel in buckets of `bucket_bytes`. Where a step is not compiled, buckets leave while the backward pass
    goes on, unless `overlap` is False. `processes`, if given, is how many there must be: a script that was started
    without mpirun says so then. A process that waits longer than `timeout` seconds for another ends all of them.

    `Trainer(parallel=DataParallel())` does all the rest. In a loop of one's own every process does the same, on the
    same mini-batches, starting from the same weights (`share_weights`):

    >>> import nn, optim
    >>> ag.manual_seed(0)
    >>> net = nn.Linear(2, 1)
    >>> optimizer = optim.SGD(net.parameters(), lr=0.5)
    >>> parallel = DataParallel(shards=4)
    >>> x = ag.randn(64, 2)
    >>> for _ in range(50):
    ...     loss = parallel.backward(net, lambda x, y: nn.functions.mse_loss(net(x), y), x, x.sum(1, keepdims=True))
    ...     optimizer.step()
    >>> loss < 1e-3
    True
    """

    def __init__(
        self,
        shards: int = 8,
        *,
        processes: int | None = None,
        bucket_bytes: int = 1 << 20,
        overlap: bool = True,
        timeout: float = 600.0,
        communicator: Communicator | None = None,
    ) -> None:
        if not is_number_of_shards(at_least("DataParallel", "shards", shards, 1)):
            raise ArgumentError(f"DataParallel: shards must be a power of two up to {MOST_SHARDS}, got {shards}")
        if not timeout > 0:
            raise ArgumentError(f"DataParallel: timeout is a number of seconds above 0, got {timeout!r}")
        self.communicator = start(timeout) if communicator is None else communicator
        self.shards, self.rank, self.processes = shards, self.communicator.rank, self.communicator.size
        if processes not in (None, self.processes):
            raise ParallelError(
                f"DataParallel: {processes} processes are wanted, but there {_are(self.processes)}; start the script by"
                f" mpirun -n {processes} python ..."
            )
        if self.processes & (self.processes - 1) or self.processes > shards:
            raise ParallelError(
                f"DataParallel: {shards} shards can be computed by a power of two of processes, up to {shards}, but"
                f" there {_are(self.processes)}; start fewer with mpirun -n, or give more shards"
            )
        here = shards // self.processes
        self.own = range(self.rank * here, (self.rank + 1) * here)  # this process's shards
        self._bucket_bytes = at_least("DataParallel", "bucket_bytes", bucket_bytes, 1)
        self._overlap = overlap
        self._gradients: GradientSums | None = None
        self._form = np.zeros(1, np.int64)  # what tells the parameters of the last step from others

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and prints."""
        return self.rank == 0

    def __repr__(self) -> str:
        return f"<{self.shards} shards, computed by {self.processes} process{'es' * (self.processes > 1)}>"

    def share_weights(self, model: Module) -> None:
        """Give the model the weights and buffers that process 0 has. Raises `ParallelError` if they do not fit."""
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            array = tensor.numpy()
            ours = {"name": name, "shape": array.shape, "dtype": str(array.dtype)}
            self.check_same("the model's tensor", ours)
            content = self.communicator.broadcast(np.ascontiguousarray(array).tobytes())
            if not self.is_first:
                tensor.assign(np.frombuffer(content, array.dtype).reshape(array.shape))

    def check_same(self, what: str, ours: dict[str, Any]) -> None:
        """Raise `ParallelError`, in the processes that differ, unless all have given the same."""
        first = json.loads(self.communicator.broadcast(json.dumps(ours).encode()))
        ours = json.loads(json.dumps(ours))
        for name in {**first, **ours}:
            if first.get(name) != ours.get(name):
                raise ParallelError(
                    f"all processes must do the same, but {what} has {name} {ours.get(name)!r} in process {self.rank}"
                    f" and {first.get(name)!r} in process 0; what differs must not depend on the process"
                )

    def first_to_say(self, word: str) -> str:
        """What the first process says that says anything; all are asked, and all hear it."""
        spoken = self.gather(np.array([bool(word)]))
        if not spoken.any():
            return ""
        return self.communicator.broadcast(word.encode(), int(spoken.argmax())).decode()

    def gather(self, array: NDArray[Any]) -> NDArray[Any]:
        """All processes' arrays in order, for each of them. Shapes: (n, ...) -> (processes * n, ...)."""
        pending = self.communicator.gather(array)
        self.communicator.wait(pending)
        found: NDArray[Any] = pending.value.reshape(-1, *array.shape[1:])
        return found

    def backward(self, model: Module, loss: Callable[..., Any], *batch: Any) -> float:
        """Set `.grad` to the gradients of the mean loss over a mini-batch, and return that.

        `loss(*shard)` is the mean over a shard's examples; every process is given the whole mini-batch, and computes
        its own shards. What was in `.grad` before is forgotten. Raises `DivergenceError`, in all processes, if the loss
        of a shard is no finite number. Shapes: arrays of batch (N, ...).
        """
        pieces = cut(batch, self.shards, self.own)

        def work_of(part: tuple[Any, ...]) -> Work:
            share = len(part[0]) / pieces.examples

            def run(watching: Watching) -> list[float]:
                value = loss(*part)
                if not np.isfinite(number := value.item()):
                    raise DivergenceError(f"the loss is {number}")
                with watching:
                    (value * share).backward()
                return [number * share]

            return Work(share, run)

        works = [None if part is None else work_of(part) for part in pieces.parts]
        rows = self.step(Learning.of(model), works, 1)
        return float(sum(rows[:, 0].tolist()))

    def step(self, learning: Learning, works: Sequence[Work | None], numbers: int) -> NDArray[np.float64]:
        """Do the work for this process's shards, and set `.grad` and buffers to what all shards together give.

        Returns the numbers that the works return. Shapes: (shards, numbers), the same in every process; zeros where a
        shard has no work.
        """
        parameters = [parameter for parameter in learning.parameters if parameter.requires_grad]
        if self._gradients is None or not self._gradients.fits(parameters):
            self._gradients = GradientSums(self.communicator, parameters, len(self.own), self._bucket_bytes)
            form = [(p.requires_grad, p.shape, p.dtype.str) for p in learning.parameters]
            self._form = np.array([zlib.crc32(repr(form).encode())])
        gradients, nothing = self._gradients, contextlib.nullcontext()
        self._check_learned(learning.parameters)
        buffers = BufferMoves(self.communicator, learning.buffers, len(self.own))
        start = int(ag.default_generator().integers(0, 2**62))
        rows = np.zeros((len(self.own), 1 + numbers))
        for index, (shard, work) in enumerate(zip(self.own, works, strict=True)):
            last = index == len(works) - 1
            for parameter in parameters:
                parameter.grad = None
            if index:
                buffers.put_back()
            if work is not None:
                with ag.seeded(start * MOST_SHARDS + shard):
                    try:
                        rows[index, 1:] = work.run(gradients.watching() if last and self._overlap else nothing)
                    except DivergenceError:
                        rows[index, 0] = 1
            buffers.add(0.0 if work is None else work.share, last=last)
            gradients.add(last=last, empty=work is None)
        pending = self.communicator.gather(rows)
        self.communicator.wait(pending, *gradients.on_their_way, *buffers.on_their_way)
        found: NDArray[np.float64] = pending.value.reshape(self.shards, -1)
        gradients.give()
        buffers.move()
        if (diverged := np.flatnonzero(found[:, 0])).size:
            for parameter in parameters:
                parameter.grad = None
            buffers.put_back()
            raise DivergenceError(f"the loss of shard {diverged[0] + 1} of {self.shards} is no finite number")
        return found[:, 1:]

    def _check_learned(self, parameters: Sequence[Tensor]) -> None:
        """Raise `ParallelError`, in all processes, unless all learn the same parameters: sums of others are no sums."""
        if self.processes == 1 or len(set(self.gather(self._form).tolist())) == 1:
            return
        advice = "freeze, unfreeze and replace in all of them, not in those of some rank alone"
        counts = self.gather(np.array([len(parameters)]))
        if len(set(counts.tolist())) > 1:
            raise ParallelError(f"the model's parameters are {counts.tolist()} in the processes 0, 1, ...; {advice}")
        learned = self.gather(np.array([[parameter.requires_grad for parameter in parameters]]))
        differing = np.flatnonzero((learned != learned[0]).any(axis=0))
        if not differing.size:
            raise ParallelError(f"the model's parameters have other shapes or dtypes in other processes; {advice}")
        place = int(differing[0])
        kinds = [[str(i) for i in np.flatnonzero(learned[:, place] == kind)] for kind in (False, True)]
        raise ParallelError(
            f"parameter {place} of the model (shape {parameters[place].shape}) is frozen in process "
            f"{', '.join(kinds[0])}, and learned in process {', '.join(kinds[1])}; {advice}"
        )


def _are(processes: int) -> str:
    return "is one" if processes == 1 else f"are {processes}"
