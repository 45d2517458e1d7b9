"""Histograms of weights, gradients and activations after each epoch, as a picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.arguments import at_least
from nn.atomic_write import write_atomically
from nn.training.callback import Callback
from nn.training.figure import as_png
from nn.training.inspection import distributions
from nn.training.trainer import Trainer

_BINS = 40
_EXAMPLES = 64  # of the last mini-batch, to see activations
Distributions = Mapping[str, Mapping[str, NDArray[np.floating]]]


class Histograms(Callback):
    """Draws `distributions` of the model on its last mini-batch into the file at `path`, every so many epochs.

    `path` may hold `{epoch}`, which keeps one picture for each. Raises ModuleNotFoundError, before any training, if
    matplotlib (the extra `plot`) is missing.
    """

    def __init__(self, path: str | Path, *, every_epochs: int = 1) -> None:
        import matplotlib.figure  # noqa: F401

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
    """A PNG with a row for each name and a column for each kind. Raises ModuleNotFoundError without matplotlib."""
    from matplotlib.figure import Figure

    kinds = [kind for kind, arrays in found.items() if arrays]
    rows = max(len(found[kind]) for kind in kinds)
    figure = Figure(figsize=(3.6 * len(kinds), 1.2 + 1.1 * rows), dpi=100, layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(rows, len(kinds), squeeze=False)
    for column, kind in enumerate(kinds):
        for row, axes in enumerate(panels[:, column]):
            if row >= len(found[kind]):
                axes.set_axis_off()
                continue
            name, array = list(found[kind].items())[row]
            values = np.asarray(array, np.float64).ravel()
            finite = values[np.isfinite(values)]
            axes.hist(finite, bins=_BINS, color="#1f77b4")
            lost = values.size - finite.size
            axes.set_title(f"{kind}: {name or 'output'}" + (f", {lost} not finite" if lost else ""), fontsize=8)
            axes.tick_params(labelsize=7)
            axes.set_yticks([])
            axes.spines[["top", "right", "left"]].set_visible(False)
    return as_png(figure)
