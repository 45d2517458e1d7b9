"""Sequences of different lengths in a mini-batch: padded to one length, or packed, all steps one after another.

Recurrent layers take padded ones with their `lengths`, or packed ones; see `nn.LSTM`. `nn.utils.rnn` has these names.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, ShapeError
from nn.arguments import as_tensor, numbers_of

__all__ = [
    "PackedSequence",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]

Integers = NDArray[np.int64]


class PackedSequence(NamedTuple):
    """The steps of several sequences without padding: the first step of all of them, then the second, and so on.

    Shapes: data (Σ lengths, ...); batch_sizes (L,), how many sequences still go on at each step; sorted_indices (N,),
    which sequence is the longest, the next, and so on, or None if they come in that order; unsorted_indices, the
    inverse. Usually made by `pack_padded_sequence` or `pack_sequence`.
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Refused; else numpy would make an array of the fields."""
        raise DTypeError(
            "a PackedSequence is no tensor. Recurrent layers take it, or padded sequences with their lengths=...; for "
            "any other layer take packed.data, a row for each step, or pad_packed_sequence(packed)[0]"
        )


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The steps of padded sequences that lie within their lengths.

    Shapes: input (L, N, ...), or (N, L, ...) with `batch_first`; lengths (N,), whole numbers from 1 to L, falling
    unless `enforce_sorted` is False. Gradient: that of each step; 0 for padding, whose numbers are never looked at.
    """
    x = as_tensor(input)
    if x.ndim < 2:
        raise ShapeError(f"pack_padded_sequence: takes shape (L, N, ...), or (N, L, ...) first, got {x.shape}")
    n, steps = x.shape[:2] if batch_first else (x.shape[1], x.shape[0])
    whole = checked_lengths("pack_padded_sequence", lengths, n, steps, least=1)
    order = np.arange(n)
    if not enforce_sorted:
        order = np.argsort(-whole, kind="stable")
    elif (np.diff(whole) > 0).any():
        raise ArgumentError(
            f"pack_padded_sequence: lengths must fall from the first to the last, got {whole.tolist()}; sort the "
            "sequences, or pass enforce_sorted=False"
        )
    data = _rows(x, order, whole[order], batch_first)
    batch_sizes = ag.tensor((np.arange(whole.max())[:, None] < whole).sum(axis=1))
    if enforce_sorted:
        return PackedSequence(data, batch_sizes)
    return PackedSequence(data, batch_sizes, ag.tensor(order), ag.tensor(np.argsort(order)))


