import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.kernels import pooling


def reference(x, kernel, stride, padding):
    """Windows one by one; the gradient's share of each tied entry as weights (window -> entry)."""
    (kh, kw), (sh, sw), (ph, pw) = kernel, stride, padding
    n, c, h, w = x.shape
    oh, ow = (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1
    y = np.full((n, c, oh, ow), -np.inf, x.dtype)
    shares = []
    for image, channel, p, q in np.ndindex(y.shape):
        rows = slice(max(p * sh - ph, 0), max(p * sh - ph + kh, 0))
        columns = slice(max(q * sw - pw, 0), max(q * sw - pw + kw, 0))
        where = (image, channel, rows, columns)
        window = x[where]
        if window.size:
            y[image, channel, p, q] = window.max()
        tied = np.isnan(window) if np.isnan(window).any() else window == y[image, channel, p, q]
        shares.append((where, tied / max(tied.sum(), 1)))
    return y, shares


@st.composite
def poolings(draw):
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    size = tuple(max(1, k - 2 * p) + draw(st.integers(0, 8)) for k, p in zip(kernel, padding, strict=True))
    return (draw(st.integers(1, 2)), draw(st.integers(1, 3)), *size), kernel, stride, padding


def check(x, kernel, stride, padding):
    expected, shares = reference(x, kernel, stride, padding)
    y = pooling.max_pool2d(x, kernel, stride, padding)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, expected)
    g = np.random.default_rng(0).standard_normal(y.shape).astype(x.dtype)
    dx = np.zeros(x.shape)
    for upstream, (where, share) in zip(g.ravel(), shares, strict=True):
        dx[where] += upstream * share
    ours = pooling.max_pool2d_gradient(g, x, y, kernel, stride, padding)
    assert ours.dtype == x.dtype
    np.testing.assert_allclose(ours, dx, rtol=1e-5, atol=1e-5)


@given(poolings(), st.sampled_from([np.float32, np.float64]), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_windows_of_any_shape_with_many_ties_and_nan(case, dtype, seed):
    shape, *options = case
    rng = np.random.default_rng(seed)
    check(rng.choice([0, 1, 2, -np.inf, np.nan], shape, p=[0.4, 0.3, 0.2, 0.05, 0.05]).astype(dtype), *options)


@pytest.mark.parametrize("size", [(28, 28), (7, 9), (64, 33), (2, 2), (1, 4)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_halving_with_odd_edges(size, dtype):
    rng = np.random.default_rng(0)
    check(np.maximum(rng.standard_normal((2, 3, *size)), 0).astype(dtype), (2, 2), (2, 2), (0, 0))


def test_arrays_of_any_strides():
    x = np.random.default_rng(0).standard_normal((12, 10, 3, 2)).T[:, :, ::-1]
    check(x, (2, 2), (2, 2), (0, 0))
    check(x, (3, 2), (1, 2), (1, 0))
