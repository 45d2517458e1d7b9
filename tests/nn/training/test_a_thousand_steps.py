"""A thousand compiled steps on MNIST's pictures leave the weights that a thousand eager ones do."""

import numpy as np
import pytest

import autograd_core as ag
import optim
from nn import functions as F
from nn.models import RECIPES


def trained(sample, model, compile, batch=10, steps=1000):
    ag.manual_seed(0)
    images = sample.train.images[:, None].astype(np.float64) / 255.0
    labels = sample.train.labels.astype(np.int64)
    net = RECIPES[model].build((28, 28), 10).to(np.float64)
    optimizer = optim.Adam(net.parameters(), lr=1e-3)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    step = ag.compile(step) if compile else step
    rng, losses = np.random.default_rng(0), []
    for _ in range(steps):
        chosen = rng.integers(0, len(labels), batch)
        losses.append(step(ag.tensor(images[chosen]), labels[chosen]).item())
    return np.array(losses), net.state_dict()


@pytest.mark.parametrize("model", ["mlp", pytest.param("lenet5", marks=pytest.mark.slow)])
def test_a_thousand_steps_are_the_same(sample, model):
    (ours, weights), (losses, expected) = (trained(sample, model, compile) for compile in (True, False))
    np.testing.assert_allclose(ours, losses, rtol=1e-6, atol=1e-9)
    for name in expected:
        np.testing.assert_allclose(weights[name], expected[name], rtol=1e-6, atol=1e-9)
    assert np.mean(losses[-50:]) < 0.05 * losses[0]
