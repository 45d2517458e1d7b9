"""Norms of vectors and matrices, and the rank, by the names of the array API standard's `linalg`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError
from autograd_core.ops import reduction
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.decompositions import svdvals
from autograd_core.ops.elementwise import abs
from autograd_core.ops.reduction import Axis
from autograd_core.ops.searching import count_nonzero
from autograd_core.ops.shaping import as_array, expand_dims
from autograd_core.ops.solving import check_matrices

__all__ = ["matrix_norm", "matrix_rank", "vector_norm"]


@axis_or_dim
def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """(Σ |x|^ord)^(1/ord) over `axis`, or over all; see `autograd_core.norm`, which it is, for its gradient."""
    return reduction.norm(x, axis=axis, keepdims=keepdims, ord=ord)


@axis_or_dim
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> Any:
    """A norm of each matrix: (..., m, n) -> (...), or (..., 1, 1) with `keepdims`.

    `ord` is "fro" (or None), √Σ x²; "nuc", the sum of the singular values; 2 and -2, the largest and the smallest of
    them; 1 and -1, the largest and smallest sum of a column's |x|; inf and -inf, those of a row. Gradients: those of
    the parts; a largest or smallest one's is shared evenly by a tie.
    """
    x = as_array(x, "matrix_norm")
    check_matrices("matrix_norm", x, square=False)
    if ord is None or ord == "fro":
        return reduction.norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        reduce: Any = {"nuc": reduction.sum, 2: reduction._max, -2: reduction._min}[ord]
        y = reduce(svdvals(x), axis=-1)
    elif ord in (1, -1, math.inf, -math.inf):
        sums = reduction.sum(abs(x), axis=-2 if ord in (1, -1) else -1)
        y = (reduction._max if ord > 0 else reduction._min)(sums, axis=-1)
    else:
        raise ArgumentError(f"matrix_norm: ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}")
    return expand_dims(expand_dims(y, -1), -1) if keepdims else y


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """How many singular values of each matrix exceed `rtol` times the largest: (..., m, n) -> int64 (...).

    `rtol` is a number or one for each matrix, and by default max(m, n) times the dtype's precision. Not differentiable.
    """
    x = as_array(x, "matrix_rank")
    s = svdvals(x)
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(np.finfo(s.dtype).eps)
    elif not isinstance(rtol, (float, int)):
        rtol = expand_dims(as_array(rtol, "matrix_rank", s), -1)
    return count_nonzero(s > s[..., :1] * rtol, axis=-1)
