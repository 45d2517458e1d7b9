"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ShapeError
from autograd_core.ops import shaping
from autograd_core.ops.definition import array_op
from autograd_core.ops.shaping import matrix_transpose


@array_op
def _matmul(a: Any, b: Any, /) -> Any:
    """Matrices times matrices: (..., m, k) @ (..., k, n) -> (..., m, n)."""
    if a.size * b.shape[-1] < kernels.LARGE_PRODUCT:
        return np.matmul(a, b)
    return kernels.gemm.matmul(a, b)


@_matmul.vjp("a")
def _(g, b):
    return _matmul(g, matrix_transpose(b))


@_matmul.vjp("b")
def _(g, a):
    return _matmul(matrix_transpose(a), g)


def matmul(a: Any, b: Any, /) -> Any:
    """The matrix product a @ b.

    Shapes: (..., m, k) @ (..., k, n) -> (..., m, n), leading axes broadcast; a vector on the
    left counts as a row, on the right as a column, and its axis is dropped from the result.
    Gradients: g bᵀ and aᵀ g.
    """
    a = a if hasattr(a, "ndim") else np.asarray(a)
    b = b if hasattr(b, "ndim") else np.asarray(b)
    a_shape, b_shape = a.shape, b.shape
    if not a_shape or not b_shape or a_shape[-1] != b_shape[-2 if len(b_shape) > 1 else 0]:
        raise ShapeError(_mismatch(a_shape, b_shape))
    if len(a_shape) > 1 and len(b_shape) > 1:
        return _matmul(a, b)
    row = shaping.reshape(a, (1, *a_shape)) if len(a_shape) == 1 else a
    column = shaping.reshape(b, (*b_shape, 1)) if len(b_shape) == 1 else b
    product = _matmul(row, column)
    shape = product.shape[:-2]
    if len(a_shape) > 1:
        shape = (*shape, product.shape[-2])
    if len(b_shape) > 1:
        shape = (*shape, product.shape[-1])
    return shaping.reshape(product, shape)


@array_op
def linear(x: Any, w: Any, b: Any, /) -> Any:
    """x wᵀ + b, a fully connected layer.

    Shapes: x (..., in), w (out, in), b (out,) -> (..., out).
    Gradients: to x g w; to w gᵀ x and to b Σ g, over all leading axes.
    """
    if w.ndim != 2 or x.ndim == 0 or x.shape[-1] != w.shape[1] or b.shape != w.shape[:1]:
        raise ShapeError(
            f"linear: takes x (..., in), w (out, in) and b (out,), got shapes {x.shape}, {w.shape} and {b.shape}"
        )
    y = _matmul(x if x.ndim > 1 else x[None], w.T)
    y = y if x.ndim > 1 else y[0]
    return np.add(y, b, out=y) if y.dtype == np.result_type(y, b) else y + b


@linear.vjp("x")
def _(g, w):
    return matmul(g, w)


@linear.vjp("w")
def _(g, x, w_shape):
    return _matmul(matrix_transpose(shaping.reshape(g, (-1, w_shape[0]))), shaping.reshape(x, (-1, w_shape[1])))


@linear.vjp("b")
def _(g):
    return g  # the engine sums it over the axes along which b was broadcast


def _mismatch(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if not a or not b:
        return f"matmul: takes arrays with at least one axis, got shapes {a} and {b}; use * for numbers"
    inner = b[-2] if len(b) > 1 else b[0]
    hint = ""
    if len(b) > 1 and a[-1] == b[-1]:
        hint = "; did you mean a @ matrix_transpose(b)?"
    return f"matmul: the last axis of a ({a[-1]}) must match the rows of b ({inner}); got shapes {a} @ {b}{hint}"
