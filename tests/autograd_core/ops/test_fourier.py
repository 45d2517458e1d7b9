"""Fourier transforms: values against numpy.fft, of whose complex numbers the pairs here are the parts.

Gradients of first and second order, vmap and compile: with all other ops, by op_cases.py and test_composed_ops.py.
"""

import numpy as np
import pytest

import autograd_core as ag

NORMS = ("backward", "ortho", "forward")
rng = np.random.default_rng(5)


def pairs(c):
    return np.stack([c.real, c.imag], -1) if np.iscomplexobj(c) else c


def complex_of(z):
    return z[..., 0] + 1j * z[..., 1]


def check(name, x, **how):
    """A transform of Tensors and of arrays is numpy's, in the dtype of what is given."""
    takes_pairs = name in ("fft", "ifft", "irfft", "hfft", "fftn", "ifftn", "irfftn", "fft2", "ifft2", "irfft2")
    for dtype, error in ((np.float64, 1e-13), (np.float32, 1e-5)):
        given = x.astype(dtype)
        expected = pairs(getattr(np.fft, name)(complex_of(given) if takes_pairs else given, **how))
        for found in (getattr(ag.fft, name)(ag.tensor(given), **how), getattr(ag.fft, name)(given, **how)):
            assert found.dtype == dtype
            np.testing.assert_allclose(np.asarray(found), expected, rtol=error, atol=error)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_transforms_along_an_axis_are_those_of_numpy(name, norm):
    for m in (1, 4, 5):
        x = rng.standard_normal((2, m, 2)) if name in ("rfft", "ihfft") else rng.standard_normal((2, m, 2, 2))
        for n in (None, 1, 2, 3, 7, 8):  # as long, cut, and with zeros; even and odd
            for axis in (1, -2):
                if n is not None or m > 1:
                    check(name, x, n=n, axis=axis, norm=norm)
    assert not np.any(ag.fft.rfft(ag.zeros((0, 4))).numpy())  # of no rows


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
def test_transforms_along_several_axes_are_those_of_numpy(name, norm):
    x = rng.standard_normal((3, 4, 5)) if name == "rfftn" else rng.standard_normal((3, 4, 5, 2))
    for how in ({}, {"axes": (2, 0)}, {"axes": (-2, -1), "s": (5, 3)}, {"axes": (1,), "s": (6,)}):
        check(name, x, norm=norm, **how)
    function = getattr(ag.fft, name)
    last = 8 if name == "irfftn" else 5
    np.testing.assert_array_equal(function(x, s=(2, -1)), function(x, s=(2, last), axes=(1, 2)))  # of the last axes
    np.testing.assert_array_equal(function(x, 4, 1), function(x, (4,), (1,)))


@pytest.mark.parametrize("name", ["fft2", "ifft2", "rfft2", "irfft2"])
def test_transforms_of_images_are_those_of_numpy(name):
    x = rng.standard_normal((3, 4, 5)) if name == "rfft2" else rng.standard_normal((3, 4, 5, 2))
    for how in ({}, {"s": (5, 3), "norm": "ortho"}, {"axes": (0, 1)}):
        check(name, x, **how)
    np.testing.assert_array_equal(getattr(ag.fft, name)(x, dim=(0, 2)), getattr(ag.fft, name)(x, axes=(0, 2)))
    with pytest.raises(ag.ArgumentError, match=f"^{name}: axis 7 is not one of"):
        getattr(ag.fft, name)(x, axes=(7, 0))


def test_real_transforms_take_each_other_back():
    for n in (1, 4, 5):
        x = rng.standard_normal((3, n))
        np.testing.assert_allclose(ag.fft.irfft(ag.fft.rfft(x), n), x, atol=1e-15)
        np.testing.assert_allclose(ag.fft.hfft(ag.fft.ihfft(x), n), x, atol=1e-14)


def test_parts_that_would_be_zero_are_not_read_and_have_no_gradient():
    z = rng.standard_normal((4, 2))
    for n, unread in ((6, [0, 3]), (7, [0])):
        other = z.copy()
        other[unread, 1] += 1.0
        np.testing.assert_array_equal(ag.fft.irfft(z, n), ag.fft.irfft(other, n))
        gradient = ag.grad(lambda z, n=n: (ag.fft.irfft(z, n) ** 2).sum())(ag.tensor(z)).numpy()
        assert [i for i in range(4) if gradient[i, 1] == 0.0] == unread


