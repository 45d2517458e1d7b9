import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import normalisation, reduction, threads
from autograd_core.kernels.thresholds import LONG_FOR_REDUCTION

NUMPYS = {"sum": np.sum, "mean": np.mean, "var": np.var, "max": np.max, "min": np.min}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(st.tuples(st.integers(1, 150), st.integers(1, 30), st.integers(1, 3000)), st.booleans(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_slices_of_any_shape(dtype, shape, columns, seed):
    shape = (shape[0], shape[1] * 70, 1) if columns else shape
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    terms, few = x.astype(np.float64), 12 * np.finfo(dtype).eps
    sums = reduction.sum_of_slices(x, shape)
    assert (sums.shape, sums.dtype) == ((shape[1],), dtype)
    np.testing.assert_allclose(sums, terms.sum((0, 2)), atol=few * np.abs(terms).sum((0, 2)).max(), rtol=0)
    np.testing.assert_allclose(normalisation.variance(x, shape), terms.var((0, 2)), rtol=few, atol=few)
    rows = x.reshape(shape[0] * shape[1], shape[2])
    np.testing.assert_array_equal(reduction.largest_of_rows(rows), rows.max(1))
    np.testing.assert_array_equal(reduction.smallest_of_rows(rows), rows.min(1))


@pytest.mark.parametrize("name", NUMPYS)
@pytest.mark.parametrize("axis", [None, 0, -1, 1, (0, 2), (1, 2), (0, 1), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_ops_on_large_arrays(name, axis, keepdims):
    x = np.random.default_rng(0).standard_normal((30, 20, 40)).astype(np.float32) + 3
    assert x.size >= LONG_FOR_REDUCTION
    for array in (x, x.swapaxes(0, 2), x[:, ::-1]):
        y = getattr(ag, name)(array, axis=axis, keepdims=keepdims)
        expected = NUMPYS[name](array.astype(np.float64), axis=axis, keepdims=keepdims)
        assert (y.shape, y.dtype) == (expected.shape, np.float32)
        np.testing.assert_allclose(y, expected, rtol=1e-5)
    with pytest.raises(ag.ArgumentError, match=f"{name}: axis 3 does not name distinct axes"):
        getattr(ag, name)(x, axis=3)


def test_a_sum_of_many_small_numbers_is_as_exact_as_one_of_few():
    x = np.full((1 << 22,), 0.1, np.float32)
    exact = float(np.float32(0.1)) * x.size
    for shape in ((1, 1, x.size), (1, 4, x.size // 4), (64, 2, x.size // 128)):
        sums = reduction.sum_of_slices(x.reshape(shape), shape)
        np.testing.assert_allclose(sums, exact / shape[1], rtol=1e-6)


def test_variance_with_a_correction():
    x = np.random.default_rng(0).standard_normal((100, 200))
    np.testing.assert_allclose(ag.var(x, axis=1, correction=1), x.var(1, ddof=1), rtol=1e-13)
    assert np.isnan(ag.var(x, axis=1, correction=200)).all()


def test_nan_and_infinity_show_in_their_channel_alone():
    x = np.ones((3, 2, 100, 100), np.float32)
    x[1, 1, 50, 2], x[0, 0, 0, 0] = np.nan, np.inf
    np.testing.assert_array_equal(reduction.sum_of_slices(x, (3, 2, 10_000)), [np.inf, np.nan])
    rows = x.reshape(6, -1)
    np.testing.assert_array_equal(reduction.largest_of_rows(rows), [np.inf, 1, 1, np.nan, 1, 1])
    np.testing.assert_array_equal(reduction.smallest_of_rows(-rows), [-np.inf, -1, -1, np.nan, -1, -1])
    columns = x.reshape(-1, 100)
    sums = reduction.sum_of_slices(columns, (600, 100, 1))
    np.testing.assert_array_equal(sums[:4], [np.inf, 600, np.nan, 600])


@pytest.mark.parametrize("shape", [(37, 5, 1550), (1, 1, 300000), (1, 300, 1000), (3000, 200, 1)])
def test_same_bits_at_any_number_of_threads(shape):
    x = np.random.default_rng(0).standard_normal(shape, np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            results.append([reduction.sum_of_slices(x, shape).tobytes(), normalisation.variance(x, shape).tobytes()])
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]
