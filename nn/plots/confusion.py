"""Which classes a classifier takes for which, and where it is most wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_core import ArgumentError, ShapeError
from nn import functions
from nn.arguments import at_least, numbers_of
from nn.plots.canvas import mosaic, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_counts(outputs: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """How many examples of each class (row) have been taken for each class (column).

    Shapes: outputs (n, classes), the greatest of which is the guess; labels (n,) class numbers -> (classes, classes).

    >>> confusion_counts([[2.0, 1.0], [0.0, 3.0], [4.0, 0.0]], [0, 1, 1]).tolist()
    [[1, 0], [1, 1]]
    """
    scores, right = _checked(outputs, labels)
    classes = scores.shape[1]
    counts = np.bincount(right * classes + scores.argmax(axis=1), minlength=classes**2)
    return counts.reshape(classes, classes).astype(np.int64)


def confusion_matrix(
    outputs: ArrayLike,
    labels: ArrayLike,
    images: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    worst: int = 12,
    title: str = "",
) -> Figure:
    """`confusion_counts`, mistakes shaded by how many; with `images`, beside it the worst of them.

    `outputs` (n, classes) are logits, `labels` (n,) class numbers, `images` (n, height, width) or (n, 1, height,
    width). The worst mistakes are those with the greatest cross-entropy: below each, what was said and how surely.
    Errors: `ShapeError` where numbers of examples or of names differ, `ArgumentError` for labels that are no classes.
    """
    scores, right = _checked(outputs, labels)
    names = [str(c) for c in range(scores.shape[1])] if names is None else list(names)
    if len(names) != scores.shape[1]:
        raise ShapeError(f"confusion_matrix: {scores.shape[1]} classes take as many names, got {len(names)}")
    at_least("confusion_matrix", "worst", worst, 1)
    side = max(4.2, 0.5 * len(names) + 1.0)
    if images is None:
        figure = new_figure(side + 0.4, side, title)
        _draw_counts(figure.subplots(), confusion_counts(scores, right), names)
        return figure
    pictures = numbers_of(images)
    if pictures.ndim == 4 and pictures.shape[1] == 1:
        pictures = pictures[:, 0]
    if pictures.ndim != 3 or len(pictures) != len(right):
        raise ShapeError(
            f"confusion_matrix: {len(right)} examples take as many images (n, height, width), got {pictures.shape}"
        )
    figure = new_figure(2 * side + 0.4, side, title)
    left, beside = figure.subplots(1, 2)
    _draw_counts(left, confusion_counts(scores, right), names)
    _draw_mistakes(beside, scores, right, pictures, names, worst)
    return figure


def _checked(outputs: ArrayLike, labels: ArrayLike) -> tuple[NDArray[Any], NDArray[np.int64]]:
    scores, right = numbers_of(outputs), numbers_of(labels)
    if scores.ndim != 2 or right.shape != (len(scores),) or not scores.size:
        raise ShapeError(
            f"confusion: takes outputs (n, classes) and labels (n,), got shapes {scores.shape} and {right.shape}"
        )
    if right.dtype.kind not in "iu" or right.min() < 0 or right.max() >= scores.shape[1]:
        raise ArgumentError(f"confusion: labels are class numbers from 0 to {scores.shape[1] - 1}, got others")
    return scores, right.astype(np.int64)


def _draw_counts(axes: Any, counts: NDArray[np.int64], names: Sequence[str]) -> None:
    mistakes = counts * (1 - np.eye(len(counts), dtype=np.int64))
    axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(mistakes.max(), 1))
    for row, column in np.ndindex(counts.shape):
        number, own = int(counts[row, column]), row == column
        if number:
            dark = mistakes[row, column] > 0.6 * mistakes.max()
            colour = "white" if dark and not own else "black"
            weight = "bold" if own else "normal"
            axes.text(column, row, f"{number}", ha="center", va="center", color=colour, weight=weight, fontsize=9)
    for place in (axes.set_xticks, axes.set_yticks):
        place(range(len(names)), names)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    share = np.trace(counts) / counts.sum()
    axes.set_title(f"{100 * share:.2f} % of {counts.sum():,} are right", fontsize=11)


def _draw_mistakes(
    axes: Any,
    scores: NDArray[Any],
    right: NDArray[np.int64],
    pictures: NDArray[Any],
    names: Sequence[str],
    worst: int,
) -> None:
    logs = numbers_of(functions.log_softmax(scores.astype(np.float64)))
    guesses = scores.argmax(axis=1)
    wrong = np.flatnonzero(guesses != right)
    wrong = wrong[np.argsort(logs[wrong, right[wrong]], kind="stable")][:worst]
    axes.set_axis_off()
    if not len(wrong):
        axes.text(0.5, 0.5, "no mistakes", ha="center", va="center", transform=axes.transAxes)
        return
    captions = [f"{names[guesses[i]]}: {100 * np.exp(logs[i, guesses[i]]):.0f} %\nis {names[right[i]]}" for i in wrong]
    shown = pictures[wrong]
    columns = min(len(wrong), math.ceil(math.sqrt(len(wrong))))
    mosaic(
        axes, list(shown), columns=columns, captions=captions, limits=(float(shown.min()), float(shown.max() or 1.0))
    )
    axes.set_title("the worst mistakes: what it says, and how surely", fontsize=11)