def test_a_product_of_transforms_is_a_convolution_with_its_gradients():
    x, w = ag.tensor(rng.standard_normal((2, 1, 9))), ag.tensor(rng.standard_normal((1, 1, 4)))

    def by_transforms(x, w):
        a, b = ag.fft.rfft(x, n=12), ag.fft.rfft(w, n=12)
        re = a[..., 0] * b[..., 0] - a[..., 1] * b[..., 1]
        im = a[..., 0] * b[..., 1] + a[..., 1] * b[..., 0]
        return ag.fft.irfft(ag.stack([re, im], axis=-1), n=12)

    def by_windows(x, w):
        return ag.conv1d(x, ag.flip(w, axis=-1), padding=3)

    def with_gradients(function):
        y, pull_back = ag.vjp(function, x, w)
        return y, *pull_back(ag.cos(y.detach()))

    for found, expected in zip(with_gradients(by_transforms), with_gradients(by_windows), strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12, atol=1e-13)


def test_frequencies_and_their_order():
    for n in (1, 4, 5):
        np.testing.assert_array_equal(ag.fft.fftfreq(n, d=0.5, dtype=ag.float64), np.fft.fftfreq(n, 0.5))
        np.testing.assert_array_equal(ag.fft.rfftfreq(n, 3.0, dtype=ag.float64), np.fft.rfftfreq(n, 3.0))
        shifted = ag.fft.fftshift(ag.fft.fftfreq(n))
        assert shifted.dtype == ag.float32
        assert np.all(np.diff(shifted.numpy()) > 0)
        np.testing.assert_array_equal(ag.fft.ifftshift(shifted), ag.fft.fftfreq(n))
    z = np.arange(12).reshape(2, 3, 2)
    np.testing.assert_array_equal(ag.fft.fftshift(z, axes=-2), z[:, [2, 0, 1]])
    np.testing.assert_array_equal(ag.fft.fftshift(z), np.fft.fftshift(z))


def test_integers_become_floats_and_axes_have_two_names():
    whole = ag.tensor(np.array([[3, 1], [2, 4], [5, 0]]))
    for name in ("fft", "rfft", "irfft", "hfft", "ihfft", "rfftn"):
        found = getattr(ag.fft, name)(whole)
        assert found.dtype == ag.float32
        np.testing.assert_array_equal(found, getattr(ag.fft, name)(whole.astype(ag.float32)))
    np.testing.assert_array_equal(ag.fft.rfft(whole, dim=0), ag.fft.rfft(whole, axis=0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.fft.fft(ag.ones(3)), r"fft: takes complex numbers as pairs, .* got \(3,\); of real numbers"),
        (lambda: ag.fft.irfftn(ag.ones((4, 3))), r"irfftn: takes complex numbers as pairs, .* got \(4, 3\)"),
        (lambda: ag.fft.rfft(ag.ones(3), n=0), r"rfft: .* at least 1, .* axis -1 of shape \(3,\) it would be 0"),
        (lambda: ag.fft.rfft(ag.ones(3), n=-1), "rfft: .* it would be -1"),
        (lambda: ag.fft.ifft(ag.ones((3, 2)), n=2.0), "ifft: transforms a whole number .* it would be 2.0"),
        (lambda: ag.fft.rfft(ag.ones((2, 0))), "rfft: .* it would be 0"),
        (lambda: ag.fft.irfft(ag.ones((1, 2))), "irfft: .* it would be 0"),
        (lambda: ag.fft.rfft(ag.ones(3), norm="none"), "rfft: norm must be 'backward', 'ortho' or 'forward', got 'no"),
        (lambda: ag.fft.rfft(ag.ones(3), axis=1), r"rfft: axis 1 is not one of the 1 axes of shape \(3,\)"),
        (lambda: ag.fft.fft(ag.ones((3, 2)), axis=1), r"fft: axis 1 is not one of the 1 axes of shape \(3,\)"),
        (lambda: ag.fft.rfftn(ag.ones((3, 3)), axes=(0, -2)), "rfftn: axes .* name an axis of .* twice"),
        (lambda: ag.fft.fftn(ag.ones((3, 2)), s=(3, 3)), "fftn: takes at least one axis, and of each the length"),
        (lambda: ag.fft.rfftn(ag.tensor(1.0)), "rfftn: takes at least one axis"),
        (lambda: ag.fft.rfft(ag.ones(3) > 0), "rfft: takes float32, float64 and integers, not bool; use astype"),
        (
            lambda: ag.fft.hfft(ag.ones((3, 2)).astype(np.float16)),
            "hfft: takes float32, float64 and .*, not float16",
        ),
        (lambda: ag.fft.rfft([ag.ones(())]), "rfft: takes a tensor, not a list of them"),
        (lambda: ag.fft.fftfreq(0), "fftfreq: n is how many numbers are transformed, .* got n=0, d=1.0"),
        (lambda: ag.fft.rfftfreq(4, d=0.0), "rfftfreq: .* got n=4, d=0.0"),
    ],
)
def test_refused_calls_say_why(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()
