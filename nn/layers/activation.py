"""Activation functions as modules, for `Sequential`."""

from __future__ import annotations

from typing import Any

from autograd_core import relu, sigmoid, tanh
from nn.module import Module


class ReLU(Module):
    """max(0, x)."""

    def forward(self, x: Any) -> Any:
        """See `autograd_core.relu`."""
        return relu(x)


class Sigmoid(Module):
    """1/(1 + e^-x)."""

    def forward(self, x: Any) -> Any:
        """See `autograd_core.sigmoid`."""
        return sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, x: Any) -> Any:
        """See `autograd_core.tanh`."""
        return tanh(x)
