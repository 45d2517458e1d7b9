"""Augmentations of augmentations: one after the other, and only now and then."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in
from nn.data.augmentation.base import Augmentation
from nn.data.augmentation.warping import Warp, warped
from nn.errors import DataError


class Compose(Augmentation):
    """All `steps`, the first of them first. Neighbouring warps of one `fill` are done in one resampling.

    >>> from nn.data.augmentation import ElasticTransform, GaussianNoise, RandomAffine
    >>> augment = Compose(RandomAffine(degrees=10, scale=(0.9, 1.1)), ElasticTransform(), GaussianNoise(0.05))
    >>> augment(np.zeros((64, 28, 28), np.uint8), np.random.default_rng(0)).shape
    (64, 28, 28)
    """

    def __init__(self, *steps: Augmentation) -> None:
        for step in steps:
            _check(step, "Compose")
        self.steps = steps

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.steps))})"

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        """The steps on floating images, so that uint8 are rounded once, at the end."""
        for fill, steps in itertools.groupby(self.steps, lambda step: step.fill if isinstance(step, Warp) else None):
            if fill is not None:
                images = warped(images, [step for step in steps if isinstance(step, Warp)], generator)
            else:
                for step in steps:
                    images = step.apply(images, generator)
        return images


class RandomApply(Augmentation):
    """`step` for each image with probability `p`, else the image as it is. The step must keep the images' size."""

    def __init__(self, step: Augmentation, p: float = 0.5) -> None:
        _check(step, "RandomApply")
        self.step, self.p = step, number_in("RandomApply: p", p, 0, 1)

    def __repr__(self) -> str:
        return f"RandomApply({self.step!r}, p={self.p})"

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        """Only the images that it falls on are computed."""
        chosen = generator.random(len(images)) < self.p
        changed = self.step.apply(images[chosen], generator)
        if changed.shape[1:] != images.shape[1:]:
            raise DataError(f"RandomApply: {self.step!r} changes the size of images; apply it to all of them")
        result = images.copy()
        result[chosen] = changed
        return result


def _check(step: Any, by: str) -> None:
    if not isinstance(step, Augmentation):
        raise DataError(f"{by} takes augmentations like RandomAffine(...), got {step!r}")
