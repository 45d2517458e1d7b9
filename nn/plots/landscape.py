"""The loss around the weights that a training has found, over a plane through them (Li et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.modes import evaluating
from nn.module import Module
from nn.plots.canvas import new_figure, require_matplotlib

Batch = tuple[Any, ...]
_LEVELS = 20


@dataclass(frozen=True)
class Landscape:
    """losses[i, j] is the loss at weights + a[j]·first + b[i]·second; a and b are 0 in the middle."""

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    losses: NDArray[np.float64]


def landscape(
    model: Module, loss: Any, batch: Batch, *, span: float = 1.0, points: int = 21, seed: int = 0
) -> Landscape:
    """The mean `loss(outputs, targets)` on the batch (inputs..., targets) around the weights of `model`.

    Two random directions span the plane, filter-normalised: what belongs to one filter, or to one unit of a linear
    layer, is as long as the filter's weights are, since a ReLU network computes the same with weights twice as large in
    one layer and half as large in the next. Biases and other vectors stay, as in the paper. `span` is how far it goes
    to each side, in lengths of the filters; `points`, an odd number, is how many there are along a side, so that the
    weights themselves are one of them. In evaluation mode; the weights are put back, to the bit, after errors too.

    Errors: `ArgumentError` for settings out of range and for a model without weights of two axes.
    Source: Li, Xu, Taylor, Studer, Goldstein: Visualizing the Loss Landscape of Neural Nets, 2018.
    """
    at_least("landscape", "points", points, 3)
    if points % 2 == 0 or not span > 0:
        raise ArgumentError(f"landscape: points must be odd and span above 0, got {points} and {span}")
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise ArgumentError("landscape: takes a tuple (inputs..., targets)")
    weights = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    if not weights:
        raise ArgumentError(f"landscape: {type(model).__name__} has no weights of two axes or more to move")
    rng = np.random.default_rng(seed)
    start = [weight.numpy() for weight in weights]
    first, second = ([filter_normalised(rng, array) for array in start] for _ in range(2))
    steps = np.linspace(-span, span, points)
    steps[points // 2] = 0.0
    losses = np.empty((points, points))
    inputs = [ag.tensor(array) if not isinstance(array, ag.Tensor) else array for array in batch[:-1]]
    with evaluating(model), ag.no_grad():
        try:
            for i, j in np.ndindex(losses.shape):
                for weight, array, u, v in zip(weights, start, first, second, strict=True):
                    weight.assign((array + steps[j] * u + steps[i] * v).astype(array.dtype))
                losses[i, j] = loss(model(*inputs), batch[-1]).item()
        finally:
            for weight, array in zip(weights, start, strict=True):
                weight.assign(array)
    return Landscape(steps, steps.copy(), losses)


def filter_normalised(rng: np.random.Generator, weight: NDArray[Any]) -> NDArray[np.float64]:
    """A random direction whose part for each filter (index of the first axis) is as long as that filter's weights."""
    direction = rng.standard_normal(weight.shape)
    others = tuple(range(1, weight.ndim))
    lengths = np.sqrt(np.sum(np.square(weight, dtype=np.float64), axis=others, keepdims=True))
    scaled: NDArray[np.float64] = direction * lengths / np.sqrt(np.sum(direction**2, axis=others, keepdims=True))
    return scaled


def loss_landscape(found: Landscape, *, title: str = "") -> Any:
    """A `landscape` as contours, and as a surface beside it; the cross marks the weights.

    Losses that are not finite are left white.
    """
    require_matplotlib()
    from matplotlib.ticker import MaxNLocator

    heights = np.ma.masked_invalid(found.losses)
    figure = new_figure(10, 4.4, title)
    left = figure.add_subplot(1, 2, 1)
    filled = left.contourf(found.a, found.b, heights, _LEVELS, cmap="viridis")
    left.plot(0, 0, "x", color="white", markersize=10, markeredgewidth=2.5)
    left.set_xlabel("first direction, in lengths of the filters")
    left.set_ylabel("second direction")
    figure.colorbar(filled, ax=left, label="loss")
    right: Any = figure.add_subplot(1, 2, 2, projection="3d")
    right.plot_surface(
        *np.meshgrid(found.a, found.b), heights.filled(np.nan), cmap="viridis", linewidth=0, rstride=1, cstride=1
    )
    right.set_xlabel("first")
    right.set_ylabel("second")
    for axis in (right.xaxis, right.yaxis, right.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    right.tick_params(labelsize=8)
    return figure
