"""MNIST from the pickle that Nielsen's book and deeplearning.net made known: its arrays and nothing else.

The pickle holds three pairs (images, labels): 50,000 to train on, 10,000 for validation, 10,000 for the test; images as
float32 (N, 784) of value/256, labels as int64 (N,).
"""

import _codecs
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.idx import encode_idx
from nn.data.labelled_images import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from nn.errors import DataError

_SIDE = 28


def idx_files_from_pickle(data: bytes) -> dict[str, bytes]:
    """The four IDX files, by name, whose pixels and labels the pickle `data` holds.

    Raises `DataError` if the pickle wants anything but arrays, or if a pixel is no multiple of 1/256.
    """
    try:
        (train, validation, test) = _ArrayUnpickler(data).load()
        training_images = np.concatenate([_images(train[0]), _images(validation[0])])
        training_labels = np.concatenate([_labels(train[1]), _labels(validation[1])])
        test_images, test_labels = _images(test[0]), _labels(test[1])
    except DataError:
        raise
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise DataError(f"not MNIST's pickle of three pairs of arrays: {' '.join(str(error).split())}") from error
    return {
        TRAIN_IMAGES: encode_idx(training_images),
        TRAIN_LABELS: encode_idx(training_labels),
        TEST_IMAGES: encode_idx(test_images),
        TEST_LABELS: encode_idx(test_labels),
    }


class _ArrayUnpickler(pickle.Unpickler):
    """Admits what rebuilds a numpy array; a pickle that names any other function or class is refused, not run."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")  # Python 2 wrote it, with bytes as str

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise DataError(f"the pickle asks for {module}.{name}, which rebuilding arrays does not need; refused")
        return _ADMITTED[module, name]


def _dtype(spec: str, align: bool = False, copy: bool = False) -> np.dtype[Any]:
    # Pickles carry 0 and 1 here, and numpy deprecates integers for these flags.
    return np.dtype(spec, align=bool(align), copy=bool(copy))


# What rebuilds an array lives under a private name that moved between numpy's versions; an array itself tells it.
_reconstruct: Callable[..., Any] = np.empty(0).__reduce__()[0]  # type: ignore[assignment]

_ADMITTED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _codecs.encode,
}


def _images(floats: NDArray[np.float32]) -> NDArray[np.uint8]:
    in_range = (floats >= 0) & (floats < 1)  # neither are NaNs; the cast to uint8 is undefined for what is outside
    pixels = np.where(in_range, floats * np.float32(256), 0).astype(np.uint8)
    # Dividing by a power of two is exact, so equality is the right question.
    if not np.array_equal(pixels / np.float32(256), floats):
        raise DataError("a pixel of the pickle is no multiple of 1/256 in [0, 1)")
    return pixels.reshape(-1, _SIDE, _SIDE)


def _labels(integers: NDArray[np.int64]) -> NDArray[np.uint8]:
    labels = integers.astype(np.uint8)
    if labels.ndim != 1 or not np.array_equal(labels, integers):
        raise DataError("the pickle's labels are not one list of whole numbers in [0, 255]")
    return labels
