"""A line to be learned, and a trainer that learns it in no time."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.training import Trainer


def line(count=40, seed=0):
    x = np.random.default_rng(seed).uniform(-1, 1, (count, 2)).astype(np.float32)
    return x, x @ np.array([[2.0], [-3.0]], np.float32) + 0.5


@pytest.fixture
def line_data():
    """(x, y) with y = 2x₁ - 3x₂ + ½."""
    return line()


@pytest.fixture
def make_trainer():
    """A trainer of a fresh linear layer, always the same one."""

    def make(optimizer=optim.SGD, lr=0.1, **options):
        ag.manual_seed(7)
        model = nn.Linear(2, 1)
        return Trainer(model, nn.functions.mse_loss, optimizer(model.parameters(), lr=lr), **options)

    return make


@pytest.fixture
def train_line(make_trainer, line_data):
    """Train it on the line, and give the trainer."""

    def train(epochs=2, validation=None, batch_size=8, **options):
        trainer = make_trainer(**options)
        assert trainer.fit(line_data, validation, epochs=epochs, batch_size=batch_size)
        return trainer

    return train
