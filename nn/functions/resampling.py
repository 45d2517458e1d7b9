"""Images and volumes read at places that are computed: `grid_sample`, and `affine_grid` for the places."""

import functools
import itertools
import math
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor
from nn.arguments import as_floats

__all__ = ["affine_grid", "grid_sample"]

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")
_CUBIC = -0.75  # the slope that PyTorch and others chose; Keys (1981), whose formula it is, has -0.5


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Tensor:
    """Images read at the places of a grid, between pixels too (Jaderberg et al. 2015).

    Shapes: input (N, C, H, W), grid (N, OH, OW, 2) -> (N, C, OH, OW), or (N, C, D, H, W), (N, OD, OH, OW, 3) ->
    (N, C, OD, OH, OW). A place is (x, y) or (x, y, z), x along W, from -1 to 1: from one edge of the image to the
    other, or with `align_corners` from the middle of the first pixel to that of the last.

    "bilinear" weights the 2 neighbours along each axis, "nearest" takes one, "bicubic" (of images alone) weights 4 by
    Keys's cubic of slope -0.75. Beyond the image there are "zeros", the pixels of its "border", or its "reflection".
    Gradients: to input upstream by the same weights; to grid that of the weights, none for "nearest".
    Errors: ShapeError, DTypeError, ArgumentError for unknown words.

    >>> image = ag.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> grid_sample(image, [[[[0.0, 0.0], [1.0, -1.0]]]], align_corners=True).tolist()
    [[[[1.5, 1.0]]]]
    """
    input, grid = as_floats("grid_sample", input), as_floats("grid_sample", grid)
    if mode not in _MODES:
        raise ArgumentError(f"grid_sample: mode must be one of {', '.join(_MODES)}; got {mode!r}")
    if padding_mode not in _PADDINGS:
        raise ArgumentError(f"grid_sample: padding_mode must be one of {', '.join(_PADDINGS)}; got {padding_mode!r}")
    axes = input.ndim - 2
    if axes not in (2, 3) or grid.ndim != input.ndim or grid.shape[0] != input.shape[0] or grid.shape[-1] != axes:
        raise ShapeError(
            "grid_sample: takes input (N, C, H, W) and grid (N, OH, OW, 2), or (N, C, D, H, W) and (N, OD, OH, OW, 3); "
            f"got shapes {input.shape} and {grid.shape}"
        )
    if mode == "bicubic" and axes == 3:
        raise ShapeError(f"grid_sample: bicubic is for images (N, C, H, W), got shape {input.shape}")
    if 0 in input.shape[2:]:
        raise ShapeError(f"grid_sample: the images of shape {input.shape} are empty")
    if input.dtype != grid.dtype:
        raise DTypeError(f"grid_sample: takes input and grid of one dtype, got {input.dtype} and {grid.dtype}")
    count, channels, *sides = input.shape
    places = ag.reshape(grid, (count, math.prod(grid.shape[1:-1]), axes))
    taps = [
        # The last axis of the image is the first number of a place.
        list(_taps(places[..., axes - 1 - axis], side, mode, padding_mode, align_corners))
        for axis, side in enumerate(sides)
    ]
    pixels = ag.reshape(input, (count, channels, math.prod(sides)))
    each = np.arange(count)[:, None]
    reads: list[Any] = []
    for chosen in itertools.product(*taps):
        number: Any = 0
        for (index, _), side in zip(chosen, sides, strict=True):
            number = number * side + index
        weight: Any = functools.reduce(operator.mul, [share for _, share in chosen])
        reads.append(pixels[each, :, number] * ag.expand_dims(weight, axis=2))  # (N, places, C)
    total: Any = functools.reduce(operator.add, reads)
    return ag.reshape(ag.permute_dims(total, (0, 2, 1)), (count, channels, *grid.shape[1:-1]))


def affine_grid(theta: Any, size: tuple[int, ...], align_corners: bool = False) -> Tensor:
    """The places at which `grid_sample` reads an image to transform it: each place of the output times theta.

    Shapes: theta (N, 2, 3), matrices [A | b], and size (N, C, H, W) -> (N, H, W, 2), or (N, 3, 4) and (N, C, D, H, W)
    -> (N, D, H, W, 3). Gradient: upstream, times the places. Errors: ShapeError, DTypeError.

    >>> affine_grid(ag.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2)).tolist()
    [[[[0.0, 0.0], [1.0, 0.0]]]]
    """
    theta = as_floats("affine_grid", theta)
    axes = len(size) - 2
    if axes not in (2, 3) or theta.shape != (size[0], axes, axes + 1) or min(size) < 1:
        raise ShapeError(
            "affine_grid: takes theta (N, 2, 3) and size (N, C, H, W), or (N, 3, 4) and (N, C, D, H, W); "
            f"got {theta.shape} and {tuple(size)}"
        )
    sides = size[2:]
    reach = [1.0 if align_corners else (n - 1) / n for n in sides]
    lines = [np.linspace(-r, r, n) if n > 1 else np.zeros(1) for n, r in zip(sides, reach, strict=True)]
    places = np.meshgrid(*lines, indexing="ij")[::-1]  # x, along the last axis, comes first
    rows = np.stack([*places, np.ones(sides)], axis=-1).reshape(-1, axes + 1).astype(theta.dtype)
    return ag.reshape(ag.matmul(rows, ag.matrix_transpose(theta)), (size[0], *sides, axes))


def cubic_weights(share: Any) -> list[Any]:
    """The weights of the 4 neighbours of a place that is so far, from 0 to 1, from the second to the third."""

    def near(x: Any) -> Any:
        return ((_CUBIC + 2) * x - (_CUBIC + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((_CUBIC * x - 5 * _CUBIC) * x + 8 * _CUBIC) * x - 4 * _CUBIC

    return [far(share + 1), near(share), near(1 - share), far(2 - share)]


def _taps(place: Any, side: int, mode: str, padding_mode: str, align_corners: bool) -> Iterator[tuple[Any, Any]]:
    """Along one axis, the pixels that a place is read from, and their weights."""
    place = (place + 1) * ((side - 1) / 2) if align_corners else ((place + 1) * side - 1) / 2
    if mode != "bicubic":  # of which it is pixels that are moved inside, and not the place between them
        place = _inside(place, side, padding_mode, align_corners)
    if mode == "nearest":
        yield _pixel(ag.round(place), side)
        return
    first = ag.floor(place)
    share = place - first
    if mode == "bilinear":
        near = [(first, 1 - share), (first + 1, share)]
    else:
        near = [
            (_inside(first + step, side, padding_mode, align_corners), weight)
            for step, weight in zip((-1, 0, 1, 2), cubic_weights(share), strict=True)
        ]
    for at, weight in near:
        index, is_inside = _pixel(at, side)
        yield index, weight * is_inside


def _pixel(place: Any, side: int) -> tuple[Any, Any]:
    """The number of a pixel, and 1, or 0 where there is none, with the number of another."""
    is_inside = ag.logical_and(ag.greater_equal(place, 0), ag.less(place, side))
    return ag.astype(ag.where(is_inside, place, 0), np.int64), ag.astype(is_inside, place.dtype)


def _inside(place: Any, side: int, padding_mode: str, align_corners: bool) -> Any:
    """Where beyond the image there is what `padding_mode` says, the place inside that has it."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        start, length = (0.0, side - 1.0) if align_corners else (-0.5, float(side))
        if not length:
            return place * 0
        # To and fro: a wave of triangles, of twice the length.
        place = length - ag.abs(ag.abs(place - start) % (2 * length) - length) + start
    return ag.clip(place, 0, side - 1)
