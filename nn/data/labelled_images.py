"""Labelled images, their three splits, and the directory of four IDX files that they come in. No download lives here.

Any data set in the form of MNIST fits, whatever its image size and number of classes (Fashion-MNIST, KMNIST, ...).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.data.idx import read_idx
from nn.errors import DataError

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
FILE_NAMES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

# Nielsen's book and the lectures hold back the last 10,000 of MNIST's 60,000 training images for validation.
_VALIDATION_SHARE = 6


@dataclass(frozen=True, eq=False)  # arrays have no single truth of being equal
class LabelledImages:
    """Images and their classes. Shapes: `images` (N, height, width) uint8, `labels` (N,) uint8; `len` is N."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.images)


class Splits(NamedTuple):
    """What to learn from, what to choose settings by, and what to judge by once at the end."""

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages

    @property
    def image_shape(self) -> tuple[int, int]:
        """(height, width), the same in all three."""
        height, width = self.train.images.shape[1:]
        return height, width

    @property
    def classes(self) -> int:
        """The number of classes: one more than the largest label anywhere."""
        return 1 + max(int(part.labels.max()) for part in self)


def read_directory(directory: str | Path, *, called: str | None = None) -> Splits:
    """The splits in a directory that holds the four IDX files, each plain or gzipped.

    `called` is how errors name the directory, by default its path. Raises `DataError` if files are missing (all of them
    are named), damaged, or do not belong together.
    """
    directory = Path(directory)
    called = called or str(directory)
    expected = f"expected {', '.join(FILE_NAMES)}, each plain or with .gz"
    try:
        if not directory.is_dir():
            raise DataError(f"{called} is no directory; {expected}")
        paths = {name: _plain_or_gzipped(directory, name) for name in FILE_NAMES}
    except OSError as error:
        raise DataError(f"cannot look into {called}: {error.strerror or error}; {expected}") from error
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise DataError(f"{called} lacks {', '.join(missing)}; {expected}")
    arrays = {name: read_idx(path) for name, path in paths.items() if path is not None}
    return make_splits(arrays, called=called)


def make_splits(arrays: Mapping[str, NDArray[Any]], *, called: str) -> Splits:
    """The splits made of the four arrays (keys: `FILE_NAMES`); the last sixth of the training files is for validation.

    Raises `DataError` if dtypes, dimensions, counts or image sizes do not fit, or if labels run up to twice as many
    classes as there are training examples of, as damaged ones do; `called` names the data set in it.
    """
    training = _pair(arrays, TRAIN_IMAGES, TRAIN_LABELS, called)
    test = _pair(arrays, TEST_IMAGES, TEST_LABELS, called)
    if training.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"{called}: training images are {_size(training)} but test images {_size(test)};"
            " all four files must be of one data set"
        )
    if len(training) < _VALIDATION_SHARE:
        raise DataError(
            f"{called}: {TRAIN_IMAGES} holds {len(training)} images, expected at least {_VALIDATION_SHARE},"
            " since the last sixth is kept for validation"
        )
    _check_classes(training, test, called)
    first_held_back = len(training) - len(training) // _VALIDATION_SHARE
    return Splits(
        train=LabelledImages(training.images[:first_held_back], training.labels[:first_held_back]),
        validation=LabelledImages(training.images[first_held_back:], training.labels[first_held_back:]),
        test=test,
    )


def _plain_or_gzipped(directory: Path, name: str) -> Path | None:
    candidates = (directory / name, directory / f"{name}.gz")
    return next((path for path in candidates if path.exists()), None)


def _pair(arrays: Mapping[str, NDArray[Any]], images_name: str, labels_name: str, called: str) -> LabelledImages:
    images, labels = arrays[images_name], arrays[labels_name]
    _check_form(images, 3, f"{called}: {images_name}", "images (count, height, width)")
    _check_form(labels, 1, f"{called}: {labels_name}", "labels (count,)")
    if len(images) != len(labels):
        raise DataError(
            f"{called}: {images_name} holds {len(images)} images but {labels_name} {len(labels)} labels;"
            " the two must be of one data set"
        )
    if images.size == 0:
        raise DataError(f"{called}: {images_name} holds no pixels (shape {images.shape}); expected at least one image")
    return LabelledImages(images, labels)


def _check_form(array: NDArray[Any], ndim: int, name: str, expected: str) -> None:
    if array.ndim != ndim or array.dtype != np.uint8:
        raise DataError(
            f"{name} holds {array.dtype} of shape {array.shape}, expected {expected} as uint8;"
            " are image and label files swapped?"
        )


def _check_classes(training: LabelledImages, test: LabelledImages, called: str) -> None:
    """A single damaged label would add hundreds of classes; some without examples there may be, as 0 in EMNIST."""
    known, largest = len(np.unique(training.labels)), max(int(part.labels.max()) for part in (training, test))
    if largest < 2 * known:
        return
    name, part = (TRAIN_LABELS, training) if largest in training.labels else (TEST_LABELS, test)
    raise DataError(
        f"{called}: {name} has the label {largest} at place {int(np.argmax(part.labels == largest))}, but there are"
        f" training images of {known} classes only; number the classes from 0 on without gaps"
    )


def _size(examples: LabelledImages) -> str:
    height, width = examples.images.shape[1:]
    return f"{height}x{width}"
