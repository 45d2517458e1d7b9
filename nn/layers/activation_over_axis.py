"""Activations in which several inputs compete for, or gate, one output: softmax, GLU, maxout."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import Tensor
from nn import functions
from nn.arguments import at_least
from nn.layers.linear import Linear
from nn.module import Module

__all__ = ["GLU", "LogSoftmax", "Maxout", "Softmax"]


class _AlongAxis(Module):
    """An activation along one axis, by default the last."""

    function: Callable[[Any, int], Any]

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Tensor:
        return self.function(x, self.dim)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """One for each number that comes in."""
        return int(np.size(inputs[0]))


class Softmax(_AlongAxis):
    """e^x/Σe^x along `dim`, by default the last axis; see `nn.functions.softmax`."""

    function = staticmethod(functions.softmax)


class LogSoftmax(_AlongAxis):
    """x - log Σe^x along `dim`, by default the last axis; see `nn.functions.log_softmax`."""

    function = staticmethod(functions.log_softmax)


class GLU(_AlongAxis):
    """One half of x gated by the other; see `nn.functions.glu`. Shapes: (..., 2n, ...) -> (..., n, ...)."""

    function = staticmethod(functions.glu)


class Maxout(Linear):
    """The largest of `pieces` linear functions for each output: a convex activation that is learned (deck A).

    Goodfellow et al. 2013. Shapes: (..., in_features) -> (..., out_features); weight (out_features·pieces,
    in_features), in which the pieces of one output are neighbours.
    """

    def __init__(self, in_features: int, out_features: int, pieces: int = 2, bias: bool = True) -> None:
        at_least("Maxout", "out_features", out_features, 1)
        super().__init__(in_features, out_features * at_least("Maxout", "pieces", pieces, 1), bias)
        self.out_features, self.pieces = out_features, pieces

    def forward(self, x: Any) -> Tensor:
        return functions.maxout(super().forward(x), self.pieces)

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        return self.pieces * super().flops(inputs, output)
