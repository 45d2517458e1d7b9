"""Learning rates side by side: too high, too low, and in between, made visible (decks A, C)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError
from nn.errors import DivergenceError
from nn.module import Module
from nn.plots.canvas import png_of
from nn.plots.history import learning_rates
from nn.training.evaluation import Loss
from nn.training.protocols import Optimizer
from nn.training.trainer import Trainer

_SLOW = 0.5  # of the best rate's progress, below which a rate is too low or too high


@dataclass(frozen=True)
class RateTrial:
    """How training went with one rate."""

    rate: float
    losses: list[float]  # the mean of each epoch; it ends where the training diverged
    verdict: str  # "too high", "too low" or "good"


def compare_learning_rates(
    build: Callable[[], Module],
    loss: Loss,
    optimizer: Callable[[list[Any], float], Optimizer],
    train: Any,
    rates: Sequence[float],
    *,
    epochs: int = 3,
    batch_size: int | None = None,
    seed: int = 0,
) -> list[RateTrial]:
    """Train `build()` anew with each of `rates`, from the same weights on the same mini-batches.

    `optimizer(parameters, rate)` makes the optimiser; `train` and `batch_size` are those of `Trainer.fit`. A rate is
    good if the loss has come down at least half as far as with the best one; if not, it is too low or too high as it
    lies below or above that. The random numbers are where they were before.
    """
    if not rates or any(not rate > 0 for rate in rates):
        raise ArgumentError(f"compare_learning_rates: takes rates above 0, got {list(rates)}")
    state = ag.get_random_state()
    curves: dict[float, list[float]] = {}
    for rate in sorted(rates):
        ag.manual_seed(seed)
        model = build()
        trainer = Trainer(model, loss, optimizer(model.parameters(), rate))
        first = trainer.evaluate(train, batch_size=batch_size)["loss"]
        try:
            trainer.fit(train, epochs=epochs, batch_size=batch_size, seed=seed)
            curves[rate] = [first, *(record.train["loss"] for record in trainer.history)]
        except DivergenceError:
            curves[rate] = [first, *(record.train["loss"] for record in trainer.history), math.inf]
    ag.set_random_state(state)
    best = min(curves, key=lambda rate: curves[rate][-1])
    return [RateTrial(rate, losses, _verdict(rate, losses, best, curves[best])) for rate, losses in curves.items()]


def _verdict(rate: float, losses: list[float], best: float, best_losses: list[float]) -> str:
    progress, most = losses[0] - losses[-1], best_losses[0] - best_losses[-1]
    if most > 0 and progress >= _SLOW * most:
        return "good"
    return "too low" if rate < best else "too high"


def learning_rates_png(trials: Sequence[RateTrial], title: str = "") -> bytes:
    """`nn.plots.learning_rates` as a PNG. Raises ModuleNotFoundError without matplotlib."""
    return png_of(learning_rates(trials, title))
