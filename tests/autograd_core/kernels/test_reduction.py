import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.kernels import reduction, threads


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(st.tuples(st.integers(0, 70), st.integers(0, 5), st.integers(0, 9), st.integers(1, 40)), st.integers(0, 2**32))
@settings(deadline=None)
def test_sum_of_channels(dtype, shape, seed):
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    sums = reduction.sum_of_channels(x)
    terms = x.astype(np.float64)
    assert (sums.shape, sums.dtype) == ((shape[1],), dtype)
    bound = np.abs(terms).sum((0, 2, 3)) * np.finfo(dtype).eps * (2 + np.sqrt(x.size))
    assert np.all(np.abs(sums - terms.sum((0, 2, 3))) <= bound)


def test_any_strides_nan_and_infinity():
    x = np.ones((6, 5, 4, 8), np.float32).T[:, ::-2]
    x[3, 1, 2, 2], x[0, 0, 0, 0] = np.nan, np.inf
    np.testing.assert_array_equal(reduction.sum_of_channels(x), [np.inf, np.nan])


def test_same_bits_at_any_number_of_threads():
    x = np.random.default_rng(0).standard_normal((37, 5, 50, 31), np.float32)
    before, results = threads.get_num_threads(), []
    for count in (1, 2, 3):
        threads.set_num_threads(count)
        results.append(reduction.sum_of_channels(x))
    threads.set_num_threads(before)
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
