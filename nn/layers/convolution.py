"""Convolution layers for signals, images and volumes, and their transposes."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from nn import functions, initial
from nn.arguments import at_least, for_each
from nn.functions.convolution import Sizes, check_padding, sides_for_same
from nn.module import Module, Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_BORDERS = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""PyTorch's names of what images are continued with -> the engine's."""


class _Filters(Module):
    """What convolution and transposed convolution share: weight and bias, and the arguments they go by."""

    axes: int  # 1 for signals, 2 for images, 3 for volumes
    function: Callable[..., Any]
    transposed = False

    def _make(self, in_channels: int, out_channels: int, kernel_size: Sizes, groups: int, bias: bool) -> None:
        name = type(self).__name__
        self.in_channels = at_least(name, "in_channels", in_channels, 1)
        self.out_channels = at_least(name, "out_channels", out_channels, 1)
        self.groups = at_least(name, "groups", groups, 1)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"{name}: groups={groups} must divide both in_channels={in_channels} and out_channels={out_channels}"
            )
        self.kernel_size = for_each(name, "kernel_size", kernel_size, self.axes, 1)
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        fan_in = initial.fans(shape)[0]
        self.weight = Parameter(initial.fan_in_uniform(shape, fan_in))
        self.bias = Parameter(initial.fan_in_uniform((out_channels,), fan_in)) if bias else None

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """A multiplication and an addition for each weight and place; the sums of a convolution start from the bias."""
        places = np.size(inputs[0]) // self.in_channels if self.transposed else output.size // self.out_channels
        biases = output.size if self.transposed and self.bias is not None else 0
        return 2 * self.weight.size * int(places) + int(biases)


class _Convolution(_Filters):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        if padding_mode not in _BORDERS:
            raise ArgumentError(
                f"{type(self).__name__}: padding_mode must be one of {', '.join(_BORDERS)}; got {padding_mode!r}"
            )
        check_padding(type(self).__name__, padding, stride)
        self._make(in_channels, out_channels, kernel_size, groups, bias)
        self.stride, self.padding, self.dilation, self.padding_mode = stride, padding, dilation, padding_mode

    def forward(self, x: Any) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            widths = [*[(0, 0)] * (np.ndim(x) - self.axes), *self._border()]
            x, padding = ag.pad(x, widths, mode=_BORDERS[self.padding_mode]), 0
        return self.function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _border(self) -> list[tuple[int, int]]:
        """How many places there are before and after each axis."""
        if self.padding == "same":
            return sides_for_same(self.kernel_size, self.dilation)
        if isinstance(self.padding, str):
            return [(0, 0)] * self.axes
        return [(n, n) for n in for_each(type(self).__name__, "padding", self.padding, self.axes, 0)]


class Conv1d(_Convolution):
    """Filters slid along signals; see `nn.functions.conv1d`.

    Shapes: (N, in_channels, L) -> (N, out_channels, OL); weight (out_channels, in_channels/groups, K).
    """

    axes = 1
    function = staticmethod(functions.conv1d)


class Conv2d(_Convolution):
    """Filters slid over images; see `nn.functions.conv2d` and `autograd_core.conv2d`.

    Shapes: (N, in_channels, H, W) -> (N, out_channels, OH, OW); weight (out_channels, in_channels/groups, KH, KW).
    """

    axes = 2
    function = staticmethod(functions.conv2d)


class Conv3d(_Convolution):
    """Filters slid through volumes; see `nn.functions.conv3d`.

    Shapes: (N, in_channels, D, H, W) -> (N, out_channels, OD, OH, OW); weight (out_channels, in_channels/groups, KD,
    KH, KW).
    """

    axes = 3
    function = staticmethod(functions.conv3d)


class _TransposedConvolution(_Filters):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
    ) -> None:
        self._make(in_channels, out_channels, kernel_size, groups, bias)
        self.stride, self.padding, self.output_padding, self.dilation = stride, padding, output_padding, dilation

    def forward(self, x: Any, output_size: tuple[int, ...] | None = None) -> Tensor:
        """`output_size`, of the last axes, says which of several sizes is meant, in place of `output_padding`."""
        more = self.output_padding if output_size is None else self._more(np.shape(x), tuple(output_size))
        return self.function(x, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)

    def _more(self, shape: tuple[int, ...], output_size: tuple[int, ...]) -> tuple[int, ...]:
        """The output_padding that makes it so large."""
        name, axes = type(self).__name__, self.axes
        stride = for_each(name, "stride", self.stride, axes, 1)
        padding, spread = (
            for_each(name, "padding", self.padding, axes, 0),
            for_each(name, "dilation", self.dilation, axes, 1),
        )
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(shape[-axes:], stride, padding, spread, self.kernel_size, strict=True)
        ]
        wanted = output_size[-axes:]
        if len(wanted) != axes or any(not m <= n < m + s for n, m, s in zip(wanted, least, stride, strict=True)):
            ranges = " and ".join([f"{m} to {m + s - 1}" for m, s in zip(least, stride, strict=True)])
            raise ArgumentError(f"{name}: of shape {shape}, output_size can be {ranges}; got {output_size}")
        return tuple([n - m for n, m in zip(wanted, least, strict=True)])


class ConvTranspose1d(_TransposedConvolution):
    """The transpose of `Conv1d`, which makes signals longer; see `nn.functions.conv_transpose1d`.

    Shapes: (N, in_channels, L) -> (N, out_channels, OL); weight (in_channels, out_channels/groups, K).
    """

    axes = 1
    function = staticmethod(functions.conv_transpose1d)


class ConvTranspose2d(_TransposedConvolution):
    """The transpose of `Conv2d`, which makes images larger; see `nn.functions.conv_transpose2d`.

    Shapes: (N, in_channels, H, W) -> (N, out_channels, OH, OW); weight (in_channels, out_channels/groups, KH, KW).
    """

    axes = 2
    function = staticmethod(functions.conv_transpose2d)


class ConvTranspose3d(_TransposedConvolution):
    """The transpose of `Conv3d`, which makes volumes larger; see `nn.functions.conv_transpose3d`.

    Shapes: (N, in_channels, D, H, W) -> (N, out_channels, OD, OH, OW); weight (in_channels, out_channels/groups, KD,
    KH, KW).
    """

    axes = 3
    function = staticmethod(functions.conv_transpose3d)
