"""Pooling of signals (N, C, L), images (N, C, H, W) and volumes (N, C, D, H, W), under PyTorch's names and arguments.

The stride is the kernel's size unless given. With `ceil_mode` a last window may reach beyond the border, as long as it
starts before its end: there is then one more output wherever the windows do not come out even.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ShapeError, Tensor
from nn.arguments import as_tensor

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
]

Sizes = int | tuple[int, ...]
OutputSizes = int | tuple[int | None, ...] | None


def max_pool1d(
    x: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, *, ceil_mode: bool = False
) -> Tensor:
    """The largest of every window of a signal; see `autograd_core.max_pool2d`."""
    return _max_pool(ag.max_pool1d, x, kernel_size, stride, padding, ceil_mode)


def max_pool2d(
    x: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, *, ceil_mode: bool = False
) -> Tensor:
    """The largest of every window of an image; see `autograd_core.max_pool2d`."""
    return _max_pool(ag.max_pool2d, x, kernel_size, stride, padding, ceil_mode)


def max_pool3d(
    x: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, *, ceil_mode: bool = False
) -> Tensor:
    """The largest of every window of a volume; see `autograd_core.max_pool2d`."""
    return _max_pool(ag.max_pool3d, x, kernel_size, stride, padding, ceil_mode)


def avg_pool1d(
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of every window of a signal; see `autograd_core.avg_pool2d`."""
    return _avg_pool(ag.avg_pool1d, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of every window of an image; see `autograd_core.avg_pool2d`."""
    return _avg_pool(ag.avg_pool2d, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool3d(
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of every window of a volume; see `autograd_core.avg_pool2d`."""
    return _avg_pool(ag.avg_pool3d, x, kernel_size, stride, padding, ceil_mode, count_include_pad)


def adaptive_avg_pool1d(x: Any, output_size: OutputSizes) -> Tensor:
    """The mean of each of `output_size` windows along a signal; None leaves an axis as it is."""
    return ag.adaptive_avg_pool1d(x, _counts("adaptive_avg_pool1d", x, 1, output_size))


def adaptive_avg_pool2d(x: Any, output_size: OutputSizes) -> Tensor:
    """The mean of each window, so many whatever the image's size; see `autograd_core.adaptive_avg_pool2d`."""
    return ag.adaptive_avg_pool2d(x, _counts("adaptive_avg_pool2d", x, 2, output_size))


def adaptive_avg_pool3d(x: Any, output_size: OutputSizes) -> Tensor:
    """The mean of each window, so many whatever the volume's size; see `autograd_core.adaptive_avg_pool2d`."""
    return ag.adaptive_avg_pool3d(x, _counts("adaptive_avg_pool3d", x, 3, output_size))


def adaptive_max_pool1d(x: Any, output_size: OutputSizes) -> Tensor:
    """The largest of each of `output_size` windows along a signal; None leaves an axis as it is."""
    return ag.adaptive_max_pool1d(x, _counts("adaptive_max_pool1d", x, 1, output_size))


def adaptive_max_pool2d(x: Any, output_size: OutputSizes) -> Tensor:
    """The largest of each window, so many whatever the image's size; windows as `adaptive_avg_pool2d`'s."""
    return ag.adaptive_max_pool2d(x, _counts("adaptive_max_pool2d", x, 2, output_size))


def adaptive_max_pool3d(x: Any, output_size: OutputSizes) -> Tensor:
    """The largest of each window, so many whatever the volume's size; windows as `adaptive_avg_pool2d`'s."""
    return ag.adaptive_max_pool3d(x, _counts("adaptive_max_pool3d", x, 3, output_size))


def _max_pool(
    pool: Callable[..., Any], x: Any, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, ceil_mode: bool
) -> Any:
    x = as_tensor(x)
    more = _beyond(x, kernel_size, stride, padding) if ceil_mode else []
    if not any(more):
        return pool(x, kernel_size, stride, padding)
    return pool(_bordered(x, 0, more, -math.inf), kernel_size, stride, padding)


def _avg_pool(
    pool: Callable[..., Any],
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
) -> Any:
    x = as_tensor(x)
    more = _beyond(x, kernel_size, stride, padding) if ceil_mode else []
    if not any(more):
        return pool(x, kernel_size, stride, padding, count_include_pad)
    # What a window reaches beyond the border never counts: divide by the share of the window that does.
    counted = np.ones((1, 1, *x.shape[2:]), x.dtype)
    counted = _bordered(counted, padding, [0] * len(more), float(count_include_pad))
    share = pool(_bordered(counted, 0, more, 0.0), kernel_size, stride)
    return pool(_bordered(x, 0, more, 0.0), kernel_size, stride, padding) / share


def _each(value: Sizes, axes: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (int(value),) * axes


def _beyond(x: Any, kernel_size: Sizes, stride: Sizes | None, padding: Sizes) -> list[int]:
    """How far the last window reaches beyond each axis and its border, if there is one more than fits."""
    axes = x.ndim - 2
    kernel, margin = _each(kernel_size, axes), _each(padding, axes)
    found = []
    for n, k, s, p in zip(x.shape[2:], kernel, kernel if stride is None else _each(stride, axes), margin, strict=True):
        start = -(-(n + 2 * p - k) // s) * s  # of the last window, counted from the border's own start
        found.append(max(0, start + k - (n + 2 * p)) if start < n + p else 0)
    return found


def _bordered(x: Any, padding: Sizes, more: list[int], value: float) -> Any:
    sides = [(p, p + m) for p, m in zip(_each(padding, len(more)), more, strict=True)]
    return ag.pad(x, [(0, 0), (0, 0), *sides], constant_values=value)


def _counts(name: str, x: Any, axes: int, output_size: OutputSizes) -> Any:
    """How many windows there are along each axis: as given, or where that is None, as many as elements."""
    x = as_tensor(x)
    counts = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    if None not in counts:
        return output_size
    if x.ndim != axes + 2 or len(counts) != axes:
        raise ShapeError(f"{name}: takes {axes + 2} axes, {axes} of them to be pooled to {output_size}; got {x.shape}")
    return tuple([n if count is None else count for n, count in zip(x.shape[2:], counts, strict=True)])
