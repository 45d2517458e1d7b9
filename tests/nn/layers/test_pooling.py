"""Pooling layers: exact to second order, windows that reach beyond the border, and what does not fit.

test_golden_layers.py compares them with PyTorch.
"""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import functions as F
from nn.summary import summarise

X = np.random.default_rng(0).permutation(np.linspace(-2, 2, 60)).reshape(1, 2, 6, 5)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.max_pool2d(x, 2, ceil_mode=True),
        lambda x: F.avg_pool2d(x, 4, 3, 1, True, False),
        lambda x: F.adaptive_avg_pool2d(x, (None, 3)),
        lambda x: F.adaptive_max_pool2d(x, 1),
    ],
)
def test_first_and_second_gradients(function):
    ag.gradcheck(lambda x: function(x) ** 2, X, order=2)


def test_a_last_window_counts_only_what_is_there():
    x = ag.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    assert F.max_pool1d(x, 2, ceil_mode=True).tolist() == [[[2.0, 4.0, 5.0]]]
    assert F.avg_pool1d(x, 2, ceil_mode=True).tolist() == [[[1.5, 3.5, 5.0]]]
    assert F.max_pool1d(x, 2).tolist() == [[[2.0, 4.0]]]


def test_the_mean_of_a_whole_image_is_one_node():
    x = ag.tensor(X, requires_grad=True)
    y = nn.AdaptiveAvgPool2d(1)(x)
    assert y.node.parents == (x,)
    np.testing.assert_allclose(y.numpy()[..., 0, 0], X.mean((2, 3)), rtol=1e-12)


def test_operations_are_counted_for_each_element_of_each_window():
    assert summarise(nn.MaxPool2d(2), X).flops == 2 * 3 * 2 * 4
    assert summarise(nn.AvgPool2d((3, 1)), X).flops == 2 * 2 * 5 * 3
    assert summarise(nn.AdaptiveAvgPool2d(1), X).flops == 60


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.MaxPool2d(2, padding=2)(X), r"max_pool2d: padding \(2, 2\) is more than half the kernel \(2, 2\)"),
        (lambda: nn.AvgPool2d(3, 2, 2, True)(X), r"avg_pool2d: padding \(2, 2\) is more than half the kernel"),
        (lambda: nn.MaxPool2d(0)(X), "max_pool2d: kernel must be a whole number of at least 1"),
        (lambda: nn.MaxPool1d(2)(X), r"max_pool1d: takes signals of shape \(N, C, L\), got shape \(1, 2, 6, 5\)"),
        (lambda: nn.AvgPool2d(7)(X), r"avg_pool2d: windows of \(7, 7\) do not fit images of \(6, 5\)"),
        (lambda: nn.AdaptiveAvgPool2d((None, 1, 1))(X), r"adaptive_avg_pool2d: takes 4 axes, 2 of them to be pooled"),
        (
            lambda: nn.AdaptiveMaxPool1d(0)(X[0]),
            "adaptive_max_pool1d: output_size must be a whole number of at least 1",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()


def test_repr_shows_the_settings():
    assert repr(nn.MaxPool2d(2, 1, ceil_mode=True)) == "MaxPool2d(kernel_size=2, stride=1, ceil_mode=True)"
    assert repr(nn.AdaptiveAvgPool2d((None, 7))) == "AdaptiveAvgPool2d(output_size=(None, 7))"


def test_no_images_have_no_maxima_and_no_indices():
    none = ag.zeros((0, 3, 6, 6))
    for array in nn.functional.max_pool2d(none, 2, return_indices=True):
        assert array.shape == (0, 3, 3, 3)
    assert nn.functional.max_pool2d(none, 2, dilation=2).shape == (0, 3, 2, 2)


def test_indices_name_the_largest_the_first_at_a_tie_and_unpooling_puts_it_there():
    x = ag.tensor([[[[1.0, 5.0, 2.0, 2.0], [5.0, 0.0, 2.0, 1.0]]]], requires_grad=True)
    values, indices = nn.functional.max_pool2d(x, 2, return_indices=True)
    assert values.tolist() == [[[[5, 2]]]]
    assert indices.tolist() == [[[[1, 2]]]]
    back = nn.functional.max_unpool2d(values, indices, 2)
    assert back.tolist() == [[[[0, 5, 2, 0], [0, 0, 0, 0]]]]
    (back**2).sum().backward()
    assert x.grad.tolist() == [[[[0, 10, 4, 0], [0, 0, 0, 0]]]]


def test_windows_of_nothing_but_minus_infinity_name_a_place_of_the_image():
    values, indices = nn.functional.max_pool2d(np.full((1, 1, 3, 3), -np.inf), 2, padding=1, return_indices=True)
    assert (values == -np.inf).all()
    assert indices.tolist() == [[[[0, 1], [3, 4]]]]


def test_unpooling_has_first_and_second_gradients():
    x = np.random.default_rng(0).standard_normal((1, 2, 6, 5))
    values, indices = nn.functional.max_pool2d(x, 2, return_indices=True)
    ag.gradcheck(lambda v: nn.functional.max_unpool2d(v, indices, 2, output_size=(6, 5)) ** 3, values, order=2)


@pytest.mark.parametrize(
    ("size", "indices", "message"),
    [
        (
            (8, 4),
            [[[0, 9], [3, 5]]],
            r"output_size is \(4, 4\), or differs from it by less than the stride \(2, 2\); got",
        ),
        (None, [[[0, 16], [3, 5]]], r"an index names no place of an output of \(4, 4\); output_size says"),
        (
            None,
            [[0, 9], [3, 5]],
            r"takes x and indices of one shape, 4 axes or without N 3; got \(1, 2, 2\) and \(2, 2\)",
        ),
        (None, [[[0.0, 9], [3, 5]]], "indices are whole numbers, got float64"),
    ],
)
def test_unpooling_refuses_what_does_not_fit(size, indices, message):
    with pytest.raises(ag.AutogradError, match=message):
        nn.MaxUnpool2d(2)(np.ones((1, 2, 2)), indices, size)
