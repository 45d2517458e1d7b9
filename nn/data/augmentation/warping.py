"""Images bent: moved, turned, scaled, sheared, distorted elastically, all in one resampling.

A warp is a map from where a pixel is wanted to where in the image it is read. Maps are composed, and the image is read
once, between its pixels (bilinearly), so several warps cost and blur no more than one.
"""

import functools
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import number_in
from nn.data.augmentation.base import Augmentation, pair, per_image
from nn.data.augmentation.gaussian import gaussian_weights
from nn.errors import DataError

_PIXELS_AT_ONCE = 2**13  # what is computed on the way then stays in the cache: nearly twice as fast for 64 images

Coordinates = tuple[NDArray[Any], NDArray[Any]]  # y and x, in pixels; shapes broadcast to (N, height, width)


class Warp(Augmentation):
    """An augmentation that moves pixels. What comes from outside the image is `fill`."""

    fill: float

    def apply(self, images: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
        return warped(images, [self], generator)

    @abstractmethod
    def source(self, at: Coordinates, images: NDArray[Any], generator: np.random.Generator) -> Coordinates:
        """Where in the images the pixels wanted `at` these coordinates are read."""


@dataclass(frozen=True)
class RandomAffine(Warp):
    """Images turned, moved, scaled and sheared, about their centre.

    `degrees`: counterclockwise, (least, most) or one number for -degrees to degrees. `translate`: at most these shares
    of the (width, height), to both sides. `scale`: (least, most) factor. `shear`: degrees, like `degrees`.

    >>> turned = RandomAffine(degrees=(90, 90))(np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.random.default_rng(0))
    >>> turned.round(6).tolist()
    [[[2.0, 4.0], [1.0, 3.0]]]
    """

    degrees: float | tuple[float, float] = 0.0
    translate: tuple[float, float] = (0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    shear: float | tuple[float, float] = 0.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        pair("RandomAffine: degrees", self.degrees, -np.inf)
        pair("RandomAffine: shear", self.shear, -89)
        if not (isinstance(self.translate, tuple | list) and len(self.translate) == 2):
            raise DataError(f"RandomAffine: translate is {self.translate!r}, expected shares of (width, height)")
        for share in self.translate:
            number_in("RandomAffine: translate", share, 0, 1)
        if not isinstance(self.scale, tuple | list):
            raise DataError(f"RandomAffine: scale is {self.scale!r}, expected (least, most)")
        pair("RandomAffine: scale", self.scale, 1e-3)
        number_in("RandomAffine: fill", self.fill, -np.inf)

    def source(self, at: Coordinates, images: NDArray[Any], generator: np.random.Generator) -> Coordinates:
        """p -> S⁻¹ R⁻¹ (p - centre - shift) / scale + centre, for the shear S and the rotation R."""
        height, width = images.shape[2:]
        angle = np.radians(per_image(pair("degrees", self.degrees, -np.inf), images, generator, 3))
        slant = np.tan(np.radians(per_image(pair("shear", self.shear, -89), images, generator, 3)))
        factor = per_image(self.scale, images, generator, 3)
        most_x, most_y = self.translate[0] * width, self.translate[1] * height
        centre_y, centre_x = (height - 1) / 2, (width - 1) / 2
        y = at[0] - centre_y - per_image((-most_y, most_y), images, generator, 3)
        x = at[1] - centre_x - per_image((-most_x, most_x), images, generator, 3)
        # y points down, so turning counterclockwise takes (x, y) to (cos·x + sin·y, -sin·x + cos·y).
        cos, sin = np.cos(angle) / factor, np.sin(angle) / factor
        back_y = cos * y + sin * x
        back_x = (cos - slant * sin) * x - (sin + slant * cos) * y
        return back_y + centre_y, back_x + centre_x


@dataclass(frozen=True)
class ElasticTransform(Warp):
    """Elastic distortion: every pixel is moved by chance, neighbours alike (Simard, Steinkraus, Platt 2003).

    Moves along y and x are uniform in [-1, 1], smoothed by a Gaussian of deviation `sigma` pixels, times `alpha`. The
    paper's values for MNIST are the defaults; they move a pixel by 1.4 on average (root mean square). In a composition
    the moves are drawn for the pixels of the result.
    """

    alpha: float = 34.0
    sigma: float = 4.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        number_in("ElasticTransform: alpha", self.alpha, 0)
        number_in("ElasticTransform: sigma", self.sigma, 0.1)
        number_in("ElasticTransform: fill", self.fill, -np.inf)

    def source(self, at: Coordinates, images: NDArray[Any], generator: np.random.Generator) -> Coordinates:
        """p -> p + α · (G ∗ noise)(p). The Gaussian G is separable, so two products with a matrix smooth the noise."""
        count, _, height, width = images.shape
        noise = generator.random((2, count, height, width), dtype=images.dtype.type)
        noise -= 0.5
        noise *= 2 * self.alpha
        along_y, along_x = (_smoothing(size, self.sigma, images.dtype) for size in (height, width))
        moves = (along_y @ noise).reshape(-1, width) @ along_x
        dy, dx = moves.reshape(noise.shape)
        return at[0] + dy, at[1] + dx


@functools.lru_cache(maxsize=32)
def _smoothing(size: int, sigma: float, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The symmetric matrix that smooths along an axis; beyond the border there is nothing, as in the paper."""
    whole = gaussian_weights(2 * int(np.ceil(6 * sigma)) + 1, sigma)
    matrix: NDArray[Any] = (gaussian_weights(size, sigma) / whole[len(whole) // 2].sum()).astype(dtype)
    matrix.flags.writeable = False  # the cache gives the same one to everybody
    return matrix


def warped(images: NDArray[Any], warps: Sequence[Warp], generator: np.random.Generator) -> NDArray[Any]:
    """The images after all `warps`, the first of them first, read once. All have the same `fill`."""
    count, _, height, width = images.shape
    at_once = max(1, _PIXELS_AT_ONCE // max(1, height * width))
    result = np.empty_like(images)
    for start in range(0, count, at_once):
        part = slice(start, start + at_once)
        coordinates: Coordinates = (
            np.arange(height, dtype=images.dtype)[:, None],
            np.arange(width, dtype=images.dtype),
        )
        for warp in reversed(warps):  # from the pixels of the result back to those of the image
            coordinates = warp.source(coordinates, images[part], generator)
        resample(images[part], coordinates, warps[0].fill, out=result[part])
    return result


def resample(images: NDArray[Any], at: Coordinates, fill: float, out: NDArray[Any]) -> None:
    """Read the images between their pixels, bilinearly; a frame of `fill` surrounds them.

    Shapes: images and out (N, C, height, width), coordinates broadcast to (N, height, width).
    """
    count, channels, height, width = images.shape
    rows, columns = height + 2, width + 2
    framed = np.full((count, channels, rows, columns), fill, images.dtype)
    framed[:, :, 1:-1, 1:-1] = images
    y, x = (
        np.clip(np.broadcast_to(along, (count, height, width)) + 1, 0, last)
        for along, last in zip(at, (rows - 1, columns - 1), strict=True)
    )
    # The pixel to the upper left of each, of which there must be one below and one to the right, too.
    top, left = np.minimum(y.astype(np.intp), rows - 2), np.minimum(x.astype(np.intp), columns - 2)
    y -= top
    x -= left
    corner = top * columns
    corner += left
    corner += (np.arange(count) * (channels * rows * columns))[:, None, None]
    pixels = framed.ravel()
    for channel in range(channels):
        here = pixels[channel * rows * columns :]
        # All indices are within the array, and "clip" reads without checking that first.
        upper, upper_right = here.take(corner, mode="clip"), here[1:].take(corner, mode="clip")
        lower, lower_right = here[columns:].take(corner, mode="clip"), here[columns + 1 :].take(corner, mode="clip")
        upper_right -= upper
        upper_right *= x
        upper += upper_right
        lower_right -= lower
        lower_right *= x
        lower += lower_right
        lower -= upper
        lower *= y
        np.add(upper, lower, out=out[:, channel])
