"""What all libraries are given alike: operands, networks, their first weights, batches."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Layer = tuple  # ("linear", in, out), ("conv", in, out, kernel, padding), ("pool", size), ("relu",), ...

# Batches that a training goes through again and again: what one step leaves in the caches must not help the next.
BATCHES = 8


@dataclass(frozen=True)
class Model:
    """A network and how it is trained: "sgd" with the quadratic loss, or "adam" with the cross-entropy."""

    layers: tuple[Layer, ...]
    input_shape: tuple[int, ...]
    batch: int
    optimizer: str
    lr: float


def _mlp(*sizes: int, activation: str = "relu") -> tuple[Layer, ...]:
    layers: list[Layer] = []
    for wide, narrow in itertools.pairwise(sizes):
        layers += [("linear", wide, narrow), (activation,)]
    return tuple(layers if activation == "sigmoid" else layers[:-1])


_LENET5 = (
    ("conv", 1, 6, 5, 2), ("relu",), ("pool", 2), ("conv", 6, 16, 5, 0), ("relu",), ("pool", 2), ("flatten",),
    *_mlp(400, 120, 84, 10),
)  # fmt: skip
_CNN = (
    ("conv", 1, 32, 3, 0), ("relu",), ("conv", 32, 64, 3, 0), ("relu",), ("pool", 2), ("flatten",),
    *_mlp(64 * 12 * 12, 128, 10),
)  # fmt: skip

MODELS = {
    "MLP 784-30-10": Model(_mlp(784, 30, 10, activation="sigmoid"), (784,), batch=10, optimizer="sgd", lr=3.0),
    "MLP 784-128-10": Model(_mlp(784, 128, 10), (784,), batch=128, optimizer="adam", lr=1e-3),
    "MLP 784-512-512-10": Model(_mlp(784, 512, 512, 10), (784,), batch=128, optimizer="adam", lr=1e-3),
    "LeNet-5": Model(_LENET5, (1, 28, 28), batch=64, optimizer="adam", lr=1e-3),
    "CNN 32-64": Model(_CNN, (1, 28, 28), batch=64, optimizer="adam", lr=1e-3),
}

# Layers by their class, which has the same name here and in torch, its arguments, and the shape of the input.
_ACTIVATIONS = ("Sigmoid", "Tanh", "SiLU", "GELU", "Softplus", "ELU")
LAYERS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    f"{name}{arguments or '()'}, {'×'.join(map(str, shape))}".replace(",)", ")"): (name, arguments, shape)
    for name, arguments, shape in [
        ("BatchNorm2d", (32,), (64, 32, 28, 28)),
        ("BatchNorm2d", (512,), (32, 512, 4, 4)),
        ("BatchNorm1d", (512,), (128, 512)),
        ("LayerNorm", (512,), (32, 128, 512)),
        ("LayerNorm", (128,), (64, 128)),
        ("GroupNorm", (8, 32), (64, 32, 28, 28)),
        ("RMSNorm", (512,), (32, 128, 512)),
        ("Softmax", (-1,), (8, 8, 128, 128)),
        ("Softmax", (-1,), (4096, 10)),
        ("LogSoftmax", (-1,), (256, 5000)),
        *((name, (), (64, 4096)) for name in _ACTIVATIONS),
        ("Dropout", (), (64, 4096)),
    ]
}


# Functions of one array, by the names that the peers' modules know them by, and its shape.
ARRAY_FUNCTIONS: dict[str, tuple[int, ...]] = {
    "product with itself": (256, 5000),
    "sum with a row": (256, 5000),
    "third power": (256, 5000),
    "exponential": (256, 5000),
    "twice the transpose": (1000, 1000),
    "every second column": (256, 5000),
    "joined with itself": (256, 5000),
    "sums of rows": (256, 5000),
    "sums of columns": (256, 5000),
    "means of channels": (64, 64, 24, 24),
    "largest of rows": (256, 5000),
    "variances of rows": (256, 5000),
    "norms of rows": (256, 5000),
    "logsumexp of rows": (256, 5000),
    "cumulative sums of rows": (1000, 1000),
    "sorted rows": (1000, 1000),
    "named rows": (5000, 128),
    "products with its transposes": (256, 50, 100),
    "product with a vector": (9216, 128),
}
# What an embedding of 64 sentences of 35 words reads, some rows several times.
NAMED_ROWS = np.random.default_rng(5).integers(0, ARRAY_FUNCTIONS["named rows"][0], (64, 35))


def layer_operands(shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """An input and a gradient of the output."""
    random = np.random.default_rng(4)
    return random.standard_normal(shape, np.float32), random.standard_normal(shape, np.float32)


def first_weights(model: Model, seed: int = 0) -> list[Floats]:
    """Weight and bias of each layer, uniform in ±1/√fan_in; laid out as torch and this project do."""
    random = np.random.default_rng(seed)
    weights = []
    for kind, *sizes in model.layers:
        if kind in ("linear", "conv"):
            shape = (sizes[1], sizes[0]) if kind == "linear" else (sizes[1], sizes[0], sizes[2], sizes[2])
            bound = 1 / math.sqrt(math.prod(shape[1:]))
            weights += [random.uniform(-bound, bound, s).astype(np.float32) for s in (shape, shape[:1])]
    return weights


def batches(model: Model, batch: int) -> list[tuple[Floats, NDArray[np.int64]]]:
    """Pictures in [0, 1] and their labels, drawn at random."""
    random = np.random.default_rng(1)
    return [
        (random.random((batch, *model.input_shape), np.float32), random.integers(0, 10, batch)) for _ in range(BATCHES)
    ]


def one_hot(labels: NDArray[np.int64]) -> Floats:
    return np.eye(10, dtype=np.float32)[labels]


def matmul_operands(m: int, k: int, n: int, layout: str) -> tuple[Floats, Floats]:
    """Arrays as they lie in memory; one whose letter in `layout` is "t" is the transpose of what is multiplied."""
    random = np.random.default_rng(2)
    a = random.standard_normal((k, m) if layout[0] == "t" else (m, k), np.float32)
    b = random.standard_normal((n, k) if layout[1] == "t" else (k, n), np.float32)
    return a, b


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def conv_operands(
    batch: int, channels: int, size: int, outputs: int, kernel: int, stride: int, padding: int, groups: int
) -> tuple[Floats, Floats, Floats]:
    """Images, filters and a gradient of the output."""
    random = np.random.default_rng(3)
    left = output_size(size, kernel, stride, padding)
    x = random.standard_normal((batch, channels, size, size), np.float32)
    w = random.standard_normal((outputs, channels // groups, kernel, kernel), np.float32)
    return x, w, random.standard_normal((batch, outputs, left, left), np.float32)
