"""Linear algebra: what defines each result, degenerate matrices, dtypes; refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import linalg

drawn = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def matrices(draw, square=False, dtypes=(np.float64,)):
    """Batches of matrices, some empty, transposed or with negative strides."""
    batch = draw(st.lists(st.integers(0, 3), max_size=2))
    m = draw(st.integers(1, 4))
    n = m if square else draw(st.integers(1, 4))
    x = np.random.default_rng(draw(st.integers(0, 99))).standard_normal((*batch, n, m))
    if square:
        x += 4 * np.eye(n)
    x = x.astype(draw(st.sampled_from(dtypes))).swapaxes(-1, -2)
    return x[..., ::-1, :] if draw(st.booleans()) else x


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-11, rtol=1e-11)


@drawn
@given(matrices(), st.data())
def test_products_equal_numpy(x, data):
    y = np.random.default_rng(0).standard_normal(x.shape)
    axis = data.draw(st.integers(-2, -1))
    close(ag.vecdot(x, ag.tensor(y), axis=axis), np.sum(x * y, axis))
    close(ag.kron(ag.tensor(x), y[..., :1, :]), np.kron(x, y[..., :1, :]))
    count = data.draw(st.integers(0, x.ndim))
    close(
        ag.tensordot(ag.tensor(x.T), x, axes=count) if count < 2 else 0, np.tensordot(x.T, x, count) if count < 2 else 0
    )
    axes = data.draw(st.permutations(range(x.ndim)))[:count]
    close(ag.tensordot(ag.tensor(x), y, axes=(axes, axes)), np.tensordot(x, y, (axes, axes)))
    close(ag.outer(ag.tensor(x).flatten(), y.ravel()), np.outer(x, y))


FORMULAS = ["ij->ji", "ij", "ji", "ii", "ii->i", "...ii->...", "...ij->...", "...ij->i...", "i...->...", "...", "->"]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("shape", [(), (3, 3), (1, 1), (0, 0), (2, 3, 3), (4, 2, 2, 2)])
def test_einsum_of_one_equals_numpy_where_numpy_takes_it(formula, shape):
    x = np.arange(float(np.prod(shape))).reshape(shape)
    try:
        expected = np.einsum(formula, x)
    except ValueError:
        with pytest.raises((ag.ShapeError, ag.ArgumentError), match="einsum: "):
            ag.einsum(formula, x)
    else:
        np.testing.assert_array_equal(ag.einsum(formula, ag.tensor(x)).numpy(), expected)


@pytest.mark.parametrize(
    ("formula", "shapes"),
    [
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ij, jk -> k", [(2, 3), (3, 4)]),
        ("ij,ij->ij", [(2, 1), (1, 3)]),
        ("ij,ij", [(2, 1), (2, 3)]),
        ("...i,...i->...", [(5, 1, 3), (4, 3)]),
        ("...ij,j...->i...", [(2, 3), (3, 2)]),
        ("a...b,c...b->...ca", [(2, 4, 3), (5, 4, 3)]),
        ("ijk,kji,ii->j", [(2, 3, 2), (2, 3, 2), (2, 2)]),
        ("i,j,k->kji", [(2,), (3,), (4,)]),
        (",i->i", [(), (3,)]),
        ("i,i->", [(0,), (0,)]),
        ("ij,k->i", [(2, 0), (3,)]),
    ],
)
def test_einsum_of_several_equals_numpy(formula, shapes):
    xs = [np.random.default_rng(i).standard_normal(shape) for i, shape in enumerate(shapes)]
    close(ag.einsum(formula, *map(ag.tensor, xs)), np.einsum(formula, *xs))


@drawn
@given(matrices(square=True, dtypes=[np.float64, np.float32]))
def test_solving(x):
    eye = np.eye(x.shape[-1])
    t = ag.tensor(x)
    tolerance = 1e-11 if x.dtype == np.float64 else 1e-4
    b = np.ones((x.shape[-1], 2), x.dtype)
    for found, expected in [
        (linalg.inv(t) @ t, np.broadcast_to(eye, x.shape)),
        (t @ linalg.solve(t, b), np.broadcast_to(b, (*x.shape[:-1], 2))),
        (t @ linalg.solve(t, b[:, 0]), np.ones(x.shape[:-1])) if x.ndim == 2 else (eye, eye),
        (linalg.det(t), np.linalg.det(x)),
        (linalg.slogdet(t).sign * ag.exp(linalg.slogdet(t).logabsdet), np.linalg.det(x)),
        (linalg.matrix_power(t, 3), np.linalg.matrix_power(x, 3)),
        (linalg.matrix_power(t, -2), np.linalg.matrix_power(x, -2)),
        (linalg.matrix_power(t, 0), np.broadcast_to(eye, x.shape)),
    ]:
        found = np.asarray(found)
        assert found.shape == expected.shape
        np.testing.assert_allclose(
            found, expected, rtol=tolerance, atol=tolerance * np.max(np.abs(expected), initial=1)
        )
    assert linalg.inv(t).dtype == linalg.det(t).dtype == linalg.matrix_power(t, 0).dtype == x.dtype


@drawn
@given(matrices())
def test_decompositions_put_the_matrix_together_again(x):
    t = ag.tensor(x)
    mT = ag.matrix_transpose
    for mode in ("reduced", "complete"):
        q, r = linalg.qr(t, mode=mode)
        reference = np.linalg.qr(x, mode)
        assert (q.shape, r.shape) == (reference.Q.shape, reference.R.shape)
        close(q @ r, x)
        close(mT(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), (*x.shape[:-2], q.shape[-1], q.shape[-1])))
        close(ag.triu(r), r)
    for full in (True, False):
        u, s, vh = linalg.svd(t, full_matrices=full)
        reference = np.linalg.svd(x, full)
        assert (u.shape, s.shape, vh.shape) == tuple(part.shape for part in reference)
        k = s.shape[-1]
        close((u[..., :k] * s[..., None, :]) @ vh[..., :k, :], x)
        close(s, reference.S)
    close(linalg.svdvals(t), linalg.svd(t).S)
    p = linalg.pinv(t)
    for found, expected in [(t @ p @ t, t), (p @ t @ p, p), (mT(t @ p), t @ p), (mT(p @ t), p @ t)]:
        close(found, expected)
    square = t @ mT(t) + np.eye(x.shape[-2])
    w, v = linalg.eigh(square)
    close(v * w[..., None, :] @ mT(v), square)
    close(linalg.eigvalsh(square), np.linalg.eigvalsh(square.numpy()))
    close(linalg.cholesky(square) @ mT(linalg.cholesky(square)), square)
    close(mT(linalg.cholesky(square, upper=True)), linalg.cholesky(square))


def gradient(function, x):
    leaf = ag.tensor(x, requires_grad=True)
    function(leaf).backward()
    return leaf.grad.numpy()


def test_a_singular_matrix_has_a_gradient_of_its_determinant():
    assert gradient(linalg.det, np.diag([2.0, 3.0, 0.0])).tolist() == np.diag([0.0, 0.0, 6.0]).tolist()
    assert gradient(linalg.det, np.zeros((3, 3))).tolist() == np.zeros((3, 3)).tolist()
    nearly = np.diag([2.0, 3.0, 1e-200])
    close(gradient(linalg.det, nearly), np.diag([0.0, 0.0, 6.0]))
    assert linalg.det(np.zeros((0, 0))) == 1.0


def test_equal_values_have_the_gradients_of_what_depends_on_values_alone():
    close(gradient(lambda x: linalg.svdvals(x).sum(), np.eye(3)), np.eye(3))
    close(gradient(lambda x: (linalg.eigvalsh(x) ** 3).sum(), 2 * np.eye(3)), 12 * np.eye(3))
    q, _ = np.linalg.qr(np.arange(9.0).reshape(3, 3) + np.eye(3))
    close(gradient(lambda x: linalg.svdvals(x).sum(), q), q)  # equal up to rounding
    zero = gradient(lambda x: linalg.svd(x, full_matrices=False).U.sum(), np.zeros((3, 2)))
    assert np.all(np.isfinite(zero))


def test_the_identity_as_a_power_has_the_gradient_zero():
    assert not np.any(gradient(lambda x: linalg.matrix_power(x, 0).sum(), np.array([[np.inf, 1.0], [2.0, 3.0]])))


def test_integers_become_floats():
    n = ag.tensor(np.array([[2, 1], [1, 3]]))
    assert linalg.inv(n).dtype == linalg.det(n).dtype == linalg.eigh(n).eigenvectors.dtype == np.float32
    assert linalg.pinv(n).dtype == linalg.cholesky(n).dtype == np.float32
    assert ag.einsum("ij,jk->ik", n, n).tolist() == (n.numpy() @ n.numpy()).tolist()


def test_lists_are_matrices_too():
    assert linalg.det([[2.0, 0.0], [0.0, 3.0]]) == pytest.approx(6.0)
    close(linalg.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0]), [1.0, 1.0])


def backward_of(function, x):
    return lambda: function(ag.tensor(np.asarray(x, np.float64), requires_grad=True)).sum().backward()


z3, z23, z33 = ag.zeros(3), ag.zeros((2, 3)), ag.zeros((3, 3))
nan = ag.full((3, 3), np.nan)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linalg.solve(z23, z3), r"solve: takes square matrices, got shape \(2, 3\); pinv"),
        (lambda: linalg.solve(z33, z33), r"solve: a matrix of shape \(3, 3\) is singular; use pinv"),
        (lambda: linalg.solve(ag.eye(3), z23), r"solve: takes a .* got shapes \(3, 3\) and \(2, 3\)"),
        (lambda: linalg.inv(z3), r"inv: takes a matrix, or several in the last two axes; got shape \(3,\)"),
        (lambda: linalg.inv(z23), "inv: takes square matrices.*; pinv takes others"),
        (lambda: linalg.inv(z33), "inv: a matrix of shape .* is singular; use pinv, or add a multiple of eye"),
        (lambda: linalg.det(z23), "det: takes square matrices"),
        (lambda: linalg.slogdet(z23), "slogdet: takes square matrices"),
        (backward_of(lambda x: linalg.slogdet(x)[1], np.zeros((2, 2))), "slogdet: .* is singular: .* use det"),
        (
            lambda: linalg.inv(z33.astype(np.float16)),
            "inv: takes float32, float64 and integers, not float16; use astype",
        ),
        (lambda: linalg.pinv(z3), "pinv: takes a matrix"),
        (lambda: linalg.pinv(nan), "pinv: .* did not converge; does it hold nan or inf"),
        (lambda: linalg.matrix_power(z33, 0.5), "matrix_power: n must be a whole number, got 0.5"),
        (lambda: linalg.cholesky(-ag.eye(3)), "cholesky: .* is not positive definite; make it symmetric"),
        (lambda: linalg.qr(z23, mode="full"), "qr: mode must be 'reduced' or 'complete', got 'full'"),
        (
            backward_of(lambda x: linalg.qr(x, mode="complete")[0], np.eye(3, 2)),
            "qr: with mode='complete'.*use mode='redu",
        ),
        (
            backward_of(lambda x: linalg.qr(x)[1], np.ones((2, 2)) * 0),
            "qr: columns of x of shape .* depend on each other",
        ),
        (lambda: linalg.svd(nan), "svd: did not converge .* does it hold nan or inf"),
        (
            backward_of(lambda x: linalg.svd(x)[0], np.eye(3, 2)),
            "svd: with full_matrices=True .* use full_matrices=False",
        ),
        (lambda: linalg.eigh(nan), "eigh: did not converge"),
        (lambda: linalg.eigh(z23), "eigh: takes square matrices"),
        (lambda: ag.vecdot(z23, z33[:2, :2]), r"vecdot: shapes \(2, 3\) and \(2, 2\) differ along axis -1"),
        (lambda: ag.tensordot(z23, z3), r"tensordot: shapes \(2, 3\) and \(3,\) do not both have 2 axes to sum over"),
        (
            lambda: ag.tensordot(z23, z23, axes=((0,), (1,))),
            r"tensordot: axes \(0,\) of shape .* do not match axes \(1,\)",
        ),
        (lambda: ag.outer(z23, z3), r"outer: takes two vectors, got shapes \(2, 3\) and \(3,\)"),
        (lambda: ag.einsum("ij,jk", z23), "einsum: 'ij,jk' describes 2 operands, got 1"),
        (lambda: ag.einsum("i1->i", z23), "einsum: 'i1->i' must be made of letters"),
        (lambda: ag.einsum("ijk", z23), r"einsum: 'ijk' in 'ijk' does not name the axes of shape \(2, 3\)"),
        (lambda: ag.einsum("ij->k", z23), "einsum: each axis of the output of 'ij->k' must be one of an operand"),
        (lambda: ag.einsum("ij,ij", z23, z33), "einsum: an axis of 'ij,ij' is 2 long in one operand and 3 in another"),
        (lambda: ag.einsum("ii", z23), r"einsum: "),
    ],
)
def test_refused_calls_say_why(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()
