"""The training loop: mini-batches, validation after each epoch, and a position from which to go on to the bit.

It prints nothing, writes nothing and knows no optimiser by name: all of that is given to it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import Tensor
from nn.data import Batches, LabelledImages, scale_pixels
from nn.errors import DivergenceError
from nn.module import Module
from nn.training.objective import Objective

_EVALUATION_BATCH = 1000  # large enough to be fast, small enough that a CNN's feature maps stay out of the way


class Optimizer(Protocol):
    """What the loop needs of an optimiser; those of `optim` have it."""

    def set_lr(self, lr: float) -> None:
        """Use this rate from the next step on."""

    def zero_grad(self) -> None:
        """Forget the gradients."""

    def step(self) -> None:
        """Update the parameters by their gradients."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next steps depend on."""

    def load_state_dict(self, state_dict: Mapping[str, Any], /) -> None:
        """Take that over."""


class Score(NamedTuple):
    """How well a model does on some examples: the mean loss, and the share of them that it names rightly."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class EpochRecord:
    """What is remembered of an epoch. `train` is the mean over the epoch, while the model was still changing."""

    epoch: int  # counted from 1
    train: Score
    validation: Score
    learning_rate: float  # of its last step
    seconds: float  # spent on its mini-batches, without validation


@dataclass
class Position:
    """Where a training is: between two mini-batches, with the sums over those of the epoch so far."""

    epoch: int = 0  # epochs finished
    batch: int = 0  # mini-batches finished of the next one
    loss_sum: float = 0.0
    correct: int = 0
    seconds: float = 0.0
    history: list[EpochRecord] = field(default_factory=list)


class Observer(Protocol):
    """Who is told how the training goes."""

    def batch_ended(self, position: Position, examples: int, seen: int) -> None:
        """A mini-batch of `examples` is done, and with it `seen` of this epoch."""

    def epoch_ended(self, position: Position) -> None:
        """An epoch is done and validated; `position` is at the start of the next."""


@dataclass(frozen=True)
class Trainer:
    """A model and everything that decides how it is trained.

    `schedule` gives the learning rate from the number of steps taken before. The order of the examples is a function of
    (`seed`, epoch), so a training that goes on from a position sees what it would have seen.
    """

    model: Module
    objective: Objective
    optimizer: Optimizer
    schedule: Callable[[int], float]
    train: LabelledImages
    validation: LabelledImages
    classes: int
    batch_size: int
    epochs: int
    seed: int

    @property
    def batches_per_epoch(self) -> int:
        """The number of mini-batches in an epoch, the last of which may be smaller."""
        return math.ceil(len(self.train) / self.batch_size)

    def run(self, position: Position, observer: Observer, interrupted: Callable[[], bool] = lambda: False) -> bool:
        """Train from `position`, which is moved along, to the end; whether the end was reached.

        Stops early, between two mini-batches, once `interrupted()`. Raises `DivergenceError` when a loss is no longer
        a finite number; `position` is of no use then.
        """
        self.model.train()
        while position.epoch < self.epochs:
            if not self._finish_batches(position, observer, interrupted):
                return False
            validation = evaluate(self.model, self.objective, self.validation)
            if not math.isfinite(validation.loss):
                where = f"on the validation images after epoch {position.epoch + 1}"
                raise DivergenceError(_diverged(validation.loss, where))
            self._close_epoch(position, validation)
            observer.epoch_ended(position)
        return True

    def _finish_batches(self, position: Position, observer: Observer, interrupted: Callable[[], bool]) -> bool:
        """The rest of the epoch; False if interrupted in it."""
        targets = self.objective.targets(self.train.labels, self.classes)
        batches = Batches(
            self.train.images,
            self.train.labels,
            targets,
            batch_size=self.batch_size,
            seed=self.seed,
            epoch=position.epoch,
            start=position.batch,
        )
        step = position.epoch * self.batches_per_epoch + position.batch
        before, started = position.seconds, time.perf_counter()
        for images, labels, target in batches:
            if interrupted():
                return False
            self.optimizer.set_lr(self.schedule(step))
            self.optimizer.zero_grad()
            outputs = self.model(as_input(images))
            loss = self.objective.loss(outputs, target)
            loss_value = loss.item()
            if not math.isfinite(loss_value):
                # Before the step, so that a diverged loss never reaches the weights.
                raise DivergenceError(
                    _diverged(loss_value, f"in epoch {position.epoch + 1}, mini-batch {position.batch + 1}")
                )
            loss.backward()
            self.optimizer.step()
            step += 1
            position.batch += 1
            position.loss_sum += loss_value * len(labels)
            position.correct += _count_correct(outputs, labels)
            position.seconds = before + time.perf_counter() - started
            observer.batch_ended(position, len(labels), min(position.batch * self.batch_size, len(self.train)))
        return True

    def _close_epoch(self, position: Position, validation: Score) -> None:
        examples = len(self.train)
        position.epoch += 1
        position.history.append(
            EpochRecord(
                epoch=position.epoch,
                train=Score(position.loss_sum / examples, position.correct / examples),
                validation=validation,
                learning_rate=self.schedule(position.epoch * self.batches_per_epoch - 1),
                seconds=position.seconds,
            )
        )
        position.batch, position.loss_sum, position.correct, position.seconds = 0, 0.0, 0, 0.0


def evaluate(model: Module, objective: Objective, examples: LabelledImages) -> Score:
    """The mean loss and the accuracy on `examples`, in evaluation mode; the mode is as before afterwards."""
    training = model.training
    model.eval()
    loss_sum, correct = 0.0, 0
    with ag.no_grad():
        for images, labels in Batches(
            examples.images, examples.labels, batch_size=_EVALUATION_BATCH, seed=0, shuffle=False
        ):
            outputs = model(as_input(images))
            targets = objective.targets(labels, outputs.shape[1])
            loss_sum += objective.loss(outputs, targets).item() * len(labels)
            correct += _count_correct(outputs, labels)
    model.train(training)
    return Score(loss_sum / len(examples), correct / len(examples))


def as_input(images: NDArray[np.uint8]) -> Tensor:
    """Grey pixels as a network takes them. Shapes: (N, height, width) -> (N, 1, height, width), float32 in [0, 1]."""
    return ag.tensor(scale_pixels(images)[:, None])


def _count_correct(outputs: Tensor, labels: NDArray[Any]) -> int:
    return int(np.count_nonzero(outputs.numpy().argmax(axis=1) == labels))


def _diverged(loss: float, where: str) -> str:
    return f"training diverged: the loss is {loss} {where}; a smaller learning rate may help"
