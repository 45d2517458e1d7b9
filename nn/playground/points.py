"""Points of the plane in two classes, for the playground: as many of one as of the other, in [-1, 1]² but for noise."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Labels = NDArray[np.float32]


def circle(rng: np.random.Generator, label: NDArray[np.int64]) -> NDArray[np.float64]:
    """A disc of class 1 within a ring of class 0."""
    radius = np.where(label == 1, rng.uniform(0, 0.45, label.shape), rng.uniform(0.65, 0.95, label.shape))
    angle = rng.uniform(0, 2 * np.pi, label.shape)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def xor(rng: np.random.Generator, label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Class 1 where the coordinates have different signs."""
    first, second = rng.uniform(0.08, 0.95, (2, *label.shape))
    sign = rng.choice([-1.0, 1.0], label.shape)
    return np.stack([sign * first, np.where(label == 1, -sign, sign) * second], axis=-1)


def blobs(rng: np.random.Generator, label: NDArray[np.int64]) -> NDArray[np.float64]:
    """A cloud of each class; a line parts them."""
    centre = np.where(label == 1, 0.45, -0.45)[:, None]
    return centre + 0.15 * rng.standard_normal((*label.shape, 2))


def spiral(rng: np.random.Generator, label: NDArray[np.int64]) -> NDArray[np.float64]:
    """Two arms, each a class."""
    way = rng.uniform(0.1, 1.0, label.shape)
    angle = 1.75 * way * 2 * np.pi + np.where(label == 1, np.pi, 0.0)
    return 0.95 * np.stack([way * np.sin(angle), way * np.cos(angle)], axis=-1)


DATA: dict[str, Callable[[np.random.Generator, NDArray[np.int64]], NDArray[np.float64]]] = {
    "circle": circle,
    "xor": xor,
    "blobs": blobs,
    "spiral": spiral,
}


def drawn(name: str, count: int, noise: float, rng: np.random.Generator) -> tuple[Points, Labels]:
    """`count` points of `DATA[name]`, moved by N(0, noise²). Shapes: (count, 2) and (count, 1), labels 0 and 1."""
    label = rng.permutation(np.arange(count) % 2)
    points = DATA[name](rng, label) + noise * rng.standard_normal((count, 2))
    return points.astype(np.float32), label.astype(np.float32)[:, None]
