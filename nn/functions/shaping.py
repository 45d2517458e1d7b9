"""Functions that rearrange images and signals, or change their size: flattening, padding, shuffling, resampling."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.arguments import as_floats, as_tensor
from nn.functions.resampling import cubic_weights

__all__ = ["flatten", "fold", "interpolate", "pad", "pixel_shuffle", "pixel_unshuffle", "unflatten", "unfold"]

Sizes = int | tuple[int, ...]

_INTERPOLATED_AXES = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}


def flatten(x: Any, start_dim: int = 1, end_dim: int = -1) -> Tensor:
    """All axes from `start_dim` to `end_dim`, both included, made into one: (N, C, H, W) -> (N, C·H·W)."""
    return ag.flatten(as_tensor(x), start_dim, end_dim)


@ag.axis_or_dim
def unflatten(x: Any, dim: int, sizes: tuple[int, ...]) -> Tensor:
    """One axis made into several; one of the sizes may be -1, for what is left. The inverse of `flatten`."""
    return ag.unflatten(as_tensor(x), dim, sizes)


def pad(x: Any, pad: tuple[int, ...], mode: str = "constant", value: float = 0.0) -> Tensor:
    """A border around the last axes: (before, after) of the last axis, then of the one before it, and so on.

    Modes are "constant" (of this `value`), "reflect", "replicate" and "circular". `autograd_core.pad` takes the axes
    in their own order. Errors: ArgumentError for an odd number of widths, or more than two for each axis.
    """
    x = as_tensor(x)
    modes = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    if mode not in modes:
        raise ArgumentError(f"pad: mode must be one of {', '.join(modes)}; got {mode!r}")
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ArgumentError(f"pad: takes two widths for each of at most {x.ndim} axes, last axis first; got {pad!r}")
    pairs = list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    return ag.pad(x, [(0, 0)] * (x.ndim - len(pairs)) + pairs, modes[mode], value)


def unfold(x: Any, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """The windows of images as columns, in which a convolution is a matrix product.

    Shapes: (N, C, H, W) -> (N, C·KH·KW, windows). Gradient: `fold` of upstream.
    """
    return ag.unfold(x, kernel_size, dilation, padding, stride)


def fold(
    x: Any, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """Columns as the windows of images of `output_size`, added where they lie over each other: `unfold` transposed.

    Shapes: (N, C·KH·KW, windows) -> (N, C, H, W). Gradient: `unfold` of upstream.
    """
    return ag.fold(x, output_size, kernel_size, dilation, padding, stride)


def pixel_shuffle(x: Any, upscale_factor: int) -> Tensor:
    """Channels laid out as pixels: (N, C·r², H, W) -> (N, C, H·r, W·r) (Shi et al. 2016)."""
    x, r = as_tensor(x), upscale_factor
    if x.ndim != 4 or r < 1 or x.shape[1] % (r * r):
        raise ShapeError(f"pixel_shuffle: takes (N, C·r², H, W) with r={r}, got shape {x.shape}")
    n, channels, height, width = x.shape
    apart = ag.reshape(x, (n, channels // (r * r), r, r, height, width))
    return ag.reshape(ag.permute_dims(apart, (0, 1, 4, 2, 5, 3)), (n, channels // (r * r), height * r, width * r))


def pixel_unshuffle(x: Any, downscale_factor: int) -> Tensor:
    """Pixels laid out as channels: (N, C, H·r, W·r) -> (N, C·r², H, W), the inverse of `pixel_shuffle`."""
    x, r = as_tensor(x), downscale_factor
    if x.ndim != 4 or r < 1 or x.shape[2] % r or x.shape[3] % r:
        raise ShapeError(f"pixel_unshuffle: takes (N, C, H·r, W·r) with r={r}, got shape {x.shape}")
    n, channels, height, width = x.shape
    apart = ag.reshape(x, (n, channels, height // r, r, width // r, r))
    return ag.reshape(ag.permute_dims(apart, (0, 1, 3, 5, 2, 4)), (n, channels * r * r, height // r, width // r))


def interpolate(
    x: Any,
    size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Tensor:
    """Signals, images or volumes (N, C, ...) of another size: of `size`, or ⌊scale_factor·n⌋ along each axis.

    "nearest" repeats or leaves out elements; "linear", "bilinear" and "trilinear" (for one, two and three axes) weight
    the two neighbours along each axis, and "bicubic" (for two) the four, by Keys's cubic of slope -0.75. An element
    stands for a cell, at whose middle it is; with `align_corners` the first and last elements stay where they are.
    Gradient: upstream by the same weights.
    """
    x = as_tensor(x) if mode == "nearest" else as_floats("interpolate", x)
    axes = x.ndim - 2
    if mode != "nearest" and mode not in _INTERPOLATED_AXES:
        raise ArgumentError(f"interpolate: mode must be nearest, linear, bilinear, trilinear or bicubic; got {mode!r}")
    if axes < 1 or _INTERPOLATED_AXES.get(mode, axes) != axes:
        wanted = _INTERPOLATED_AXES.get(mode, "one or more")
        raise ShapeError(f"interpolate: {mode} takes (N, C) and {wanted} axes after them, got shape {x.shape}")
    if align_corners and mode == "nearest":
        raise ArgumentError("interpolate: align_corners is for the other modes; nearest has nothing to weight")
    sides = x.shape[2:]
    lengths, steps = _new_sides(sides, size, scale_factor)
    if 0 in sides or min(lengths) < 1:
        raise ShapeError(f"interpolate: there is nothing to make {tuple(lengths)} of in shape {x.shape}")
    for axis, (n, length, step) in enumerate(zip(sides, lengths, steps, strict=True), start=2):
        if mode == "nearest":
            x = _nearest(x, axis, n, length, step)
        elif length != n or step != 1:
            weights = _weights(n, length, step, align_corners, mode == "bicubic")
            x = _weighted(x, axis, weights.astype(x.dtype))
    return x


def _new_sides(
    sides: tuple[int, ...], size: int | tuple[int, ...] | None, scale_factor: float | tuple[float, ...] | None
) -> tuple[list[int], list[float]]:
    """The length of each axis, and how far apart its elements are, measured in old ones."""
    if (size is None) == (scale_factor is None):
        raise ArgumentError(f"interpolate: takes either size or scale_factor, got {size} and {scale_factor}")
    given: Any = scale_factor if size is None else size
    each = list(given) if isinstance(given, (tuple, list)) else [given] * len(sides)
    if len(each) != len(sides) or not all(value > 0 for value in each):
        what = "scale_factor" if size is None else "size"
        raise ArgumentError(f"interpolate: {what} must be above 0, one or {len(sides)} of them; got {given!r}")
    if size is None:
        return [math.floor(n * factor) for n, factor in zip(sides, each, strict=True)], [1 / f for f in each]
    return each, [n / length for n, length in zip(sides, each, strict=True)]


def _nearest(x: Any, axis: int, n: int, length: int, step: float) -> Any:
    times = length // n
    if length == n * times and abs(step * times - 1) < 1e-9:
        return x if times == 1 else ag.repeat(x, times, axis=axis)
    # Where the step is n/length, in whole numbers, which do not round; 1e-9 for a factor's reciprocal, which does.
    places = np.arange(length) * n // length if step == n / length else np.floor(np.arange(length) * step + 1e-9)
    return ag.take(x, np.minimum(places, n - 1).astype(np.intp), axis=axis)


def _weights(n: int, length: int, step: float, align_corners: bool, cubic: bool) -> npt.NDArray[np.float64]:
    """The matrix (length, n) that interpolates: in each row, the weights of the two or four elements at that place."""
    middles = (np.arange(length) + 0.5) * step - 0.5
    places = np.linspace(0, n - 1, length) if align_corners else middles if cubic else np.maximum(middles, 0.0)
    left = np.floor(places) if cubic else np.minimum(np.floor(places), n - 1)
    share = places - left
    matrix, rows = np.zeros((length, n)), np.arange(length)
    taps = zip((-1, 0, 1, 2), cubic_weights(share), strict=True) if cubic else ((0, 1 - share), (1, share))
    for offset, weights in taps:
        matrix[rows, np.clip(left + offset, 0, n - 1).astype(np.intp)] += weights
    return matrix


def _weighted(x: Any, axis: int, matrix: npt.NDArray[Any]) -> Any:
    """Every line along an axis multiplied by the matrix."""
    if axis == x.ndim - 1:
        return ag.matmul(x, matrix.T)
    after = x.shape[axis + 1 :]
    lines = x if len(after) == 1 else ag.reshape(x, (*x.shape[: axis + 1], math.prod(after)))
    y = ag.matmul(matrix, lines)
    return y if len(after) == 1 else ag.reshape(y, (*y.shape[:-1], *after))
