"""The perceptron: a threshold unit with a learning rule of its own, which needs no gradient (Rosenblatt 1957, deck B).

And what can be built of such units without any learning: a NAND gate, and of NAND gates alone a half adder (deck C).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_core import ArgumentError, DTypeError, ShapeError
from nn.arguments import at_least

Array = npt.NDArray[Any]


class Perceptron:
    """1 where w·x + b > 0, else -1; learns by w ← w + y·x, b ← b + y on each mistake, one example at a time.

    There is no learning rate: as w starts from 0, another would only scale it. On separable data the rule makes a
    finite number of mistakes (at most (R/γ)², Novikoff 1962) and then stops. w is always a combination of training
    points: Σ counts·y·x, with in `counts` how often each was mistaken.

    >>> unit = Perceptron(2)
    >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, -1, -1, 1]  # and
    >>> mistakes = unit.fit(x, y)
    >>> unit(x).tolist()
    [-1, -1, -1, 1]
    """

    def __init__(self, in_features: int) -> None:
        self.in_features = at_least("Perceptron", "in_features", in_features, 1)
        self.weight: Array = np.zeros(self.in_features)
        self.bias = 0.0
        self.counts: Array = np.zeros(0, np.int64)
        self.converged = False

    def __call__(self, x: Any) -> Array:
        """The labels -1 or 1. Shapes: (..., in_features) -> (...)."""
        return np.where(self._inputs(x) @ self.weight + self.bias > 0, 1, -1)

    def fit(self, x: Any, y: Any, max_epochs: int = 1000) -> int:
        """Learn from x (n, in_features) with labels y (n,) of -1 and 1, from w = 0; returns the number of mistakes.

        It goes through the examples until it makes no mistake on any (`converged` is then True) or `max_epochs` are
        over, as they are on data that no line separates.
        """
        points, labels = self._inputs(x), np.asarray(y)
        at_least("Perceptron", "max_epochs", max_epochs, 1)
        if points.ndim != 2 or labels.shape != points.shape[:1]:
            raise ShapeError(
                f"Perceptron: fit takes x (n, {self.in_features}) and y (n,), "
                f"got shapes {points.shape} and {labels.shape}"
            )
        if not np.isin(labels, (-1, 1)).all():
            raise ArgumentError(
                f"Perceptron: labels are -1 and 1, got {np.unique(labels).tolist()}; use 2·y - 1 for 0 and 1"
            )
        if not np.isfinite(points).all():
            raise ArgumentError("Perceptron: fit takes finite numbers, got some inf or nan; fill or leave them out")
        self.weight, self.bias = np.zeros(self.in_features), 0.0
        self.counts = np.zeros(len(labels), np.int64)
        self.converged = False
        for _ in range(max_epochs):
            before = self.counts.sum()
            for index, (point, label) in enumerate(zip(points, labels, strict=True)):
                # Not the sign of the sum but a sum of the wrong sign: at w = 0 both labels are wrong.
                if label * (point @ self.weight + self.bias) <= 0:
                    self.weight = self.weight + label * point
                    self.bias += float(label)
                    self.counts[index] += 1
            if self.counts.sum() == before:
                self.converged = True
                break
        return int(self.counts.sum())

    def _inputs(self, x: Any) -> Array:
        points = np.asarray(x)
        if points.dtype.kind not in "fiub":
            raise DTypeError(f"Perceptron: takes numbers, got {points.dtype}")
        if points.ndim == 0 or points.shape[-1] != self.in_features:
            raise ShapeError(f"Perceptron: takes shape (..., {self.in_features}), got shape {points.shape}")
        return points.astype(np.float64)

    def __repr__(self) -> str:
        return f"Perceptron({self.in_features}, weight={self.weight.tolist()}, bias={self.bias})"


def threshold_unit(x: Any, weight: Any, bias: float) -> Array:
    """The lectures' perceptron with inputs and outputs 0 and 1: 1 where w·x + b > 0 (deck C). (..., n) -> (...)."""
    return np.asarray(np.asarray(x) @ np.asarray(weight) + bias > 0, np.int64)


def nand(a: Any, b: Any) -> Array:
    """0 only where a and b are both 1: a threshold unit with weights -2, -2 and bias 3.

    >>> [int(nand(a, b)) for a, b in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    [1, 1, 1, 0]
    """
    return threshold_unit(np.stack(np.broadcast_arrays(a, b), axis=-1), [-2, -2], 3)


def half_adder(a: Any, b: Any) -> tuple[Array, Array]:
    """(Sum, carry) of two bits, made of five NAND gates (deck C).

    >>> [tuple(map(int, half_adder(a, b))) for a, b in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    [(0, 0), (1, 0), (1, 0), (0, 1)]
    """
    either = nand(a, b)
    return nand(nand(a, either), nand(b, either)), nand(either, either)
