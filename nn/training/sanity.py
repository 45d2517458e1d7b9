"""Checks before a long training (lectures, §8): each takes seconds, and fails with what is probably wrong.

They leave the model, the optimiser and the random numbers as they were.
"""

import contextlib
import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from nn.errors import SanityError
from nn.modes import modes_kept
from nn.module import Module
from nn.training.evaluation import Loss, outputs_and_loss
from nn.training.protocols import Optimizer
from nn.training.trainer import Trainer

Batch = tuple[Any, ...]


def check_first_loss(
    model: Module, loss: Loss, batch: Batch, *, expected: float | None = None, tolerance: float = 0.25
) -> float:
    """The loss of the untrained `model` on `batch`; for a classifier it is about ln(classes), since it knows nothing.

    `expected` is that by default. Raises `SanityError` if the loss is off by more than `tolerance` times it: then the
    last layer starts too large, or outputs, loss and labels do not belong together.
    """
    with _as_it_was(model), ag.no_grad():
        outputs, value = outputs_and_loss(model, loss, batch)
        first = float(value.item())
    if expected is None:
        if outputs.ndim < 2 or outputs.shape[1] < 2:
            raise ArgumentError(
                f"check_first_loss: outputs of shape {outputs.shape} are no classes (n, classes); give expected"
            )
        expected = math.log(outputs.shape[1])
    if not abs(first - expected) <= tolerance * abs(expected):
        raise SanityError(
            f"the first loss is {first:.4g}, expected about {expected:.4g}; does the last layer start too large,"
            " or does the loss not fit the outputs?"
        )
    return first


def check_regularisation_raises_loss(
    model: Module, loss: Loss, penalty: Callable[[Module], Any], batch: Batch
) -> tuple[float, float]:
    """The loss without and with `penalty(model)` added. Raises `SanityError` unless the penalty raises it."""
    with _as_it_was(model), ag.no_grad():
        plain = float(outputs_and_loss(model, loss, batch)[1].item())
        added = float(penalty(model).item())
    if not (math.isfinite(added) and plain + added > plain):
        raise SanityError(f"the penalty adds {added:.4g} to a loss of {plain:.4g}, expected more than nothing")
    return plain, plain + added


def overfit_tiny_subset(
    model: Module,
    loss: Loss,
    optimizer: Optimizer,
    data: tuple[NDArray[Any], ...],
    *,
    examples: int = 20,
    steps: int = 200,
    below: float = 0.01,
) -> list[float]:
    """The loss at each of `steps` on the first `examples` of `data`, always all of them at once.

    Raises `SanityError` if it is not `below` that at last: a network that cannot learn twenty examples by heart has a
    defect, or a rate far too high or low.
    """
    few = tuple(array[:examples] for array in data)
    before = optimizer.state_dict()
    trainer = Trainer(model, loss, optimizer)
    with _as_it_was(model):
        trainer.fit([few], epochs=steps)
    optimizer.load_state_dict(before)
    losses = [record.train["loss"] for record in trainer.history]
    if not losses[-1] < below:
        raise SanityError(
            f"after {steps} steps on {len(few[0])} examples the loss is {losses[-1]:.4g}, from {losses[0]:.4g} at"
            f" first; expected below {below:g}; is the graph cut, a label wrong, or the rate far off?"
        )
    return losses


def check_gradients(
    model: Module, loss: Loss, batch: Batch, *, entries: int = 5, rtol: float = 1e-4, seed: int = 0
) -> None:
    """Compare the gradients of all parameters with central differences, at some `entries` of each, in float64.

    Random layers draw the same numbers each time. Raises `GradcheckError`, which names both numbers; kinks (ReLU,
    max-pooling) right at the point may be the reason too: try another batch.
    """
    exact = copy.deepcopy(model).double()
    inputs = tuple(_double(array) for array in batch)
    rng = np.random.default_rng(seed)
    with _as_it_was(exact):
        for name, parameter in exact.named_parameters():
            if parameter.requires_grad:
                chosen = rng.choice(parameter.size, min(entries, parameter.size), replace=False)
                function = _loss_by_entries(exact, loss, inputs, parameter, chosen)
                try:
                    ag.gradcheck(function, np.zeros(len(chosen)), rtol=rtol)
                except ag.GradcheckError as error:
                    raise ag.GradcheckError(f"{name}, at its entries {chosen.tolist()}: {error}") from error


def _loss_by_entries(
    model: Module, loss: Loss, batch: Batch, parameter: Tensor, entries: NDArray[np.intp]
) -> Callable[..., Any]:
    """The loss as an op of what is added to some entries of a parameter, with the gradient that `backward` gives."""
    start = parameter.numpy().ravel().copy()
    random_state = ag.get_random_state()

    def loss_at(shift: NDArray[Any]) -> Any:
        values = start.copy()
        values[entries] += shift
        parameter.assign(values.reshape(parameter.shape))
        ag.set_random_state(random_state)
        value = outputs_and_loss(model, loss, batch)[1]
        parameter.assign(start.reshape(parameter.shape))
        return value

    @ag.array_op
    def loss_by_entries(shift, /):  # type: ignore[no-untyped-def]
        with ag.no_grad():
            return np.asarray(loss_at(np.asarray(shift)).item())

    @loss_by_entries.vjp("shift")
    def _(g, shift):  # type: ignore[no-untyped-def]
        model.zero_grad()
        with ag.enable_grad():
            loss_at(np.asarray(shift)).backward()
        return g * (np.zeros(len(entries)) if parameter.grad is None else parameter.grad.numpy().ravel()[entries])

    return loss_by_entries


def _double(array: Any) -> Any:
    values = array.numpy() if isinstance(array, Tensor) else np.asarray(array)
    return values.astype(np.float64) if values.dtype.kind == "f" else values


@contextlib.contextmanager
def _as_it_was(model: Module) -> Iterator[None]:
    """Put weights, persistent buffers, modes and the random numbers back at the end."""
    weights, random_state = model.state_dict(), ag.get_random_state()
    with modes_kept(model):
        try:
            yield
        finally:
            model.load_state_dict(weights)
            ag.set_random_state(random_state)
