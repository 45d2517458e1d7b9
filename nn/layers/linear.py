"""The fully connected layers."""

from typing import Any

from autograd_core import Tensor
from nn import functions, initial
from nn.arguments import at_least
from nn.module import Module, Parameter

__all__ = ["Bilinear", "Linear"]


class Linear(Module):
    """y = x Wᵀ + b. Shapes: (..., in_features) -> (..., out_features); weight (out_features, in_features)."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        self.in_features = at_least(type(self).__name__, "in_features", in_features, 1)
        self.out_features = at_least(type(self).__name__, "out_features", out_features, 1)
        self.weight = Parameter(initial.fan_in_uniform((out_features, in_features), in_features))
        self.bias = Parameter(initial.fan_in_uniform((out_features,), in_features)) if bias else None

    def forward(self, x: Any) -> Tensor:
        return functions.linear(x, self.weight, self.bias)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """A multiplication and an addition for each weight and row of inputs; the sums start from the bias."""
        return 2 * self.in_features * int(output.size)


class Bilinear(Module):
    """y_k = x1ᵀ W_k x2 + b_k; see `nn.functions.bilinear`.

    Shapes: (..., in1_features) and (..., in2_features) -> (..., out_features); weight (out_features, in1_features,
    in2_features).
    """

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True) -> None:
        self.in1_features = at_least("Bilinear", "in1_features", in1_features, 1)
        self.in2_features = at_least("Bilinear", "in2_features", in2_features, 1)
        self.out_features = at_least("Bilinear", "out_features", out_features, 1)
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(initial.fan_in_uniform(shape, in1_features))
        self.bias = Parameter(initial.fan_in_uniform((out_features,), in1_features)) if bias else None

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return functions.bilinear(x1, x2, self.weight, self.bias)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """The products with x1 for each of x2, those with x2, and the biases."""
        by_first = 2 * self.in1_features * self.in2_features + 2 * self.in2_features
        return int(output.size) * (by_first + (self.bias is not None))
