import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import plots


@pytest.fixture
def net():
    ag.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2))


def tiles(figure):
    return [np.asarray(image.get_array()) for image in figure.axes[0].images]


def test_filters_are_drawn_in_order_on_a_scale_with_0_in_the_middle(net):
    figure = plots.filters(net[0])
    np.testing.assert_array_equal(tiles(figure), net[0].weight.numpy()[:, 0])
    low, high = figure.axes[0].images[0].get_clim()
    assert high == -low == np.abs(net[0].weight.numpy()).max()


def test_filters_of_several_channels_are_a_column_each():
    weight = np.arange(2 * 3 * 4.0).reshape(2, 3, 2, 2)
    figure = plots.filters(weight)
    np.testing.assert_array_equal(tiles(figure), [weight[f, c] for c in range(3) for f in range(2)])
    rights = [image.get_extent()[0] for image in figure.axes[0].images]
    assert rights[0] == rights[2] == rights[4] < rights[1]


def test_filters_of_a_linear_layer_and_only_the_first():
    figure = plots.filters(np.eye(4), shape=(2, 2), limit=3)
    np.testing.assert_array_equal(tiles(figure), np.eye(4)[:3].reshape(3, 2, 2))
    assert figure.get_suptitle() == "filters: the first 3 of 4"


def test_activations_are_the_outputs_of_the_layer(net):
    image = np.random.default_rng(0).random((1, 4, 4), np.float32)
    shown = tiles(plots.activations(net, image, "1"))
    np.testing.assert_allclose(shown, net[1](net[0](ag.tensor(image[None]))).numpy()[0])


def test_saliency_is_the_size_of_the_gradient_of_the_chosen_score(net):
    image = np.random.default_rng(1).standard_normal((1, 4, 4)).astype(np.float32)
    x = ag.tensor(image[None], requires_grad=True)
    net(x)[0, 1].backward()
    expected = np.abs(x.grad.numpy()[0, 0])
    before = [parameter.grad.numpy() for parameter in net.parameters()]
    np.testing.assert_allclose(plots.saliency_map(net, image, 1), expected, rtol=1e-6)
    for parameter, grad in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.grad.numpy(), grad)
    picture, map_ = plots.saliency(net, image, 1).axes
    np.testing.assert_array_equal(picture.images[0].get_array(), image[0])
    np.testing.assert_allclose(map_.images[0].get_array(), expected, rtol=1e-6)


def test_saliency_of_the_likeliest_class_and_over_channels():
    net = nn.Sequential(nn.Flatten(), nn.Linear(8, 2, bias=False))
    net.load_state_dict({"1.weight": [[0] * 8, [1, 2, 3, 4, -5, 1, 1, -9]]})
    ones = np.ones((2, 2, 2), np.float32)
    assert plots.saliency_map(net, -ones).tolist() == [[5, 2], [3, 9]]  # -Σw = 2 is the greater score
    assert plots.saliency_map(net, ones).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: plots.filters(np.ones((3, 4))), ag.ShapeError, r"filters: .* got shape \(3, 4\); give shape="),
        (lambda net: plots.filters(np.full((1, 1, 2, 2), np.nan)), ag.ArgumentError, "filters: some numbers are not"),
        (lambda net: plots.filters(net[0], limit=0), ag.ArgumentError, "limit must be a whole number of at least 1"),
        (lambda net: plots.activations(net, np.ones((4, 4)), "1"), ag.ShapeError, "takes one picture"),
        (lambda net: plots.activations(net, np.ones((1, 4, 4), np.float32), "9"), ag.ArgumentError, "of 0, 1, 2, 3"),
        (lambda net: plots.activations(net, np.ones((1, 4, 4), np.float32), "3"), ag.ShapeError, r"\(1, 2\), which"),
        (lambda net: plots.saliency_map(net, np.ones((1, 4, 4), np.float32), 2), ag.ArgumentError, "from 0 to 1"),
        (lambda net: plots.saliency_map(net[0], np.ones((1, 4, 4), np.float32)), ag.ShapeError, "score for each class"),
    ],
)
def test_wrong_arguments_are_named(net, call, error, message):
    with pytest.raises(error, match=message):
        call(net)
