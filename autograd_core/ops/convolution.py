"""Convolution and pooling of images (N, C, H, W).

Convolution is linear in each of its inputs, so it comes as three ops that are each other's
derivatives: the product, its transpose with respect to the image, and with respect to the
filter (deck A: ∂L/∂F is a convolution of X with ∂L/∂O, ∂L/∂X a full convolution with the
flipped filter). "Convolution" means cross-correlation, as everywhere in this field.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops.definition import array_op

Pair = int | tuple[int, int]


def _pair(op: str, name: str, value: Pair, least: int) -> tuple[int, int]:
    """An argument given once for both axes, or for each."""
    pair = (value, value) if isinstance(value, (int, np.integer)) else tuple(value)
    if len(pair) != 2 or not all(isinstance(v, (int, np.integer)) and v >= least for v in pair):
        raise ArgumentError(f"{op}: {name} must be a whole number of at least {least}, or two of them; got {value!r}")
    return int(pair[0]), int(pair[1])


def _check_images(op: str, x: Any) -> None:
    if np.ndim(x) != 4:
        raise ShapeError(f"{op}: takes images of shape (N, C, H, W), got shape {np.shape(x)}")
    if x.dtype.kind != "f":
        raise DTypeError(f"{op}: takes floating-point images, got {x.dtype}; use astype, or divide by 255.0")


@array_op
def conv2d(x: Any, w: Any, /, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1) -> Any:
    """Slide filters over images.

    Shapes: x (N, C, H, W), w (O, C/groups, KH, KW) -> (N, O, OH, OW) with
    OH = ⌊(H + 2·padding - dilation·(KH - 1) - 1) / stride⌋ + 1, and OW alike.
    The images are padded with zeros. A bias is added afterwards: `y + b.reshape(-1, 1, 1)`.
    """
    stride, padding = _pair("conv2d", "stride", stride, 1), _pair("conv2d", "padding", padding, 0)
    dilation = _pair("conv2d", "dilation", dilation, 1)
    _check_images("conv2d", x)
    if np.ndim(w) != 4:
        raise ShapeError(f"conv2d: takes filters of shape (out, in/groups, KH, KW), got shape {np.shape(w)}")
    if groups < 1 or w.shape[0] % groups or x.shape[1] != w.shape[1] * groups:
        raise ShapeError(
            f"conv2d: filters of shape {w.shape} in {groups} group(s) take {w.shape[1] * groups} input channels "
            f"and an output channel count divisible by {groups}; the images have shape {x.shape}"
        )
    for size, pad, k, d in zip(x.shape[2:], padding, w.shape[2:], dilation, strict=True):
        if size + 2 * pad < d * (k - 1) + 1:
            raise ShapeError(
                f"conv2d: filters of {w.shape[2:]} with dilation {dilation} do not fit images of {x.shape[2:]} "
                f"with padding {padding}"
            )
    if w.dtype != x.dtype:
        dtype = np.result_type(x, w)
        x, w = x.astype(dtype), w.astype(dtype)
    return kernels.convolution.conv2d(x, w, stride, padding, dilation, groups)


@conv2d.vjp("x")
def _(g, w, x_shape, stride, padding, dilation, groups):
    return conv2d_input_gradient(g, w, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)


@conv2d.vjp("w")
def _(g, x, w_shape, stride, padding, dilation, groups):
    return conv2d_weight_gradient(g, x, shape=w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)


@array_op
def conv2d_input_gradient(
    dy: Any, w: Any, /, shape: tuple[int, ...], stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1
) -> Any:
    """The transpose of conv2d as a function of its images, which have this shape; or transposed convolution."""
    return kernels.convolution.conv2d_input_gradient(
        dy, w, shape, _twice(stride), _twice(padding), _twice(dilation), groups
    )


@conv2d_input_gradient.vjp("dy")
def _(g, w, stride, padding, dilation, groups):
    return conv2d(g, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


@conv2d_input_gradient.vjp("w")
def _(g, dy, w_shape, stride, padding, dilation, groups):
    return conv2d_weight_gradient(dy, g, w_shape, stride, padding, dilation, groups)


@array_op
def conv2d_weight_gradient(
    dy: Any, x: Any, /, shape: tuple[int, ...], stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1
) -> Any:
    """The transpose of conv2d as a function of its filters, which have this shape."""
    return kernels.convolution.conv2d_weight_gradient(
        dy, x, shape, _twice(stride), _twice(padding), _twice(dilation), groups
    )


@conv2d_weight_gradient.vjp("dy")
def _(g, x, stride, padding, dilation, groups):
    return conv2d(x, g, stride=stride, padding=padding, dilation=dilation, groups=groups)


@conv2d_weight_gradient.vjp("x")
def _(g, dy, x_shape, stride, padding, dilation, groups):
    return conv2d_input_gradient(dy, g, x_shape, stride, padding, dilation, groups)


@array_op
def max_pool2d(x: Any, /, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> Any:
    """The largest element of each window; nan if there is one.

    Shapes: (N, C, H, W) -> (N, C, OH, OW) with OH = ⌊(H + 2·padding - kernel) / stride⌋ + 1; the
    stride is the kernel's size unless given. Padding never wins: it counts as -inf.
    Gradient: to the largest element of each window, shared evenly at a tie.
    """
    kernel, stride, padding = _windows(kernel, stride, padding)
    _check_images("max_pool2d", x)
    for size, k, pad in zip(x.shape[2:], kernel, padding, strict=True):
        if 2 * pad > k:
            raise ArgumentError(f"max_pool2d: padding {padding} is more than half the kernel {kernel}")
        if size + 2 * pad < k:
            raise ShapeError(f"max_pool2d: windows of {kernel} do not fit images of {x.shape[2:]} padded by {padding}")
    return kernels.pooling.max_pool2d(x, kernel, stride, padding)


@max_pool2d.vjp("x")
def _(g, x, y, kernel, stride, padding):
    return max_pool2d_scatter(g, x, y, kernel, stride, padding)


@array_op
def max_pool2d_scatter(dy: Any, x: Any, y: Any, /, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> Any:
    """dy sent back to where the maxima y of x were found: the gradient of max_pool2d."""
    return kernels.pooling.max_pool2d_gradient(dy, x, y, *_windows(kernel, stride, padding))


@max_pool2d_scatter.vjp("dy")
def _(g, x, y, kernel, stride, padding):
    return max_pool2d_gather(g, x, y, kernel, stride, padding)


@array_op
def max_pool2d_gather(dx: Any, x: Any, y: Any, /, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> Any:
    """dx read where the maxima y of x were found, the mean of them at a tie: the transpose of max_pool2d_scatter."""
    kernel, stride, padding = _windows(kernel, stride, padding)
    border = ((0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1]))

    def windows(images: Any, outside: float) -> Any:
        padded = np.pad(images, border, constant_values=outside)
        return np.lib.stride_tricks.sliding_window_view(padded, kernel, (2, 3))[:, :, :: stride[0], :: stride[1]]

    at_maximum = windows(x, -np.inf) == y[..., None, None]
    # Only second derivatives come here, so numpy is fast enough.
    return np.sum(windows(dx, 0.0) * at_maximum, axis=(4, 5)) / np.sum(at_maximum, axis=(4, 5), dtype=dx.dtype)


@max_pool2d_gather.vjp("dx")
def _(g, x, y, kernel, stride, padding):
    return max_pool2d_scatter(g, x, y, kernel, stride, padding)


def _twice(value: Pair) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def _windows(kernel: Pair, stride: Pair | None, padding: Pair) -> tuple[tuple[int, int], ...]:
    """Kernel, stride and padding of a pooling op, each checked and for both axes."""
    name = "max_pool2d"
    size = _pair(name, "kernel", kernel, 1)
    return size, size if stride is None else _pair(name, "stride", stride, 1), _pair(name, "padding", padding, 0)
