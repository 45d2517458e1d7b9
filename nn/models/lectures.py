"""The lectures' networks for small pictures.

Every model takes images of shape (N, 1, height, width) with pixels from 0 to 1 and gives one number a class.
"""

from collections.abc import Callable

from autograd_core import ArgumentError
from nn import initial
from nn.containers import Sequential
from nn.layers.activation import ReLU, Sigmoid
from nn.layers.convolution import Conv2d
from nn.layers.linear import Linear
from nn.layers.noise import Dropout
from nn.layers.normalisation import BatchNorm2d
from nn.layers.pooling import MaxPool2d
from nn.layers.shaping import Flatten

Size = tuple[int, int]


def nielsen(size: Size = (28, 28), classes: int = 10) -> Sequential:
    """Nielsen's network (deck C): 784-30-10 sigmoid units, biases from N(0, 1) and weights from N(0, 1/fan_in).

    That is how network2.py starts. network.py draws the weights from N(0, 1) too, which saturates many of the units:
    after the deck's five epochs it is at 93.5 to 94.1 % on the test images, by seed, and this at 94.8 to 95.4 %.
    """
    net = Sequential(Flatten(), Linear(size[0] * size[1], 30), Sigmoid(), Linear(30, classes), Sigmoid())
    initial.initialise(net, initial.lecun_normal, initial.normal)
    return net


def mlp(size: Size = (28, 28), classes: int = 10) -> Sequential:
    """784-128-10 with ReLU."""
    return Sequential(Flatten(), Linear(size[0] * size[1], 128), ReLU(), Linear(128, classes))


def lenet5(size: Size = (28, 28), classes: int = 10) -> Sequential:
    """LeNet-5 (LeCun et al. 1998, deck A): conv 6@5×5, pool, conv 16@5×5, pool, 120, 84; with ReLU and max-pooling."""
    height, width = _left("lenet5", size, lambda n: (n // 2 - 4) // 2)
    return Sequential(
        Conv2d(1, 6, 5, padding=2),
        ReLU(),
        MaxPool2d(2),
        Conv2d(6, 16, 5),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(16 * height * width, 120),
        ReLU(),
        Linear(120, 84),
        ReLU(),
        Linear(84, classes),
    )


def fast(size: Size = (28, 28), classes: int = 10) -> Sequential:
    """Conv 8@5×5, pool, conv 32@5×5, pool, each normalised over the mini-batch and with ReLU; then the classes.

    It learns MNIST in one epoch: batch normalisation (Ioffe and Szegedy 2015) bears ten times the rate. It comes after
    the pools, where there is a quarter to normalise.
    """
    height, width = _left("fast", size, lambda n: ((n - 4) // 2 - 4) // 2)
    return Sequential(
        Conv2d(1, 8, 5),
        MaxPool2d(2),
        BatchNorm2d(8),
        ReLU(),
        Conv2d(8, 32, 5),
        MaxPool2d(2),
        BatchNorm2d(32),
        ReLU(),
        Flatten(),
        Linear(32 * height * width, classes),
    )


def cnn(size: Size = (28, 28), classes: int = 10) -> Sequential:
    """Twice two convolutions 3×3 and a pool, 32 channels and then 64; 128 with ReLU; a quarter dropped around it.

    Two convolutions of 3×3 see as much as one of 5×5, with fewer weights and a ReLU more (Simonyan and Zisserman 2015).
    """
    height, width = _left("cnn", size, lambda n: ((n - 4) // 2 - 4) // 2)
    return Sequential(
        Conv2d(1, 32, 3),
        ReLU(),
        Conv2d(32, 32, 3),
        ReLU(),
        MaxPool2d(2),
        Conv2d(32, 64, 3),
        ReLU(),
        Conv2d(64, 64, 3),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Dropout(0.25),
        Linear(64 * height * width, 128),
        ReLU(),
        Dropout(0.25),
        Linear(128, classes),
    )


def _left(model: str, size: Size, after: Callable[[int], int]) -> Size:
    """What the convolutions and pools leave of the images."""
    height, width = after(size[0]), after(size[1])
    if height < 1 or width < 1:
        raise ArgumentError(f"{model}: images of {size[0]}×{size[1]} pixels are too small; use mlp")
    return height, width
