"""The learning curve as a picture: loss and metrics against epochs, on the training and on the validation examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nn.atomic_write import write_atomically
from nn.training.callback import Callback
from nn.training.figure import as_png
from nn.training.position import EpochRecord
from nn.training.trainer import Trainer

_COLOURS = {"training": "#1f77b4", "validation": "#d95f02"}  # told apart by colour-blind readers too


class LearningCurve(Callback):
    """Draws the learning curve anew after each epoch: into the file at `path`, into the notebook cell, or both.

    Raises ModuleNotFoundError, before any training, if what it needs is not installed: matplotlib (the extra `plot`),
    and IPython for `live`.
    """

    def __init__(self, path: str | Path | None = None, *, live: bool = False, title: str = "") -> None:
        import matplotlib.figure  # noqa: F401

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


def learning_curve_png(history: Sequence[EpochRecord], title: str) -> bytes:
    """A PNG with a panel for the loss and one for each metric. Raises ModuleNotFoundError without matplotlib."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    names = list(history[0].train)
    figure = Figure(figsize=(5 * len(names), 4.2), dpi=120, layout="constrained")
    figure.suptitle(title)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        percent = name.endswith("accuracy")
        for part, colour in _COLOURS.items():
            scores = [(r.epoch, r.train if part == "training" else r.validation) for r in history]
            points = [(epoch, score[name] * (100 if percent else 1)) for epoch, score in scores if score is not None]
            if points:
                when = "mean over the epoch" if part == "training" else "after the epoch"
                axes.plot(*zip(*points, strict=True), marker="o", markersize=4, color=colour, label=f"{part}, {when}")
        axes.set_xlabel("epoch")
        axes.set_ylabel(f"{name} (%)" if percent else name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return as_png(figure)
