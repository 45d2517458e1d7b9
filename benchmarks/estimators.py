"""Trainings of a classifier or a regressor of scikit-learn's kind: the same data and settings for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Fit:
    """What is fitted: `outputs` classes, or one number if there are none."""

    examples: int
    features: int
    hidden: tuple[int, ...]
    classes: int
    batch: int
    epochs: int

    def data(self, dtype: str) -> tuple[Any, Any]:
        """Inputs of this dtype, with labels or numbers."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.examples, self.features)).astype(dtype)
        scores = x @ rng.standard_normal((self.features, max(1, self.classes)))
        return x, scores.argmax(axis=1) if self.classes else scores[:, 0]

    def settings(self) -> dict[str, Any]:
        """So many epochs, as no loss can be better by so much as `tol` asks for, nor patience end."""
        return {
            "hidden_layer_sizes": self.hidden,
            "batch_size": self.batch,
            "max_iter": self.epochs,
            "n_iter_no_change": self.epochs + 1,
            "random_state": 0,
        }


FITS = {
    "classifier 150×4, 100, 3 classes, batch 150": Fit(150, 4, (100,), 3, 150, 50),
    "classifier 1,797×64, 100, 10 classes, batch 200": Fit(1797, 64, (100,), 10, 200, 5),
    "classifier 2,000×100, 256-128, 10 classes, batch 32": Fit(2000, 100, (256, 128), 10, 32, 1),
    "classifier 5,000×784, 128, 10 classes, batch 64": Fit(5000, 784, (128,), 10, 64, 1),
    "regressor 500×13, 100, batch 200": Fit(500, 13, (100,), 0, 200, 30),
    "regressor 5,000×20, 100-100, batch 200": Fit(5000, 20, (100, 100), 0, 200, 2),
}
