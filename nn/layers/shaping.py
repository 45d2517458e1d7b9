"""Layers that rearrange what comes in, or change its size, and learn nothing."""

from typing import Any

import numpy as np

from autograd_core import ArgumentError, Tensor
from nn import functions
from nn.arguments import at_least
from nn.functions.shaping import Sizes
from nn.module import Module

__all__ = ["Flatten", "Fold", "Identity", "PixelShuffle", "PixelUnshuffle", "Unflatten", "Unfold", "Upsample"]


class _Rearrangement(Module):
    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """None: numbers are moved, not worked on."""
        return 0


class Identity(_Rearrangement):
    """What comes in, as it is: a place for a layer. Takes, and leaves unused, whatever arguments that layer would."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def forward(self, x: Any) -> Tensor:
        return x


class Flatten(_Rearrangement):
    """All axes from `start_dim` to `end_dim` made into one: (N, C, H, W) -> (N, C·H·W); see `nn.functions.flatten`."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Tensor:
        return functions.flatten(x, self.start_dim, self.end_dim)


class Unflatten(_Rearrangement):
    """The axis `dim` made into several: (N, C·H·W) -> (N, C, H, W); see `nn.functions.unflatten`."""

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        if not isinstance(unflattened_size, (tuple, list)):
            raise ArgumentError(f"Unflatten: unflattened_size is a tuple of sizes, got {unflattened_size!r}")
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Any) -> Tensor:
        return functions.unflatten(x, self.dim, self.unflattened_size)


class PixelShuffle(_Rearrangement):
    """Channels laid out as pixels: (N, C·r², H, W) -> (N, C, H·r, W·r); see `nn.functions.pixel_shuffle`."""

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = at_least("PixelShuffle", "upscale_factor", upscale_factor, 1)

    def forward(self, x: Any) -> Tensor:
        return functions.pixel_shuffle(x, self.upscale_factor)


class PixelUnshuffle(_Rearrangement):
    """Pixels laid out as channels: (N, C, H·r, W·r) -> (N, C·r², H, W); see `nn.functions.pixel_unshuffle`."""

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = at_least("PixelUnshuffle", "downscale_factor", downscale_factor, 1)

    def forward(self, x: Any) -> Tensor:
        return functions.pixel_unshuffle(x, self.downscale_factor)


class Upsample(Module):
    """Signals, images or volumes of another size, by repetition or interpolation; see `nn.functions.interpolate`."""

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool = False,
    ) -> None:
        self.size, self.scale_factor, self.mode, self.align_corners = size, scale_factor, mode, align_corners

    def forward(self, x: Any) -> Tensor:
        return functions.interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """For each axis two multiplications and an addition, bicubic four and three; repetition has none."""
        each = 0 if self.mode == "nearest" else 7 if self.mode == "bicubic" else 3
        return each * int((output.ndim - 2) * output.size)


class Unfold(_Rearrangement):
    """The windows of images as columns: (N, C, H, W) -> (N, C·KH·KW, windows); see `nn.functions.unfold`."""

    def __init__(self, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> None:
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, x: Any) -> Tensor:
        """A column for each window."""
        return functions.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Module):
    """Columns as the windows of images, added up: (N, C·KH·KW, windows) -> (N, C, H, W); see `nn.functions.fold`."""

    def __init__(
        self, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
    ) -> None:
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, x: Any) -> Tensor:
        """Images."""
        return functions.fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """An addition for each number of a column."""
        return int(np.size(inputs[0]))
