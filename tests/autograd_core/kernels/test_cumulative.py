import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import cumulative, threads
from autograd_core.kernels.thresholds import LONG


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    st.one_of(
        st.tuples(st.integers(1, 20), st.integers(1, 3000), st.just(1)),
        st.tuples(st.integers(1, 300), st.integers(1, 9), st.integers(1, 600)),
    ),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=60)
def test_the_bits_of_numpy_for_any_shape(dtype, shape, seed):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal(shape) * rng.choice([0, 1], shape)).astype(dtype)  # both zeros among them
    x.flags.writeable = False
    sums = cumulative.cumulative_sum(x, shape)
    assert (sums.dtype, sums.tobytes()) == (x.dtype, np.cumsum(x, 1).tobytes())
    backwards = cumulative.cumulative_sum(x, shape, backwards=True)
    assert backwards.tobytes() == np.flip(np.cumsum(np.flip(x, 1), 1), 1).tobytes()


@pytest.mark.parametrize("shape", [(1, 4, 1), (1, 4, 3)])
def test_nan_and_infinity_stay(shape):
    x = np.ones(shape)
    x[:, 1, 0], x[:, 3, 0] = np.inf, -np.inf
    np.testing.assert_array_equal(cumulative.cumulative_sum(x, shape)[0, :, 0], [1, np.inf, np.inf, np.nan])
    backwards = cumulative.cumulative_sum(x, shape, backwards=True)
    np.testing.assert_array_equal(backwards[0, :, 0], [np.nan, np.nan, -np.inf, -np.inf])
    np.testing.assert_array_equal(backwards[0, :, 1:], np.tile([[4], [3], [2], [1]], shape[2] - 1))


@pytest.mark.parametrize("shape", [(501, 300, 1), (3, 100, 1000), (3000, 10, 7)])
def test_same_bits_at_any_number_of_threads(shape):
    x = np.random.default_rng(0).standard_normal(shape, np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            results.append([cumulative.cumulative_sum(x, shape, way).tobytes() for way in (False, True)])
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("initial", [False, True])
def test_ops_on_large_arrays(axis, initial):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 9, 30)).astype(np.float32)
    assert x.size >= LONG
    for array in (x, x.T, x[:, ::-1]):
        leaf = ag.Tensor(array, requires_grad=True)
        sums = ag.cumulative_sum(leaf, axis=axis, include_initial=initial)
        expected = np.cumsum(array, axis=axis)
        if initial:
            expected = np.concatenate([np.zeros_like(expected.take([0], axis)), expected], axis)
        np.testing.assert_array_equal(sums.numpy(), expected)
        g = rng.standard_normal(sums.shape).astype(np.float32)
        sums.backward(ag.Tensor(g))
        after = np.flip(g, axis)[(slice(None),) * (axis % 3) + (slice(array.shape[axis]),)]
        np.testing.assert_array_equal(leaf.grad.numpy(), np.flip(np.cumsum(after, axis), axis))
    leaf = ag.Tensor(x, requires_grad=True)
    ag.sum(ag.cumulative_sum(leaf, axis=axis)).backward()
    count = np.cumsum(np.ones_like(x), axis)
    np.testing.assert_array_equal(leaf.grad.numpy(), np.flip(count, axis))
