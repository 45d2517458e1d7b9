"""What every augmentation does with its images before and after: layout, dtype, range."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in
from nn.errors import DataError


class Augmentation(ABC):
    """A change of images by chance. A subclass says in `apply` what is done with floating (N, C, height, width)."""

    def __call__(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        """New images of the same layout and dtype. uint8 is taken as [0, 1], and rounded and clipped back to it.

        Shapes: (N, height, width) or (N, C, height, width), kept but by `RandomCrop`. Raises `DataError` on others.
        """
        name = type(self).__name__
        if not isinstance(images, np.ndarray) or not isinstance(generator, np.random.Generator):
            got = f"{type(images).__name__} and {type(generator).__name__}"
            raise DataError(f"{name} takes a numpy array and a generator like np.random.default_rng(0), got {got}")
        if images.ndim not in (3, 4) or images.dtype not in (np.uint8, np.float32, np.float64):
            raise DataError(
                f"{name} takes images (N, height, width) or (N, channels, height, width) of uint8,"
                f" float32 or float64, got {images.dtype} of shape {images.shape}"
            )
        channels = images if images.ndim == 4 else images[:, None]
        if images.dtype == np.uint8:
            changed = self.apply(np.divide(channels, 255, dtype=np.float32), generator) * 255
            changed = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
        else:
            changed = self.apply(channels, generator)
        return changed if images.ndim == 4 else changed[:, 0]

    @abstractmethod
    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        """Floating images (N, C, height, width), changed; those given stay as they are."""


def per_image(
    interval: tuple[float, float], images: NDArray[Any], generator: np.random.Generator, ndim: int
) -> NDArray[Any]:
    """A number drawn evenly from `interval` for each image. Shapes: (N, 1, ...), `ndim` dimensions."""
    drawn = generator.uniform(*interval, len(images)).astype(images.dtype)
    return drawn.reshape(-1, *[1] * (ndim - 1))


def pair(name: str, value: Any, low: float) -> tuple[float, float]:
    """The interval that a user means by (least, most), each at least `low`, or by one number for -value to value."""
    if isinstance(value, tuple | list) and len(value) == 2:
        least, most = (number_in(name, end, low) for end in value)
        if least > most:
            raise DataError(f"{name} is {value!r}, expected (least, most)")
        return least, most
    size = number_in(name, value, 0)
    return -size, size


def in_unit_range(images: NDArray[Any], name: str) -> None:
    """Raise `DataError` unless all pixels are in [0, 1]: clipped to it, standardised images would be lost unnoticed."""
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise DataError(
            f"{name} takes images in [0, 1] (or uint8), got values from {images.min():g} to {images.max():g};"
            " augment first, standardise afterwards"
        )
