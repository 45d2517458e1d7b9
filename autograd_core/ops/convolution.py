"""Convolution of signals (N, C, L), images (N, C, H, W) and volumes (N, C, D, H, W), and transposed convolution.

Convolution is linear in each of its inputs, so it comes as three ops that are each other's
derivatives: the product, its transpose with respect to the image, and with respect to the
filter (deck A: ∂L/∂F is a convolution of X with ∂L/∂O, ∂L/∂X a full convolution with the
flipped filter). "Convolution" means cross-correlation, as everywhere in this field.

One and three axes are made of these: signals are images of one row, and a volume is convolved plane by plane, with as
many times the channels as the filter is deep.
"""

from functools import partial
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops.arranging import pad, stack
from autograd_core.ops.definition import array_op
from autograd_core.ops.indexing import scatter_add
from autograd_core.ops.reduction import sum as sum_over
from autograd_core.ops.shaping import (
    as_array,
    check_one_float,
    expand_dims,
    permute_dims,
    reshape,
    squeeze,
)
from autograd_core.ops.windows import AXES, Sizes, border, check_images, count_windows, for_each_axis
from autograd_core.recording import thread

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def _arguments(
    op: str, axes: int, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Stride, padding and dilation, each checked and for every axis."""
    return (
        for_each_axis(op, "stride", stride, axes, 1),
        for_each_axis(op, "padding", padding, axes, 0),
        for_each_axis(op, "dilation", dilation, axes, 1),
    )


def _check(op: str, x: Any, w: Any, groups: int, axes: int) -> None:
    check_images(op, x, axes)
    check_one_float(op, x, w)
    sides = ", ".join([f"K{letter}" for letter in AXES[axes].split(", ")])
    if w.ndim != axes + 2:
        raise ShapeError(f"{op}: takes filters of shape (out, in/groups, {sides}), got shape {w.shape}")
    if groups < 1 or w.shape[0] % groups or x.shape[1] != w.shape[1] * groups:
        raise ShapeError(
            f"{op}: filters of shape {w.shape} in {groups} group(s) take {w.shape[1] * groups} input channels "
            f"and an output channel count divisible by {groups}; the input has shape {x.shape}"
        )


def _alike(x: Any, w: Any) -> tuple[Any, Any]:
    """Both in the dtype that holds both, for the kernels take one."""
    if x.dtype == w.dtype:
        return x, w
    dtype = np.result_type(x, w)
    return x.astype(dtype), w.astype(dtype)


def conv2d(
    x: Any, w: Any, b: Any = None, /, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1
) -> Any:
    """Slide filters over images.

    Shapes: x (N, C, H, W), w (O, C/groups, KH, KW) -> (N, O, OH, OW) with
    OH = ⌊(H + 2·padding - dilation·(KH - 1) - 1) / stride⌋ + 1, and OW alike.
    The images are padded with zeros; to all of channel o, b[o] is added if there is a bias b (O,). Zeros may be
    multiplied, also such as fill up a vector, so a filter that is nan or infinite may give nan where these are.
    Gradients: to x and w the transposed convolutions; to b Σ g over images and positions.
    """
    how: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _conv2d(x, w, **how) if b is None else _conv2d_with_bias(x, w, b, **how)


@array_op
def _conv2d(x: Any, w: Any, /, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1) -> Any:
    """conv2d without a bias: linear in each of its inputs."""
    return _convolve(x, w, None, stride, padding, dilation, groups)


@array_op
def _conv2d_with_bias(
    x: Any, w: Any, b: Any, /, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1
) -> Any:
    """conv2d whose sums start from a bias, which so costs no pass over memory."""
    return _convolve(x, w, b, stride, padding, dilation, groups)


def _convolve(
    x: Any, w: Any, b: Any, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, rectify: bool = False
) -> Any:
    step, margin, spread = _arguments("conv2d", 2, stride, padding, dilation)
    _check("conv2d", x, w, groups, 2)
    if b is not None and b.shape != w.shape[:1]:
        raise ShapeError(f"conv2d: takes one bias for each of {w.shape[0]} filters, got shape {b.shape}")
    count_windows("conv2d", x.shape[2:], w.shape[2:], step, margin, spread)
    if b is not None:
        x, b = _alike(x, b)
    winograd = thread.recording.winograd
    return kernels.convolution.conv2d(*_alike(x, w), step, margin, spread, groups, b, rectify, winograd)


@_conv2d.vjp("x")
@_conv2d_with_bias.vjp("x")
def _to_images(g, w, x_shape, stride, padding, dilation, groups):
    return conv2d_input_gradient(g, w, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)


@_conv2d.vjp("w")
@_conv2d_with_bias.vjp("w")
def _to_filters(g, x, w_shape, stride, padding, dilation, groups):
    return conv2d_weight_gradient(g, x, shape=w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)


@_conv2d_with_bias.vjp("b")
def _(g):
    return sum_over(g, axis=(0, 2, 3))


_conv2d.takes_in("relu")(lambda x, w, **how: _convolve(x, w, None, **how, rectify=True))
_conv2d_with_bias.takes_in("relu")(partial(_convolve, rectify=True))


@array_op
def conv2d_input_gradient(
    dy: Any,
    w: Any,
    /,
    shape: tuple[int, ...],
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """The transpose of conv2d as a function of its images, which have this shape; or transposed convolution."""
    return kernels.convolution.conv2d_input_gradient(
        *_alike(dy, w), shape, _twice(stride), _twice(padding), _twice(dilation), groups, thread.recording.winograd
    )


@conv2d_input_gradient.takes_in("∂relu/∂x")
def _(dy, w, relu, /, shape, stride, padding, dilation, groups):
    how = shape, _twice(stride), _twice(padding), _twice(dilation), groups, thread.recording.winograd
    return kernels.convolution.conv2d_input_gradient(*_alike(dy, w), *how, relu)


@conv2d_input_gradient.vjp("dy")
def _(g, w, stride, padding, dilation, groups):
    return conv2d(g, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


@conv2d_input_gradient.vjp("w")
def _(g, dy, w_shape, stride, padding, dilation, groups):
    return conv2d_weight_gradient(dy, g, w_shape, stride, padding, dilation, groups)


@array_op
def conv2d_weight_gradient(
    dy: Any,
    x: Any,
    /,
    shape: tuple[int, ...],
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Any:
    """The transpose of conv2d as a function of its filters, which have this shape."""
    return kernels.convolution.conv2d_weight_gradient(
        *_alike(dy, x), shape, _twice(stride), _twice(padding), _twice(dilation), groups, thread.recording.winograd
    )


@conv2d_weight_gradient.vjp("dy")
def _(g, x, stride, padding, dilation, groups):
    return conv2d(x, g, stride=stride, padding=padding, dilation=dilation, groups=groups)


@conv2d_weight_gradient.vjp("x")
def _(g, dy, x_shape, stride, padding, dilation, groups):
    return conv2d_input_gradient(dy, g, x_shape, stride, padding, dilation, groups)


def _twice(value: Sizes) -> tuple[int, ...]:
    return (value, value) if isinstance(value, (int, np.integer)) else tuple(value)


def conv1d(
    x: Any, w: Any, b: Any = None, /, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1
) -> Any:
    """Slide filters along signals.

    Shapes: x (N, C, L), w (O, C/groups, K), bias b (O,) or None -> (N, O, OL), with OL as in conv2d.
    """
    x, w = as_array(x, "conv1d", beside=w), as_array(w, "conv1d", beside=x)
    step, margin, spread = _arguments("conv1d", 1, stride, padding, dilation)
    _check("conv1d", x, w, groups, 1)
    count_windows("conv1d", x.shape[2:], w.shape[2:], step, margin, spread)
    rows = conv2d(
        expand_dims(x, 2),
        expand_dims(w, 2),
        b,
        stride=(1, *step),
        padding=(0, *margin),
        dilation=(1, *spread),
        groups=groups,
    )
    return squeeze(rows, axis=2)


def conv3d(
    x: Any, w: Any, b: Any = None, /, stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1
) -> Any:
    """Slide filters through volumes.

    Shapes: x (N, C, D, H, W), w (O, C/groups, KD, KH, KW), bias b (O,) or None -> (N, O, OD, OH, OW), with OD, OH and
    OW as in conv2d.
    """
    x, w = as_array(x, "conv3d", beside=w), as_array(w, "conv3d", beside=x)
    step, margin, spread = _arguments("conv3d", 3, stride, padding, dilation)
    _check("conv3d", x, w, groups, 3)
    depth, *_ = count_windows("conv3d", x.shape[2:], w.shape[2:], step, margin, spread)
    padded = permute_dims(border(x, (margin[0], 0, 0)), (0, 2, 1, 3, 4))
    starts = [k * spread[0] for k in range(w.shape[2])]
    planes = stack([padded[:, a : a + step[0] * (depth - 1) + 1 : step[0]] for a in starts], axis=3)
    y = conv2d(
        reshape(planes, (x.shape[0] * depth, x.shape[1] * w.shape[2], *x.shape[3:])),
        reshape(w, (w.shape[0], w.shape[1] * w.shape[2], *w.shape[3:])),
        b,
        stride=step[1:],
        padding=margin[1:],
        dilation=spread[1:],
        groups=groups,
    )
    return permute_dims(reshape(y, (x.shape[0], depth, *y.shape[1:])), (0, 2, 1, 3, 4))


def conv_transpose1d(
    x: Any,
    w: Any,
    /,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """The transpose of conv1d, which makes signals longer.

    Shapes: x (N, C, L), w (C, O/groups, K) -> (N, O, OL), with OL as in conv_transpose2d.
    """
    x, w = as_array(x, "conv_transpose1d", beside=w), as_array(w, "conv_transpose1d", beside=x)
    step, margin, spread = _arguments("conv_transpose1d", 1, stride, padding, dilation)
    more = for_each_axis("conv_transpose1d", "output_padding", output_padding, 1, 0)
    _transposed_sides("conv_transpose1d", x, w, step, margin, more, groups, spread)
    rows = conv_transpose2d(
        expand_dims(x, 2),
        expand_dims(w, 2),
        stride=(1, *step),
        padding=(0, *margin),
        output_padding=(0, *more),
        groups=groups,
        dilation=(1, *spread),
    )
    return squeeze(rows, axis=2)


def conv_transpose2d(
    x: Any,
    w: Any,
    /,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """The transpose of conv2d, which makes images larger: every pixel adds its multiple of the filter.

    Shapes: x (N, C, H, W), w (C, O/groups, KH, KW) -> (N, O, OH, OW) with
    OH = (H - 1)·stride - 2·padding + dilation·(KH - 1) + output_padding + 1, and OW alike.
    """
    x, w = as_array(x, "conv_transpose2d", beside=w), as_array(w, "conv_transpose2d", beside=x)
    step, margin, spread = _arguments("conv_transpose2d", 2, stride, padding, dilation)
    more = for_each_axis("conv_transpose2d", "output_padding", output_padding, 2, 0)
    sides = _transposed_sides("conv_transpose2d", x, w, step, margin, more, groups, spread)
    # An output_padding beyond the stride, which only dilation allows, is as if zeros followed the image.
    zeros = [(0, 0), (0, 0), *[(0, m // s) for m, s in zip(more, step, strict=True)]]
    if any(map(any, zeros)):
        x = pad(x, zeros)
    shape = (x.shape[0], w.shape[1] * groups, *sides)
    return conv2d_input_gradient(x, w, shape, stride=step, padding=margin, dilation=spread, groups=groups)


def conv_transpose3d(
    x: Any,
    w: Any,
    /,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Any:
    """The transpose of conv3d, which makes volumes larger.

    Shapes: x (N, C, D, H, W), w (C, O/groups, KD, KH, KW) -> (N, O, OD, OH, OW), with OD to OW as in conv_transpose2d.
    """
    x, w = as_array(x, "conv_transpose3d", beside=w), as_array(w, "conv_transpose3d", beside=x)
    step, margin, spread = _arguments("conv_transpose3d", 3, stride, padding, dilation)
    more = for_each_axis("conv_transpose3d", "output_padding", output_padding, 3, 0)
    depth, *sides = _transposed_sides("conv_transpose3d", x, w, step, margin, more, groups, spread)
    n, channels, planes = x.shape[:3]
    y = conv_transpose2d(
        reshape(permute_dims(x, (0, 2, 1, 3, 4)), (n * planes, channels, *x.shape[3:])),
        reshape(w, (w.shape[0], w.shape[1] * w.shape[2], *w.shape[3:])),
        stride=step[1:],
        padding=margin[1:],
        output_padding=more[1:],
        groups=groups,
        dilation=spread[1:],
    )
    y = permute_dims(reshape(y, (n, planes, w.shape[1] * groups, w.shape[2], *sides)), (0, 2, 3, 1, 4, 5))
    padded = (n, w.shape[1] * groups, depth + 2 * margin[0], *sides)
    total: Any = 0.0
    for k in range(w.shape[2]):
        start = k * spread[0]
        place = slice(start, start + step[0] * (planes - 1) + 1, step[0])
        total = total + scatter_add(y[:, :, k], padded, (slice(None), slice(None), place))
    return total[:, :, margin[0] : margin[0] + depth]


def _transposed_sides(
    op: str,
    x: Any,
    w: Any,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_padding: tuple[int, ...],
    groups: int,
    dilation: tuple[int, ...],
) -> tuple[int, ...]:
    """The sides of the output of a transposed convolution; refuses what does not go together."""
    axes = len(stride)
    check_images(op, x, axes)
    if w.ndim != axes + 2 or groups < 1 or x.shape[1] % groups or w.shape[0] != x.shape[1]:
        letters = ", ".join([f"K{letter}" for letter in AXES[axes].split(", ")])
        raise ShapeError(
            f"{op}: takes filters of shape (in, out/groups, {letters}) for inputs (N, in, {AXES[axes]}) whose channels "
            f"{groups} group(s) share; got shapes {w.shape} and {x.shape}"
        )
    check_one_float(op, x, w)
    if any(m >= max(s, d) for m, s, d in zip(output_padding, stride, dilation, strict=True)):
        raise ArgumentError(
            f"{op}: output_padding {output_padding} must be smaller than the stride {stride} or the dilation {dilation}"
        )
    sides = tuple(
        [
            (n - 1) * s - 2 * p + d * (k - 1) + m + 1
            for n, s, p, d, k, m in zip(
                x.shape[2:], stride, padding, dilation, w.shape[2:], output_padding, strict=True
            )
        ]
    )
    if min(sides) < 1:
        raise ShapeError(f"{op}: padding {padding} leaves an output of {sides} from {x.shape[2:]}; pad less")
    return sides
