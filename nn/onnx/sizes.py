"""Sizes that an exported graph computes when it is run: how lengths of axes follow from those left open.

A length is found at several sizes of each open axis, and written as scale·batch + offset, or, where several are open,
as scale·batch·time. What follows no such rule is none of these, and whoever asked refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Size(NamedTuple):
    """scale · Π symbols + offset, which was `at` for the inputs that the model was exported with."""

    scale: int
    symbols: tuple[str, ...]
    offset: int
    at: int

    def __str__(self) -> str:
        text = "*".join([str(self.scale)] * (self.scale != 1) + list(self.symbols))
        return text + (f"{self.offset:+d}" if self.offset else "")


Length = int | Size
Shape = tuple[Length, ...]


class Sample(NamedTuple):
    """A run of the model in which one open axis had another size; without a symbol, one with the same sizes."""

    symbol: str
    size: int


def fit(base: dict[str, int], samples: Sequence[Sample], at: int, found: Sequence[int]) -> Length | None:
    """The length that was `at` for the sizes `base`, and `found` in the samples; None if it follows no rule."""
    moved = [(sample, n) for sample, n in zip(samples, found, strict=True) if n != at]
    symbols = tuple(sorted({sample.symbol for sample, _ in moved}))
    if not symbols:
        return at
    if "" in symbols:  # the same sizes, and another length
        return None
    if len(symbols) == 1:
        sample, n = moved[0]
        scale, rest = divmod(n - at, sample.size - base[sample.symbol])
        size = Size(scale, symbols, at - scale * base[sample.symbol], at)
    else:
        product = 1
        for symbol in symbols:
            product *= base[symbol]
        scale, rest = divmod(at, product)
        size = Size(scale, symbols, 0, at)
    if rest:
        return None
    ours = [evaluate(size, base | {sample.symbol: sample.size}) for sample in samples]
    return size if ours == list(found) else None


def evaluate(length: Length, sizes: Mapping[str, int]) -> int:
    """The length for these sizes of the open axes."""
    if isinstance(length, int):
        return length
    product = length.scale
    for symbol in length.symbols:
        product *= sizes[symbol]
    return product + length.offset


def now(length: Length) -> int:
    """The length for the inputs that the model was exported with."""
    return length.at if isinstance(length, Size) else length


def difference(a: Length, b: Length) -> int | None:
    """a - b, if that is one number whatever the sizes."""
    if isinstance(a, Size) and isinstance(b, Size):
        return a.offset - b.offset if (a.scale, a.symbols) == (b.scale, b.symbols) else None
    return a - b if isinstance(a, int) and isinstance(b, int) else None
