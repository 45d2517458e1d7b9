import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.kernels import gemm

sizes = st.integers(0, 40)
dtypes = st.sampled_from([np.float32, np.float64])


def _operand(rng, shape, dtype, layout):
    """An array of `shape` laid out in memory as asked: plain, transposed, every second entry, or backwards."""
    rows, columns = shape[-2:]
    if layout == "transposed":
        return rng.standard_normal((*shape[:-2], columns, rows)).astype(dtype).swapaxes(-1, -2)
    if layout == "spread":
        return rng.standard_normal((*shape[:-1], 2 * columns)).astype(dtype)[..., ::2]
    if layout == "backwards":
        return rng.standard_normal(shape).astype(dtype)[..., ::-1, ::-1]
    return rng.standard_normal(shape).astype(dtype)


layouts = st.sampled_from(["plain", "transposed", "spread", "backwards"])


def assert_close_to_exact(ours, a, b):
    exact = np.matmul(a.astype(np.float64), b.astype(np.float64))
    bound = np.matmul(np.abs(a), np.abs(b)) * np.finfo(ours.dtype).eps * (4 + np.sqrt(a.shape[-1]))
    assert ours.shape == exact.shape
    assert np.all(np.abs(ours - exact) <= bound)


@given(sizes, sizes, sizes, dtypes, layouts, layouts, st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_small_products_in_any_layout(m, k, n, dtype, layout_a, layout_b, seed):
    rng = np.random.default_rng(seed)
    a, b = _operand(rng, (m, k), dtype, layout_a), _operand(rng, (k, n), dtype, layout_b)
    ours = gemm.matmul(a, b)
    assert ours.dtype == dtype
    assert_close_to_exact(ours, a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("batch_a", "batch_b"), [((), (3,)), ((3,), ()), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0,), (1,)), ((4,), (4,))]
)
def test_leading_axes_broadcast(batch_a, batch_b, dtype):
    rng = np.random.default_rng(1)
    a = rng.standard_normal((*batch_a, 33, 70)).astype(dtype)
    b = rng.standard_normal((*batch_b, 70, 45)).astype(dtype)
    assert_close_to_exact(gemm.matmul(a, b), a, b)


def test_integers_and_mixed_dtypes_follow_numpy():
    a, b = np.arange(6).reshape(2, 3), np.arange(12, dtype=np.float32).reshape(3, 4)
    for left, right in [(a, a.T), (a, b), (b.T.astype(np.float64), b[:, :2])]:
        ours, numpys = gemm.matmul(left, right), np.matmul(left, right)
        assert ours.dtype == numpys.dtype
        np.testing.assert_array_equal(ours, numpys)


def test_no_inner_entries_give_zeros():
    np.testing.assert_array_equal(gemm.matmul(np.empty((3, 0)), np.empty((0, 2))), np.zeros((3, 2)))
