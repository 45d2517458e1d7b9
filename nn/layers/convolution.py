"""Convolution and pooling layers for images (N, C, H, W)."""

from __future__ import annotations

from typing import Any

from autograd_core import max_pool2d
from nn import functions, initial
from nn.arguments import at_least
from nn.module import Module, Parameter

Pair = int | tuple[int, int]


class Conv2d(Module):
    """Filters slid over images; see `autograd_core.conv2d`.

    Shapes: (N, in_channels, H, W) -> (N, out_channels, OH, OW); weight (out_channels, in_channels/groups, KH, KW).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        for name, value in (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups)):
            at_least("Conv2d", name, value, 1)
        kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        shape = (out_channels, in_channels // groups, *kernel)
        fan_in = initial.fans(shape)[0]
        self.kernel_size, self.stride, self.padding = kernel, stride, padding
        self.dilation, self.groups = dilation, groups
        self.weight = Parameter(initial.fan_in_uniform(shape, fan_in))
        self.bias = Parameter(initial.fan_in_uniform((out_channels,), fan_in)) if bias else None

    def forward(self, x: Any) -> Any:
        """The filters' responses at every position."""
        return functions.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def describe(self) -> str:
        """The settings that `repr` shows."""
        channels = f"{self.weight.shape[1] * self.groups}, {self.weight.shape[0]}"
        return f"{channels}, kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(Module):
    """The largest of every window; see `autograd_core.max_pool2d`. The stride is the kernel's size unless given."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, x: Any) -> Any:
        """The images, smaller."""
        return max_pool2d(x, self.kernel_size, self.stride, self.padding)

    def describe(self) -> str:
        """The settings that `repr` shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class Flatten(Module):
    """All axes from `start_dim` on made into one: (N, C, H, W) -> (N, C·H·W)."""

    def __init__(self, start_dim: int = 1) -> None:
        self.start_dim = start_dim

    def forward(self, x: Any) -> Any:
        """The same numbers, flat."""
        return functions.flatten(x, self.start_dim)
