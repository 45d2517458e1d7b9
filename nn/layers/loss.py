"""Losses as modules: called with what the network says and what it should have said."""

from __future__ import annotations

from typing import Any

from nn import functions
from nn.module import Module


class MSELoss(Module):
    """The mean squared error; see `nn.functions.mse_loss`."""

    def forward(self, prediction: Any, target: Any) -> Any:
        """The loss, a single number."""
        return functions.mse_loss(prediction, target)


class QuadraticLoss(Module):
    """The lectures' 1/(2n) Σ ‖y - a‖²; see `nn.functions.quadratic_loss`."""

    def forward(self, prediction: Any, target: Any) -> Any:
        """The loss, a single number."""
        return functions.quadratic_loss(prediction, target)


class CrossEntropyLoss(Module):
    """Softmax and the negative log-likelihood of the labels in one; see `nn.functions.cross_entropy`."""

    def forward(self, logits: Any, labels: Any) -> Any:
        """The loss, a single number."""
        return functions.cross_entropy(logits, labels)
