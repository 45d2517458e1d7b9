import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import normalisation, threads
from autograd_core.ops.normalisation import _layout

FEW = 8  # roundings; 3.9 is the most that thousands of draws have shown


@st.composite
def layouts(draw):
    """x as (N, K, M), and weights (P, Q) that repeat over it."""
    images, groups, repeats = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 3))
    width, apart = draw(st.integers(1, 40)), draw(st.integers(1, 60))
    kind = draw(st.sampled_from(["table", "columns", "one", "long"]))
    if kind == "columns":
        return (images + 1, 30 * groups + width, min(apart, 20)), (30 * groups + width, 1)
    if kind == "long":  # several pieces, of which the last is short
        return (images, groups, 4099), (1, draw(st.sampled_from([1, 4099])))
    return (images, groups * repeats, width * apart), ((groups, width) if kind == "table" else (1, 1))


def by_definition(g, x, weight, bias, eps, centre):
    """y, mean, var and three gradients, in float64; and √Σ size² of what is added up for weights and for biases.

    A term's size is that of the numbers it is made of: of x and the mean, which may cancel.
    """
    g, x, weight, bias = (a.astype(np.float64) for a in (g, x, weight, bias))
    (_, slices, run), (p, q) = x.shape, weight.shape
    spread = [np.repeat(np.tile(a, (slices // p, 1)), run // q, axis=1) for a in (weight, bias)]
    mean = x.mean((0, 2), keepdims=True) if centre else np.zeros((1, slices, 1))
    var = np.square(x - mean).mean((0, 2), keepdims=True)
    scale = 1 / np.sqrt(var + eps)
    s, u = (x - mean) * scale, g * spread[0]
    along = s * (u * s).mean((0, 2), keepdims=True)
    dx = scale * (u - along - (u.mean((0, 2), keepdims=True) if centre else 0))

    def table(a):
        return a.sum(0).reshape(slices // p, p, q, run // q).sum((0, 3))

    exact = s * spread[0] + spread[1], mean.reshape(-1), var.reshape(-1), dx, table(g * s), table(g)
    return exact, [np.sqrt(table(sizes**2)) for sizes in (g * scale * (np.abs(x) + np.abs(mean)), g)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(layouts(), st.booleans(), st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_values_and_gradients_equal_the_definition(dtype, layout, centre, seed):
    shape, table = layout
    rng = np.random.default_rng(seed)
    g, x = rng.standard_normal((2, *shape)).astype(dtype)
    weight, bias = rng.standard_normal((2, *table)).astype(dtype)
    x = 2 * x + 1
    y, mean, var = normalisation.normalize(x, weight, bias, shape, 0.01, centre)
    gradients = normalisation.normalize_gradient(g, x, weight, mean, var, shape, 0.01, centre)
    expected, lengths = by_definition(g, x, weight, bias, 0.01, centre)
    few = FEW * np.finfo(dtype).eps
    sizes = [max(10, np.abs(exact).max()) for exact in expected[:4]] + lengths
    for ours, exact, size in zip((y, mean, var, *gradients), expected, sizes, strict=True):
        assert ours.dtype == dtype
        # Sums for weights go on in the array's own dtype from slice to slice.
        assert np.all(np.abs(ours - exact) <= few * (1 + np.sqrt(shape[1] / 32)) * (np.abs(exact) + size))


@pytest.mark.parametrize("shape", [(1, 3, 1 << 16), (64, 4, 1024), (4096, 200, 1), (512, 20, 16)])
def test_a_large_mean_and_many_entries_do_not_spoil_the_variance(shape):
    x = (np.random.default_rng(0).standard_normal(shape) + 1000).astype(np.float32)
    one = np.ones((shape[1], 1), np.float32)
    y, mean, var = normalisation.normalize(x, one, 0 * one, shape, 0.0, True)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean((0, 2)), rtol=1e-7)
    np.testing.assert_allclose(var, exact.var((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(np.square(y.astype(np.float64)).mean((0, 2)), 1, rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 600, 128), (32, 40, 49), (300, 260, 1), (32, 70, 9), (1, 2, 70001)])
@pytest.mark.parametrize("each", [True, False])
def test_same_bits_at_any_number_of_threads(shape, each):
    rng = np.random.default_rng(1)
    g, x = rng.standard_normal((2, *shape), np.float32)
    weight = rng.standard_normal((1, shape[2]) if each else (shape[1], 1), np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            threads.set_num_threads(count)
            y, mean, var = normalisation.normalize(x, weight, weight, shape, 1e-5, True)
            found = (y, mean, var, *normalisation.normalize_gradient(g, x, weight, mean, var, shape, 1e-5, True))
            results.append([array.tobytes() for array in found])
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("shape", [(1, 4, 64), (8, 4, 8), (64, 4, 1)])
def test_nan_and_inf_show_in_their_slice_and_nowhere_else(bad, shape):
    x = np.random.default_rng(2).standard_normal(shape)
    x[0, 1, 0] = bad
    one = np.ones((4, 1))
    y, mean, var = normalisation.normalize(x, one, one, shape, 1e-5, True)
    dx, to_weight, _ = normalisation.normalize_gradient(x, x, one, mean, var, shape, 1e-5, True)
    for array in (y, dx):
        assert np.isnan(array[0, 1, 0])
        assert np.isfinite(np.delete(array, 1, axis=1)).all()
    np.testing.assert_array_equal(np.isnan(to_weight[:, 0]), [False, True, False, False])


@pytest.mark.parametrize(
    ("shape", "axes", "weights", "slices", "table"),
    [
        ((8, 3, 5, 5), (0, 2, 3), (3, 1, 1), (8, 3, 25), (3, 1)),  # batch
        ((8, 3), (0,), (3,), (8, 3, 1), (3, 1)),
        ((8, 3), (0,), (), (8, 3, 1), (3, 1)),
        ((4, 7, 6), (2,), (6,), (1, 28, 6), (1, 6)),  # layer
        ((4, 7, 6), (1, 2), (7, 6), (1, 4, 42), (1, 42)),
        ((4, 2, 3, 5, 5), (2, 3, 4), (2, 3, 1, 1), (1, 8, 75), (2, 3)),  # group
        ((4, 6, 5, 5), (2, 3), (6, 1, 1), (1, 24, 25), (6, 1)),  # instance
        ((4, 6), (0, 1), (), (1, 1, 24), (1, 1)),
    ],
)
def test_layers_as_a_kernel_sees_them(shape, axes, weights, slices, table):
    layout = _layout(shape, axes, weights)
    assert (layout.slices, layout.table) == (slices, table)


@pytest.mark.parametrize(
    ("shape", "axes", "weights"),
    [((4, 5, 6), (1,), ()), ((4, 5, 6, 7), (1, 3), ()), ((4, 6), (1,), (4, 1, 6)), ((4, 5, 6), (2,), (4, 1, 6))],
)
def test_what_no_kernel_takes_numpy_computes(shape, axes, weights):
    assert _layout(shape, axes, weights) is None
    x = ag.tensor(np.random.default_rng(3).standard_normal((*shape[:-1], 20 * shape[-1])), requires_grad=True)
    last = (*weights[:-1], 20 * weights[-1]) if weights and weights[-1] > 1 else weights
    y = ag.normalize(x, axes, ag.full(last, 2.0, dtype=np.float64), eps=0.0)
    mean, deviation = (getattr(np, name)(x.numpy(), axis=axes, keepdims=True) for name in ("mean", "std"))
    np.testing.assert_allclose(y.numpy() + np.zeros(last), 2 * (x.numpy() - mean) / deviation + np.zeros(last))


@pytest.mark.parametrize(
    ("shape", "axes", "weights"),
    [((8, 3, 4, 4), (0, 2, 3), (3, 1, 1)), ((50, 6), (0,), (6,)), ((20, 16), (1,), (16,)), ((20, 16), (1,), ())],
)
@pytest.mark.parametrize("centre", [True, False])
def test_gradients_of_gradients_of_a_size_for_kernels(shape, axes, weights, centre):
    rng = np.random.default_rng(4)
    x, weight, bias = rng.standard_normal(shape), rng.standard_normal(weights), rng.standard_normal(weights)
    ag.gradcheck(
        lambda x, w, b: ag.normalize(x, axes, w, b, eps=0.1, centre=centre) ** 2, x, weight, bias, order=2, step=1e-5
    )


def test_arrays_of_any_layout_in_memory_are_taken():
    rng = np.random.default_rng(5)
    x, g = rng.standard_normal((2, 40, 30))
    for axes in ((0,), (1,)):
        results = []
        for a, b in ((x, g), (np.asfortranarray(x), np.repeat(g, 2, axis=1)[:, ::2])):
            leaf = ag.tensor(a, requires_grad=True)
            y = ag.normalize(leaf, axes)
            y.backward(ag.tensor(b))
            results.append((y.numpy().tobytes(), leaf.grad.numpy().tobytes()))
        assert results[0] == results[1]
