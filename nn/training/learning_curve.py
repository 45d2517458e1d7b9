"""The learning curve as a picture: loss and accuracy against epochs, on the training and on the validation images."""

from __future__ import annotations

import io
from collections.abc import Sequence

from nn.training.trainer import EpochRecord

_COLOURS = {"training": "#1f77b4", "validation": "#d95f02"}  # told apart by colour-blind readers too


def learning_curve_png(history: Sequence[EpochRecord], title: str) -> bytes:
    """A PNG with two panels. Raises ModuleNotFoundError if matplotlib is not installed."""
    # Not pyplot: a Figure alone needs no display and leaves matplotlib's settings as they are.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    epochs = [record.epoch for record in history]
    curves = {
        "loss": {
            "training": [record.train.loss for record in history],
            "validation": [record.validation.loss for record in history],
        },
        "accuracy (%)": {
            "training": [100 * record.train.accuracy for record in history],
            "validation": [100 * record.validation.accuracy for record in history],
        },
    }
    figure = Figure(figsize=(10, 4.2), dpi=120, layout="constrained")
    figure.suptitle(title)
    for axes, (quantity, lines) in zip(figure.subplots(1, 2), curves.items(), strict=True):
        for name, values in lines.items():
            label = f"{name}, mean over the epoch" if name == "training" else f"{name}, after the epoch"
            axes.plot(epochs, values, marker="o", markersize=4, color=_COLOURS[name], label=label)
        axes.set_xlabel("epoch")
        axes.set_ylabel(quantity)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
