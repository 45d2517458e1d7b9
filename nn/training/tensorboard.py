"""Scalars and histograms for TensorBoard, by tensorboardX (the extra `tensorboard`), which needs no large framework."""

from pathlib import Path
from typing import Any

import numpy as np

from nn.arguments import at_least
from nn.training.callback import Callback
from nn.training.histograms import last_inputs
from nn.training.inspection import distributions
from nn.training.trainer import Trainer


class TensorBoard(Callback):
    """Writes event files into `directory`: after each epoch its loss and metrics, the rate and the seconds.

    With `every_steps`, the mean loss and metrics over the epoch so far are written within it too, against the number of
    steps; with `histograms`, those of weights, gradients and activations after each epoch. A resumed training writes
    over what came after its checkpoint. Raises ModuleNotFoundError, before any training, without tensorboardX.
    """

    only_first = True

    def __init__(self, directory: str | Path, *, every_steps: int | None = None, histograms: bool = False) -> None:
        import tensorboardX  # noqa: F401

        if every_steps is not None:
            at_least("TensorBoard", "every_steps", every_steps, 1)

        self._directory, self._every_steps, self._histograms = str(directory), every_steps, histograms
        self._writer: Any = None

    def training_started(self, trainer: Trainer) -> None:
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(self._directory, purge_step=trainer.position.step)

    def step_ended(self, trainer: Trainer) -> None:
        """Write what is known within the epoch."""
        position = trainer.position
        if self._every_steps is not None and position.step % self._every_steps == 0:
            for name, value in position.totals.means().items():
                self._writer.add_scalar(f"{name}/step", value, position.step)

    def epoch_ended(self, trainer: Trainer) -> None:
        record, step = trainer.history[-1], trainer.position.step
        for part, score in (("train", record.train), ("validation", record.validation)):
            for name, value in (score or {}).items():
                self._writer.add_scalar(f"{name}/{part}", value, step)
        self._writer.add_scalar("learning_rate", record.learning_rate, step)
        self._writer.add_scalar("seconds", record.seconds, step)
        if self._histograms:
            for kind, arrays in distributions(trainer.model, *last_inputs(trainer)).items():
                for name, array in arrays.items():
                    self._writer.add_histogram(f"{kind}/{name}", np.asarray(array, np.float64), step)

    def closed(self) -> None:
        if self._writer is not None:
            self._writer.close()
