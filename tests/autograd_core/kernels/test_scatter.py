import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import scatter, threads


def one_by_one(table, index, rows):
    table = table.copy()
    for i, row in zip(index, rows, strict=True):
        table[i] += row
    return table


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(st.integers(1, 20), st.integers(0, 60), st.integers(0, 400), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_rows_of_any_width_are_added_in_their_order(dtype, count, n, width, seed):
    rng = np.random.default_rng(seed)
    table, rows = rng.standard_normal((count, width)).astype(dtype), rng.standard_normal((n, width)).astype(dtype)
    index = rng.integers(0, count, n)
    expected = one_by_one(table, index, rows)
    for array in (index, rows):
        array.flags.writeable = False
    scatter.add_rows(table, index, rows)
    np.testing.assert_array_equal(table, expected)


def test_nan_and_infinity_show_in_the_places_that_are_named():
    rows = np.ones((4, 300), np.float32)
    rows[0, 0], rows[1, 299], rows[2, 299] = np.nan, np.inf, -np.inf
    table = np.zeros((3, 300), np.float32)
    scatter.add_rows(table, np.array([2, 1, 1, 0]), rows)
    np.testing.assert_array_equal(table[:, [0, 1, 299]], [[1, 1, 1], [2, 2, np.nan], [np.nan, 1, 1]])


def test_same_bits_at_any_number_of_threads():
    rng = np.random.default_rng(0)
    index, rows = rng.integers(0, 9, 3000), rng.standard_normal((3000, 500), np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            table = np.ones((10, 500), np.float32)
            scatter.add_rows(table, index, rows)
            results.append(table.tobytes())
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2] == one_by_one(np.ones((10, 500), np.float32), index, rows).tobytes()


@pytest.mark.parametrize("kind", [np.int64, np.int16, np.uint64])
@pytest.mark.parametrize("shape", [(7, 40), (7, 5, 8), (7, 0)])
def test_ops_on_many_rows(kind, shape):
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal(shape).astype(np.float32), rng.standard_normal((6, 10, *shape[1:])).astype(np.float32)
    index = rng.integers(0 if kind is np.uint64 else -7, 7, (6, 10)).astype(kind)
    added = np.array(x)
    np.add.at(added, index, v)
    np.testing.assert_array_equal(ag.add_at(x, v, index), added)
    zeros = np.zeros_like(x)
    np.add.at(zeros, index, v)
    leaf = ag.Tensor(x, requires_grad=True)
    y = ag.take(leaf, index, axis=0)
    np.testing.assert_array_equal(y.numpy(), x[index])
    y.backward(ag.Tensor(v))
    np.testing.assert_array_equal(leaf.grad.numpy(), zeros)
    backwards = ag.scatter_add(v[:, ::-1], shape, (index[:, ::-1],))
    np.testing.assert_allclose(backwards, zeros, atol=1e-5)


@pytest.mark.parametrize("row", [7, -8])
def test_rows_out_of_range_among_many(row):
    x, index = np.ones((7, 400), np.float32), np.array([0, row])
    with pytest.raises(ag.ArgumentError, match=f"index {row} is out of bounds for axis 0 with size 7"):
        ag.getitem(x, index)
    with pytest.raises(IndexError, match=f"index {row} is out of bounds for axis 0 with size 7"):
        ag.scatter_add(np.ones((2, 400), np.float32), (7, 400), index)
