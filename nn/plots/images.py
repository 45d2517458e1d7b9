"""What a network of pictures looks at: its filters, what they make of a picture, and which pixels matter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError
from nn.arguments import at_least, numbers_of
from nn.modes import evaluating
from nn.module import Module
from nn.plots.canvas import mosaic, mosaic_size, new_figure
from nn.responses import responses

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def filters(
    weight: Any, *, shape: tuple[int, int] | None = None, columns: int | None = None, limit: int = 64, title: str = ""
) -> Figure:
    """Weights as pictures, red below 0 and blue above, all on one scale.

    `weight` is a layer with a `weight`, or numbers: (filters, channels, height, width), one column a filter where there
    are several channels; (units, features) of a linear layer takes `shape=(height, width)` of its inputs.
    Of more than `limit` filters the first are drawn. Errors: `ShapeError` for any other shape.
    """
    array = numbers_of(weight.weight if isinstance(weight, Module) and hasattr(weight, "weight") else weight)
    at_least("filters", "limit", limit, 1)
    if array.ndim == 2 and shape is not None and array.shape[1] == math.prod(shape):
        array = array.reshape(-1, 1, *shape)
    if array.ndim != 4 or not array.size:
        advice = "; give shape=(height, width) of the inputs" if array.ndim == 2 else ""
        raise ShapeError(f"filters: takes weights (filters, channels, height, width), got shape {array.shape}{advice}")
    shown = array[:limit]
    tiles = list(shown.swapaxes(0, 1).reshape(-1, *shown.shape[2:]))
    if columns is None:
        columns = len(shown) if array.shape[1] > 1 else _columns(len(tiles))
    at_least("filters", "columns", columns, 1)
    return _pictures("filters", tiles, columns, title or _first(len(shown), len(array), "filters"), "RdBu", signed=True)


def activations(model: Module, image: ArrayLike, layer: str, *, limit: int = 64, title: str = "") -> Figure:
    """What a layer makes of one picture: a picture for each of its channels, all on one scale, white the greatest.

    `image` is (channels, height, width), with or without a leading 1; `layer` is a name of `model.named_modules()`.
    In evaluation mode, without a graph. Errors: `ArgumentError` for a name that is not there or is not called,
    `ShapeError` if the layer's output is no stack of pictures.
    """
    at_least("activations", "limit", limit, 1)
    found = {call.name: call.after for call in responses(model, _one(image, "activations"))}
    if layer not in found:
        raise ArgumentError(f"activations: there is no output of {layer!r}; there are those of {', '.join(found)}")
    output = found[layer]
    if output.ndim != 4:
        raise ShapeError(
            f"activations: {layer} gives shape {output.shape}, which are no pictures; nn.plots.histograms draws numbers"
        )
    shown = output[0, :limit]
    title = title or _first(len(shown), output.shape[1], f"channels of layer {layer}")
    return _pictures("activations", list(shown), _columns(len(shown)), title, "gray", signed=False)


def saliency_map(model: Module, image: ArrayLike, target: int | None = None) -> NDArray[np.floating]:
    """How much each pixel moves the score of class `target`, or of the likeliest: max over channels of |∂score/∂x|.

    Shapes: image (channels, height, width), with or without a leading 1 -> (height, width). In evaluation mode; the
    parameters' gradients stay as they are. Source: Simonyan, Vedaldi, Zisserman 2014.
    Errors: `ShapeError` if the model does not give (1, classes), `ArgumentError` for a class that is not there.
    """
    x = ag.tensor(_one(image, "saliency"))

    def score(x: Any) -> Any:
        outputs = model(x)
        if outputs.ndim != 2:
            raise ShapeError(f"saliency: the model gives a score for each class, (1, classes); got {outputs.shape}")
        chosen = int(outputs.numpy()[0].argmax()) if target is None else target
        if not 0 <= chosen < outputs.shape[1]:
            raise ArgumentError(f"saliency: target is a class from 0 to {outputs.shape[1] - 1}, got {target}")
        return outputs[0, chosen]

    with evaluating(model):
        slopes = ag.grad(score)(x).numpy()
    found: NDArray[np.floating] = np.abs(slopes[0]).max(axis=0)
    return found


def saliency(model: Module, image: ArrayLike, target: int | None = None, *, title: str = "") -> Figure:
    """The picture, and its `saliency_map` with the outline of the picture on it.

    Arguments and errors are those of `saliency_map`.
    """
    found = saliency_map(model, image, target)
    picture = _one(image, "saliency")[0]
    shown = picture[0] if len(picture) != 3 else np.moveaxis(picture, 0, -1)
    figure = new_figure(7.4, 3.7, title)
    panels = figure.subplots(1, 2)
    for axes, name in zip(panels, ("the picture", "|∂score/∂x|"), strict=True):
        axes.set_title(name)
        axes.set_axis_off()
    panels[0].imshow(shown, cmap="gray")
    panels[1].imshow(found, cmap="inferno", vmin=0)
    grey = picture.mean(axis=0)
    if grey.min() < grey.max():
        panels[1].contour(grey, [(grey.min() + grey.max()) / 2], colors="white", linewidths=1)
    return figure


def _one(image: ArrayLike, function: str) -> NDArray[Any]:
    """A picture as a mini-batch of one."""
    array = numbers_of(image)
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or len(array) != 1:
        raise ShapeError(f"{function}: takes one picture (channels, height, width), got shape {array.shape}")
    return array


def _columns(count: int) -> int:
    """So many in a row that the whole is a little wider than high, and the last row as full as can be."""
    side = math.sqrt(count)
    return min(range(math.ceil(side), math.ceil(2.6 * side) + 1), key=lambda columns: -count % columns)


def _first(shown: int, there: int, what: str) -> str:
    return f"{what}: the first {shown} of {there}" if shown < there else what


def _pictures(function: str, tiles: list[NDArray[Any]], columns: int, title: str, cmap: str, *, signed: bool) -> Figure:
    """A figure of one mosaic with its scale beside it."""
    low, high = min(float(tile.min()) for tile in tiles), max(float(tile.max()) for tile in tiles)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ArgumentError(f"{function}: some numbers are not finite, so there is no scale to draw them on")
    if signed:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    width, height = mosaic_size(len(tiles), columns)
    figure = new_figure(max(width + 0.9, 3.0), height + 0.6, title)
    axes = figure.subplots()
    mosaic(axes, tiles, columns=columns, cmap=cmap, limits=(low, high if high > low else low + 1))
    figure.colorbar(axes.images[0], ax=axes, shrink=0.8, pad=0.02)
    return figure
