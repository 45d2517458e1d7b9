"""Optimisers on their way down a surface over the plane (deck A)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError
from nn.arguments import at_least, numbers_of
from nn.plots.canvas import COLOURS, on_grid, panel

if TYPE_CHECKING:
    from nn.training.protocols import Optimizer

Surface = Callable[[Any, Any], Any]
_LEVELS = 25


def descend(
    surface: Surface, start: tuple[float, float], optimizer: Callable[[list[Any]], Optimizer], steps: int
) -> NDArray[np.float64]:
    """The points (steps + 1, 2) that an optimiser passes on `surface(x, y)`, a function made of ops, from `start`.

    `optimizer(parameters)` makes it, such as `lambda parameters: optim.Adam(parameters, lr=0.1)`.
    """
    at_least("descend", "steps", steps, 1)
    point = ag.tensor(np.asarray(start, np.float64), requires_grad=True)
    if point.shape != (2,):
        raise ShapeError(f"descend: start is a point (x, y), got {start!r}")
    chosen, path = optimizer([point]), [point.numpy()]
    for _ in range(steps):
        chosen.zero_grad()
        surface(point[0], point[1]).backward()
        chosen.step()
        path.append(point.numpy())
    return np.array(path)


def optimiser_paths(
    surface: Surface,
    paths: Mapping[str, ArrayLike],
    extent: tuple[float, float, float, float],
    *,
    minimum: tuple[float, float] | None = None,
    resolution: int = 200,
    axes: Any = None,
    title: str = "",
) -> Any:
    """Contours of `surface` with the paths, by name, that `descend` has found.

    A star marks the `minimum`, dots mark the starts.
    `surface(x, y)` takes arrays of points. The contours lie at equal steps of the logarithm of the height above the
    least one, so that a valley's floor has some too. `extent` is (left, right, bottom, top). Draws into `axes` if they
    are given; returns the figure.
    Errors: `ArgumentError` without paths, `ShapeError` for a path that is not (n, 2).
    """
    if not paths:
        raise ArgumentError("optimiser_paths: takes at least one path by name, got none; nn.plots.descend finds them")
    arrays = {name: numbers_of(path) for name, path in paths.items()}
    for name, path in arrays.items():
        if path.ndim != 2 or path.shape[1] != 2 or not len(path):
            raise ShapeError(f"optimiser_paths: a path has shape (n, 2), got {path.shape} for {name!r}")
    x, y, heights = on_grid(lambda points: surface(points[:, 0], points[:, 1]), extent, resolution)
    above = heights[..., 0] - heights.min()
    figure, axes = panel(axes, 6.4, 4.8, title)
    axes.contour(x, y, np.log(above + 1e-3 * (above.max() or 1.0)), _LEVELS, cmap="Greys_r", alpha=0.5, linewidths=0.8)
    for place, (name, path) in enumerate(arrays.items()):
        colour = COLOURS[place % len(COLOURS)]
        axes.plot(*path.T, ".-", color=colour, markersize=4, linewidth=1.3, label=name)
    starts = np.unique([path[0] for path in arrays.values()], axis=0)
    axes.plot(*starts.T, "o", color="black", markersize=6)
    if minimum is not None:
        axes.plot(*minimum, "*", color="black", markersize=13)
    axes.set_xlim(*extent[:2])
    axes.set_ylim(*extent[2:])
    axes.set_xlabel("$x$")
    axes.set_ylabel("$y$")
    axes.legend(fontsize=9)
    return figure
