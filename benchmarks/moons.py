"""micrograd's demo: an MLP 2-16-16-1 of scalars that learns to tell two moons of 100 points apart; one step of it."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = (2, 16, 16, 1)
EVIDENCE = 5  # steps, whose losses say whether all compute the same


def points() -> tuple[Any, Any]:
    """100 noisy points on two half circles, and their labels -1 and 1."""
    noise = np.random.default_rng(0).normal(0, 0.1, (100, 2))
    angle = np.linspace(0, math.pi, 50)
    above = np.stack([np.cos(angle), np.sin(angle)], 1)
    below = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    return np.concatenate([above, below]) + noise, np.repeat([-1, 1], 50)


def one_by_one(parameters: list[Any]) -> Any:
    """Σ p², as the demo writes it."""
    return sum(p * p for p in parameters)


def training(
    model: Any,
    value: type,
    backward: Callable[[Any], None],
    sum_of_squares: Callable[[list[Any]], Any] = one_by_one,
    compiled: Callable[..., Any] = lambda update: update,
) -> Callable[[], float]:
    """A function that takes the demo's next step with this kind of Value, and returns the loss before it.

    `compiled` is given the step, a function of the rate, and returns one that does the same.
    """
    random.seed(1337)
    for parameter in model.parameters():
        parameter.data = random.uniform(-1, 1)
    examples, labels = points()
    rates = (max(0.1, 1.0 - 0.9 * count / 100) for count in itertools.count())

    @compiled
    def update(rate: float) -> float:
        inputs = [list(map(value, row)) for row in examples]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(labels.tolist(), scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total = data_loss + 1e-4 * sum_of_squares(model.parameters())
        model.zero_grad()
        backward(total)
        for p in model.parameters():
            p.data -= rate * p.grad
        return total.data

    return lambda: update(next(rates))
