"""Matrices as products of simpler ones: Cholesky, QR, singular values, eigenvalues; in the last two axes, batched.

Where a decomposition is not unique (signs of columns, bases of the space of a repeated value) the choice is LAPACK's,
and only what does not depend on the choice has a meaningful gradient. Values that rounding cannot tell apart count as
equal, and the turning of their vectors into each other, whose rate would be infinite, as 0: gradients stay finite, and
first ones are right for what depends on the values alone. (Second ones are not, there: they need that turning.)
"""

from __future__ import annotations

import math
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from autograd_core.errors import ArgumentError
from autograd_core.ops.definition import array_op
from autograd_core.ops.diagonals import tril
from autograd_core.ops.elementwise import abs, where
from autograd_core.ops.linalg import matmul
from autograd_core.ops.reduction import norm
from autograd_core.ops.shaping import as_array, concat
from autograd_core.ops.shaping import matrix_transpose as mT
from autograd_core.ops.solving import check_matrices, refusing, solve

__all__ = ["cholesky", "eigh", "eigvalsh", "qr", "svd", "svdvals"]

T = TypeVar("T")  # Tensors of Tensors, arrays of arrays


class QRResult(NamedTuple, Generic[T]):
    """Orthonormal columns, and an upper triangle."""

    Q: T
    R: T


class SVDResult(NamedTuple, Generic[T]):
    """Left singular vectors as columns, singular values going down, right singular vectors as rows."""

    U: T
    S: T
    Vh: T


class EighResult(NamedTuple, Generic[T]):
    """Eigenvalues going up, and their eigenvectors as columns."""

    eigenvalues: T
    eigenvectors: T


@array_op
def _cholesky(x: Any, /) -> Any:
    """The lower triangle L with L Lᵀ = x. Gradient (Murray 2016): ½ L⁻ᵀ Φ(Lᵀg) L⁻¹ and its transpose."""
    with refusing(
        f"cholesky: a matrix of shape {x.shape} is not positive definite; make it symmetric, and add a small multiple "
        "of eye if an eigenvalue is near 0"
    ):
        return np.linalg.cholesky(x)


@_cholesky.vjp("x")
def _(g, y):
    n = y.shape[-1]
    lower = matmul(mT(y), g) * (np.tri(n) - 0.5 * np.eye(n)).astype(y.dtype)  # Φ: half of the diagonal
    share = mT(solve(mT(y), mT(solve(mT(y), lower))))
    return 0.5 * (share + mT(share))


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """The lower triangle L with L Lᵀ = x, or with `upper` its transpose, for x symmetric and positive definite.

    Shapes: (..., n, n) -> (..., n, n). Only the lower triangle of x is read; its gradient is symmetric, as x is.
    Errors: ArgumentError if a matrix is not positive definite.
    """
    x = as_array(x, "cholesky")
    check_matrices("cholesky", x)
    y = _cholesky(x)
    return mT(y) if upper else y


@array_op(outputs=("q", "r"))
def _qr(x: Any, /, mode: Any) -> Any:
    """Q and R of matrices with at least as many rows as columns.

    Gradient (Walter and Lehmann 2013): (gQ + Q·S) R⁻ᵀ, where S is the lower triangle of R gRᵀ - gQᵀ Q, mirrored.
    """
    return tuple(np.linalg.qr(x, mode))


@_qr.vjp("x")
def _(g, q, r, x_shape, mode):
    m, n = x_shape[-2:]
    if mode == "complete" and m > n:
        raise ArgumentError(
            f"qr: with mode='complete' the last columns of Q are not determined by x of shape {x_shape}, so there is "
            "no gradient; use mode='reduced'"
        )
    q_share, r_share = g
    turned = matmul(r, mT(r_share)) - matmul(mT(q_share), q)
    mirrored = tril(turned) + mT(tril(turned, k=-1))
    with refusing(f"qr: columns of x of shape {x_shape} depend on each other: there is no gradient; use svd or pinv"):
        return mT(solve(r, mT(q_share + matmul(q, mirrored))))


def qr(x: Any, /, mode: str = "reduced") -> QRResult[Any]:
    """Q with orthonormal columns and R, an upper triangle, with Q R = x.

    Shapes: (..., m, n) -> (..., m, k) and (..., k, n), where k is min(m, n), or m with mode="complete", which has no
    gradient if m > n. The first min(m, n) columns of x must be independent for a gradient. Signs are LAPACK's.
    """
    x = as_array(x, "qr")
    check_matrices("qr", x, square=False)
    if mode not in ("reduced", "complete"):
        raise ArgumentError(f"qr: mode must be 'reduced' or 'complete', got {mode!r}")
    m, n = x.shape[-2:]
    if m < n:  # the first m columns decide; R's others are the rest of x as seen from Q
        q, r = qr(x[..., :m])
        return QRResult(q, concat([r, matmul(mT(q), x[..., m:])], axis=-1))
    return QRResult(*_qr(x, mode))


