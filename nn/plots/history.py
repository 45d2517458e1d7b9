"""How a training went: loss and metrics against epochs, on the training and on the validation examples."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autograd_core import ArgumentError
from nn.plots.canvas import BLUE, GREEN, ORANGE, new_figure, plain, whole_epochs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nn.training.learning_rates import RateTrial
    from nn.training.position import EpochRecord

_PARTS = {"training": BLUE, "validation": ORANGE}
_VERDICTS = {"too low": BLUE, "good": GREEN, "too high": ORANGE}


def history(records: Sequence[EpochRecord], title: str = "") -> Figure:
    """The learning curve: a panel for the loss and one for each metric, from `trainer.history`.

    What is measured on the training examples is the mean over the epoch, while the weights change; what is measured on
    the validation examples is from after it. Raises `ArgumentError` if there is no epoch yet.
    """
    if not records:
        raise ArgumentError("history: takes the records of at least one epoch, got none; train first")
    names = list(records[0].train)
    figure = new_figure(5 * len(names), 4.2, title)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        percent = name.endswith("accuracy")
        for part, colour in _PARTS.items():
            scores = [(r.epoch, r.train if part == "training" else r.validation) for r in records]
            points = [(epoch, score[name] * (100 if percent else 1)) for epoch, score in scores if score is not None]
            if points:
                when = "mean over the epoch" if part == "training" else "after the epoch"
                axes.plot(*zip(*points, strict=True), marker="o", markersize=4, color=colour, label=f"{part}, {when}")
        plain(axes, "epoch", f"{name} (%)" if percent else name)
        whole_epochs(axes)
        axes.legend(frameon=False)
    return figure


def learning_rates(trials: Sequence[RateTrial], title: str = "") -> Figure:
    """The loss against epochs for each of the rates that `nn.training.compare_learning_rates` has tried.

    What rises far above the start leaves the picture at the top. Raises `ArgumentError` without trials.
    """
    if not trials:
        raise ArgumentError(
            "learning_rates: takes at least one trial, got none; nn.training.compare_learning_rates makes them"
        )
    figure = new_figure(6.5, 4.5, title)
    axes = figure.subplots()
    for trial, marker in zip(trials, itertools.cycle("os^Dv"), strict=False):
        diverged = not math.isfinite(trial.losses[-1])
        shown = [loss for loss in trial.losses if math.isfinite(loss)]
        label = f"{trial.rate:g}: {trial.verdict}" + (", diverged" if diverged else "")
        colour = _VERDICTS[trial.verdict]
        axes.plot(range(len(shown)), shown, marker=marker, markersize=5, color=colour, alpha=0.8, label=label)
    first, least = trials[0].losses[0], min(loss for trial in trials for loss in trial.losses)
    room = max(first - least, abs(first) / 10)
    axes.set_ylim(least - 0.1 * room, first + 0.5 * room)
    plain(axes, "epoch", "loss (at 0 before, else mean over the epoch)")
    whole_epochs(axes)
    axes.legend(framealpha=0.85, edgecolor="none", title="learning rate")
    return figure
