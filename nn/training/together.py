"""A training that several processes share: that they start alike, take each step together, and stop together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nn.data.shards import Shards
from nn.errors import CheckpointError, ParallelError
from nn.parallel import DataParallel
from nn.parallel.data_parallel import Learning, Watching, Work
from nn.training.checkpoint import Checkpoint
from nn.training.evaluation import counted
from nn.training.position import Totals

if TYPE_CHECKING:
    from nn.training.trainer import Trainer


def start_alike(trainer: Trainer, parallel: DataParallel, settings: dict[str, Any]) -> None:
    """See that all processes were asked for the same training, and go on from the state that the first one has.

    Raises `ParallelError`.
    """
    parallel.check_same("the training", settings)
    ours = Checkpoint(trainer.state_dict(), {}).to_bytes() if parallel.is_first else b""
    state = parallel.communicator.broadcast(ours)
    if parallel.is_first:
        return
    try:
        trainer.load_state_dict(Checkpoint.from_bytes(state, Path("the state of process 0")).state)
    except CheckpointError as error:
        raise ParallelError(
            f"all processes must train the same, but process {parallel.rank} cannot go on from the state of process 0:"
            f" {error}"
        ) from error


def learn_together(
    trainer: Trainer,
    parallel: DataParallel,
    learning: Learning,
    group: Sequence[Shards],
    learn: Callable[[list[Any], list[float], Watching | None], list[tuple[Any, Any]]],
) -> None:
    """The gradients of the mini-batches of a step, and what they add to the totals of the epoch.

    `learn(batches, shares, watching)` computes the gradients of a shard of each mini-batch, times these shares, and
    returns outputs and loss of each.
    """
    examples, names = sum(shards.examples for shards in group), ["loss", *trainer.metrics]

    def work_of(place: int) -> Work | None:
        batches = [part for shards in group if (part := shards.parts[place]) is not None]
        shares = [len(batch[0]) / examples for batch in batches]

        def run(watching: Watching) -> list[float]:
            totals = Totals(dict.fromkeys(names, 0.0), dict.fromkeys(names, 0))
            for batch, (outputs, loss) in zip(batches, learn(batches, shares, watching), strict=True):
                found = counted(batch, outputs, loss.item(), trainer.metrics)
                for name, (total, count) in zip(names, found, strict=True):
                    totals.add(name, total, count)
            trainer.batch = batches[-1]
            return [x for name in names for x in (totals.sums[name], totals.counts[name])]

        return Work(sum(shares), run) if batches else None

    works = [work_of(place) for place in range(len(parallel.own))]
    for row in parallel.step(learning, works, 2 * len(names)):
        trainer.position.totals.add_row(names, row.tolist())
    trainer.position.examples += examples


def all_can(parallel: DataParallel, mine: bool) -> bool:
    """Whether something holds in every process."""
    return bool(parallel.gather(np.array([mine])).all())


def name_of(part: Any) -> str:
    """What kind of function or object it is, the same in every process."""
    return getattr(part, "__qualname__", None) or type(part).__qualname__


def digest_of(data: Any) -> str:
    """What tells one data set of arrays from another; nothing of data that are made on the way."""
    arrays = data if isinstance(data, tuple) else getattr(data, "arrays", ())
    digest = hashlib.sha256()
    for array in map(np.asarray, arrays):
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
