import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.kernels import gemm, plan

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


# Numpy does the small products; these are of the size that is packed and shared, with every edge in turn.
@given(
    st.integers(1, 130), st.integers(1, 600), st.integers(1, 130), dtypes, layouts, layouts, st.integers(0, 2**32 - 1)
)
@settings(deadline=None, max_examples=150)
def test_packed_products_in_any_layout_write_nothing_but_the_result(m, k, n, dtype, layout_a, layout_b, seed):
    rng = np.random.default_rng(seed)
    a, b = _operand(rng, (m, k), dtype, layout_a), _operand(rng, (k, n), dtype, layout_b)
    guarded = np.full((m * n + 200), 7, dtype)
    c = guarded[100:-100].reshape(m, n)
    gemm._multiply_batch(a, b, c, (), m, k, n)
    assert_close_to_exact(c, a, b)
    assert (guarded[:100] == 7).all()
    assert (guarded[-100:] == 7).all()


# In a plan, small products are ours, too, of operands where they are.
@given(
    st.integers(2, 40), st.integers(2, 130), st.integers(2, 40), dtypes, st.booleans(), st.booleans(),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(deadline=None, max_examples=150)
def test_small_products_in_a_plan_read_nothing_outside(m, k, n, dtype, transposed_a, transposed_b, seed):
    rng = np.random.default_rng(seed)
    a, b = _among_nan((m, k), dtype, transposed_a), _among_nan((k, n), dtype, transposed_b)
    a[...], b[...] = rng.standard_normal(a.shape), rng.standard_normal(b.shape)
    with plan.planning() as made:
        c = gemm.matmul(a, b)
    assert_close_to_exact(c, a, b)
    a[...] = rng.standard_normal(a.shape)
    made.run()
    assert_close_to_exact(c, a, b)
    if not (transposed_a and transposed_b):
        assert [step.name.split(".")[0] for step in made.steps] == ["small_products"]


def _among_nan(shape, dtype, transposed):
    """A part of a matrix that is NaN elsewhere, or of one's transpose."""
    rows, columns = reversed(shape) if transposed else shape
    around = np.full((rows + 40, columns + 40), np.nan, dtype)
    inner = around[20 : 20 + rows, 20 : 20 + columns]
    return inner.T if transposed else inner


def test_read_only_misaligned_and_foreign_operands():
    a = np.random.default_rng(0).standard_normal((110, 110), np.float32)
    a.flags.writeable = False
    misaligned = np.frombuffer(b"x" + a.tobytes(), np.float32, offset=1, count=a.size).reshape(a.shape)
    record = np.zeros((110, 110), [("flag", np.int8), ("value", np.float32)])
    record["value"] = a
    for operand in (a, misaligned, record["value"], a.astype(">f4")):
        assert_close_to_exact(gemm.matmul(operand, a), a, a)


def test_nan_and_infinity_reach_exactly_their_rows_and_columns():
    a, b = np.ones((120, 100), np.float32), np.ones((100, 110), np.float32)
    a[3, 99], b[7, 109] = np.nan, np.inf
    expected = np.full((120, 110), 100, np.float32)
    expected[:, 109], expected[3] = np.inf, np.nan
    np.testing.assert_array_equal(gemm.matmul(a, b), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("batch_a", "batch_b"), [((), (3,)), ((3,), ()), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0,), (1,)), ((4,), (4,))]
)
def test_leading_axes_broadcast(batch_a, batch_b, dtype):
    rng = np.random.default_rng(1)
    a = rng.standard_normal((*batch_a, 91, 130)).astype(dtype)
    b = rng.standard_normal((*batch_b, 130, 95)).astype(dtype)
    assert_close_to_exact(gemm.matmul(a, b), a, b)


def test_integers_and_mixed_dtypes_follow_numpy():
    a, b = np.arange(6).reshape(2, 3), np.arange(12, dtype=np.float32).reshape(3, 4)
    for left, right in [(a, a.T), (a, b), (b.T.astype(np.float64), b[:, :2])]:
        ours, numpys = gemm.matmul(left, right), np.matmul(left, right)
        assert ours.dtype == numpys.dtype
        np.testing.assert_array_equal(ours, numpys)


def test_no_inner_entries_give_zeros():
    np.testing.assert_array_equal(gemm.matmul(np.empty((3, 0)), np.empty((0, 2))), np.zeros((3, 2)))
    many = np.empty((64, 0)), np.empty((0, 96))
    with plan.planning(plan.Plan({})):  # where small products are this project's own
        np.testing.assert_array_equal(gemm.matmul(*many), np.zeros((64, 96)))


@pytest.mark.parametrize(
    ("batch_a", "batch_b"), [((), ()), ((3,), (3,)), ((3,), ()), ((2, 1), (3,)), ((2, 3), (2, 1)), ((0,), (1,))]
)
@pytest.mark.parametrize(("m", "n"), [(200, 100), (1, 40000), (40000, 1), (3, 0)])
def test_a_column_times_a_row_is_each_product_alone(m, n, batch_a, batch_b):
    rng = np.random.default_rng(2)
    for dtype, layout in [(np.float32, "plain"), (np.float64, "backwards"), (np.float32, "spread")]:
        a, b = _operand(rng, (*batch_a, m, 1), dtype, layout), _operand(rng, (*batch_b, 1, n), dtype, layout)
        ours = gemm.matmul(a, b)
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours, a * b)


@pytest.mark.parametrize(("m", "k", "n"), [(1, 9216, 128), (4096, 2048, 3), (64, 64, 64), (96, 96, 96)])
def test_what_the_blas_does_faster_is_left_to_it(m, k, n, monkeypatch):
    monkeypatch.setattr(gemm, "_multiply_batch", None)
    a, b = np.ones((m, k), np.float32), np.ones((k, n), np.float32)
    if (m, k, n) == (96, 96, 96) and gemm.simd.VECTOR_BITS < 512:
        pytest.skip("its kernels for one thread end at 64×64×64 here")
    np.testing.assert_array_equal(gemm.matmul(a, b), np.full((m, n), k))
