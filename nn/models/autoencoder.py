"""An autoencoder: pictures through a narrow code and back, which needs no labels."""

from typing import Any

from autograd_core import Tensor
from nn.arguments import at_least
from nn.containers import Sequential
from nn.layers.activation import ReLU, Sigmoid
from nn.layers.linear import Linear
from nn.layers.shaping import Flatten, Unflatten
from nn.models.lectures import Size
from nn.module import Module


class Autoencoder(Module):
    """784-128-`code`-128-784 with ReLU, and a sigmoid at the end, since pixels go from 0 to 1.

    Shapes: (N, 1, height, width) -> the same. `encoder` and `decoder` are parts to be used alone. Train it with the
    pictures as inputs and as targets, by `functions.mse_loss` or a binary cross-entropy.
    """

    def __init__(self, size: Size = (28, 28), code: int = 32) -> None:
        height, width = size
        at_least("Autoencoder", "code", code, 1)
        self.encoder = Sequential(Flatten(), Linear(height * width, 128), ReLU(), Linear(128, code))
        self.decoder = Sequential(
            Linear(code, 128), ReLU(), Linear(128, height * width), Sigmoid(), Unflatten(1, (1, height, width))
        )

    def forward(self, x: Any) -> Tensor:
        return self.decoder(self.encoder(x))
