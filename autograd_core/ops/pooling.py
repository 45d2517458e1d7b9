"""Pooling: the largest element of each window, or the mean, of signals, images and volumes."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops import reduction
from autograd_core.ops.arranging import pad, stack
from autograd_core.ops.definition import array_op
from autograd_core.ops.indexing import take_along_axis
from autograd_core.ops.shaping import as_array, broadcast_to, expand_dims, in_native_order, reshape, squeeze
from autograd_core.ops.windows import Sizes, add_windows, border, check_images, count_windows, for_each_axis, windows

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool_with_indices",
]


@array_op
def max_pool2d(x: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Any:
    """The largest element of each window; nan if there is one.

    Shapes: (N, C, H, W) -> (N, C, OH, OW) with OH = ⌊(H + 2·padding - kernel) / stride⌋ + 1; the
    stride is the kernel's size unless given. Padding never wins: it counts as -inf.
    Gradient: to the largest element of each window, shared evenly at a tie.
    """
    return kernels.pooling.max_pool2d(in_native_order(x), *_arguments("max_pool2d", x, 2, kernel, stride, padding))


@max_pool2d.vjp("x")
def _(g, x, y, kernel, stride, padding):
    return _max_pool2d_scatter(g, x, y, kernel, stride, padding)


@array_op
def _max_pool2d_scatter(
    dy: Any, x: Any, y: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0
) -> Any:
    """dy sent back to where the maxima y of x were found: the gradient of max_pool2d."""
    return _scatter(dy, x, y, kernel, stride, padding)


def _scatter(dy: Any, x: Any, y: Any, kernel: Sizes, stride: Sizes | None, padding: Sizes, **how: Any) -> Any:
    return kernels.pooling.max_pool2d_gradient(dy, x, y, *_sizes("max_pool2d", 2, kernel, stride, padding), **how)


@_max_pool2d_scatter.takes_in("∂relu/∂x")
def _(dy, x, y, relu, /, **how):
    return _scatter(dy, x, y, **how, rectified=True) if relu is x else None


@_max_pool2d_scatter.vjp("dy")
def _(g, x, y, kernel, stride, padding):
    return _max_pool2d_gather(g, x, y, kernel, stride, padding)


# Where the maxima are does not move with small changes of x.
_max_pool2d_scatter.not_differentiable("x", "y")


@array_op
def _max_pool2d_gather(
    dx: Any, x: Any, y: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0
) -> Any:
    """dx read where the maxima y of x were found, the mean of them at a tie: the transpose of _max_pool2d_scatter."""
    size, step, margin = _sizes("max_pool2d", 2, kernel, stride, padding)
    at_maximum = windows(border(x, margin, -np.inf), size, step, (1, 1)) == y[..., None, None]
    # Only second derivatives come here, so numpy is fast enough.
    read = windows(border(dx, margin), size, step, (1, 1)) * at_maximum
    return np.sum(read, axis=(4, 5)) / np.sum(at_maximum, axis=(4, 5), dtype=dx.dtype)


@_max_pool2d_gather.vjp("dx")
def _(g, x, y, kernel, stride, padding):
    return _max_pool2d_scatter(g, x, y, kernel, stride, padding)


_max_pool2d_gather.not_differentiable("x", "y")


@array_op
def _window_sums(x: Any, /, kernel: Any, stride: Any) -> Any:
    """Σ of each window of the last axes: (..., H, W) -> (..., OH, OW). Gradient: upstream, to every element."""
    found = windows(x, kernel, stride, (1,) * len(kernel))
    # Element by element of the window: numpy is slow at sums over short axes.
    return sum([found[(..., *offset)] for offset in np.ndindex(kernel)])


@_window_sums.vjp("x")
def _(g, x_shape, kernel, stride):
    axes = len(kernel)
    shared = broadcast_to(reshape(g, g.shape + (1,) * axes), g.shape + kernel)
    return add_windows(shared, x_shape[len(x_shape) - axes :], kernel, stride, (1,) * axes)


def max_pool1d(x: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Any:
    """The largest element of each window: (N, C, L) -> (N, C, OL). As max_pool2d."""
    x = as_array(x, "max_pool1d")
    size, step, margin = _arguments("max_pool1d", x, 1, kernel, stride, padding)
    return squeeze(max_pool2d(expand_dims(x, 2), (1, *size), (1, *step), (0, *margin)), axis=2)


def max_pool3d(x: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> Any:
    """The largest element of each window: (N, C, D, H, W) -> (N, C, OD, OH, OW). As max_pool2d."""
    x = as_array(x, "max_pool3d")
    size, step, margin = _arguments("max_pool3d", x, 3, kernel, stride, padding)
    return reduction._max(windows(border(x, margin, -math.inf), size, step, (1, 1, 1)), axis=(-3, -2, -1))


def max_pool_with_indices(
    x: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1, beyond: Sizes = 0
) -> tuple[Any, Any]:
    """The largest element of each window, and which it is: its number in the signal, image or volume, rows first.

    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) -> two of (N, C, OL) and so on, as max_pool2d's. The elements
    of a window are `dilation` apart; `beyond` each axis and its padding lie so many more places that never win.
    Gradient: to the element that the index names, the first of several that are largest.
    """
    x = as_array(x, "max_pool_with_indices")
    axes = min(max(x.ndim - 2, 1), 3)
    check_images("max_pool_with_indices", x, axes)
    places = _places_of_maxima(x, kernel=kernel, stride=stride, padding=padding, dilation=dilation, beyond=beyond)
    flat, entries = (reshape(a, (*x.shape[:2], math.prod(a.shape[2:]))) for a in (places, x))
    values = take_along_axis(entries, flat, axis=2)
    return reshape(values, places.shape), places


@array_op
def _places_of_maxima(
    x: Any,
    /,
    kernel: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    beyond: Sizes = 0,
) -> Any:
    """The number of the largest element of each window, the first of several."""
    name, axes = "max_pool_with_indices", x.ndim - 2
    spread, more = for_each_axis(name, "dilation", dilation, axes, 1), for_each_axis(name, "beyond", beyond, axes, 0)
    size, step, margin = _sizes(name, axes, kernel, stride, padding)
    _check_margin(name, margin, size)
    sides = x.shape[2:]
    widths = [(0, 0), (0, 0), *[(p, p + m) for p, m in zip(margin, more, strict=True)]]
    padded = pad(x, widths, constant_values=-math.inf)
    count_windows(name, padded.shape[2:], size, step, (0,) * axes, spread)
    found = windows(padded, size, step, spread)
    counts = found.shape[2 : 2 + axes]
    inner = np.unravel_index(np.argmax(found.reshape(*x.shape[:2], *counts, math.prod(size)), axis=-1), size)
    places: Any = 0
    for axis in range(axes):
        starts = np.arange(counts[axis]).reshape([-1 if i == axis else 1 for i in range(axes)]) * step[axis]
        # Where all of a window is -inf, the first of them may lie in the border.
        place = np.clip(starts - margin[axis] + inner[axis] * spread[axis], 0, sides[axis] - 1)
        places = places * sides[axis] + place
    return places


_places_of_maxima.not_differentiable()


def avg_pool1d(
    x: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0, count_include_pad: bool = True
) -> Any:
    """The mean of each window: (N, C, L) -> (N, C, OL). As avg_pool2d."""
    return _means("avg_pool1d", x, 1, kernel, stride, padding, count_include_pad)


def avg_pool2d(
    x: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0, count_include_pad: bool = True
) -> Any:
    """The mean of each window.

    Shapes: (N, C, H, W) -> (N, C, OH, OW), as those of max_pool2d. The images are padded with zeros, which the mean
    counts unless `count_include_pad` is False. Gradient: upstream / count, to every element of the window.
    """
    return _means("avg_pool2d", x, 2, kernel, stride, padding, count_include_pad)


def avg_pool3d(
    x: Any, /, kernel: Sizes, stride: Sizes | None = None, padding: Sizes = 0, count_include_pad: bool = True
) -> Any:
    """The mean of each window: (N, C, D, H, W) -> (N, C, OD, OH, OW). As avg_pool2d."""
    return _means("avg_pool3d", x, 3, kernel, stride, padding, count_include_pad)


def adaptive_max_pool1d(x: Any, /, output_size: Sizes) -> Any:
    """The largest element of each of `output_size` windows: (N, C, L) -> (N, C, output_size)."""
    return _adaptive("adaptive_max_pool1d", x, 1, output_size, max_pool1d, reduction._max)


def adaptive_max_pool2d(x: Any, /, output_size: Sizes) -> Any:
    """The largest element of each window: (N, C, H, W) -> (N, C, *output_size). As adaptive_avg_pool2d."""
    return _adaptive("adaptive_max_pool2d", x, 2, output_size, max_pool2d, reduction._max)


def adaptive_max_pool3d(x: Any, /, output_size: Sizes) -> Any:
    """The largest element of each window: (N, C, D, H, W) -> (N, C, *output_size). As adaptive_avg_pool2d."""
    return _adaptive("adaptive_max_pool3d", x, 3, output_size, max_pool3d, reduction._max)


def adaptive_avg_pool1d(x: Any, /, output_size: Sizes) -> Any:
    """The mean of each of `output_size` windows: (N, C, L) -> (N, C, output_size)."""
    return _adaptive("adaptive_avg_pool1d", x, 1, output_size, avg_pool1d, reduction.mean)


def adaptive_avg_pool2d(x: Any, /, output_size: Sizes) -> Any:
    """The mean of each of so many windows, whatever the size of the images.

    Shapes: (N, C, H, W) -> (N, C, *output_size). Window i of m along n elements goes from ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉.
    """
    return _adaptive("adaptive_avg_pool2d", x, 2, output_size, avg_pool2d, reduction.mean)


def adaptive_avg_pool3d(x: Any, /, output_size: Sizes) -> Any:
    """The mean of each window: (N, C, D, H, W) -> (N, C, *output_size). As adaptive_avg_pool2d."""
    return _adaptive("adaptive_avg_pool3d", x, 3, output_size, avg_pool3d, reduction.mean)


def _means(
    op: str, x: Any, axes: int, kernel: Sizes, stride: Sizes | None, padding: Sizes, count_include_pad: bool
) -> Any:
    x = as_array(x, op)
    size, step, margin = _arguments(op, x, axes, kernel, stride, padding)
    total = _window_sums(border(x, margin), size, step)
    if count_include_pad or not any(margin):
        return total / math.prod(size)
    inside = border(np.ones(x.shape[2:], x.dtype), margin)
    return total / _window_sums(inside, size, step)


def _adaptive(
    op: str, x: Any, axes: int, output_size: Sizes, pool: Callable[..., Any], reduce: Callable[..., Any]
) -> Any:
    x = as_array(x, op)
    check_images(op, x, axes)
    counts = for_each_axis(op, "output_size", output_size, axes, 1)
    sides = x.shape[2:]
    if 0 in sides:
        raise ShapeError(f"{op}: the images of shape {x.shape} are empty")
    if set(counts) == {1}:  # what most networks end with
        return reduce(x, axis=tuple(range(-axes, 0)), keepdims=True)
    if all(n % m == 0 for n, m in zip(sides, counts, strict=True)):
        return pool(x, tuple([n // m for n, m in zip(sides, counts, strict=True)]))
    bins = [[slice(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(sides, counts, strict=True)]
    parts = [reduce(x[(..., *place)], axis=tuple(range(-axes, 0))) for place in itertools.product(*bins)]
    return reshape(stack(parts, axis=-1), (*x.shape[:2], *counts))


def _sizes(
    op: str, axes: int, kernel: Sizes, stride: Sizes | None, padding: Sizes
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Kernel, stride and padding, each checked and for every axis; the stride is the kernel unless given."""
    size = for_each_axis(op, "kernel", kernel, axes, 1)
    step = size if stride is None else for_each_axis(op, "stride", stride, axes, 1)
    return size, step, for_each_axis(op, "padding", padding, axes, 0)


def _arguments(
    op: str, x: Any, axes: int, kernel: Sizes, stride: Sizes | None, padding: Sizes
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The same, and refused if they do not fit x."""
    check_images(op, x, axes)
    size, step, margin = _sizes(op, axes, kernel, stride, padding)
    _check_margin(op, margin, size)
    count_windows(op, x.shape[2:], size, step, margin, (1,) * axes)
    return size, step, margin


def _check_margin(op: str, margin: tuple[int, ...], size: tuple[int, ...]) -> None:
    if any(2 * p > k for p, k in zip(margin, size, strict=True)):
        raise ArgumentError(f"{op}: padding {margin} is more than half the kernel {size}")
