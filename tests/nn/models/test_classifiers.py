"""The image classifiers: their sizes, and that they fit the pictures they are made for."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.training import Trainer, check_first_loss, evaluate
from nn.training.pictures import as_input

SIZES = {
    "nielsen": 23_860,
    "mlp": 101_770,
    "lenet5": 61_706,
    "fast": 11_850,
    "maxout": 1_233_610,
    "cnn": 197_482,
    "residual": 382_058,
}


def test_every_recipe_is_looked_at():
    assert SIZES.keys() == nn.models.RECIPES.keys()


@pytest.mark.parametrize(("name", "count"), SIZES.items())
def test_models_have_their_number_of_parameters_and_give_a_number_a_class(name, count):
    net = nn.models.RECIPES[name].build((28, 28), 10)
    assert sum(p.size for p in net.parameters()) == count
    with ag.no_grad():
        assert net(ag.zeros((2, 1, 28, 28))).shape == (2, 10)


@pytest.mark.parametrize("name", SIZES)
def test_models_fit_other_image_sizes_and_classes(name):
    net = nn.models.RECIPES[name].build((20, 31), 4)
    with ag.no_grad():
        assert net(ag.zeros((2, 1, 20, 31))).shape == (2, 4)


@pytest.mark.parametrize(("name", "size"), [("lenet5", 8), ("fast", 15), ("cnn", 15), ("residual", 7)])
def test_pictures_too_small_are_refused(name, size):
    with pytest.raises(ag.ArgumentError, match=rf"{name}: images of {size}×28 pixels are too small; use mlp"):
        nn.models.RECIPES[name].build((size, 28), 10)


@pytest.mark.parametrize("name", ["mlp", "lenet5", "fast", "maxout", "cnn", "residual"])
def test_untrained_they_know_nothing(sample, name):
    ag.manual_seed(0)
    batch = as_input(sample.train.images[:100]), sample.train.labels[:100]
    first = check_first_loss(nn.models.RECIPES[name].build((28, 28), 10), nn.functions.cross_entropy, batch)
    assert first == pytest.approx(math.log(10), rel=0.25)


def residual_block_by_hand(block, x):
    def normalised(x, bn):
        mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
        return (x - mean) / np.sqrt(var + 1e-5) * bn.weight.numpy()[:, None, None] + bn.bias.numpy()[:, None, None]

    def convolved(x, conv):
        return ag.conv2d(x, conv.weight.numpy(), stride=conv.stride, padding=conv.padding)

    inner = np.maximum(normalised(convolved(x, block.conv1), block.bn1), 0)
    shortcut = normalised(convolved(x, block.downsample[0]), block.downsample[1]) if block.downsample else x
    return np.maximum(shortcut + normalised(convolved(inner, block.conv2), block.bn2), 0)


@pytest.mark.parametrize(("channels", "stride"), [(4, 1), (6, 1), (4, 2)])
def test_a_residual_block_adds_what_it_was_given(channels, stride):
    ag.manual_seed(0)
    block = nn.models.ResidualBlock(4, channels, stride).double()
    assert (block.downsample is None) == (channels == 4 and stride == 1)
    x = np.random.default_rng(0).standard_normal((3, 4, 7, 7))
    y = block(ag.tensor(x)).numpy()
    assert y.shape == (3, channels, math.ceil(7 / stride), math.ceil(7 / stride))
    np.testing.assert_allclose(y, residual_block_by_hand(block, x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "epochs", "least"), [("maxout", 8, 0.7), ("cnn", 8, 0.8), ("residual", 6, 0.8)])
def test_they_learn_from_500_pictures_in_seconds(sample, name, epochs, least):
    ag.manual_seed(0)
    net = nn.models.RECIPES[name].build((28, 28), 10)
    trainer = Trainer(net, nn.functions.cross_entropy, optim.Adam(net.parameters(), lr=2e-3), metrics=["accuracy"])
    trainer.fit((as_input(sample.train.images), sample.train.labels), epochs=epochs, batch_size=20)
    test = as_input(sample.test.images), sample.test.labels
    assert evaluate(net, nn.functions.cross_entropy, test, ["accuracy"])["accuracy"] >= least


def test_what_was_learned_from_some_digits_helps_with_the_others(sample, tmp_path):
    """Learn 0 to 4, keep and freeze the convolutions, and learn 5 to 9 from five pictures each, in ten epochs."""
    images, labels = as_input(sample.train.images), sample.train.labels.astype(int)
    few = np.concatenate([np.flatnonzero(labels == digit)[:5] for digit in range(5, 10)])
    rest = np.setdiff1d(np.flatnonzero(labels >= 5), few)
    unseen = images[rest], labels[rest] - 5

    def trained(net, chosen, shift):
        learned = [parameter for parameter in net.parameters() if parameter.requires_grad]
        trainer = Trainer(net, nn.functions.cross_entropy, optim.Adam(learned, lr=2e-3), metrics=["accuracy"])
        trainer.fit((images[chosen], labels[chosen] - shift), epochs=10, batch_size=10)
        return trainer

    transferred, from_scratch = [], []
    for seed in range(3):
        ag.manual_seed(seed)
        first = trained(nn.models.lenet5(classes=5), np.flatnonzero(labels < 5), 0).model
        nn.save_weights(first, tmp_path / "first.safetensors")
        net = nn.models.lenet5(classes=5)
        nn.load_weights(net, tmp_path / "first.safetensors")
        convolutions = net[:6].freeze()
        transferred.append(trained(net, few, 5).evaluate(unseen)["accuracy"])
        for name, array in convolutions.state_dict().items():
            np.testing.assert_array_equal(array, first[:6].state_dict()[name])
        from_scratch.append(trained(nn.models.lenet5(classes=5), few, 5).evaluate(unseen)["accuracy"])
    assert np.mean(transferred) > np.mean(from_scratch) + 0.02
