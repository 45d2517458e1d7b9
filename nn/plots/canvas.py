"""What figures are drawn into: one look for all of them, fit for a slide, and matplotlib loaded at first use."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PURPLE, GREY = "#1f77b4", "#d95f02", "#1b9e77", "#7570b3", "#6b6b6b"
"""Told apart by colour-blind readers too."""
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#e7298a", "#a6761d", "#17becf", "#666666", "#bcbd22", "#e41a1c")
_GAP = 0.12  # of a tile, between it and the next
_CAPTION = 0.42  # of a tile, above it: two lines
_WIDEST = 11.0  # inches, of a mosaic


def require_matplotlib() -> None:
    """Raise ModuleNotFoundError, which says what to install, if matplotlib is missing."""
    try:
        import matplotlib.figure  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "plots are drawn by matplotlib, which is not installed; pip install 'autograd-core[plot]'", name=error.name
        ) from error


def new_figure(width: float, height: float, title: str = "", *, dpi: int = 120) -> Figure:
    """An empty figure of so many inches. Raises ModuleNotFoundError without matplotlib."""
    require_matplotlib()
    from nn.plots.figure import empty

    figure = empty(width, height, dpi)
    if title:
        figure.suptitle(title)
    return figure


def png_of(figure: Figure) -> bytes:
    """A figure as the content of a PNG."""
    from nn.plots.figure import as_png

    return as_png(figure)


def panel(axes: Any, width: float, height: float, title: str) -> tuple[Any, Any]:
    """The figure and the axes to draw into: those given, or else new ones of so many inches."""
    if axes is None:
        axes = new_figure(width, height).subplots()
    if title:
        axes.set_title(title)
    return axes.figure, axes


def plain(axes: Any, xlabel: str, ylabel: str) -> None:
    """Named axes, a faint grid, and no frame on the sides that carry no numbers."""
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def whole_epochs(axes: Any) -> None:
    """Ticks of the horizontal axis at whole numbers alone."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def mosaic(
    axes: Any,
    tiles: Sequence[NDArray[Any]],
    *,
    columns: int,
    captions: Sequence[str] = (),
    cmap: str = "gray",
    limits: tuple[float, float],
) -> None:
    """Pictures (height, width) or (height, width, 3) side by side in one panel, `columns` in a row, on one scale."""
    rows = math.ceil(len(tiles) / columns)
    height = tiles[0].shape[0] / tiles[0].shape[1]
    above = height + _GAP + (_CAPTION if captions else 0.0)
    for place, tile in enumerate(tiles):
        left, top = (place % columns) * (1 + _GAP), -(place // columns) * above
        axes.imshow(
            tile,
            extent=(left, left + 1, top - height, top),
            cmap=cmap,
            vmin=limits[0],
            vmax=limits[1],
            interpolation="nearest",
        )
        if captions:
            axes.text(left + 0.5, top + 0.04, captions[place], ha="center", va="bottom", fontsize=9)
    axes.set_xlim(0, columns * (1 + _GAP) - _GAP)
    axes.set_ylim(-(rows - 1) * above - height, _CAPTION if captions else 0)
    axes.set_axis_off()


def mosaic_size(count: int, columns: int) -> tuple[float, float]:
    """Inches that a mosaic of square tiles takes: of one inch each, or less where a slide would not hold them."""
    tile = min(1.0, _WIDEST / columns)
    return tile * columns * (1 + _GAP), tile * math.ceil(count / columns) * (1 + _GAP)


def on_grid(
    function: Callable[[NDArray[Any]], ArrayLike], extent: tuple[float, float, float, float], resolution: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """x and y (resolution,), and what `function` makes of all points (resolution², 2), in rows of equal y."""
    x, y = np.linspace(*extent[:2], resolution), np.linspace(*extent[2:], resolution)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return x, y, np.asarray(function(points)).reshape(resolution, resolution, -1)
