"""Products of vectors and matrices."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.kernels import plan
from autograd_core.ops import shaping
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op
from autograd_core.ops.op import recorded_within
from autograd_core.ops.shaping import as_array, matrix_transpose, several_axes, single_axis
from autograd_core.recording import Recorded

__all__ = ["cross", "kron", "linear", "matmul", "outer", "tensordot", "vecdot"]


@array_op
def _matmul(a: Any, b: Any, /) -> Any:
    """Matrices times matrices: (..., m, k) @ (..., k, n) -> (..., m, n)."""
    if a.size * b.shape[-1] <= kernels.SMALL_PRODUCT and not (plan.in_the_making and plan.current() is not None):
        if a.ndim == b.ndim == 2:
            return np.dot(a, b)  # the same, and faster to call
        return np.matmul(a, b) if a.shape[-1] != 1 else a * b  # likewise, and faster to compute
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
    try:
        a_shape, b_shape = a.shape, b.shape
    except AttributeError:  # a list or a number
        a, b = _beside(a, b), _beside(b, a)
        a_shape, b_shape = a.shape, b.shape
    if len(a_shape) == len(b_shape) == 2 and a_shape[1] == b_shape[0]:
        return a.record_two(_matmul, a, b) if isinstance(a, Recorded) else _matmul(a, b)
    if not a_shape or not b_shape or a_shape[-1] != b_shape[-2 if len(b_shape) > 1 else 0]:
        raise ShapeError(_mismatch(a_shape, b_shape))
    if len(b_shape) == 2 < len(a_shape):  # one product, and one in each gradient, rather than one for each matrix
        rows = _matmul(shaping.reshape(a, (math.prod(a_shape[:-1]), a_shape[-1])), b)
        return shaping.reshape(rows, (*a_shape[:-1], b_shape[1]))
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
    return _linear(x, w, b, rectify=False)


def _linear(x: Any, w: Any, b: Any, rectify: bool) -> Any:
    if w.ndim != 2 or x.ndim == 0 or x.shape[-1] != w.shape[1] or b.shape != w.shape[:1]:
        raise ShapeError(
            f"linear: takes x (..., in), w (out, in) and b (out,), got shapes {x.shape}, {w.shape} and {b.shape}"
        )
    shaping.check_one_float("linear", x, w)
    y = _matmul(x if x.ndim > 1 else x[None], w.T)
    return _add_bias(y if x.ndim > 1 else y[0], b, rectify)


def _add_bias(y: Any, b: Any, rectify: bool) -> Any:
    """y + b, or what of it is positive, in y itself if that can hold it."""
    if plan.in_the_making and plan.current() is not None and y.dtype == b.dtype and y.dtype in kernels.FLOATS:
        return kernels.gemm.add_bias(y, b, rectify)
    y = np.add(y, b, out=y) if y.dtype == np.result_type(y, b) else y + b
    return np.maximum(y, 0, out=y) if rectify else y


@linear.vjp("x")
def _to_inputs(g, w):
    return _matmul(g, w) if g.ndim > 1 else matmul(g, w)


@linear.vjp("w")
def _to_weights(g, x):
    if g.ndim != 2:
        g, x = shaping.reshape(g, (-1, g.shape[-1])), shaping.reshape(x, (-1, x.shape[-1]))
    return _matmul(g.mT, x)


@linear.vjp("b")
def _(g):
    return g  # the engine sums it over the axes along which b was broadcast


linear.takes_in("relu")(partial(_linear, rectify=True))


@array_op
def _vecdot(a: Any, b: Any, /) -> Any:
    """Σ a·b along the last axis; the others broadcast."""
    return np.vecdot(a, b)


@_vecdot.vjp("a")
def _(g, b):
    return shaping.expand_dims(g, -1) * b


@_vecdot.vjp("b")
def _(g, a):
    return shaping.expand_dims(g, -1) * a


@axis_or_dim
def vecdot(a: Any, b: Any, /, axis: int = -1) -> Any:
    """Σ a·b along an axis that both have: (..., n, ...) and (..., n, ...) -> (..., ...); the others broadcast.

    Gradients: g b and g a. Of two lists of Values it makes one, so that a neuron is `vecdot(w, x) + b`.
    """
    if isinstance(a, list) and isinstance(b, list) and (found := recorded_within((a, b))) is not None:
        if len(a) != len(b):
            raise ShapeError(f"vecdot: lists of {len(a)} and {len(b)} entries do not go together")
        return found.record(_vecdot, (a, b), {})
    a, b = as_array(a, "vecdot"), as_array(b, "vecdot")
    a_axis, b_axis = single_axis("vecdot", a.shape, axis), single_axis("vecdot", b.shape, axis)
    if a.shape[a_axis] != b.shape[b_axis]:
        raise ShapeError(f"vecdot: shapes {a.shape} and {b.shape} differ along axis {axis}, over which to sum")
    return _vecdot(shaping.moveaxis(a, a_axis, -1), shaping.moveaxis(b, b_axis, -1))


@axis_or_dim
def tensordot(a: Any, b: Any, /, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Any:
    """Σ a·b over several axes: the last `axes` ones of a with the first ones of b, or those that a pair of lists names.

    Shapes: the axes of a that remain, then those of b. Gradient: as that of a product of matrices, which it is.
    """
    a, b = as_array(a, "tensordot"), as_array(b, "tensordot")
    if isinstance(axes, (int, np.integer)):
        if not 0 <= axes <= min(a.ndim, b.ndim):
            raise ArgumentError(f"tensordot: shapes {a.shape} and {b.shape} do not both have {axes} axes to sum over")
        a_axes, b_axes = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        a_axes = several_axes("tensordot", a.shape, axes[0])
        b_axes = several_axes("tensordot", b.shape, axes[1])
    inner = [a.shape[axis] for axis in a_axes]
    if inner != [b.shape[axis] for axis in b_axes]:
        raise ShapeError(f"tensordot: axes {a_axes} of shape {a.shape} do not match axes {b_axes} of shape {b.shape}")
    a_rest = tuple([axis for axis in range(a.ndim) if axis not in a_axes])
    b_rest = tuple([axis for axis in range(b.ndim) if axis not in b_axes])
    rows, columns = [a.shape[axis] for axis in a_rest], [b.shape[axis] for axis in b_rest]
    left = shaping.reshape(shaping.permute_dims(a, a_rest + a_axes), (math.prod(rows), math.prod(inner)))
    right = shaping.reshape(shaping.permute_dims(b, b_axes + b_rest), (math.prod(inner), math.prod(columns)))
    return shaping.reshape(_matmul(left, right), (*rows, *columns))


def outer(a: Any, b: Any, /) -> Any:
    """All products of an element of a with one of b: (m,) and (n,) -> (m, n)."""
    a, b = as_array(a, "outer"), as_array(b, "outer")
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"outer: takes two vectors, got shapes {a.shape} and {b.shape}; use flatten or tensordot")
    return shaping.expand_dims(a, 1) * b


@axis_or_dim
def cross(a: Any, b: Any, /, axis: int = -1) -> Any:
    """The cross product of vectors of three elements along `axis`, orthogonal to both; the other axes broadcast.

    Shapes: (..., 3, ...) twice -> (..., 3, ...). Gradients: b × g and g × a.
    """
    a, b = as_array(a, "cross"), as_array(b, "cross")
    along = single_axis("cross", a.shape, axis), single_axis("cross", b.shape, axis)
    if a.shape[along[0]] != 3 or b.shape[along[1]] != 3:
        raise ShapeError(f"cross: takes three elements along axis {axis}, got shapes {a.shape} and {b.shape}")
    a, b = shaping.moveaxis(a, along[0], -1), shaping.moveaxis(b, along[1], -1)
    after, before = [1, 2, 0], [2, 0, 1]
    y = a[..., after] * b[..., before] - a[..., before] * b[..., after]
    return shaping.moveaxis(y, -1, axis)


def kron(a: Any, b: Any, /) -> Any:
    """The Kronecker product, b in every place of a, times its element: (m, n) and (p, q) -> (m·p, n·q)."""
    a, b = as_array(a, "kron"), as_array(b, "kron")
    ndim = max(a.ndim, b.ndim)
    m, p = (1,) * (ndim - a.ndim) + a.shape, (1,) * (ndim - b.ndim) + b.shape
    spread = shaping.reshape(a, tuple([side for n in m for side in (n, 1)]))
    blocks = spread * shaping.reshape(b, tuple([side for n in p for side in (1, n)]))
    return shaping.reshape(blocks, tuple([i * j for i, j in zip(m, p, strict=True)]))


def _beside(x: Any, other: Any) -> Any:
    """x as an array; a list of numbers takes the dtype of what is beside it, as a number does."""
    if isinstance(x, list) and recorded_within(x) is None and hasattr(other, "dtype"):
        return np.asarray(x, other.dtype)
    return as_array(x, "matmul")


def _mismatch(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if not a or not b:
        return f"matmul: takes arrays with at least one axis, got shapes {a} and {b}; use * for numbers"
    inner = b[-2] if len(b) > 1 else b[0]
    hint = ""
    if len(b) > 1 and a[-1] == b[-1]:
        hint = "; did you mean a @ matrix_transpose(b)?"
    return f"matmul: the last axis of a ({a[-1]}) must match the rows of b ({inner}); got shapes {a} @ {b}{hint}"
