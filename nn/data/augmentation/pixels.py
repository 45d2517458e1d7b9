"""What changes pixels where they are: brightness and contrast, blur, noise, and holes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in, whole_number
from nn.data.augmentation.base import Augmentation, in_unit_range, pair, per_image
from nn.data.augmentation.gaussian import gaussian_weights


@dataclass(frozen=True)
class ColorJitter(Augmentation):
    """Each image brighter or darker, with more or less contrast: clip(f·x), then clip(mean + c·(x - mean)), in [0, 1].

    `brightness` b draws f from [max(0, 1-b), 1+b], `contrast` draws c likewise. The mean is the image's own.
    Raises `DataError` on images that are not in [0, 1].
    """

    brightness: float = 0.0
    contrast: float = 0.0

    def __post_init__(self) -> None:
        number_in("ColorJitter: brightness", self.brightness, 0)
        number_in("ColorJitter: contrast", self.contrast, 0)

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        in_unit_range(images, "ColorJitter")
        brighter = np.clip(images * per_image(_around_one(self.brightness), images, generator, 4), 0, 1)
        mean = brighter.mean(axis=(1, 2, 3), keepdims=True)
        stretched: NDArray[Any] = mean + (brighter - mean) * per_image(_around_one(self.contrast), images, generator, 4)
        return stretched.clip(0, 1)


@dataclass(frozen=True)
class GaussianBlur(Augmentation):
    """Each image blurred by a Gaussian whose deviation in pixels is drawn from `sigma`, (least, most) or one number.

    At the border the mean is over what is there, so that a bright ground does not darken towards it.
    """

    sigma: float | tuple[float, float] = (0.1, 2.0)

    def __post_init__(self) -> None:
        pair("GaussianBlur: sigma", self._interval(), 0.05)

    def _interval(self) -> Any:
        return self.sigma if isinstance(self.sigma, tuple | list) else (self.sigma, self.sigma)

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        """Along both axes in turn, the Gaussian being separable."""
        sigma = per_image(self._interval(), images, generator, 4)
        down, across = (gaussian_weights(size, sigma) for size in images.shape[2:])
        down /= down.sum(axis=-1, keepdims=True)
        across /= across.sum(axis=-1, keepdims=True)
        blurred: NDArray[Any] = down @ images @ across.swapaxes(-1, -2)
        return blurred


@dataclass(frozen=True)
class GaussianNoise(Augmentation):
    """Normal noise of deviation `sigma` added to each pixel; `clip` keeps [0, 1], which the images must then be in."""

    sigma: float = 0.1
    clip: bool = True

    def __post_init__(self) -> None:
        number_in("GaussianNoise: sigma", self.sigma, 0)

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        noise = generator.standard_normal(images.shape, dtype=images.dtype.type)
        noise *= self.sigma
        noise += images
        if self.clip:
            in_unit_range(images, "GaussianNoise with clip")
            np.clip(noise, 0, 1, out=noise)
        return noise


@dataclass(frozen=True)
class Cutout(Augmentation):
    """A square of `size` pixels in each image made `value`; its centre is anywhere, so part of it may be outside.

    DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout" (2017).
    """

    size: int
    value: float = 0.0

    def __post_init__(self) -> None:
        whole_number("Cutout: size", self.size, at_least=1)
        number_in("Cutout: value", self.value, -np.inf)

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        """The square reaches from centre - size//2 up to, but not including, centre - size//2 + size."""
        count, _, height, width = images.shape
        starts = [generator.integers(0, size, (count, 1)) - self.size // 2 for size in (height, width)]
        rows, columns = (
            (start <= np.arange(size)) & (np.arange(size) < start + self.size)
            for start, size in zip(starts, (height, width), strict=True)
        )
        hole = rows[:, None, :, None] & columns[:, None, None, :]
        return np.where(hole, images.dtype.type(self.value), images)


def _around_one(spread: float) -> tuple[float, float]:
    return max(0.0, 1 - spread), 1 + spread
