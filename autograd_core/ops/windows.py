"""Windows that slide over the last axes of an array: reading them, and adding them back.

The two are each other's transpose, so each is the other's derivative. Pooling and `unfold` are made of them.
"""

import math
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops.arranging import pad
from autograd_core.ops.definition import array_op
from autograd_core.ops.shaping import as_array, permute_dims, reshape

__all__ = ["fold", "unfold"]

Sizes = int | tuple[int, ...]
"""An argument given once for all axes, or for each."""

AXES = {1: "L", 2: "H, W", 3: "D, H, W"}
"""The letters that stand for the axes that windows slide over,"""

INPUTS = {1: "signals", 2: "images", 3: "volumes"}
"""and the name of what has so many of them."""


def for_each_axis(op: str, name: str, value: Sizes, axes: int, least: int) -> tuple[int, ...]:
    """An argument given once for all axes, or for each."""
    sizes = (value,) * axes if isinstance(value, (int, np.integer)) else tuple(value)
    if len(sizes) != axes or not all(isinstance(v, (int, np.integer)) and v >= least for v in sizes):
        several = ["", "a tuple of one", "two of them", "three of them"][axes]
        raise ArgumentError(f"{op}: {name} must be a whole number of at least {least}, or {several}; got {value!r}")
    return tuple(map(int, sizes))


def check_images(op: str, x: Any, axes: int = 2) -> None:
    """Refuse what is no batch of signals, images or volumes with channels."""
    what = INPUTS[axes]
    if x.ndim != axes + 2:
        raise ShapeError(f"{op}: takes {what} of shape (N, C, {AXES[axes]}), got shape {x.shape}")
    if x.dtype.kind != "f":
        raise DTypeError(f"{op}: takes floating-point {what}, got {x.dtype}; use astype, or divide by 255.0")


def count_windows(
    op: str,
    sides: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[int, ...]:
    """How many windows there are along each axis: ⌊(n + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1."""
    room = [n + 2 * p - d * (k - 1) for n, p, k, d in zip(sides, padding, kernel, dilation, strict=True)]
    if min(room) < 1:
        spread = f" with dilation {dilation}" if set(dilation) != {1} else ""
        raise ShapeError(
            f"{op}: windows of {kernel}{spread} do not fit {INPUTS[len(sides)]} of {sides} padded by {padding}"
        )
    return tuple([(n - 1) // s + 1 for n, s in zip(room, stride, strict=True)])


def border(x: Any, padding: tuple[int, ...], value: float = 0.0) -> Any:
    """x with a border of this value around its last axes."""
    if not any(padding):
        return x
    return pad(x, [(0, 0)] * (x.ndim - len(padding)) + [(p, p) for p in padding], constant_values=value)


@array_op
def windows(x: Any, /, kernel: Any, stride: Any, dilation: Any) -> Any:
    """All windows, uncopied: (..., H, W) -> (..., OH, OW, KH, KW). Gradient: upstream, added where it was read."""
    extents = tuple([d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)])
    views: Any = np.lib.stride_tricks.sliding_window_view(x, extents, tuple(range(x.ndim - len(kernel), x.ndim)))
    return views[(..., *[slice(None, None, step) for step in (*stride, *dilation)])]


@windows.vjp("x")
def _(g, x_shape, kernel, stride, dilation):
    return add_windows(g, x_shape[len(x_shape) - len(kernel) :], kernel, stride, dilation)


@array_op
def add_windows(g: Any, /, sides: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """Zeros with these sides, and windows added where they lie: (..., OH, OW, KH, KW) -> (..., H, W).

    Gradient: the windows of upstream.
    """
    axes = len(kernel)
    counts = g.shape[g.ndim - 2 * axes : g.ndim - axes]
    out: Any = np.zeros((*g.shape[: g.ndim - 2 * axes], *sides), g.dtype)
    for offset in np.ndindex(kernel):
        starts = [o * d for o, d in zip(offset, dilation, strict=True)]
        places = [slice(a, a + s * (n - 1) + 1, s) for a, s, n in zip(starts, stride, counts, strict=True)]
        out[(..., *places)] += g[(..., *offset)]
    return out


@add_windows.vjp("g")
def _(g, kernel, stride, dilation):
    return windows(g, kernel, stride, dilation)


def unfold(x: Any, /, kernel: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Any:
    """The windows of images as columns, padded with zeros: convolution is a product with this matrix.

    Shapes: (N, C, H, W) -> (N, C·KH·KW, OH·OW). Gradient: `fold` of upstream.
    """
    x = as_array(x, "unfold")
    check_images("unfold", x)
    size, spread = for_each_axis("unfold", "kernel", kernel, 2, 1), for_each_axis("unfold", "dilation", dilation, 2, 1)
    margin, step = for_each_axis("unfold", "padding", padding, 2, 0), for_each_axis("unfold", "stride", stride, 2, 1)
    counts = count_windows("unfold", x.shape[2:], size, step, margin, spread)
    found = permute_dims(windows(border(x, margin), size, step, spread), (0, 1, 4, 5, 2, 3))
    return reshape(found, (x.shape[0], x.shape[1] * math.prod(size), math.prod(counts)))


def fold(
    x: Any, /, output_size: Sizes, kernel: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Any:
    """Columns as the windows of images, added where they lie over each other; the transpose of `unfold`.

    Shapes: (N, C·KH·KW, OH·OW) -> (N, C, H, W) with (H, W) = output_size. Gradient: `unfold` of upstream.
    """
    x = as_array(x, "fold")
    size, spread = for_each_axis("fold", "kernel", kernel, 2, 1), for_each_axis("fold", "dilation", dilation, 2, 1)
    margin, step = for_each_axis("fold", "padding", padding, 2, 0), for_each_axis("fold", "stride", stride, 2, 1)
    sides = for_each_axis("fold", "output_size", output_size, 2, 1)
    counts = count_windows("fold", sides, size, step, margin, spread)
    if x.ndim != 3 or x.shape[1] % math.prod(size) or x.shape[2] != math.prod(counts):
        raise ShapeError(
            f"fold: takes (N, C·{math.prod(size)}, {math.prod(counts)}) for windows of {size} in images of {sides}; "
            f"got shape {x.shape}"
        )
    columns = reshape(x, (x.shape[0], x.shape[1] // math.prod(size), *size, *counts))
    padded = tuple([n + 2 * p for n, p in zip(sides, margin, strict=True)])
    images = add_windows(permute_dims(columns, (0, 1, 4, 5, 2, 3)), padded, size, step, spread)
    return images[(..., *[slice(p, p + n) for n, p in zip(sides, margin, strict=True)])]
