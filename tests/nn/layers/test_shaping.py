"""Layers that rearrange or resample: inverse to each other, exact to second order, and clear about what does not fit.

test_golden_layers.py compares them with PyTorch.
"""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import functions as F

X = np.random.default_rng(0).standard_normal((2, 4, 4, 6))


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (nn.PixelShuffle(2), nn.PixelUnshuffle(2)),
        (nn.PixelUnshuffle(2), nn.PixelShuffle(2)),
        (nn.Flatten(), nn.Unflatten(1, (4, 4, 6))),
        (nn.Flatten(0, 1), nn.Unflatten(0, (2, -1))),
        (nn.Identity(), nn.Identity()),
    ],
)
def test_one_undoes_the_other(there, back):
    np.testing.assert_array_equal(back(there(X)), X)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.interpolate(x, scale_factor=2),
        lambda x: F.interpolate(x, (3, 7)),
        lambda x: F.interpolate(x, (3, 9), mode="bilinear"),
        lambda x: F.pixel_shuffle(x, 2),
        lambda x: F.pad(x, (1, 2, 0, 1), "reflect"),
    ],
)
def test_first_and_second_gradients(function):
    ag.gradcheck(lambda x: function(x) ** 2, X[:1, :, :2, :3], order=2)


@pytest.mark.parametrize(
    ("mode", "numpys"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap"), ("constant", "constant")]
)
def test_pad_has_the_last_axis_first(mode, numpys):
    np.testing.assert_array_equal(F.pad(X, (1, 2, 3, 0), mode), np.pad(X, ((0, 0), (0, 0), (3, 0), (1, 2)), numpys))


def test_pad_takes_a_value():
    assert F.pad(ag.tensor([1.0, 2.0]), (1, 0), value=7.0).tolist() == [7.0, 1.0, 2.0]


@pytest.mark.parametrize("n", [3, 10, 49])
@pytest.mark.parametrize("length", [1, 2, 7, 49, 98, 147])
def test_nearest_takes_the_element_in_whose_cell_a_new_one_starts(n, length):
    x = np.arange(float(n))[None, None]
    expected = [i * n // length for i in range(length)]
    assert F.interpolate(x, length).tolist() == [[expected]]


def test_interpolation_of_a_straight_line_is_that_line():
    x = np.arange(5.0)[None, None]
    y = F.interpolate(x, 17, mode="linear", align_corners=True)
    np.testing.assert_allclose(y, np.linspace(0, 4, 17)[None, None], rtol=1e-12, atol=1e-12)


def test_lists_are_taken_as_tensors():
    assert nn.Flatten()([[[1, 2], [3, 4]]]).tolist() == [[1, 2, 3, 4]]
    assert nn.Upsample(4)([[[1, 2]]]).tolist() == [[[1, 1, 2, 2]]]


def test_float32_stays_float32():
    x = ag.tensor(X.astype(np.float32))
    for layer in (nn.Upsample(9), nn.Upsample(scale_factor=1.7, mode="bilinear"), nn.ZeroPad2d(1)):
        assert layer(x).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Flatten(2, 1)(X), r"flatten: start_dim 2 comes after end_dim 1 in shape \(2, 4, 4, 6\)"),
        (lambda: nn.Flatten(4)(X), "flatten: axis 4 is not one of the 4 axes"),
        (lambda: nn.Unflatten(1, (3, 2))(X), r"unflatten: axis 1 of shape \(2, 4, 4, 6\) cannot be made into \(3, 2\)"),
        (lambda: nn.Unflatten(1, (-1, -1))(X), "unflatten: axis 1 .* cannot be made into"),
        (lambda: nn.Unflatten(9, (2, 2))(X), "unflatten: axis 9 is not one of the 4 axes"),
        (lambda: nn.Flatten("a")(X), "flatten: axis a is not one of the 4 axes"),
        (lambda: nn.Unflatten(1, 4), "Unflatten: unflattened_size is a tuple of sizes, got 4"),
        (lambda: nn.ZeroPad2d((1, 2)), r"ZeroPad2d: padding must be one whole number, or 4 of them; got \(1, 2\)"),
        (lambda: nn.ZeroPad2d(-1), "ZeroPad2d: padding must be a whole number of at least 0, got -1"),
        (lambda: nn.PixelShuffle(3)(X), r"pixel_shuffle: takes \(N, C·r², H, W\) with r=3, got shape \(2, 4, 4, 6\)"),
        (lambda: nn.PixelUnshuffle(3)(X), r"pixel_unshuffle: takes \(N, C, H·r, W·r\) with r=3"),
        (lambda: nn.PixelShuffle(0), "PixelShuffle: upscale_factor must be a whole number of at least 1, got 0"),
        (
            lambda: F.pad(X, (1, 2, 3)),
            r"pad: takes two widths for each of at most 4 axes, last axis first; got \(1, 2, 3",
        ),
        (lambda: F.pad(X, (1, 2), "mirror"), "pad: mode must be one of constant, .*got 'mirror'"),
        (lambda: nn.Upsample()(X), "interpolate: takes either size or scale_factor, got None and None"),
        (lambda: nn.Upsample(2, 2)(X), "interpolate: takes either size or scale_factor, got 2 and 2"),
        (lambda: nn.Upsample((2, 2, 2))(X), r"interpolate: size must be above 0, one or 2 of them; got \(2, 2, 2\)"),
        (lambda: nn.Upsample(scale_factor=-1)(X), "interpolate: scale_factor must be above 0"),
        (lambda: nn.Upsample(scale_factor=0.1)(X), r"interpolate: there is nothing to make \(0, 0\) of"),
        (lambda: nn.Upsample(2, mode="area")(X), "interpolate: mode must be nearest, linear, .*got 'area'"),
        (lambda: nn.Upsample(2, mode="linear")(X), r"interpolate: linear takes \(N, C\) and 1 axes after them"),
        (lambda: nn.Upsample(2, mode="bilinear")(X.astype(int)), "interpolate: takes floating-point .*int64"),
        (lambda: nn.Upsample(2, align_corners=True)(X), "interpolate: align_corners is for the other modes"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()


def test_repr_shows_the_settings():
    assert repr(nn.Upsample(scale_factor=2, mode="bilinear")) == "Upsample(scale_factor=2, mode='bilinear')"
    assert repr(nn.Unflatten(1, (2, 3))) == "Unflatten(dim=1, unflattened_size=(2, 3))"
    assert repr(nn.ZeroPad2d(1)) == "ZeroPad2d(padding=(1, 1, 1, 1))"
    assert repr(nn.PixelShuffle(2)) == "PixelShuffle(upscale_factor=2)"
