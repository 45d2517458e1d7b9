"""Metrics: how well outputs match targets, as one number an example, so that any number of mini-batches have one mean.

A metric is a function of two arrays, outputs and targets, that returns an array; what is reported is the mean over all
its entries. So it may give one number an example, or one for each position of a sequence.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError, ShapeError

Metric = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


def accuracy(outputs: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the largest output is the one of the right class.

    Shapes: outputs (n, classes, ...), targets (n, ...) class numbers or (n, classes, ...) with the most on the right
    class -> (n, ...).

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1])).tolist()
    [True, False]
    """
    if outputs.ndim < 2 or targets.shape not in (outputs.shape, (outputs.shape[0], *outputs.shape[2:])):
        raise ShapeError(
            f"accuracy: takes outputs (n, classes, ...) and targets (n, ...) or of the same shape, got shapes"
            f" {outputs.shape} and {targets.shape}; for one output an example use binary_accuracy"
        )
    labels = targets.argmax(axis=1) if targets.ndim == outputs.ndim else targets
    right: NDArray[np.bool_] = outputs.argmax(axis=1) == labels
    return right


def binary_accuracy(outputs: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether a logit is above 0 where the target is above ½. Shapes: both (n, ...), kept."""
    _same_shape("binary_accuracy", outputs, targets)
    right: NDArray[np.bool_] = (outputs > 0) == (targets > 0.5)
    return right


def absolute_error(outputs: NDArray[Any], targets: NDArray[Any]) -> NDArray[Any]:
    """|output - target|. Shapes: both (n, ...), kept."""
    _same_shape("absolute_error", outputs, targets)
    error: NDArray[Any] = np.abs(outputs - targets)
    return error


def squared_error(outputs: NDArray[Any], targets: NDArray[Any]) -> NDArray[Any]:
    """(output - target)². Shapes: both (n, ...), kept."""
    _same_shape("squared_error", outputs, targets)
    error: NDArray[Any] = np.square(outputs - targets)
    return error


METRICS: dict[str, Metric] = {
    function.__name__: function for function in (accuracy, binary_accuracy, absolute_error, squared_error)
}


def named_metrics(metrics: Mapping[str, Metric] | Iterable[str]) -> dict[str, Metric]:
    """Metrics by name: a dictionary as it is, names looked up in `METRICS`."""
    if isinstance(metrics, Mapping):
        if "loss" in metrics:
            raise ArgumentError("a metric cannot be named 'loss', which is reported anyway; choose another name")
        return dict(metrics)
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise ArgumentError(
            f"there is no metric named {unknown[0]!r}; there are {', '.join(METRICS)}, or give a dictionary of your own"
        )
    return {name: METRICS[name] for name in names}


def _same_shape(metric: str, outputs: NDArray[Any], targets: NDArray[Any]) -> None:
    if outputs.shape != targets.shape:
        raise ShapeError(
            f"{metric}: outputs and targets must have one shape, got {outputs.shape} and {targets.shape}; reshape one"
        )
