import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.kernels import convolution, image_lanes, threads
from autograd_core.kernels.plan import planning


def reference(x, w, stride, padding, dilation, groups, bias=0.0):
    """The definition, in float64, one kernel entry at a time."""
    (sh, sw), (ph, pw), (dh, dw) = stride, padding, dilation
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    w = w.astype(np.float64)
    out, per_group, kh, kw = w.shape
    oh = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    ow = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    y = np.zeros((x.shape[0], out, oh, ow)) + np.reshape(bias, (-1, 1, 1))
    for group in range(groups):
        o = slice(group * out // groups, (group + 1) * out // groups)
        c = slice(group * per_group, (group + 1) * per_group)
        for i in range(kh):
            for j in range(kw):
                seen = x[:, c, i * dh : i * dh + sh * oh : sh, j * dw : j * dw + sw * ow : sw][:, :, :oh, :ow]
                y[:, o] += np.einsum("nchw,oc->nohw", seen, w[o, :, i, j])
    return y


@st.composite
def convolutions(draw, batches=(1, 2, 3)):
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = draw(pair), draw(pair), draw(pair)
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    smallest = [max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(kernel, dilation, padding, strict=True)]
    size = tuple(s + draw(st.integers(0, 9)) for s in smallest)
    groups = draw(st.integers(1, 3))
    x_shape = (draw(st.sampled_from(batches)), groups * draw(st.integers(1, 4)), *size)
    w_shape = (groups * draw(st.integers(1, 5)), x_shape[1] // groups, *kernel)
    return x_shape, w_shape, stride, padding, dilation, groups


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(convolutions(), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_forward_and_both_gradients(dtype, case, seed):
    x_shape, w_shape, *options = case
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(x_shape).astype(dtype), rng.standard_normal(w_shape).astype(dtype)
    check_against_reference(rng, x, w, *options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(convolutions(batches=(1, 7, 19, 37)), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_the_same_where_lanes_are_images(dtype, case, seed):
    x_shape, w_shape, *options = case
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(x_shape).astype(dtype), rng.standard_normal(w_shape).astype(dtype)

    def wherever_possible(images, channels, outputs, axes, item):
        return image_lanes.convolution_cost(images, channels, outputs, *axes, item) is not None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "_lanes_are_images", wherever_possible)
        patch.setattr(convolution, "_lanes_are_images_for_weights", lambda *sizes: True)
        check_against_reference(rng, x, w, *options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    st.tuples(st.sampled_from([1, 7, 19, 37]), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(1, 11), st.integers(1, 2), st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_the_same_by_fewer_multiplications(dtype, x_shape, padding, outputs, groups, seed):
    images, channels, *size = x_shape
    size = [max(n, 3 - 2 * p) for n, p in zip(size, padding, strict=True)]
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((images, groups * channels, *size)).astype(dtype)
    w = rng.standard_normal((groups * outputs, channels, 3, 3)).astype(dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "_winograd_pays", lambda *sizes: True)
        patch.setattr(convolution, "_winograd_pays_for_filters", lambda *sizes: True)
        check_against_reference(rng, x, w, (1, 1), padding, (1, 1), groups, fewer=True)


def check_against_reference(rng, x, w, *options, fewer=False):
    """y against the definition; the gradients by being its adjoints: g·conv(u, w) = dx·u for every u."""
    eps = np.finfo(x.dtype).eps * (4 if fewer else 1)
    biases = rng.standard_normal(w.shape[0]).astype(x.dtype)
    for bias in (biases, None):
        y = convolution.conv2d(x, w, *options, bias=bias, fewer=fewer)
        exact = reference(x, w, *options, 0.0 if bias is None else bias)
        bound = reference(np.abs(x), np.abs(w), *options, np.abs(biases)) * eps * (4 + np.sqrt(w[0].size))
        if fewer:  # pixels that a position does not see are added and subtracted again
            bound = bound.max()
        assert y.dtype == x.dtype
        assert y.shape == exact.shape
        assert np.all(np.abs(y - exact) <= bound)

    g = rng.standard_normal(y.shape).astype(x.dtype)
    dx = convolution.conv2d_input_gradient(g, w, x.shape, *options, fewer=fewer)
    dw = convolution.conv2d_weight_gradient(g, x, w.shape, *options, fewer=fewer)
    assert (dx.shape, dx.dtype) == (x.shape, x.dtype)
    assert (dw.shape, dw.dtype) == (w.shape, w.dtype)
    for _ in range(3):
        u, v = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
        # The sums have random signs, so their errors grow as the root of the number of terms.
        magnitude = np.abs(g).max() * 20 * eps * np.sqrt(y.size * w[0].size)
        assert abs(np.vdot(g, reference(u, w, *options)) - np.vdot(dx, u)) <= magnitude * np.abs(w).max() * 5
        assert abs(np.vdot(g, reference(x, v, *options)) - np.vdot(dw, v)) <= magnitude * np.abs(x).max() * 5


LAYERS = {
    "LeNet first": ((8, 1, 28, 28), (6, 1, 5, 5), (1, 1), (2, 2), (1, 1), 1),
    "LeNet second": ((8, 6, 14, 14), (16, 6, 5, 5), (1, 1), (0, 0), (1, 1), 1),
    "wide": ((2, 32, 26, 26), (64, 32, 3, 3), (1, 1), (0, 0), (1, 1), 1),
    "strided": ((2, 16, 33, 33), (24, 16, 3, 3), (2, 2), (1, 1), (1, 1), 1),
    "depthwise": ((2, 16, 20, 20), (16, 1, 3, 3), (1, 1), (1, 1), (1, 1), 16),
    "depthwise strided": ((2, 16, 32, 37), (16, 1, 3, 3), (2, 2), (1, 1), (1, 1), 16),
    "many images": ((32, 6, 14, 14), (16, 6, 5, 5), (1, 1), (0, 0), (1, 1), 1),
    "many images of one channel": ((32, 1, 28, 28), (6, 1, 5, 5), (1, 1), (2, 2), (1, 1), 1),
    "pointwise": ((2, 40, 9, 9), (48, 40, 1, 1), (1, 1), (0, 0), (1, 1), 1),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_of_networks(layer):
    x_shape, w_shape, *options = LAYERS[layer]
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(x_shape, np.float32), rng.standard_normal(w_shape, np.float32)
    check_against_reference(rng, x, w, *options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_upstream_gradients_of_one_column_may_have_any_stride(dtype):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 6, 9, 5)).astype(dtype)
    g = rng.standard_normal((4, 7, 7, 1)).astype(dtype)
    expected = convolution.conv2d_weight_gradient(g, x, (7, 6, 3, 5))
    transposed = np.ascontiguousarray(g.swapaxes(2, 3)).swapaxes(2, 3)
    flipped = g[..., ::-1]
    spread = np.repeat(g, 3, axis=3)[:, :, :, ::3]
    for same in (transposed, flipped, spread):
        np.testing.assert_array_equal(convolution.conv2d_weight_gradient(same, x, (7, 6, 3, 5)), expected)
    check_against_reference(rng, x, rng.standard_normal((7, 6, 3, 5)).astype(dtype), (1, 1), (0, 0), (1, 1), 1)


def test_arrays_of_any_strides():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((9, 8, 4, 3)).T[:, ::-1]
    w = rng.standard_normal((5, 4, 3, 6))[..., ::-2].transpose(0, 1, 2, 3)
    check_against_reference(rng, x, w[:, :, :, :2], (1, 1), (1, 0), (1, 1), 1)


FEWER = ((31, 64, 11, 9), (40, 64, 3, 3), (1, 1), (1, 1), (1, 1), 1)


@pytest.mark.parametrize("layer", [*LAYERS, "by fewer multiplications"])
def test_same_bits_at_any_number_of_threads(layer):
    fewer = layer not in LAYERS
    x_shape, w_shape, *options = FEWER if fewer else LAYERS[layer]
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(x_shape, np.float32), rng.standard_normal(w_shape, np.float32)
    before, results = threads.get_num_threads(), []
    for count in (1, 2, 3):
        threads.set_num_threads(count)
        y = convolution.conv2d(x, w, *options, fewer=fewer)
        dx = convolution.conv2d_input_gradient(y, w, x.shape, *options, fewer=fewer)
        results.append((y, dx, convolution.conv2d_weight_gradient(y, x, w.shape, *options, fewer=fewer)))
    threads.set_num_threads(before)
    for result in results[1:]:
        for ours, first in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(ours, first)


def test_fewer_multiplications_are_a_matter_of_shapes():
    rng = np.random.default_rng(0)
    x_shape, w_shape, *options = FEWER
    x, w = rng.standard_normal(x_shape, np.float32), rng.standard_normal(w_shape, np.float32)
    ours, defined = (convolution.conv2d(x, w, *options, fewer=fewer) for fewer in (True, False))
    assert (ours != defined).any()
    np.testing.assert_allclose(ours, defined, atol=5e-4)
    ours, defined = (convolution.conv2d_weight_gradient(ours, x, w.shape, *options, fewer=few) for few in (True, False))
    assert (ours != defined).any()
    np.testing.assert_allclose(ours, defined, rtol=1e-4, atol=1e-5 * np.abs(defined).max())
    for few in (x[:1], w), (x[:, :3], w[:, :3]), (x, w[:3]), (x, w[..., :2]):
        ours, defined = (convolution.conv2d(*few, *options, fewer=fewer) for fewer in (True, False))
        np.testing.assert_array_equal(ours, defined)


@pytest.mark.parametrize("size", [(21, 37), (4, 5), (120, 9)])
def test_filters_of_fewer_multiplications_in_several_blocks_bands_and_parts(size):
    rng = np.random.default_rng(0)
    x, w_shape = rng.standard_normal((7, 2 * 70, *size)), (2 * 133, 70, 3, 3)
    g = rng.standard_normal((7, w_shape[0], size[0], size[1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "_winograd_pays_for_filters", lambda *sizes: True)
        ours = convolution.conv2d_weight_gradient(g, x, w_shape, (1, 1), (1, 1), (1, 1), 2, fewer=True)
    defined = convolution.conv2d_weight_gradient(g, x, w_shape, (1, 1), (1, 1), (1, 1), 2)
    assert (ours != defined).any()
    np.testing.assert_allclose(ours, defined, rtol=1e-9, atol=1e-12 * np.abs(defined).max())


def test_relu_of_fewer_multiplications_keeps_nan_and_is_planned():
    rng = np.random.default_rng(0)
    x_shape, w_shape, *options = FEWER
    x, w = rng.standard_normal(x_shape, np.float32), rng.standard_normal(w_shape, np.float32)
    bias = rng.standard_normal(w_shape[0]).astype(np.float32)
    x[3, 5, 4, 4] = np.nan
    expected = np.maximum(convolution.conv2d(x, w, *options, bias=bias, fewer=True), 0)
    assert np.isnan(expected[3, :, 3:6, 3:6]).all()
    assert not np.isnan(np.delete(expected, 3, axis=0)).any()
    with planning() as plan:
        y = convolution.conv2d(x, w, *options, bias=bias, rectify=True, fewer=True)
    np.testing.assert_array_equal(y, expected)
    x[...] = rng.standard_normal(x_shape, np.float32)
    plan.run()
    np.testing.assert_array_equal(y, np.maximum(convolution.conv2d(x, w, *options, bias=bias, fewer=True), 0))


def test_half_precision_is_computed_in_more_and_rounded_once():
    x, w = np.ones((1, 1, 40, 40), np.float16), np.full((1, 1, 33, 33), 0.1, np.float16)
    y = convolution.conv2d(x, w)
    assert y.dtype == np.float16
    assert y[0, 0, 0, 0] == np.float16(np.float64(np.float16(0.1)) * 33 * 33)


def test_empty_batch():
    x, w = np.empty((0, 2, 5, 5), np.float32), np.ones((3, 2, 2, 2), np.float32)
    y = convolution.conv2d(x, w)
    assert y.shape == (0, 3, 4, 4)
    assert convolution.conv2d_input_gradient(y, w, x.shape).shape == x.shape
    np.testing.assert_array_equal(convolution.conv2d_weight_gradient(y, x, w.shape), np.zeros(w.shape))


def test_nan_reaches_exactly_the_windows_that_see_it():
    x, w = np.ones((1, 1, 12, 12), np.float32), np.ones((2, 1, 3, 3), np.float32)
    x[0, 0, 5, 6] = np.nan
    bad = np.zeros((10, 10), bool)
    bad[3:6, 4:7] = True
    y = convolution.conv2d(x, w)
    assert (np.isnan(y) == bad).all()


def test_positions_that_a_stride_leaves_out_get_no_gradient_and_nan_stays_where_it_is():
    g, w = np.ones((1, 2, 20, 20), np.float32), np.ones((2, 1, 1, 1), np.float32)
    g[0, 1, 4, 7] = np.nan
    dx = convolution.conv2d_input_gradient(g, w, (1, 2, 40, 40), (2, 2), groups=2)
    expected = np.zeros((1, 2, 40, 40), np.float32)
    expected[:, :, ::2, ::2] = g
    np.testing.assert_array_equal(dx, expected)


def test_gradient_to_a_depthwise_filter_takes_nan_only_from_what_it_sees():
    x, g = np.ones((1, 1, 12, 21), np.float32), np.ones((1, 1, 10, 19), np.float32)
    x[0, 0, 3, 20] = np.nan  # just beyond what the first two columns of the filter see of that row
    dw = convolution.conv2d_weight_gradient(g, x, (1, 1, 3, 3))
    assert (np.isnan(dw[0, 0]) == [[False, False, True]] * 3).all()
