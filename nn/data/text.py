"""Text for models of characters: characters as numbers, and the stretches of text that such models learn from."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nn.data.arguments import whole_number
from nn.data.datasets import Batch, Chosen
from nn.errors import DataError


class Vocabulary:
    """The characters that a model knows, numbered from 0 in sorted order.

    `characters` is all there is to it, and what to keep with a model: `Vocabulary(kept)` is the same one.

    >>> vocabulary = Vocabulary("hello")
    >>> vocabulary.characters, vocabulary.encode("hole").tolist(), vocabulary.decode([1, 0, 2, 2])
    ('ehlo', [1, 3, 2, 0], 'hell')
    """

    def __init__(self, text: str | Iterable[str]) -> None:
        self.characters = "".join(sorted(set("".join(text))))
        if not self.characters:
            raise DataError("Vocabulary: there are no characters in the text; give the text to train on")
        # Code points are what numpy can look up at once: each at its place in the sorted characters.
        self._code_points = _code_points(self.characters)

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> NDArray[np.int64]:
        """Each character's number. Shapes: -> (len(text),). Raises `DataError` on a character that is not known."""
        if not isinstance(text, str):
            raise DataError(f"encode takes a text, got {type(text).__name__}; join its parts")
        wanted = _code_points(text)
        numbers = np.searchsorted(self._code_points, wanted).clip(max=len(self) - 1)
        unknown = np.flatnonzero(self._code_points[numbers] != wanted)
        if unknown.size:
            place = int(unknown[0])
            raise DataError(
                f"the vocabulary has no {text[place]!r} (character {place} of the text); it knows {len(self)} others"
            )
        return numbers.astype(np.int64)

    def decode(self, numbers: ArrayLike) -> str:
        """The characters of these numbers, shape (length,). Raises `DataError` on numbers that it does not have."""
        places = np.asarray(numbers)
        if places.size == 0:
            return ""
        if places.ndim != 1 or places.dtype.kind not in "iu" or places.min() < 0 or places.max() >= len(self):
            raise DataError(
                f"decode takes whole numbers in [0, {len(self)}) of shape (length,), got {places.dtype} of shape"
                f" {places.shape}" + (f", {places.min()} to {places.max()}" if places.dtype.kind in "iu" else "")
            )
        return "".join(map(self.characters.__getitem__, places.tolist()))


class Sequences:
    """A data set of stretches of a text: inputs of `length` characters, targets the same one character further on.

    Stretches begin `stride` characters apart, by default `length`: then they follow on each other. What is left over at
    the end is left out. Shapes: encoded (T,) -> examples ((length,), (length,)).

    >>> inputs, targets = Sequences(np.arange(10), length=3)[1]
    >>> inputs.tolist(), targets.tolist()
    ([3, 4, 5], [4, 5, 6])
    """

    def __init__(self, encoded: NDArray[Any], length: int, *, stride: int | None = None) -> None:
        length = whole_number("Sequences: length", length, at_least=1)
        stride = length if stride is None else whole_number("Sequences: stride", stride, at_least=1)
        _check_text(encoded, at_least=length + 1, by="Sequences")
        # Views: nothing is copied until a batch is made.
        self._stretches = np.lib.stride_tricks.sliding_window_view(encoded, length + 1)[::stride]

    def __len__(self) -> int:
        return len(self._stretches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return self._stretches[index, :-1], self._stretches[index, 1:]

    def batch(self, chosen: Chosen) -> Batch:
        """Several. Shapes: (N, length), (N, length)."""
        return self._stretches[chosen, :-1], self._stretches[chosen, 1:]


class ParallelStreams:
    """A text as `batch_size` streams read side by side, for models that carry their state from batch to batch.

    The text is cut into `batch_size` equal parts; batch k has the k-th stretch of `length` characters of each as inputs
    and, one character further on, as targets. So row i of a batch goes on where row i of the batch before ended, and
    truncated backpropagation through time sees the parts from beginning to end. What is left over is left out.
    `start` enters at a later batch, `len` is the number of batches still to come.
    Shapes: encoded (T,) -> batches ((batch_size, length), (batch_size, length)).

    >>> for inputs, targets in ParallelStreams(np.arange(10), batch_size=2, length=2):
    ...     print(inputs.tolist(), targets.tolist())
    [[0, 1], [4, 5]] [[1, 2], [5, 6]]
    [[2, 3], [6, 7]] [[3, 4], [7, 8]]
    """

    def __init__(self, encoded: NDArray[Any], *, batch_size: int, length: int, start: int = 0) -> None:
        rows = whole_number("ParallelStreams: batch_size", batch_size, at_least=1)
        self._length = whole_number("ParallelStreams: length", length, at_least=1)
        self._start = whole_number("ParallelStreams: start", start, at_least=0)
        _check_text(encoded, at_least=rows * self._length + 1, by="ParallelStreams")
        self._end = (len(encoded) - 1) // (rows * self._length)
        if self._start > self._end:
            raise DataError(f"ParallelStreams: start is {start}, but there are {self._end} batches")
        used = rows * self._end * self._length
        self._inputs, self._targets = encoded[:used].reshape(rows, -1), encoded[1 : used + 1].reshape(rows, -1)

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[Batch]:
        for index in range(self._start, self._end):
            stretch = slice(index * self._length, (index + 1) * self._length)
            yield self._inputs[:, stretch], self._targets[:, stretch]


def _code_points(text: str) -> NDArray[np.uint32]:
    # surrogatepass: a lone surrogate is a character to Python, and so to us.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _check_text(encoded: NDArray[Any], *, at_least: int, by: str) -> None:
    if not isinstance(encoded, np.ndarray) or encoded.ndim != 1 or encoded.dtype.kind not in "iu":
        got = f"{encoded.dtype} of shape {encoded.shape}" if isinstance(encoded, np.ndarray) else type(encoded).__name__
        raise DataError(f"{by} takes an encoded text, whole numbers of shape (T,), got {got}; see Vocabulary.encode")
    if len(encoded) < at_least:
        raise DataError(f"{by}: the text has {len(encoded)} characters, but at least {at_least} are needed")
