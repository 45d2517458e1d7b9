import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import sorting, threads


def stable_order(x, axis, descending):
    """Of numpy; descending, it is that of the ranks, which are whole numbers, counted from the other end."""
    if not descending:
        return np.argsort(x, axis, stable=True)
    ranks = np.unique(x, return_inverse=True, equal_nan=True)[1].reshape(x.shape)
    return np.argsort(-ranks, axis, stable=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    st.tuples(st.integers(0, 9), st.integers(1, 500)),
    st.sampled_from([0, 1, 10, 30]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=100)
def test_rows_of_any_length_with_many_ties_and_special_numbers(dtype, shape, spread, descending, seed):
    rng = np.random.default_rng(seed)
    x = (rng.integers(-3, 4, shape) * 10.0 ** rng.uniform(-spread, spread, shape)).astype(dtype)
    special = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0], dtype)
    x = np.where(rng.random(shape) < 0.3, rng.choice(special, shape), x)
    x.flags.writeable = False
    order = sorting.order_of_rows(x, descending)
    assert order.dtype == np.intp
    np.testing.assert_array_equal(order, stable_order(x, 1, descending))


def test_same_bits_at_any_number_of_threads():
    x = np.random.default_rng(0).standard_normal((50, 3000), np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            results.append(sorting.order_of_rows(x, False).tobytes())
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_ops_on_large_arrays(dtype, descending, axis):
    rng = np.random.default_rng(0)
    x = rng.integers(-500, 500, (300, 260, 2)).astype(dtype)
    order = stable_order(x, axis, descending)
    np.testing.assert_array_equal(ag.argsort(x, axis=axis, descending=descending), order)
    if dtype is np.int32:
        return
    leaf = ag.Tensor(x, requires_grad=True)
    y = ag.sort(leaf, axis=axis, descending=descending)
    np.testing.assert_array_equal(y.numpy(), np.take_along_axis(x, order, axis))
    g = rng.standard_normal(x.shape).astype(dtype)
    y.backward(ag.Tensor(g))
    np.testing.assert_array_equal(np.take_along_axis(leaf.grad.numpy(), order, axis), g)
