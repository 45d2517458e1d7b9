"""Convolution, pooling and windows: against loops over their definitions, over drawn shapes and strides; refusals."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_core as ag

drawn = settings(max_examples=60, deadline=None, derandomize=True)


def convolve(x, w, stride, padding, dilation, groups):
    """Σ over channels and the filter, for each output by itself; any number of axes."""
    x = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]])
    kernel = w.shape[2:]
    counts = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)]
    y = np.zeros((x.shape[0], w.shape[0], *counts), x.dtype)
    share, channels = w.shape[0] // groups, w.shape[1]
    for place in np.ndindex(*counts):
        window = [
            slice(i * s, i * s + d * (k - 1) + 1, d) for i, k, s, d in zip(place, kernel, stride, dilation, strict=True)
        ]
        for o in range(w.shape[0]):
            group = o // share
            part = x[(slice(None), slice(group * channels, (group + 1) * channels), *window)]
            y[(slice(None), o, *place)] = np.sum(part * w[o], axis=tuple(range(1, x.ndim)))
    return y


def whole(rng, *shape):
    """Whole numbers, of which sums are exact; read with a negative stride."""
    return rng.integers(-5, 6, shape).astype(np.float64)[..., ::-1]


@st.composite
def convolutions(draw, axes):

    def each(least, most):
        return tuple(draw(st.lists(st.integers(least, most), min_size=axes, max_size=axes)))

    rng = np.random.default_rng(draw(st.integers(0, 99)))
    groups = draw(st.integers(1, 2))
    n, channels, outputs = draw(st.integers(1, 2)), groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    sides, kernel = each(2, 5), each(1, 3)
    settings = {"stride": each(1, 2), "padding": each(0, 2), "dilation": each(1, 2), "groups": groups}
    x, w = whole(rng, n, channels, *sides), whole(rng, outputs, channels // groups, *kernel)
    return x, w, settings


@pytest.mark.parametrize("axes", [1, 2, 3])
@drawn
@given(data=st.data())
def test_convolution_is_its_definition_and_transposed_convolution_its_transpose(axes, data):
    x, w, keywords = data.draw(convolutions(axes))
    options = [keywords[name] for name in ("stride", "padding", "dilation")]
    room = [n + 2 * p - d * (k - 1) - 1 for n, k, s, p, d in zip(x.shape[2:], w.shape[2:], *options, strict=True)]
    assume(min(room) >= 0)
    conv, transposed = getattr(ag, f"conv{axes}d"), getattr(ag, f"conv_transpose{axes}d")
    leaf = ag.tensor(x, requires_grad=True)
    y = conv(leaf, ag.tensor(w), **keywords)
    np.testing.assert_array_equal(y.numpy(), convolve(x, w, *options, keywords["groups"]))
    u = whole(np.random.default_rng(0), *y.shape)
    y.backward(u)
    more = tuple(n % s for n, s in zip(room, keywords["stride"], strict=True))
    np.testing.assert_array_equal(transposed(u, w, output_padding=more, **keywords), leaf.grad.numpy())


@pytest.mark.parametrize("axes", [1, 2, 3])
@drawn
@given(data=st.data(), count_include_pad=st.booleans())
def test_pooling_is_its_definition(axes, data, count_include_pad):
    x, w, keywords = data.draw(convolutions(axes))
    kernel, stride, padding = w.shape[2:], keywords["stride"], keywords["padding"]
    assume(all(2 * p <= k <= n + 2 * p for p, k, n in zip(padding, kernel, x.shape[2:], strict=True)))
    frame = [(0, 0), (0, 0), *[(p, p) for p in padding]]
    low, zero = np.pad(x, frame, constant_values=-np.inf), np.pad(x, frame)
    inside = np.pad(np.ones(x.shape), frame, constant_values=float(count_include_pad))
    counts = [(n - k) // s + 1 for n, k, s in zip(low.shape[2:], kernel, stride, strict=True)]
    largest, mean = np.zeros((*x.shape[:2], *counts)), np.zeros((*x.shape[:2], *counts))
    over = tuple(range(2, x.ndim))
    for place in np.ndindex(*counts):
        window = (..., *[slice(i * s, i * s + k) for i, s, k in zip(place, stride, kernel, strict=True)])
        largest[(..., *place)] = low[window].max(over)
        mean[(..., *place)] = zero[window].sum(over) / inside[window].sum(over)
    found = getattr(ag, f"max_pool{axes}d")(ag.tensor(x), kernel, stride, padding)
    np.testing.assert_array_equal(found.numpy(), largest)
    found = getattr(ag, f"avg_pool{axes}d")(ag.tensor(x), kernel, stride, padding, count_include_pad)
    np.testing.assert_allclose(found.numpy(), mean, rtol=1e-15, atol=0)


@drawn
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_adaptive_pooling_is_its_definition(height, width, rows, columns):
    x = whole(np.random.default_rng(0), 1, 2, height, width)
    mean, largest = np.zeros((1, 2, rows, columns)), np.zeros((1, 2, rows, columns))
    for i, j in itertools.product(range(rows), range(columns)):
        top, bottom = i * height // rows, -(-(i + 1) * height // rows)
        left, right = j * width // columns, -(-(j + 1) * width // columns)
        mean[..., i, j] = x[..., top:bottom, left:right].mean((-2, -1))
        largest[..., i, j] = x[..., top:bottom, left:right].max((-2, -1))
    np.testing.assert_allclose(ag.adaptive_avg_pool2d(ag.tensor(x), (rows, columns)).numpy(), mean, rtol=1e-14)
    np.testing.assert_array_equal(ag.adaptive_max_pool2d(ag.tensor(x), (rows, columns)).numpy(), largest)
    lines = ag.adaptive_max_pool1d(ag.tensor(x[:, :, 0]), columns)
    np.testing.assert_array_equal(lines.numpy(), ag.adaptive_max_pool2d(x[:, :, :1], (1, columns))[:, :, 0])


def test_unfolded_images_times_filters_are_a_convolution():
    rng = np.random.default_rng(0)
    x, w = whole(rng, 2, 3, 5, 6), whole(rng, 4, 3, 3, 2)
    columns = ag.unfold(x, (3, 2), padding=1, stride=2)
    y = ag.reshape(w, (4, -1)) @ columns
    np.testing.assert_array_equal(y, ag.conv2d(x, w, stride=2, padding=1).reshape(y.shape))


def test_fold_counts_how_often_each_pixel_is_in_a_window():
    ones = np.ones((1, 1, 3, 3))
    assert ag.fold(ag.unfold(ones, 2), 3, 2).tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]


def test_a_tie_within_a_volume_is_shared_evenly():
    x = ag.ones((1, 1, 2, 2, 2), requires_grad=True)
    ag.max_pool3d(x, 2).sum().backward()
    assert np.all(x.grad.numpy() == 1 / 8)


def test_pooling_does_not_hide_a_nan():
    x = np.zeros((1, 1, 2, 2, 2))
    x[0, 0, 1, 0, 1] = np.nan
    assert np.isnan(ag.max_pool3d(x, 2)).all()
    assert np.isnan(ag.avg_pool3d(x, 2)).all()


def test_dtypes_are_kept_or_promoted_forwards_and_backwards():
    assert ag.conv2d(ag.ones((1, 2, 4, 4), dtype=np.uint8), ag.ones((2, 2, 2, 2))).dtype == np.float32
    x = ag.ones((1, 2, 4, 4), requires_grad=True)
    for wide in (np.float32, np.float64):
        w = ag.ones((2, 2, 2, 2), dtype=wide, requires_grad=True)
        for function in (ag.conv2d, ag.conv_transpose2d):
            y = function(x, w)
            y.sum().backward()
            assert (y.dtype, x.grad.dtype, w.grad.dtype) == (wide, np.float32, wide)
    assert ag.avg_pool2d(x, 3, padding=1, count_include_pad=False).dtype == ag.unfold(x, 2).dtype == np.float32


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_an_empty_batch_passes_through_and_gives_no_gradient(axes):
    x = ag.zeros((0, 2, *[4] * axes), requires_grad=True)
    w = ag.ones((2, 2, *[2] * axes), requires_grad=True)
    for name in ("conv", "conv_transpose", "max_pool", "avg_pool"):
        function = getattr(ag, f"{name}{axes}d")
        y = function(x, w if "conv" in name else 2)
        y.sum().backward()
        assert y.shape[0] == 0
        assert x.grad.shape == x.shape
    assert not w.grad.numpy().any()


def test_arguments_may_be_lists():
    x, w = ag.ones((1, 1, 4, 4), requires_grad=True), ag.ones((1, 1, 2, 2))
    y = ag.conv2d(x, w, stride=[2, 1], padding=[1, 0])
    y.sum().backward()
    assert y.shape == (1, 1, 3, 3)
    assert x.grad.shape == x.shape


x2, x4, x5 = ag.zeros((1, 2, 4)), ag.zeros((1, 2, 4, 4)), ag.zeros((1, 2, 4, 4, 4))
w4 = ag.zeros((2, 2, 3, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.conv1d(x4, x2), r"conv1d: takes signals of shape \(N, C, L\), got shape \(1, 2, 4, 4\)"),
        (lambda: ag.conv1d(x2, w4), r"conv1d: takes filters of shape \(out, in/groups, KL\), got shape \(2, 2, 3, 3\)"),
        (lambda: ag.conv2d(x2, w4), r"conv2d: takes images of shape \(N, C, H, W\), got shape"),
        (
            lambda: ag.conv2d(x4.astype(int), w4.astype(int)),
            "conv2d: takes floating-point images, got int64; use astype",
        ),
        (lambda: ag.conv2d(x4.astype(np.float64), w4), "conv2d: the input is float64 and the weights are float32"),
        (
            lambda: ag.conv_transpose2d(x4.astype(np.float64), ag.ones((2, 1, 3, 3))),
            "conv_transpose2d: the input is float64",
        ),
        (lambda: ag.conv2d(x4, w4, groups=2), r"conv2d: filters .* in 2 group\(s\) take 4 input channels"),
        (
            lambda: ag.conv2d(x4, ag.zeros((2, 2, 5, 3))),
            r"conv2d: windows of \(5, 3\) do not fit images of \(4, 4\) padded by",
        ),
        (lambda: ag.conv2d(x4, w4, dilation=2), r"conv2d: windows of \(3, 3\) with dilation \(2, 2\) do not fit"),
        (lambda: ag.conv2d(x4, w4, stride=0), "conv2d: stride must be a whole number of at least 1, or two of them"),
        (lambda: ag.conv2d(x4, w4, padding=(1, 2, 3)), r"conv2d: padding must be .* got \(1, 2, 3\)"),
        (lambda: ag.conv3d(x4, w4), r"conv3d: takes volumes of shape \(N, C, D, H, W\)"),
        (lambda: ag.conv3d(x5, w4), r"conv3d: takes filters of shape \(out, in/groups, KD, KH, KW\)"),
        (lambda: ag.conv_transpose1d(x2, ag.zeros((3, 1, 2))), r"conv_transpose1d: takes filters of shape \(in, out"),
        (lambda: ag.conv_transpose2d(x4, w4, groups=3), r"conv_transpose2d: takes filters .* 3 group\(s\) share"),
        (lambda: ag.conv_transpose2d(x4, w4, output_padding=1), "output_padding .* must be smaller than the stride"),
        (
            lambda: ag.conv_transpose2d(x4, w4, padding=3),
            r"conv_transpose2d: padding \(3, 3\) leaves an output of \(0, 0\)",
        ),
        (lambda: ag.conv_transpose3d(x4, w4), "conv_transpose3d: takes volumes"),
        (lambda: ag.unfold(x2, 2), "unfold: takes images"),
        (lambda: ag.unfold(x4, 5), r"unfold: windows of \(5, 5\) do not fit"),
        (lambda: ag.fold(x2, 4, 2), r"fold: takes \(N, C·4, 9\) for windows of \(2, 2\) in images of \(4, 4\); got"),
        (lambda: ag.max_pool1d(x4, 2), "max_pool1d: takes signals"),
        (
            lambda: ag.max_pool2d(x4, 2, padding=2),
            r"max_pool2d: padding \(2, 2\) is more than half the kernel \(2, 2\)",
        ),
        (
            lambda: ag.max_pool2d(x4, 5),
            r"max_pool2d: windows of \(5, 5\) do not fit images of \(4, 4\) padded by \(0, 0\)",
        ),
        (lambda: ag.max_pool3d(x4, 2), "max_pool3d: takes volumes"),
        (lambda: ag.avg_pool1d(x2, 0), "avg_pool1d: kernel must be a whole number of at least 1, or a tuple of one"),
        (lambda: ag.avg_pool2d(x4.astype(int), 2), "avg_pool2d: takes floating-point images"),
        (lambda: ag.avg_pool3d(x5, (2, 2)), "avg_pool3d: kernel must be .* or three of them"),
        (
            lambda: ag.adaptive_avg_pool2d(x4, 0),
            "adaptive_avg_pool2d: output_size must be a whole number of at least 1",
        ),
        (lambda: ag.adaptive_avg_pool1d(x4, 2), "adaptive_avg_pool1d: takes signals"),
        (lambda: ag.adaptive_max_pool2d(ag.zeros((1, 1, 0, 2)), 1), "adaptive_max_pool2d: the images .* are empty"),
    ],
)
def test_refused_calls_say_why(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()
