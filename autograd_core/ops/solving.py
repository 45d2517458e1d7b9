"""Systems of linear equations: solve, inverse, determinant and what is made of them; matrices in the last two axes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops.definition import array_op
from autograd_core.ops.elementwise import where
from autograd_core.ops.indexing import getitem, scatter_add
from autograd_core.ops.linalg import matmul
from autograd_core.ops.shaping import as_array, expand_dims, squeeze
from autograd_core.ops.shaping import matrix_transpose as mT

__all__ = ["det", "inv", "matrix_power", "pinv", "slogdet", "solve"]

T = TypeVar("T")  # Tensors of Tensors, arrays of arrays


class SlogdetResult(NamedTuple, Generic[T]):
    """The sign of a determinant, and the logarithm of its size."""

    sign: T
    logabsdet: T


def check_matrices(name: str, x: Any, square: bool = True) -> None:
    """Refuse what LAPACK would not take, or misread."""
    if x.ndim < 2:
        raise ShapeError(f"{name}: takes a matrix, or several in the last two axes; got shape {x.shape}")
    if square and x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name}: takes square matrices, got shape {x.shape}" + _INSTEAD.get(name, ""))
    if x.dtype.char not in "fd" and x.dtype.kind not in "iu":
        raise DTypeError(f"{name}: takes float32, float64 and integers, not {x.dtype}; use astype")


_INSTEAD = dict.fromkeys(("solve", "inv"), "; pinv takes others, and solves least squares")


@contextlib.contextmanager
def refusing(message: str) -> Iterator[None]:
    """Say this where LAPACK gives up, or the op that called it has refused."""
    try:
        yield
    except (np.linalg.LinAlgError, ArgumentError):
        raise ArgumentError(message) from None


@array_op
def _solve(a: Any, b: Any, /) -> Any:
    """X with a X = b. Gradients: to b aᵀ⁻¹g, to a -aᵀ⁻¹g Xᵀ."""
    with refusing(f"solve: a matrix of shape {a.shape} is singular; use pinv(a) @ b, or add a multiple of eye to it"):
        return np.linalg.solve(a, b)


@_solve.vjp("a")
def _(g, y, a):
    return -matmul(_solve(mT(a), g), mT(y))


@_solve.vjp("b")
def _(g, a):
    return _solve(mT(a), g)


def solve(a: Any, b: Any, /) -> Any:
    """The x with a x = b.

    Shapes: a (..., n, n), b (n,) or (..., n, k) -> that of b, with leading axes broadcast.
    Gradients: to b aᵀ⁻¹g, to a -aᵀ⁻¹g xᵀ. Errors: ArgumentError if a matrix is singular.
    """
    a, b = as_array(a, "solve"), as_array(b, "solve")
    check_matrices("solve", a)
    columns = expand_dims(b, -1) if b.ndim == 1 else b
    if columns.ndim < 2 or columns.shape[-2] != a.shape[-1]:
        raise ShapeError(f"solve: takes a (..., n, n) and b (n,) or (..., n, k), got shapes {a.shape} and {b.shape}")
    x = _solve(a, columns)
    return squeeze(x, axis=-1) if b.ndim == 1 else x


@array_op
def inv(x: Any, /) -> Any:
    """The inverse of each matrix: (..., n, n) -> (..., n, n). Gradient: -yᵀ g yᵀ.

    Errors: ArgumentError if a matrix is singular. To solve equations, `solve` is faster and more exact.
    """
    check_matrices("inv", x)
    with refusing(f"inv: a matrix of shape {x.shape} is singular; use pinv, or add a multiple of eye to it"):
        return np.linalg.inv(x)


@inv.vjp("x")
def _(g, y):
    return -matmul(matmul(mT(y), g), mT(y))


@array_op
def det(x: Any, /) -> Any:
    """The determinant of each matrix: (..., n, n) -> (...). Gradient: the cofactors, so y·x⁻¹ᵀ if there is an inverse.

    Singular matrices have one, too, and second derivatives.
    """
    check_matrices("det", x)
    return np.linalg.det(x)


@det.vjp("x")
def _(g, x):
    return g[..., None, None] * _cofactors(x)


@array_op
def _cofactors(x: Any, /) -> Any:
    """(-1)^(i+j) times the determinant of x without row i and column j: det x·x⁻¹ᵀ, if there is an exact inverse.

    Else, as the matrix of cofactors of a product is the product of theirs, and that of an orthogonal matrix is ±itself,
    the singular value decomposition gives them. Their gradients are cofactors of minors.
    """
    if not x.size:
        return np.zeros_like(x)
    inverse = _exact_inverse(x, 1)
    if inverse is not None:
        return np.linalg.det(x)[..., None, None] * mT(inverse)
    u, s, vh = np.linalg.svd(x)
    others = np.prod(np.where(np.eye(s.shape[-1], dtype=bool), np.ones_like(s[..., None]), s[..., None, :]), axis=-1)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


def _exact_inverse(x: Any, degree: int) -> Any:
    """The inverses; or None, unless the condition number of all matrices, by the 1-norm, leaves half of the digits.

    A formula of this `degree` in them loses so many times as many: its terms are large and cancel.
    """
    try:
        inverse = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return None
    condition = np.linalg.norm(x, 1, (-2, -1)) * np.linalg.norm(inverse, 1, (-2, -1))
    return inverse if np.all(condition < np.finfo(x.dtype).eps ** (-0.5 / degree)) else None


@_cofactors.vjp("x")
@array_op
def _cofactors_gradient(g: Any, x: Any, /) -> Any:
    """g passed back through the cofactors c: (Σ g·c) x⁻¹ᵀ - c gᵀ x⁻¹ᵀ, if there is an exact inverse."""
    inverse = _exact_inverse(x, 2) if x.size else None
    if inverse is None:
        return _by_minors(g, x)
    cofactors = np.linalg.det(x)[..., None, None] * mT(inverse)
    total = np.sum(g * cofactors, axis=(-2, -1), keepdims=True)
    return total * mT(inverse) - cofactors @ mT(g) @ mT(inverse)


@_cofactors_gradient.formula
def _by_minors(g, x):
    n = x.shape[-1]
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], np.intp).reshape(n, max(n - 1, 0))
    minor = (..., others[:, None, :, None], others[None, :, None, :])
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n)).astype(g.dtype)
    return scatter_add((g * signs)[..., None, None] * _cofactors(getitem(x, minor)), x.shape, minor)


@array_op
def _logabsdet(x: Any, /) -> Any:
    """log |det x|. Gradient: x⁻¹ᵀ."""
    return np.linalg.slogdet(x)[1]


@_logabsdet.vjp("x")
def _(g, x, x_shape):
    with refusing(f"slogdet: a matrix of shape {x_shape} is singular: the logarithm, -inf, has no gradient; use det"):
        return g[..., None, None] * mT(inv(x))


@array_op
def _signdet(x: Any, /) -> Any:
    """The sign of the determinant. Not differentiable."""
    return np.linalg.slogdet(x)[0]


_signdet.not_differentiable()


def slogdet(x: Any, /) -> SlogdetResult[Any]:
    """The sign of the determinant and the logarithm of its size, which neither over- nor underflows.

    Shapes: (..., n, n) -> (...) twice. Gradient: to x by `logabsdet` x⁻¹ᵀ, by `sign` none. A singular matrix has
    (0, -inf), and no gradient: ArgumentError.
    """
    x = as_array(x, "slogdet")
    check_matrices("slogdet", x)
    return SlogdetResult(_signdet(x), _logabsdet(x))


@array_op
def _pinv(x: Any, /, rtol: float) -> Any:
    """The pseudo-inverse. Its gradient is that of Golub and Pereyra (1973), at constant rank."""
    with refusing(f"pinv: the decomposition of a matrix of shape {x.shape} did not converge; does it hold nan or inf?"):
        return np.linalg.pinv(x, rtol=rtol)


@_pinv.vjp("x")
def _(g, y, x):
    yT, gT = mT(y), mT(g)
    along = -matmul(matmul(yT, g), yT)
    beside = matmul(matmul(gT - matmul(x, matmul(y, gT)), y), yT)
    below = matmul(yT, matmul(y, gT - matmul(matmul(gT, y), x)))
    return along + beside + below


def pinv(x: Any, /, rtol: float | None = None) -> Any:
    """The Moore-Penrose inverse: pinv(x) @ b is the shortest of the z for which |x z - b| is least.

    Shapes: (..., m, n) -> (..., n, m). Singular values up to `rtol` times the largest count as 0; by default that is
    max(m, n) times the dtype's precision. Gradient: that at constant rank; where the rank changes y jumps.
    """
    x = as_array(x, "pinv")
    check_matrices("pinv", x, square=False)
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(np.finfo(x.dtype if x.dtype.kind == "f" else np.float64).eps)
    return _pinv(x, rtol)


def matrix_power(x: Any, n: int, /) -> Any:
    """x multiplied with itself n times; of the inverse if n < 0; the identity if n = 0. Shapes: (..., m, m), twice."""
    x = as_array(x, "matrix_power")
    check_matrices("matrix_power", x)
    if not isinstance(n, (int, np.integer)):
        raise ArgumentError(f"matrix_power: n must be a whole number, got {n!r}")
    if n == 0:
        return where(False, x, np.eye(x.shape[-1], dtype=x.dtype))  # a constant, and yet recorded
    if n < 0:
        return matrix_power(inv(x), -n)
    power = None
    while n:
        n, odd = divmod(n, 2)
        if odd:
            power = x if power is None else matmul(power, x)
        if n:
            x = matmul(x, x)
    return power
