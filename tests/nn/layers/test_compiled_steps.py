"""Steps with losses and layers whose work depends on numbers, on draws or on labels give compiled what they give."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import functions as F

CALLS = 6
rng = np.random.default_rng(0)
ROWS = [(rng.standard_normal((8, 5)), rng.integers(0, 3, 8)) for _ in range(CALLS)]
SOME = [(x, np.where(np.arange(8) < i, -100, labels)) for i, (x, labels) in enumerate(ROWS)]
SEQUENCES = [(rng.standard_normal((4, 8, 5)), rng.integers(0, 3, 8)) for _ in range(CALLS)]
WORDS = [(rng.integers(0, 7, (4, 6)), rng.integers(0, 3, 4)) for _ in range(CALLS)]


def perceptron(*between):
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), *between, nn.Linear(8, 3))


class Last(nn.Module):
    def __init__(self):
        self.recurrent, self.output = nn.LSTM(5, 6, 2, dropout=0.2), nn.Linear(6, 3)

    def forward(self, x):
        return self.output(self.recurrent(x)[0][-1])


class Reader(nn.Module):
    def __init__(self):
        self.embedding, self.output = nn.Embedding(7, 8, padding_idx=0), nn.Linear(8, 3)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)

    def forward(self, words):
        return self.output(self.layer(self.embedding(words), src_key_padding_mask=words == 0).mean(1))


def cross_entropy(net, x, labels):
    return F.cross_entropy(net(x), labels)


def smoothed(net, x, labels):
    return F.cross_entropy(net(x), labels, weight=np.array([1.0, 2.0, 0.5]), label_smoothing=0.1)


STEPS = {
    "dropout": (lambda: perceptron(nn.Dropout(0.3)), cross_entropy, ROWS),
    "alpha dropout and noise": (lambda: perceptron(nn.AlphaDropout(0.3), nn.GaussianNoise(0.3)), cross_entropy, ROWS),
    "ignored labels": (perceptron, cross_entropy, SOME),
    "smoothed, weighted, ignored": (perceptron, smoothed, SOME),
    "margins": (perceptron, lambda net, x, labels: F.multi_margin_loss(net(x), labels), ROWS),
    "bits": (
        perceptron,
        lambda net, x, labels: F.binary_cross_entropy(ag.sigmoid(net(x)), F.one_hot(labels, 3)),
        ROWS,
    ),
    "checkpoint": (
        lambda: perceptron(nn.Dropout(0.3)),
        lambda net, x, labels: F.cross_entropy(ag.checkpoint(net)(x), labels),
        ROWS,
    ),
    "batch normalisation": (lambda: perceptron(nn.BatchNorm1d(8, momentum=None)), cross_entropy, ROWS),
    "spectral norm": (lambda: nn.Sequential(nn.parametrizations.spectral_norm(nn.Linear(5, 3))), cross_entropy, ROWS),
    "LSTM": (Last, cross_entropy, SEQUENCES),
    "transformer": (Reader, cross_entropy, WORDS),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_compiled_step(name):
    make, loss, batches = STEPS[name]

    def training(compiled):
        ag.manual_seed(0)
        net = make().double()
        optimizer = optim.SGD(net.parameters(), lr=0.05)

        def step(x, labels):
            optimizer.zero_grad()
            value = loss(net, x, labels)
            value.backward()
            norm = optim.clip_grad_norm(net.parameters(), 0.8)
            optimizer.step()
            return value, norm

        step = ag.compile(step) if compiled else step
        found = [[float(y) for y in step(*map(ag.tensor, batch))] for batch in batches]
        return found, net.state_dict()

    (ours, state), (expected, after) = training(True), training(False)
    np.testing.assert_allclose(ours, expected, rtol=1e-11)
    for key, array in after.items():
        np.testing.assert_allclose(state[key], array, rtol=1e-9, atol=1e-12)
