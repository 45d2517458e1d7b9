"""Pooling of signals (N, C, L), images (N, C, H, W) and volumes (N, C, D, H, W), under PyTorch's names and arguments.

The stride is the kernel's size unless given. With `ceil_mode` a last window may reach beyond the border, as long as it
starts before its end: there is then one more output wherever the windows do not come out even. One signal, image or
volume may come without N.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.arguments import as_tensor, for_each
from nn.functions.categories import whole_numbers
from nn.functions.unbatched import unbatched

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
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

Sizes = int | tuple[int, ...]
OutputSizes = int | tuple[int | None, ...] | None


@unbatched(1)
def max_pool1d(
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    *,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of every window of a signal, and with `return_indices` which it is; see `autograd_core.max_pool2d`.

    With `return_indices` there are two results: the values, and the number of each in its signal, image (row by row) or
    volume, as `max_unpool1d` takes them. The elements of a window are `dilation` apart. Gradient: to the largest
    element of each window, shared evenly at a tie; with `return_indices` or a `dilation` above 1, to the first of them.
    """
    return _max_pool(ag.max_pool1d, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@unbatched(2)
def max_pool2d(
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    *,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of every window of an image, and with `return_indices` which it is; as `max_pool1d`."""
    return _max_pool(ag.max_pool2d, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@unbatched(3)
def max_pool3d(
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    *,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of every window of a volume, and with `return_indices` which it is; as `max_pool1d`."""
    return _max_pool(ag.max_pool3d, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@unbatched(1)
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


@unbatched(2)
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


@unbatched(3)
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


@unbatched(1)
def adaptive_avg_pool1d(x: Any, output_size: OutputSizes) -> Tensor:
    """The mean of each of `output_size` windows along a signal; None leaves an axis as it is."""
    return ag.adaptive_avg_pool1d(x, _counts("adaptive_avg_pool1d", x, 1, output_size))


@unbatched(2)
def adaptive_avg_pool2d(x: Any, output_size: OutputSizes) -> Tensor:
    """The mean of each window, so many whatever the image's size; see `autograd_core.adaptive_avg_pool2d`."""
    return ag.adaptive_avg_pool2d(x, _counts("adaptive_avg_pool2d", x, 2, output_size))


@unbatched(3)
def adaptive_avg_pool3d(x: Any, output_size: OutputSizes) -> Tensor:
    """The mean of each window, so many whatever the volume's size; see `autograd_core.adaptive_avg_pool2d`."""
    return ag.adaptive_avg_pool3d(x, _counts("adaptive_avg_pool3d", x, 3, output_size))


@unbatched(1)
def adaptive_max_pool1d(x: Any, output_size: OutputSizes) -> Tensor:
    """The largest of each of `output_size` windows along a signal; None leaves an axis as it is."""
    return ag.adaptive_max_pool1d(x, _counts("adaptive_max_pool1d", x, 1, output_size))


@unbatched(2)
def adaptive_max_pool2d(x: Any, output_size: OutputSizes) -> Tensor:
    """The largest of each window, so many whatever the image's size; windows as `adaptive_avg_pool2d`'s."""
    return ag.adaptive_max_pool2d(x, _counts("adaptive_max_pool2d", x, 2, output_size))


@unbatched(3)
def adaptive_max_pool3d(x: Any, output_size: OutputSizes) -> Tensor:
    """The largest of each window, so many whatever the volume's size; windows as `adaptive_avg_pool2d`'s."""
    return ag.adaptive_max_pool3d(x, _counts("adaptive_max_pool3d", x, 3, output_size))


def max_unpool1d(
    x: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: tuple[int, ...] | None = None,
) -> Tensor:
    """Zeros with the largest of every window where `max_pool1d` found it, by the indices that it returned.

    Shapes: x and indices (N, C, L) -> (N, C, OL) with OL = (L - 1)·stride - 2·padding + kernel_size, or as
    `output_size` says, which differs by less than the stride. Of several numbers for one place the last stays.
    Gradient: upstream at the indices. Errors: ShapeError, ArgumentError for indices out of range.
    """
    return _max_unpool("max_unpool1d", 1, x, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    x: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: tuple[int, ...] | None = None,
) -> Tensor:
    """Zeros with the largest of every window where `max_pool2d` found it; as `max_unpool1d`."""
    return _max_unpool("max_unpool2d", 2, x, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    x: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: tuple[int, ...] | None = None,
) -> Tensor:
    """Zeros with the largest of every window where `max_pool3d` found it; as `max_unpool1d`."""
    return _max_unpool("max_unpool3d", 3, x, indices, kernel_size, stride, padding, output_size)


def _max_pool(
    pool: Callable[..., Any],
    x: Any,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    x = as_tensor(x)
    more = _beyond(x, kernel_size, stride, padding, dilation) if ceil_mode else []
    if return_indices or set(_each(dilation, 1)) != {1}:
        found = ag.max_pool_with_indices(x, kernel_size, stride, padding, dilation, beyond=tuple(more) if more else 0)
        return found if return_indices else found[0]
    if not any(more):
        return pool(x, kernel_size, stride, padding)
    return pool(_bordered(x, 0, more, -math.inf), kernel_size, stride, padding)


def _max_unpool(
    name: str,
    axes: int,
    x: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    output_size: tuple[int, ...] | None,
) -> Any:
    x = as_tensor(x)
    indices = whole_numbers(name, "indices", indices)
    if x.ndim not in (axes + 1, axes + 2) or indices.shape != x.shape:
        raise ShapeError(
            f"{name}: takes x and indices of one shape, {axes + 2} axes or without N {axes + 1}; got {x.shape} and "
            f"{indices.shape}"
        )
    outer, inner = x.shape[:-axes], x.shape[-axes:]
    kernel = for_each(name, "kernel_size", kernel_size, axes, 1)
    step = kernel if stride is None else for_each(name, "stride", stride, axes, 1)
    margin = for_each(name, "padding", padding, axes, 0)
    sides = tuple([(n - 1) * s - 2 * p + k for n, s, p, k in zip(inner, step, margin, kernel, strict=True)])
    sides = sides if output_size is None else _near(name, sides, step, tuple(output_size)[-axes:])
    flat = (math.prod(outer), math.prod(inner))
    index = np.arange(flat[0])[:, None], ag.reshape(indices, flat)
    zeros = np.zeros((flat[0], math.prod(sides)), x.dtype)
    try:
        spread = ag.set_at(zeros, ag.reshape(x, flat), index)
    except ArgumentError as error:
        raise ArgumentError(
            f"{name}: an index names no place of an output of {sides}; output_size says how large what was pooled is"
        ) from error
    return ag.reshape(spread, (*outer, *sides))


def _near(name: str, sides: tuple[int, ...], stride: tuple[int, ...], output_size: tuple[int, ...]) -> tuple[int, ...]:
    """The sides that are asked for, which differ by less than the stride from those that are the rule."""
    if len(output_size) != len(sides) or any(
        abs(wanted - n) >= s for wanted, n, s in zip(output_size, sides, stride, strict=True)
    ):
        raise ShapeError(
            f"{name}: output_size is {sides}, or differs from it by less than the stride {stride}; got {output_size}"
        )
    return output_size


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


def _beyond(x: Any, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes = 1) -> list[int]:
    """How far the last window reaches beyond each axis and its border, if there is one more than fits."""
    axes = x.ndim - 2
    kernel, margin = _each(kernel_size, axes), _each(padding, axes)
    steps = kernel if stride is None else _each(stride, axes)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, _each(dilation, axes), strict=True)]
    found = []
    for n, k, s, p in zip(x.shape[2:], reach, steps, margin, strict=True):
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
