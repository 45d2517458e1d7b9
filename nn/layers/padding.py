"""Borders around signals, images and volumes; `nn.functions.pad` has the formulas.

A width is one number for all sides, or one for each: (left, right) of the last axis, then of the one before it. Shapes:
(N, C, L), (N, C, H, W) or (N, C, D, H, W) -> the same, longer; N may be missing.
"""

from typing import Any

from autograd_core import Tensor
from nn import functions
from nn.arguments import for_each
from nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Padding(Module):
    axes: int
    mode: str

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        self.padding = for_each(type(self).__name__, "padding", padding, 2 * self.axes, 0)

    def forward(self, x: Any) -> Tensor:
        """x within its border."""
        return functions.pad(x, self.padding, self.mode)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """None: numbers are moved, not worked on."""
        return 0


class _Constant(_Padding):
    mode = "constant"

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, x: Any) -> Tensor:
        """x within its border."""
        return functions.pad(x, self.padding, self.mode, self.value)


class CircularPad1d(_Padding):
    """A border around signals of what stands at the other end, as if they went round."""

    axes = 1
    mode = "circular"


class CircularPad2d(_Padding):
    """A border around images of what stands at the other end, as if they went round."""

    axes = 2
    mode = "circular"


class CircularPad3d(_Padding):
    """A border around volumes of what stands at the other end, as if they went round."""

    axes = 3
    mode = "circular"


class ConstantPad1d(_Constant):
    """A border around signals of one number."""

    axes = 1


class ConstantPad2d(_Constant):
    """A border around images of one number."""

    axes = 2


class ConstantPad3d(_Constant):
    """A border around volumes of one number."""

    axes = 3


class ReflectionPad1d(_Padding):
    """A border around signals that mirrors what is inside, the outermost elements left out."""

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_Padding):
    """A border around images that mirrors what is inside, the outermost elements left out."""

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_Padding):
    """A border around volumes that mirrors what is inside, the outermost elements left out."""

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_Padding):
    """A border around signals of the outermost elements, repeated."""

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_Padding):
    """A border around images of the outermost elements, repeated."""

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_Padding):
    """A border around volumes of the outermost elements, repeated."""

    axes = 3
    mode = "replicate"


class ZeroPad1d(_Padding):
    """A border around signals of zeros."""

    axes = 1
    mode = "constant"


class ZeroPad2d(_Padding):
    """A border around images of zeros."""

    axes = 2
    mode = "constant"


class ZeroPad3d(_Padding):
    """A border around volumes of zeros."""

    axes = 3
    mode = "constant"
