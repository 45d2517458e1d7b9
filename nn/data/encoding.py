"""From pixels and labels, as they are stored, to the numbers that a network takes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.errors import DataError


def scale_pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels 0..255 as float32 in [0, 1], that is value/255. Shapes: any, kept.

    Raises `DataError` if `images` is not uint8, for then it was scaled already, or is on a scale unknown here.

    >>> scale_pixels(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    if images.dtype != np.uint8:
        raise DataError(f"scale_pixels takes uint8 pixels, got {images.dtype}; were they scaled already?")
    return np.divide(images, 255, dtype=np.float32)


def one_hot(labels: ArrayLike, classes: int) -> NDArray[np.float32]:
    """Each label as a row with 1 at the label and 0 elsewhere: the target of a quadratic loss.

    Shapes: (N,) -> (N, classes). Raises `DataError` unless labels are whole numbers in [0, classes).

    >>> one_hot(np.array([2, 0]), classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"labels must be whole numbers of shape (N,), got {labels.dtype} of shape {labels.shape}")
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise DataError(f"labels must lie in [0, {classes}), got {labels.min()} to {labels.max()}; check classes")
    rows = np.zeros((len(labels), classes), np.float32)
    rows[np.arange(len(labels)), labels] = 1
    return rows
