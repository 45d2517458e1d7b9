"""A maxout network (Goodfellow et al. 2013, deck A): units that learn their activation, made for dropout."""

from nn.containers import Sequential
from nn.layers.activation_over_axis import Maxout
from nn.layers.linear import Linear
from nn.layers.noise import Dropout
from nn.layers.shaping import Flatten
from nn.models.lectures import Size


def maxout(size: Size = (28, 28), classes: int = 10) -> Sequential:
    """784-240-240-10, each hidden unit the largest of 5 linear pieces; a fifth of the pixels, half the units dropped.

    The paper's network for MNIST without its geometry, but for the bound on the norms of the weights.
    """
    return Sequential(
        Flatten(),
        Dropout(0.2),
        Maxout(size[0] * size[1], 240, pieces=5),
        Dropout(0.5),
        Maxout(240, 240, pieces=5),
        Dropout(0.5),
        Linear(240, classes),
    )
