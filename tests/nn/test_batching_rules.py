"""Ops that nn declares compute all examples of a vmap at once, by rules that stand beside them."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import batching_rules

rng = np.random.default_rng(0)
WEIGHT = [1.0, 2.0, 0.5, 4.0]


@pytest.fixture(autouse=True)
def one_after_the_other_is_refused(monkeypatch):
    def refuse(call):
        raise AssertionError(f"{call.op.name} went example by example")

    monkeypatch.setattr(batching_rules, "by_examples", refuse)


def check(function, *inputs):
    """vmap of the function, and of its gradient by the first input, against each example alone."""
    for mapped in (function, ag.grad(function)):
        found = ag.vmap(mapped)(*inputs)
        for i in range(len(inputs[0])):
            alone = mapped(*[x[i] for x in inputs])
            np.testing.assert_allclose(found[i].numpy(), alone.numpy(), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, t: nn.functional.cross_entropy(x, t, weight=WEIGHT),
        lambda x, t: nn.functional.cross_entropy(x, t, weight=WEIGHT, ignore_index=1),
        lambda x, t: nn.functional.cross_entropy(x, t, label_smoothing=0.1, ignore_index=0),
        lambda x, t: nn.functional.multi_margin_loss(x, t, weight=WEIGHT),
    ],
)
def test_losses_of_labels(loss):
    x, t = rng.standard_normal((5, 6, 4)).astype(np.float32), rng.integers(0, 4, (5, 6))
    check(loss, ag.tensor(x), ag.tensor(t))


def test_embeddings():
    layer, words = nn.Embedding(7, 3, padding_idx=2), ag.tensor(rng.integers(0, 7, (5, 4)))

    def loss(weight, words):
        return ag.sum(nn.functional.embedding(words, weight, padding_idx=2) ** 2)

    found = ag.vmap(ag.grad(loss), in_axes=(None, 0))(layer.weight, words)
    for i in range(5):
        np.testing.assert_allclose(found[i].numpy(), ag.grad(loss)(layer.weight, words[i]).numpy(), rtol=1e-6)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "MultiheadAttention"])
def test_sequences(kind):
    if kind == "MultiheadAttention":
        layer = nn.MultiheadAttention(8, 2)
        check(lambda x: ag.sum(layer(x, x, x, need_weights=False)[0] ** 2), ag.randn(3, 5, 2, 8))
    else:
        layer = getattr(nn, kind)(8, 4, bidirectional=True)
        check(lambda x: ag.sum(layer(x)[0] ** 2), ag.randn(3, 5, 2, 8))
