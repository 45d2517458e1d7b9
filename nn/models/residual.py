"""A small residual network for small pictures (He et al. 2016): what a block learns is added to what it was given."""

from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from nn.containers import Sequential
from nn.layers.convolution import Conv2d
from nn.layers.linear import Linear
from nn.layers.normalisation import BatchNorm2d
from nn.layers.pooling import AdaptiveAvgPool2d, MaxPool2d
from nn.layers.shaping import Flatten
from nn.models.lectures import Size
from nn.module import Module


class ResidualBlock(Module):
    """ReLU(x + BN(conv(ReLU(BN(conv(x)))))), both 3×3; where size or channels change, x goes through a 1×1 convolution.

    Shapes: (N, in_channels, h, w) -> (N, out_channels, ⌈h/stride⌉, ⌈w/stride⌉). Named as torchvision's BasicBlock.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        self.conv1 = Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = BatchNorm2d(out_channels)
        self.conv2 = Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = BatchNorm2d(out_channels)
        self.downsample: Module | None = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = Sequential(
                Conv2d(in_channels, out_channels, 1, stride, bias=False), BatchNorm2d(out_channels)
            )

    def forward(self, x: Any) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        inner = ag.relu(self.bn1(self.conv1(x)))
        return ag.relu(shortcut + self.bn2(self.conv2(inner)))


class ResidualNet(Module):
    """conv 32 and pool, then residual blocks of 32, 64 and 128 channels, each halving the picture but the first.

    The mean over the positions that are left goes into one linear layer, so any size from 8×8 on will do.
    Shapes: (N, 1, height, width) -> (N, classes).
    """

    def __init__(self, size: Size = (28, 28), classes: int = 10) -> None:
        if min(size) < 8:
            raise ArgumentError(f"residual: images of {size[0]}×{size[1]} pixels are too small; use mlp")
        self.conv1 = Conv2d(1, 32, 3, padding=1, bias=False)
        self.bn1 = BatchNorm2d(32)
        self.pool = MaxPool2d(2)
        self.blocks = Sequential(
            ResidualBlock(32, 32),
            ResidualBlock(32, 64, stride=2),
            ResidualBlock(64, 64),
            ResidualBlock(64, 128, stride=2),
        )
        self.head = Sequential(AdaptiveAvgPool2d(1), Flatten(), Linear(128, classes))

    def forward(self, x: Any) -> Tensor:
        return self.head(self.blocks(self.pool(ag.relu(self.bn1(self.conv1(x))))))
