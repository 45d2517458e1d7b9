"""Optimisers in place on numpy arrays, for the libraries that bring none."""

from __future__ import annotations

from typing import Any

import numpy as np


class SGD:
    def __init__(self, weights: list[Any], lr: float) -> None:
        self.weights, self.lr = weights, lr

    def step(self, gradients: list[Any]) -> None:
        for w, g in zip(self.weights, gradients, strict=True):
            w -= self.lr * g


class Adam:
    def __init__(self, weights: list[Any], lr: float) -> None:
        self.weights, self.lr, self.count = weights, lr, 0
        self.means = [np.zeros_like(w) for w in weights]
        self.squares = [np.zeros_like(w) for w in weights]

    def step(self, gradients: list[Any]) -> None:
        self.count += 1
        rate = self.lr / (1 - 0.9**self.count)
        unbias = 1 / (1 - 0.999**self.count)
        for w, g, m, v in zip(self.weights, gradients, self.means, self.squares, strict=True):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * np.square(g)
            w -= rate * m / (np.sqrt(v * unbias) + 1e-8)


OPTIMIZERS = {"sgd": SGD, "adam": Adam}
