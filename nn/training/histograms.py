"""Histograms of weights, gradients and activations after each epoch, as a picture."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.arguments import at_least
from nn.atomic_write import write_atomically
from nn.plots.canvas import png_of, require_matplotlib
from nn.plots.distributions import Distributions, histograms
from nn.training.callback import Callback
from nn.training.inspection import distributions
from nn.training.trainer import Trainer

_EXAMPLES = 64  # of the last mini-batch, to see activations


class Histograms(Callback):
    """Draws `distributions` of the model on its last mini-batch into the file at `path`, every so many epochs.

    `path` may hold `{epoch}`, which keeps one picture for each. Raises ModuleNotFoundError, before any training, if
    matplotlib (the extra `plot`) is missing.
    """

    only_first = True

    def __init__(self, path: str | Path, *, every_epochs: int = 1) -> None:
        require_matplotlib()

        self._path, self._every = str(path), at_least("Histograms", "every_epochs", every_epochs, 1)

    def epoch_ended(self, trainer: Trainer) -> None:
        epoch = trainer.position.epoch
        if epoch % self._every == 0:
            found = distributions(trainer.model, *last_inputs(trainer))
            write_atomically(
                Path(self._path.replace("{epoch}", str(epoch))), histograms_png(found, f"after epoch {epoch}")
            )


def last_inputs(trainer: Trainer) -> list[NDArray[np.generic]]:
    """The inputs of some examples of the last mini-batch."""
    return [array[:_EXAMPLES] for array in trainer.batch[:-1]]


def histograms_png(found: Distributions, title: str) -> bytes:
    """`nn.plots.histograms` as a PNG. Raises ModuleNotFoundError without matplotlib."""
    return png_of(histograms(found, title))
