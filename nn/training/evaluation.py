"""How well a model does on examples: the mean of its loss and of metrics, in evaluation mode and without a graph."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError
from nn.arguments import numbers_of
from nn.data import Batches
from nn.modes import evaluating
from nn.module import Module
from nn.training.metrics import Metric, named_metrics
from nn.training.position import Score, Totals

Loss = Callable[..., Any]
EVALUATION_BATCH = 1000  # large enough to be fast, small enough that a CNN's feature maps stay out of the way


def evaluate(
    model: Module,
    loss: Loss,
    data: Any,
    metrics: Mapping[str, Metric] | Iterable[str] = (),
    *,
    batch_size: int | None = EVALUATION_BATCH,
) -> Score:
    """The mean loss and metrics over `data`; the model is in the mode it was in before afterwards.

    `data` is a tuple of arrays (inputs..., targets) or a data set, of which mini-batches of `batch_size` are made; with
    `batch_size=None` it yields mini-batches itself. Raises `ArgumentError` if it holds no examples.
    """
    named = named_metrics(metrics)
    totals = Totals()
    with evaluating(model), ag.no_grad():
        for batch in batches_of(data, batch_size, epoch=0, shuffle=False):
            outputs, value = outputs_and_loss(model, loss, batch)
            count(totals, batch, outputs, value.item(), named)
    if not totals.sums:
        raise ArgumentError("evaluate: the data hold no examples; give at least one")
    return totals.means()


def outputs_and_loss(model: Module, loss: Loss, batch: tuple[Any, ...]) -> tuple[Any, Any]:
    """model(inputs...) and loss(outputs, targets) for the batch (inputs..., targets)."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise ArgumentError(
            f"a mini-batch is a tuple (inputs, targets), got {_kind(batch)}; give both in one tuple, and twice the same"
            " where the inputs are the targets"
        )
    outputs = model(*(ag.tensor(array) if not isinstance(array, ag.Tensor) else array for array in batch[:-1]))
    return outputs, loss(outputs, batch[-1])


def count(totals: Totals, batch: tuple[Any, ...], outputs: Any, loss: float, metrics: Mapping[str, Metric]) -> None:
    """Add what a mini-batch gave."""
    examples = len(batch[0])
    totals.add("loss", loss * examples, examples)
    if metrics:
        targets = numbers_of(batch[-1])
        for name, metric in metrics.items():
            scores = metric(outputs.numpy(), targets)
            totals.add(name, float(scores.sum()), scores.size)


def batches_of(
    data: Any,
    batch_size: int | None,
    *,
    epoch: int,
    start: int = 0,
    seed: int = 0,
    shuffle: bool = True,
    augment: Any = None,
    sampler: Any = None,
) -> Iterator[tuple[Any, ...]]:
    """The mini-batches of `epoch` from number `start` on; see `Trainer.fit` for what `data` may be."""
    if batch_size is not None:
        source = data if isinstance(data, tuple) else (data,)
        yield from Batches(
            *source,
            batch_size=batch_size,
            seed=seed,
            epoch=epoch,
            start=start,
            shuffle=shuffle,
            augment=augment,
            sampler=sampler,
        )
    elif callable(data):
        yield from data(epoch, start)
    else:
        for index, batch in enumerate(data):
            if index >= start:
                yield batch


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