@array_op(outputs=("u", "s", "vh"))
def _svd(x: Any, /, full_matrices: bool) -> Any:
    """U, S and Vh.

    Gradient: U (F·skew(UᵀgU) S + S F·skew(Vᵀ gV) + gS) Vᵀ with F = 1/(s_j² - s_i²) and skew(a) = a - aᵀ, and what
    leaves the spaces that U and V span (Townsend 2016).
    """
    with refusing(f"svd: did not converge for a matrix of shape {x.shape}; does it hold nan or inf?"):
        return tuple(np.linalg.svd(x, full_matrices))


@_svd.vjp("x")
def _(g, u, s, vh, x_shape, full_matrices):
    m, n = x_shape[-2:]
    if full_matrices and m != n:
        raise ArgumentError(
            f"svd: with full_matrices=True the last vectors are not determined by x of shape {x_shape}, so there is no "
            "gradient; use full_matrices=False"
        )
    k = min(m, n)
    u_share, s_share, vh_share = g
    columns, rows = s[..., None, :], s[..., :, None]
    f = _one_over_differences(s) * _one_over(columns + rows)
    inner = _skew(matmul(mT(u), u_share)) * f * columns + rows * _skew(matmul(vh, mT(vh_share))) * f
    share = matmul(matmul(u, inner + s_share[..., None, :] * np.eye(k, dtype=u.dtype)), vh)
    if m > k:
        outside = u_share - matmul(u, matmul(mT(u), u_share))
        share = share + matmul(outside * _one_over(columns), vh)
    if n > k:
        outside = vh_share - matmul(matmul(vh_share, mT(vh)), vh)
        share = share + matmul(u, outside * _one_over(rows))
    return share


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult[Any]:
    """U, S and Vh with U diag(S) Vh = x: orthonormal vectors, and singular values going down.

    Shapes: (..., m, n) -> (..., m, k), (..., k), (..., k, n) with k = min(m, n); with full_matrices U is (..., m, m)
    and Vh (..., n, n), and there is a gradient only if m = n. Signs are LAPACK's; the file's head says what
    holds for equal singular values.
    """
    x = as_array(x, "svd")
    check_matrices("svd", x, square=False)
    return SVDResult(*_svd(x, full_matrices))


def svdvals(x: Any, /) -> Any:
    """The singular values, going down: (..., m, n) -> (..., min(m, n)). Gradient: U gS Vᵀ."""
    return svd(x, full_matrices=False).S


@array_op(outputs=("w", "v"))
def _eigh(x: Any, /) -> Any:
    """Eigenvalues w and eigenvectors V. Gradient: V (gw + F·(Vᵀ gV)) Vᵀ with F = 1/(w_j - w_i)."""
    with refusing(f"eigh: did not converge for a matrix of shape {x.shape}; does it hold nan or inf?"):
        return tuple(np.linalg.eigh(x))


@_eigh.vjp("x")
def _(g, w, v, x_shape):
    n = x_shape[-1]
    w_share, v_share = g
    inner = matmul(mT(v), v_share) * _one_over_differences(w) + w_share[..., None, :] * np.eye(n, dtype=v.dtype)
    share = matmul(matmul(v, inner), mT(v))
    return 0.5 * (share + mT(share))


def eigh(x: Any, /) -> EighResult[Any]:
    """The eigenvalues of symmetric matrices, going up, and their eigenvectors, as columns.

    Shapes: (..., n, n) -> (..., n) and (..., n, n). Only the lower triangle of x is read; its gradient is symmetric,
    as x is. Signs are LAPACK's; the file's head says what holds for equal eigenvalues.
    """
    x = as_array(x, "eigh")
    check_matrices("eigh", x)
    return EighResult(*_eigh(x))


def eigvalsh(x: Any, /) -> Any:
    """The eigenvalues of symmetric matrices, going up: (..., n, n) -> (..., n)."""
    return eigh(x).eigenvalues


def _skew(x: Any) -> Any:
    return x - mT(x)


def _one_over_differences(values: Any) -> Any:
    """1/(v_j - v_i), and 0 where rounding cannot tell the two apart."""
    largest = norm(values, axis=-1, keepdims=True, ord=math.inf)[..., None]
    rounding = largest * float(values.shape[-1] * np.finfo(values.dtype).eps)
    differences = values[..., None, :] - values[..., :, None]
    apart = abs(differences) > rounding
    return where(apart, 1.0 / where(apart, differences, 1.0), 0.0)


def _one_over(x: Any) -> Any:
    """1/x, and 0 at 0."""
    nonzero = x != 0
    return where(nonzero, 1.0 / where(nonzero, x, 1.0), 0.0)
