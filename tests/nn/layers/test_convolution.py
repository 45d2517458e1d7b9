"""Convolution layers: as one expression of the engine, exact to second order, and clear about what does not fit.

test_golden_layers.py compares them with PyTorch.
"""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import functions as F
from nn.summary import summarise

rng = np.random.default_rng(0)


def real(*shape):
    return rng.standard_normal(shape)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda x, w, b: F.conv1d(x, w, b, padding="same"), [(2, 2, 5), (2, 2, 2), (2,)]),
        (lambda x, w, b: F.conv3d(x, w, b, 2, 1), [(1, 2, 3, 3, 2), (2, 2, 2, 2, 2), (2,)]),
        (lambda x, w, b: F.conv_transpose1d(x, w, b, 2, 1, 1), [(2, 2, 3), (2, 2, 2), (2,)]),
        (lambda x, w, b: F.conv_transpose2d(x, w, b, 2), [(1, 2, 2, 3), (2, 1, 2, 2), (1,)]),
    ],
)
def test_first_and_second_gradients(function, shapes):
    ag.gradcheck(lambda *inputs: function(*inputs) ** 2, *[real(*shape) for shape in shapes], order=2)


def test_images_with_symmetric_padding_are_one_node_whose_parents_are_what_was_given():
    layer = nn.Conv2d(2, 3, 3, padding="same")
    x = ag.ones((1, 2, 4, 4), requires_grad=True)
    assert layer(x).node.parents == (x, layer.weight, layer.bias)


def test_weights_start_within_one_over_the_root_of_the_fan_in():
    ag.manual_seed(0)
    for layer, fan_in in ((nn.Conv2d(8, 16, 5, groups=2), 4 * 25), (nn.ConvTranspose2d(8, 16, 3), 16 * 9)):
        assert 0.99 < np.abs(layer.weight.numpy()).max() * np.sqrt(fan_in) < 1.000001
        assert 0.5 < np.abs(layer.bias.numpy()).max() * np.sqrt(fan_in) < 1.000001


def test_settings_for_each_axis_may_be_lists():
    x = ag.ones((1, 1, 6, 5))
    assert nn.Conv2d(1, 1, [3, 2], stride=[1, 1], padding="same", dilation=[2, 1])(x).shape == x.shape
    assert nn.Conv2d(1, 1, [3, 2], stride=[2, 1], padding=[1, 0], dilation=[1, 2])(x).shape == (1, 1, 3, 3)


def test_operations_are_counted_for_each_weight_and_place():
    down, up = nn.Conv1d(4, 6, 3, groups=2), nn.ConvTranspose1d(4, 6, 3, stride=2)
    assert summarise(down, ag.ones((2, 4, 9))).flops == 2 * 2 * 7 * 6 * 2 * 3
    assert summarise(up, ag.ones((2, 4, 9))).flops == 2 * 2 * 9 * 4 * 6 * 3 + 2 * 6 * 19


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Conv2d(0, 3, 3), "Conv2d: in_channels must be a whole number of at least 1, got 0"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "Conv2d: groups=2 must divide both in_channels=3 and out_channels=4"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), r"Conv2d: kernel_size must be one whole number, or 2 of them; got \(3, 3"),
        (lambda: nn.Conv2d(3, 4, 3.0), "Conv2d: kernel_size must be a whole number of at least 1, got 3.0"),
        (lambda: nn.Conv2d(3, 4, 0), "Conv2d: kernel_size must be a whole number of at least 1, got 0"),
        (lambda: nn.Conv1d(3, 4, 3, padding="full"), "Conv1d: padding must be whole numbers, .*got 'full'"),
        (lambda: nn.Conv1d(3, 4, 3, 2, "same"), 'Conv1d: padding="same" is for a stride of 1, got 2'),
        (
            lambda: F.conv1d(ag.ones((1, 1, 4)), ag.ones((1, 1, 2)), padding="all"),
            "conv1d: padding must be .*got 'all'",
        ),
        (
            lambda: nn.Conv3d(3, 4, 3, padding_mode="mirror"),
            "Conv3d: padding_mode must be one of zeros, .*got 'mirror'",
        ),
        (lambda: nn.Conv2d(3, 4, 3)(ag.ones((2, 1, 8, 8))), r"conv2d: filters of shape \(4, 3, 3, 3\).*\(2, 1, 8, 8\)"),
        (
            lambda: nn.Conv2d(3, 4, 3)(ag.ones((8, 8))),
            r"conv2d: takes images of shape \(N, C, H, W\), got shape \(8, 8\)",
        ),
        (lambda: nn.Conv1d(3, 4, 9)(ag.ones((2, 3, 8))), r"conv1d: windows of \(9,\) do not fit signals of \(8,\)"),
        (
            lambda: nn.ConvTranspose2d(3, 4, 3)(ag.ones((2, 4, 8, 8))),
            r"conv_transpose2d: takes filters of shape \(in, ",
        ),
        (
            lambda: nn.ConvTranspose1d(3, 4, 3, output_padding=1)(ag.ones((2, 3, 8))),
            "output_padding .* must be smaller",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()


def test_repr_shows_what_differs_from_the_usual():
    assert repr(nn.Conv1d(1, 6, 5)) == "Conv1d(in_channels=1, out_channels=6, kernel_size=(5,))"
    assert repr(nn.Conv2d(4, 6, 5, padding=2, groups=2, bias=False)) == (
        "Conv2d(in_channels=4, out_channels=6, kernel_size=(5, 5), padding=2, groups=2, bias=False)"
    )
    assert repr(nn.ConvTranspose3d(1, 2, 3, 2, 1, 1)) == (
        "ConvTranspose3d(in_channels=1, out_channels=2, kernel_size=(3, 3, 3), stride=2, padding=1, output_padding=1)"
    )


@pytest.mark.parametrize("size", [(6, 9), (7, 10), (2, 3, 7, 9)])
def test_output_size_says_which_of_several_sizes_a_transposed_convolution_has(size):
    layer = nn.ConvTranspose2d(2, 3, (2, 3), stride=2, padding=(0, 1), dilation=(1, 2))
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 4)).astype(np.float32)
    y = layer(x, output_size=size)
    assert y.shape == (2, 3, *size[-2:])
    layer.output_padding = (size[-2] - 6, size[-1] - 9)
    np.testing.assert_array_equal(layer(x).numpy(), y.numpy())


def test_an_output_size_out_of_reach_is_refused_with_those_that_are_not():
    with pytest.raises(
        ag.ArgumentError, match=r"ConvTranspose1d: of shape \(1, 1, 4\), output_size can be 8 to 9; got"
    ):
        nn.ConvTranspose1d(1, 1, 2, stride=2)(np.ones((1, 1, 4), np.float32), output_size=(10,))


@pytest.mark.parametrize("mode", ["zeros", "reflect"])
def test_one_image_needs_no_axis_for_it(mode):
    layer = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, padding_mode=mode), nn.MaxPool2d(2), nn.ConvTranspose2d(2, 1, 2)
    )
    image = np.random.default_rng(0).standard_normal((1, 6, 4)).astype(np.float32)
    np.testing.assert_array_equal(layer(image).numpy(), layer(image[None]).numpy()[0])


def test_what_was_taken_as_one_image_is_said_where_it_does_not_fit():
    with pytest.raises(ag.ShapeError) as caught:
        nn.Conv2d(1, 2, 3)(np.ones((5, 6, 4), np.float32))
    assert caught.value.__notes__[0] == "(5, 6, 4) was taken as (C, ...), of one example; a batch has another axis"
