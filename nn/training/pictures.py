"""Labelled images as a network takes them and a loss wants them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data import LabelledImages, scale_pixels
from nn.training.objective import Objective


class Pictures:
    """A data set of (image, target): images scaled to [0, 1] as they are asked for, targets as the objective has them.

    Shapes: images (height, width) -> (1, height, width) float32.
    """

    def __init__(self, examples: LabelledImages, objective: Objective, classes: int) -> None:
        self._images = examples.images
        self._targets = objective.targets(examples.labels, classes)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], Any]:
        return as_input(self._images[index][None])[0], self._targets[index]

    def batch(self, chosen: Any) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Several examples at once."""
        return as_input(self._images[chosen]), self._targets[chosen]


def as_input(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey pixels as a network takes them. Shapes: (N, height, width) -> (N, 1, height, width), float32 in [0, 1]."""
    return scale_pixels(images)[:, None]
