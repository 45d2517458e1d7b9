import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import gemm
from autograd_core.kernels.matvec import matvec

LAYOUTS = {
    "rows": lambda a: a,
    "columns": np.asfortranarray,
    "spread": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
    "part of a row": lambda a: np.concatenate([a, a], 1)[:, : a.shape[1]],
    "part of a column": lambda a: np.asfortranarray(np.concatenate([a, a]))[: len(a)],
    "backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
}


def operands(m, k, dtype, layout, seed=0):
    rng = np.random.default_rng(seed)
    return LAYOUTS[layout](rng.standard_normal((m, k)).astype(dtype)), rng.standard_normal(k).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(list(LAYOUTS)), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_any_shape_and_layout(dtype, m, k, layout, seed):
    a, x = operands(m, k, dtype, layout, seed)
    y, exact = matvec(a, x), a.astype(np.float64) @ x.astype(np.float64)
    bound = np.abs(a) @ np.abs(x) * np.finfo(dtype).eps * (4 + np.sqrt(k))
    assert y.dtype == dtype
    assert y.shape == (m,)
    assert np.all(np.abs(y - exact) <= bound)


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize(("m", "k"), [(128, 9216), (5000, 300), (9000, 20), (20, 40000)])
def test_same_bits_at_any_number_of_threads(m, k, layout):
    a, x = operands(m, k, np.float32, layout)
    threads, results = ag.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            ag.set_num_threads(count)
            results.append(matvec(a, x))
    finally:
        ag.set_num_threads(threads)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_products_with_vectors_come_here_in_every_orientation(monkeypatch):
    asked = []
    monkeypatch.setattr(gemm, "matvec", lambda a, x: asked.append(a.shape) or matvec(a, x))
    rng = np.random.default_rng(0)
    w, row, column = rng.standard_normal((800, 700)), rng.standard_normal((1, 800)), rng.standard_normal((700, 1))
    for a, b in [(row, w), (column.T, w.T), (w, column), (w.T, row.T)]:
        for left, right in [(a, b), (np.asfortranarray(a), np.ascontiguousarray(b))]:
            np.testing.assert_allclose(gemm.matmul(left, right), left @ right, rtol=1e-10, atol=1e-10)
    assert len(asked) == 8


def test_nan_and_infinity_reach_exactly_their_sums():
    for layout in ("rows", "columns"):
        a, x = np.ones((50, 70), np.float32), np.ones(70, np.float32)
        a[3, 5], a[7, 69] = np.nan, np.inf
        expected = np.full(50, 70, np.float32)
        expected[3], expected[7] = np.nan, np.inf
        np.testing.assert_array_equal(matvec(LAYOUTS[layout](a), x), expected)


def test_read_only_operands():
    a, x = operands(30, 40, np.float64, "rows")
    a.flags.writeable = x.flags.writeable = False
    np.testing.assert_allclose(matvec(a, x), a @ x)
