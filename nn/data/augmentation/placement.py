"""What moves images by whole pixels, and so changes none of them: mirroring, and cutting out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in, whole_number
from nn.data.augmentation.base import Augmentation
from nn.errors import DataError


@dataclass(frozen=True)
class RandomHorizontalFlip(Augmentation):
    """Each image mirrored, left for right, with probability `p`. Not for digits."""

    p: float = 0.5

    def __post_init__(self) -> None:
        number_in("RandomHorizontalFlip: p", self.p, 0, 1)

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        flipped = generator.random(len(images)) < self.p
        return np.where(flipped[:, None, None, None], images[..., ::-1], images)


@dataclass(frozen=True)
class RandomCrop(Augmentation):
    """A square of `size` pixels cut out anywhere, once the image has got `padding` pixels of `fill` on each side.

    With the images' own size and a padding of p this moves them by up to p pixels.
    """

    size: int
    padding: int = 0
    fill: float = 0.0

    def __post_init__(self) -> None:
        whole_number("RandomCrop: size", self.size, at_least=1)
        whole_number("RandomCrop: padding", self.padding, at_least=0)
        number_in("RandomCrop: fill", self.fill, -np.inf)

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        """Raises `DataError` if the padded images are smaller than the square."""
        around = (self.padding, self.padding)
        padded = np.pad(images, ((0, 0), (0, 0), around, around), constant_values=self.fill)
        places = [size - self.size + 1 for size in padded.shape[2:]]
        if min(places) < 1:
            height, width = padded.shape[2:]
            raise DataError(f"RandomCrop: size is {self.size}, but with padding the images are {height}x{width}")
        top, left = (generator.integers(0, count, len(images)) for count in places)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (self.size, self.size), axis=(2, 3))
        return windows[np.arange(len(images)), :, top, left]
