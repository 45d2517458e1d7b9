"""The learning curve as a picture: loss and metrics against epochs, on the training and on the validation examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nn.atomic_write import write_atomically
from nn.plots.canvas import png_of, require_matplotlib
from nn.plots.history import history
from nn.training.callback import Callback
from nn.training.position import EpochRecord
from nn.training.trainer import Trainer


class LearningCurve(Callback):
    """Draws the learning curve anew after each epoch: into the file at `path`, into the notebook cell, or both.

    Raises ModuleNotFoundError, before any training, if what it needs is not installed: matplotlib (the extra `plot`),
    and IPython for `live`.
    """

    only_first = True

    def __init__(self, path: str | Path | None = None, *, live: bool = False, title: str = "") -> None:
        require_matplotlib()

        if live:
            from IPython.display import DisplayHandle

            handle: Any = DisplayHandle  # IPython's display carries no types
            self._cell = handle()
        self._path, self._live, self._title = None if path is None else Path(path), live, title
        self._shown = False

    def training_started(self, trainer: Trainer) -> None:
        """A call of `fit` gets a picture of its own in a notebook."""
        self._shown = False

    def epoch_ended(self, trainer: Trainer) -> None:
        png = learning_curve_png(trainer.history, self._title)
        if self._path is not None:
            write_atomically(self._path, png)
        if self._live:
            from IPython import display

            picture: Any = display.Image
            show = self._cell.update if self._shown else self._cell.display
            show(picture(png))
            self._shown = True


def learning_curve_png(records: Sequence[EpochRecord], title: str) -> bytes:
    """`nn.plots.history` as a PNG. Raises ModuleNotFoundError without matplotlib."""
    return png_of(history(records, title))
