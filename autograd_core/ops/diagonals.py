"""Diagonals and triangles of matrices, which lie in the last two axes."""

from typing import Any

import numpy as np

from autograd_core.errors import ShapeError
from autograd_core.ops import reduction
from autograd_core.ops.argument_names import given_twice
from autograd_core.ops.elementwise import where
from autograd_core.ops.shaping import as_array

__all__ = ["diagonal", "trace", "tril", "triu"]


def _matrices(name: str, x: Any) -> Any:
    x = as_array(x, name)
    if x.ndim < 2:
        raise ShapeError(f"{name}: takes a matrix, or several in the last two axes; got shape {x.shape}")
    return x


def tril(x: Any, /, k: int = 0, *, diagonal: int = 0) -> Any:
    """The lower triangle: 0 above the k-th diagonal, which lies above the main one if k > 0. Gradient: alike."""
    k = _either("tril", k, diagonal)
    x = _matrices("tril", x)
    return where(_below(x, k), x, _zero(x))


def triu(x: Any, /, k: int = 0, *, diagonal: int = 0) -> Any:
    """The upper triangle: 0 below the k-th diagonal, which lies above the main one if k > 0. Gradient: alike."""
    k = _either("triu", k, diagonal)
    x = _matrices("triu", x)
    return where(_below(x, k - 1), _zero(x), x)


def _either(name: str, k: int, diagonal: int) -> int:
    """Which diagonal, under the array API's name or PyTorch's."""
    if k and diagonal:
        raise given_twice(name, "k", "diagonal")
    return k or diagonal


def diagonal(x: Any, /, offset: int = 0) -> Any:
    """The elements on a diagonal, the one so many places above the main one: (..., m, n) -> (..., min(m, n))."""
    x = _matrices("diagonal", x)
    m, n = x.shape[-2:]
    i = np.arange(max(0, -offset), min(m, n - offset))
    return x[..., i, i + offset]


def trace(x: Any, /, offset: int = 0, *, dtype: Any = None) -> Any:
    """The sum of the elements on a diagonal, in `dtype` as by `sum`: (..., m, n) -> (...).

    Gradient: upstream, along the diagonal.
    """
    return reduction.sum(diagonal(_matrices("trace", x), offset), axis=-1, dtype=dtype)


def _zero(x: Any) -> int | bool:
    """0 in the kind of x: bools stay such only beside a bool."""
    return False if x.dtype.kind == "b" else 0


def _below(x: Any, k: int) -> Any:
    """Which elements of a matrix lie on the k-th diagonal or below it."""
    m, n = x.shape[-2:]
    return np.tri(m, n, k, dtype=bool)
