"""Which class a model gives to each point of the plane, and how sure it is (deck A: decision boundaries)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError
from nn import functions
from nn.arguments import at_least, numbers_of
from nn.modes import evaluating
from nn.module import Module
from nn.plots.canvas import COLOURS, on_grid, panel

Extent = tuple[float, float, float, float]


def decision_boundary(
    model: Module | Callable[[Any], Any],
    points: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    *,
    extent: Extent | None = None,
    resolution: int = 200,
    probabilities: bool = False,
    axes: Any = None,
    title: str = "",
) -> Any:
    """The plane in the colours of the classes, the paler the less sure; lines where two classes are as likely.

    `model` takes points (n, 2) and gives logits: (n,) or (n, 1), whose sign tells class 1 from class 0, or one for each
    class (n, classes); with `probabilities=True` it gives those. Points (n, 2) with `labels` (n,), whole numbers, are
    drawn on top. `extent` is (left, right, bottom, top), without it what the points take up. Draws into `axes` if they
    are given; returns the figure.

    Errors: `ArgumentError` where there is neither extent nor points, `ShapeError` for points, labels or outputs of
    another shape.
    """
    at_least("decision_boundary", "resolution", resolution, 2)
    points, labels = _points_and_labels(points, labels)
    if extent is None:
        if points is None:
            raise ArgumentError("decision_boundary: takes points to draw, or extent=(left, right, bottom, top)")
        extent = _around(points)
    x, y, p = on_grid(lambda grid: _probabilities(model, grid, probabilities), extent, resolution)
    classes = p.shape[-1]
    if labels is not None and labels.max(initial=0) >= classes:
        raise ArgumentError(f"decision_boundary: the model tells {classes} classes apart, got label {labels.max()}")
    figure, axes = panel(axes, 5.4, 4.8, title)
    axes.imshow(_shades(p), extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    for c in range(1 if classes == 2 else 0, classes):
        lead = p[..., c] - np.delete(p, c, axis=-1).max(axis=-1)
        if lead.min() < 0 < lead.max():
            axes.contour(x, y, lead, [0.0], colors="black", linewidths=1.5)
    if points is not None:
        colours = "black" if labels is None else [COLOURS[label % len(COLOURS)] for label in labels]
        axes.scatter(*points.T, c=colours, s=22, edgecolors="white", linewidths=0.7)
    axes.set_xlim(*extent[:2])
    axes.set_ylim(*extent[2:])
    axes.set_xlabel("$x_1$")
    axes.set_ylabel("$x_2$")
    return figure


def _points_and_labels(
    points: ArrayLike | None, labels: ArrayLike | None
) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    if points is None:
        if labels is not None:
            raise ArgumentError("decision_boundary: labels belong to points, which are missing; give both")
        return None, None
    points = numbers_of(points)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(f"decision_boundary: points have shape (n, 2), got {points.shape}")
    if labels is None:
        return points, None
    labels = numbers_of(labels)
    if labels.shape not in ((len(points),), (len(points), 1)):
        raise ShapeError(f"decision_boundary: {len(points)} points take as many labels, got shape {labels.shape}")
    whole = labels.reshape(-1).astype(np.int64)
    if np.any(whole != labels.reshape(-1)) or np.any(whole < 0):
        raise ArgumentError("decision_boundary: labels are class numbers 0, 1, ..., got others")
    return points, whole


def _around(points: NDArray[Any]) -> Extent:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.08 * (high - low), 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    return float(left), float(right), float(bottom), float(top)


def _probabilities(model: Any, points: NDArray[Any], given: bool) -> NDArray[np.float64]:
    """What the model says of each point, as a probability of each class. Shapes: (n, 2) -> (n, classes)."""
    dtype: Any = np.float64
    if isinstance(model, Module):
        dtype = next((parameter.dtype for parameter in model.parameters()), np.dtype(np.float32))
        with evaluating(model), ag.no_grad():
            raw = model(ag.tensor(points.astype(dtype)))
    else:
        raw = model(points.astype(dtype))
    outputs = numbers_of(raw).astype(np.float64)
    if outputs.shape == (len(points),):
        outputs = outputs[:, None]
    if outputs.ndim != 2 or len(outputs) != len(points) or not outputs.shape[1]:
        raise ShapeError(
            f"decision_boundary: the model makes of {len(points)} points one number or one a class each, got shape"
            f" {outputs.shape}"
        )
    if outputs.shape[1] == 1:
        p = outputs[:, 0] if given else functions.sigmoid(outputs[:, 0])
        return np.stack([1 - p, p], axis=-1)
    return outputs if given else np.asarray(functions.softmax(outputs))


def _shades(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colour of the likeliest class, as strong as it leads over chance. Shapes: (..., classes) -> (..., 3)."""
    from matplotlib.colors import to_rgb

    classes = p.shape[-1]
    colours = np.array([to_rgb(COLOURS[c % len(COLOURS)]) for c in range(classes)])
    sure = (p.max(axis=-1, keepdims=True) - 1 / classes) / (1 - 1 / classes)
    shades: NDArray[np.float64] = 1 - 0.6 * np.clip(sure, 0, 1) * (1 - colours[p.argmax(axis=-1)])
    return shades