def pad_packed_sequence(
    sequence: Any, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """(The sequences, padded; their lengths), in the order that they had before they were packed.

    Shapes: of a PackedSequence (L, N, ...), or (N, L, ...) with `batch_first`, L the longest length or, if given,
    `total_length`; (N,).
    """
    order, lengths = order_and_lengths("pad_packed_sequence", sequence)
    data, steps = as_tensor(sequence.data), len(sequence.batch_sizes)
    if total_length is not None:
        if total_length < steps:
            raise ArgumentError(
                f"pad_packed_sequence: total_length must be at least that of the longest sequence, {steps}, got "
                f"{total_length}"
            )
        steps = total_length
    n = len(lengths)
    places = _places(order, lengths[order], n, steps, batch_first)
    padding = ag.full((n * steps, *data.shape[1:]), padding_value, dtype=data.dtype)
    shape = (n, steps) if batch_first else (steps, n)
    return ag.reshape(ag.set_at(padding, data, places), (*shape, *data.shape[1:])), ag.tensor(lengths)


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences (length, ...) of different lengths, padded to the longest.

    Shapes: (L, N, ...), or (N, L, ...) with `batch_first`. The padding is after them, or before with
    `padding_side="left"`.
    """
    parts = _sequences("pad_sequence", sequences)
    if padding_side not in ("left", "right"):
        raise ArgumentError(f"pad_sequence: padding_side must be left or right, got {padding_side!r}")
    steps = max([part.shape[0] for part in parts])
    padded = []
    for part in parts:
        padding = ag.full((steps - part.shape[0], *part.shape[1:]), padding_value, dtype=part.dtype)
        padded.append(ag.concat([part, padding] if padding_side == "right" else [padding, part]))
    return ag.stack(padded, axis=0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences (length, ...) that `pad_sequence` padded on the right."""
    x = as_tensor(padded_sequences)
    n, steps = x.shape[:2] if batch_first else (x.shape[1], x.shape[0])
    whole = checked_lengths("unpad_sequence", lengths, n, steps, least=0)
    return [x[i, : int(length)] if batch_first else x[: int(length), i] for i, length in enumerate(whole)]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (length, ...), packed; from the longest to the shortest, unless `enforce_sorted` is False."""
    lengths = [part.shape[0] for part in _sequences("pack_sequence", sequences)]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences (length, ...) that were packed."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences))


def repacked(x: Any, like: PackedSequence) -> PackedSequence:
    """Padded sequences (L, N, ...), packed as others of the same lengths are."""
    order, lengths = order_and_lengths("repacked", like)
    return like._replace(data=_rows(x, order, lengths[order], batch_first=False))


def checked_lengths(caller: str, lengths: Any, n: int, steps: int, least: int) -> Integers:
    """Lengths of n sequences as an array, each from `least` to `steps`."""
    array = numbers_of(lengths)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{caller}: lengths are whole numbers, got {array.dtype}")
    if array.shape != (n,):
        raise ShapeError(f"{caller}: takes one length for each of {n} sequences, got shape {array.shape}")
    if n and not least <= array.min() <= array.max() <= steps:
        raise ArgumentError(f"{caller}: lengths go from {least} to {steps}, got {array.min()} to {array.max()}")
    return array.astype(np.int64)


def order_and_lengths(caller: str, sequence: PackedSequence) -> tuple[Integers, Integers]:
    """(Which sequence is the longest, the next, and so on; the length of each, in the order before packing)."""
    if not isinstance(sequence, PackedSequence):
        raise ArgumentError(f"{caller}: takes a PackedSequence, got a {type(sequence).__name__}")
    sizes = numbers_of(sequence.batch_sizes)
    if sizes.ndim != 1 or not sizes.size or sizes.min() < 1 or (np.diff(sizes) > 0).any():
        raise ArgumentError(f"{caller}: batch_sizes are numbers from 1 on that never rise, got {sizes.tolist()}")
    if len(sequence.data) != sizes.sum():
        raise ShapeError(
            f"{caller}: batch_sizes are those of {sizes.sum()} steps, and data has shape {np.shape(sequence.data)}"
        )
    falling: Integers = (sizes[:, None] > np.arange(sizes[0])).sum(axis=0)
    if sequence.sorted_indices is None:
        return np.arange(len(falling)), falling
    order = numbers_of(sequence.sorted_indices).astype(np.int64)
    lengths = np.empty_like(falling)
    lengths[order] = falling
    return order, lengths


def _places(order: Integers, falling: Integers, n: int, steps: int, batch_first: bool) -> Integers:
    """Where the steps of sequences, packed, are among n·steps padded ones; `falling` are the lengths in this order."""
    t, i = np.nonzero(np.arange(steps)[:, None] < falling)
    places: Integers = order[i] * steps + t if batch_first else t * n + order[i]
    return places


def _rows(x: Any, order: Integers, falling: Integers, batch_first: bool) -> Any:
    n, steps = x.shape[:2] if batch_first else (x.shape[1], x.shape[0])
    return ag.reshape(x, (n * steps, *x.shape[2:]))[_places(order, falling, n, steps, batch_first)]


def _sequences(caller: str, sequences: Sequence[Any]) -> list[Any]:
    parts = [as_tensor(part) for part in sequences]
    if not parts or any(part.ndim < 1 or part.shape[1:] != parts[0].shape[1:] for part in parts):
        raise ShapeError(
            f"{caller}: takes at least one sequence, all of shapes (length, ...) that differ in the length alone; got "
            f"{', '.join([str(part.shape) for part in parts]) or 'none'}"
        )
    return parts
