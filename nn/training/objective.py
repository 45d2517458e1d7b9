"""What a classifier is trained for: its loss, the loss's targets, and how to read its outputs as probabilities."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import softmax
from nn import functions
from nn.data.encoding import one_hot


@dataclass(frozen=True)
class Objective:
    """A loss, with what goes into it and what may be read out of a network that was trained with it.

    `loss(outputs, targets)` is the mean over the examples; `targets(labels, classes)` makes them of labels (N,);
    `probabilities(outputs)` has the shape of outputs (N, classes), and each row sums to 1.
    """

    loss: Callable[[Any, Any], Any]
    targets: Callable[[NDArray[Any], int], NDArray[Any]]
    probabilities: Callable[[NDArray[Any]], NDArray[Any]]
    note: str = ""  # what a reader of the probabilities must know


def _labels_themselves(labels: NDArray[Any], classes: int) -> NDArray[Any]:
    return labels


def _softmax(outputs: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(softmax(outputs.astype(np.float64), axis=1))


def _shares(outputs: NDArray[Any]) -> NDArray[Any]:
    # If every unit is at zero, nothing speaks for any class: all get the same.
    positive = outputs.astype(np.float64) + np.finfo(np.float64).tiny
    shares: NDArray[Any] = positive / positive.sum(axis=1, keepdims=True)
    return shares


OBJECTIVES = {
    "cross_entropy": Objective(functions.cross_entropy, _labels_themselves, _softmax),
    "smoothed_cross_entropy": Objective(
        functools.partial(functions.cross_entropy, label_smoothing=0.05),
        _labels_themselves,
        _softmax,
        note="trained with smoothed labels, to be sure by about 95 %",
    ),
    "quadratic": Objective(
        functions.quadratic_loss,
        one_hot,
        _shares,
        note="the outputs of its sigmoid units, scaled to sum to 1; not trained to be probabilities",
    ),
}
