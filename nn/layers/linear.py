"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from nn import functions, initial
from nn.arguments import at_least
from nn.module import Module, Parameter


class Linear(Module):
    """y = x Wᵀ + b. Shapes: (..., in_features) -> (..., out_features); weight (out_features, in_features)."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        self.in_features = at_least("Linear", "in_features", in_features, 1)
        self.out_features = at_least("Linear", "out_features", out_features, 1)
        self.weight = Parameter(initial.fan_in_uniform((out_features, in_features), in_features))
        self.bias = Parameter(initial.fan_in_uniform((out_features,), in_features)) if bias else None

    def forward(self, x: Any) -> Any:
        """The weighted sums of the last axis."""
        return functions.linear(x, self.weight, self.bias)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """A multiplication and an addition for each weight and row of inputs; the sums start from the bias."""
        return 2 * self.in_features * int(output.size)

    def describe(self) -> str:
        """The settings that `repr` shows."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
