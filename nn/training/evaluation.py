"""How well a model does on examples: the mean of its loss and of metrics, in evaluation mode and without a graph."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError
from nn.arguments import numbers_of
from nn.data import Batches
from nn.data.shards import cut
from nn.modes import evaluating
from nn.module import Module
from nn.training.metrics import Metric, named_metrics
from nn.training.position import Score, Totals

if TYPE_CHECKING:
    from nn.parallel import DataParallel

Loss = Callable[..., Any]
EVALUATION_BATCH = 1000  # large enough to be fast, small enough that a CNN's feature maps stay out of the way


def evaluate(
    model: Module,
    loss: Loss,
    data: Any,
    metrics: Mapping[str, Metric] | Iterable[str] = (),
    *,
    batch_size: int | None = EVALUATION_BATCH,
    parallel: DataParallel | None = None,
) -> Score:
    """The mean loss and metrics over `data`; the model is in the mode it was in before afterwards.

    `data` is a tuple of arrays (inputs..., targets) or a data set, of which mini-batches of `batch_size` are made; with
    `batch_size=None` it yields mini-batches itself. The processes of `parallel`, all of which have to call this, take
    turns at the mini-batches; the means are those of one process, to the bit. Raises `ArgumentError` if there are no
    examples.
    """
    named = named_metrics(metrics)
    rank, processes = (0, 1) if parallel is None else (parallel.rank, parallel.processes)
    totals, rows, number = Totals(), [], -1
    with evaluating(model), ag.no_grad():
        for number, batch in enumerate(batches_of(data, batch_size, epoch=0, shuffle=False)):
            if number % processes == rank:
                outputs, value = outputs_and_loss(model, loss, batch)
                rows.append([x for pair in counted(batch, outputs, value.item(), named) for x in pair])
    if parallel is not None:
        most = -(-(number + 1) // processes)
        own = np.zeros((most, 2 * (1 + len(named))))
        for place, row in zip(own, rows, strict=False):
            place[:] = row
        every = parallel.gather(own).reshape(processes, most, -1)
        rows = [every[turn % processes, turn // processes].tolist() for turn in range(number + 1)]
    for row in rows:
        totals.add_row(["loss", *named], row)
    if not totals.sums:
        raise ArgumentError("evaluate: the data hold no examples; give at least one")
    return totals.means()


def outputs_and_loss(model: Module, loss: Loss, batch: tuple[Any, ...]) -> tuple[Any, Any]:
    """model(inputs...) and loss(outputs, targets) for the batch (inputs..., targets)."""
    batch = checked_batch(batch)
    outputs = model(*(ag.tensor(array) if not isinstance(array, ag.Tensor) else array for array in batch[:-1]))
    return outputs, loss(outputs, batch[-1])


def checked_batch(batch: Any) -> Any:
    """A mini-batch, or an `ArgumentError` that says what one is."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise ArgumentError(
            f"a mini-batch is a tuple (inputs, targets), got {_kind(batch)}; give both in one tuple, and twice the same"
            " where the inputs are the targets"
        )
    return batch


def counted(
    batch: tuple[Any, ...], outputs: Any, loss: float, metrics: Mapping[str, Metric]
) -> list[tuple[float, int]]:
    """What a mini-batch gave, for the loss and each metric: a sum, and of how many numbers."""
    examples = len(batch[0])
    found = [(loss * examples, examples)]
    if metrics:
        targets = numbers_of(batch[-1])
        for metric in metrics.values():
            scores = metric(outputs.numpy(), targets)
            found.append((float(scores.sum()), scores.size))
    return found


def batches_of(data: Any, batch_size: int | None, *, epoch: int, start: int = 0, **place: Any) -> Iterator[Any]:
    """The mini-batches of `epoch` from number `start` on; see `Trainer.fit` for what `data` may be.

    `place` is what else `nn.data.Batches` takes. With `parallel`, they are this process's shards of each
    (`nn.data.shards`).
    """
    parallel: DataParallel | None = place.pop("parallel", None)
    if batch_size is not None:
        source = data if isinstance(data, tuple) else (data,)
        batches = Batches(*source, batch_size=batch_size, epoch=epoch, start=start, **{"seed": 0, **place})
        yield from batches if parallel is None else batches.in_shards(parallel.shards, parallel.own)
        return
    for batch in data(epoch, start) if callable(data) else itertools.islice(data, start, None):
        yield batch if parallel is None else cut(checked_batch(batch), parallel.shards, parallel.own)


def number_of_batches(data: Any, batch_size: int | None, sampler: Any = None) -> int | None:
    """How many mini-batches an epoch has, or None if that is not known beforehand."""
    if batch_size is not None:
        source = data if isinstance(data, tuple) else (data,)
        return len(Batches(*source, batch_size=batch_size, seed=0, sampler=sampler))
    return len(data) if hasattr(data, "__len__") else None


def _kind(batch: Any) -> str:
    if isinstance(batch, (tuple, list)):
        return f"a {type(batch).__name__} of {len(batch)}"
    return f"a {type(batch).__name__}"
