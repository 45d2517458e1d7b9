"""Pooling layers: the largest of every window, or the mean, of signals, images and volumes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import Tensor
from nn import functions
from nn.functions.pooling import OutputSizes, Sizes
from nn.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _Pool(Module):
    """Windows of one size, moved by one stride."""

    axes: int  # 1 for signals, 2 for images, 3 for volumes
    function: Callable[..., Any]

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """One for each element of each window."""
        kernel = self.kernel_size
        output = output[0] if isinstance(output, tuple) else output
        return int(output.size) * (math.prod(kernel) if isinstance(kernel, tuple) else kernel**self.axes)

    def __init__(self, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, ceil_mode: bool) -> None:
        self.kernel_size, self.stride, self.padding, self.ceil_mode = kernel_size, stride, padding, ceil_mode


class _MaxPool(_Pool):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.dilation, self.return_indices = dilation, return_indices

    def forward(self, x: Any) -> Any:
        more = {"ceil_mode": self.ceil_mode, "return_indices": self.return_indices}
        return self.function(x, self.kernel_size, self.stride, self.padding, self.dilation, **more)


class MaxPool1d(_MaxPool):
    """The largest of every window; see `nn.functions.max_pool1d`. Shapes: (N, C, L) -> (N, C, OL)."""

    axes = 1
    function = staticmethod(functions.max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest of every window; see `nn.functions.max_pool2d`. Shapes: (N, C, H, W) -> (N, C, OH, OW)."""

    axes = 2
    function = staticmethod(functions.max_pool2d)


class MaxPool3d(_MaxPool):
    """The largest of every window; see `nn.functions.max_pool3d`. Shapes: (N, C, D, H, W) -> (N, C, OD, OH, OW)."""

    axes = 3
    function = staticmethod(functions.max_pool3d)


class _MaxUnpool(Module):
    """Numbers put back where pooling found them."""

    function: Callable[..., Any]

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, x: Any, indices: Any, output_size: tuple[int, ...] | None = None) -> Tensor:
        return self.function(x, indices, self.kernel_size, self.stride, self.padding, output_size)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """None: numbers are only moved."""
        return 0


class MaxUnpool1d(_MaxUnpool):
    """`MaxPool1d` undone; see `nn.functions.max_unpool1d`. Shapes: x and indices (N, C, L) -> (N, C, OL)."""

    function = staticmethod(functions.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """`MaxPool2d` undone; see `nn.functions.max_unpool2d`. Shapes: x and indices (N, C, H, W) -> (N, C, OH, OW)."""

    function = staticmethod(functions.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """`MaxPool3d` undone; see `nn.functions.max_unpool3d`.

    Shapes: x and indices (N, C, D, H, W) -> (N, C, OD, OH, OW).
    """

    function = staticmethod(functions.max_unpool3d)


class _AvgPool(_Pool):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, x: Any) -> Tensor:
        return self.function(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool1d(_AvgPool):
    """The mean of every window; see `nn.functions.avg_pool1d`. Shapes: (N, C, L) -> (N, C, OL)."""

    axes = 1
    function = staticmethod(functions.avg_pool1d)


class AvgPool2d(_AvgPool):
    """The mean of every window; see `nn.functions.avg_pool2d`. Shapes: (N, C, H, W) -> (N, C, OH, OW)."""

    axes = 2
    function = staticmethod(functions.avg_pool2d)


class AvgPool3d(_AvgPool):
    """The mean of every window; see `nn.functions.avg_pool3d`. Shapes: (N, C, D, H, W) -> (N, C, OD, OH, OW)."""

    axes = 3
    function = staticmethod(functions.avg_pool3d)


class _AdaptivePool(Module):
    """As many windows as asked for, whatever the size of what comes in; None leaves an axis as it is."""

    function: Callable[..., Any]

    def __init__(self, output_size: OutputSizes) -> None:
        self.output_size = output_size

    def forward(self, x: Any) -> Tensor:
        return self.function(x, self.output_size)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """One for each number that comes in; windows that overlap, where sizes do not come out even, are left out."""
        return int(np.size(inputs[0]))


class AdaptiveAvgPool1d(_AdaptivePool):
    """The mean of each of so many windows; see `nn.functions.adaptive_avg_pool1d`."""

    function = staticmethod(functions.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptivePool):
    """The mean of each of so many windows; see `nn.functions.adaptive_avg_pool2d`."""

    function = staticmethod(functions.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptivePool):
    """The mean of each of so many windows; see `nn.functions.adaptive_avg_pool3d`."""

    function = staticmethod(functions.adaptive_avg_pool3d)


class AdaptiveMaxPool1d(_AdaptivePool):
    """The largest of each of so many windows; see `nn.functions.adaptive_max_pool1d`."""

    function = staticmethod(functions.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptivePool):
    """The largest of each of so many windows; see `nn.functions.adaptive_max_pool2d`."""

    function = staticmethod(functions.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptivePool):
    """The largest of each of so many windows; see `nn.functions.adaptive_max_pool3d`."""

    function = staticmethod(functions.adaptive_max_pool3d)
