"""Gradients that are zero but where parts of a tensor were read: put together once, when all of them have come.

      y = x[:, :2]      z = x[:, 2:]          the gradient of x:   | g of y | g of z |

An array of zeros for each part, and then the sum of them all, would take time for the whole of x each time: for a
sequence that is read step by step, the square of its length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Parts:
    """A gradient that is to be put together: `pieces` has, in the order in which they came, an index and what is there.

    `join(*gradients, shape=..., indices=...)` is the op that does so. Of these, `...` is everywhere.
    """

    __slots__ = ("_join", "dtype", "pieces", "shape")

    def __init__(self, shape: tuple[int, ...], index: Any, g: Any, join: Callable[..., Any]) -> None:
        self.shape = shape
        self.dtype = g.dtype
        self.pieces = [(index, g)]
        self._join = join

    def whole(self) -> Any:
        """The gradient."""
        indices, gradients = zip(*self.pieces, strict=True)
        return self._join(*gradients, shape=self.shape, indices=indices)


def whole(gradient: Any) -> Any:
    """A gradient, put together if it is in parts."""
    return gradient.whole() if type(gradient) is Parts else gradient


def add_parts(a: Any, b: Any) -> Parts:
    """The sum of two gradients, one of which at least is in parts; they are used up."""
    if type(a) is not Parts:
        b.pieces.insert(0, (..., a))
        return b  # type: ignore[no-any-return]
    a.pieces += b.pieces if type(b) is Parts else [(..., b)]
    return a
