"""Images that are changed as real ones vary teach a network what does not matter (decks C, E)."""

from pathlib import Path

import numpy as np

import autograd_core as ag
import nn
import optim
from nn.data import mnist, scale_pixels
from nn.data.augmentation import RandomAffine
from nn.training import Trainer

DATA = mnist(Path(__file__).parents[1] / "data")
TRAIN = scale_pixels(DATA.train.images)[:, None], DATA.train.labels
REST = [np.concatenate([getattr(part, name) for part in DATA[1:]]) for name in ("images", "labels")]
TEST = scale_pixels(REST[0])[:, None], REST[1]


def accuracies(augment):
    """After training on 500 images: that on other images, and on the same ones shifted by three pixels."""
    ag.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    trainer = Trainer(net, nn.functions.cross_entropy, optim.Adam(net.parameters(), lr=2e-3), metrics=["accuracy"])
    trainer.fit(TRAIN, epochs=40, batch_size=50, augment=augment)
    shifted = np.roll(TEST[0], (3, -3), axis=(2, 3)), TEST[1]
    return [trainer.evaluate(images)["accuracy"] for images in (TRAIN, TEST, shifted)]


def test_augmentation_keeps_a_network_from_minding_where_a_digit_stands():
    by_heart, plain, plain_shifted = accuracies(None)
    seen, augmented, augmented_shifted = accuracies(RandomAffine(translate=(0.12, 0.12)))
    assert by_heart == 1.0 > seen
    assert plain > 0.75
    assert plain_shifted < 0.4
    assert augmented_shifted > plain_shifted + 0.3
    assert augmented > plain - 0.05
