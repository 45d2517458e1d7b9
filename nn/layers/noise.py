"""Layers that add noise in training, and do nothing in evaluation: dropout, Gaussian noise, noise on weights."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from nn import functions
from nn.arguments import not_in_place
from nn.functions.noise import check_deviation, check_probability
from nn.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "GaussianNoise", "WeightNoise"]


class _Noise(Module):
    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """One for each number in training, none in evaluation."""
        return int(output.size) if self.training else 0


class _Dropout(_Noise):
    drop: Callable[[Any, float, bool], Any]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        self.inplace = not_in_place(type(self).__name__, inplace)
        self.p = check_probability(type(self).__name__, p)

    def forward(self, x: Any) -> Tensor:
        return type(self).drop(x, self.p, self.training)


class Dropout(_Dropout):
    """Elements dropped with probability p; see `nn.functions.dropout`."""

    drop = staticmethod(functions.dropout)


class Dropout1d(_Dropout):
    """Channels of sequences (N, C, L) dropped with probability p; see `nn.functions.dropout1d`."""

    drop = staticmethod(functions.dropout1d)


class Dropout2d(_Dropout):
    """Channels of images (N, C, H, W) dropped with probability p; see `nn.functions.dropout2d`."""

    drop = staticmethod(functions.dropout2d)


class Dropout3d(_Dropout):
    """Channels of volumes (N, C, D, H, W) dropped with probability p; see `nn.functions.dropout3d`."""

    drop = staticmethod(functions.dropout3d)


class AlphaDropout(_Dropout):
    """Dropout for SELU networks; see `nn.functions.alpha_dropout`."""

    drop = staticmethod(functions.alpha_dropout)


class GaussianNoise(_Noise):
    """N(0, std²) added to inputs or hidden units; see `nn.functions.gaussian_noise`."""

    def __init__(self, std: float = 0.1) -> None:
        self.std = check_deviation("GaussianNoise", std)

    def forward(self, x: Any) -> Tensor:
        return functions.gaussian_noise(x, self.std, self.training)


class WeightNoise(Module):
    """A module whose weights are shaken by N(0, std²) at every call in training (Murray and Edwards 1994).

    Weights are the parameters of two and more axes; biases stay as they are. Outputs and gradients are those at the
    shaken weights, and the gradients are the weights' own, which themselves do not change: w + noise has derivative 1.
    First gradients only: backward(create_graph=True) refuses, as the weights have their own numbers back by then.
    """

    def __init__(self, module: Module, std: float = 0.01) -> None:
        self.module = module
        self.std = check_deviation("WeightNoise", std)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        if not self.training or self.std == 0:
            return self.module(*inputs, **named)
        own = {parameter: parameter.detach() for parameter in self.module.parameters() if parameter.ndim >= 2}
        try:
            for parameter, numbers in own.items():
                parameter.assign(numbers + self.std * ag.randn(numbers.shape, dtype=np.float64))
            return self.module(*inputs, **named)
        finally:
            for parameter, numbers in own.items():
                parameter.assign(numbers)
