"""Choices that have a gradient: drawn as often as the softmax says, and differentiated as the soft ones."""

import numpy as np
import pytest

import autograd_core as ag
from nn.functions import gumbel_softmax

COVERS = {"functions.gumbel_softmax"}
LOGITS = np.log([0.5, 0.3, 0.15, 0.05])


def noise(shape):
    """What the function draws after the same seed."""
    return -np.log(ag.default_generator().standard_exponential(shape))


@pytest.mark.parametrize("dim", [-1, 0])
def test_soft_choices_are_the_papers_formula(dim):
    x = np.random.default_rng(0).standard_normal((3, 4))
    ag.manual_seed(1)
    found = gumbel_softmax(ag.tensor(x), tau=0.7, dim=dim)
    ag.manual_seed(1)
    e = np.exp((x + noise(x.shape)) / 0.7)
    np.testing.assert_allclose(found.numpy(), e / e.sum(axis=dim, keepdims=True), rtol=1e-12)


def test_hard_choices_are_one_hot_as_often_as_the_softmax_says():
    ag.manual_seed(0)
    chosen = gumbel_softmax(ag.tensor(np.tile(LOGITS, (20000, 1)).astype(np.float32)), tau=3.0, hard=True).numpy()
    assert chosen.dtype == np.float32
    assert set(np.unique(chosen)) == {0, 1}
    assert (chosen.sum(axis=1) == 1).all()
    np.testing.assert_allclose(chosen.mean(axis=0), np.exp(LOGITS), atol=0.015)


def test_a_hard_choice_has_the_gradient_of_the_soft_one():
    u = np.array([1.0, -2.0, 0.5, 3.0])
    gradients = []
    for hard in (False, True):
        x = ag.tensor(LOGITS, requires_grad=True)
        ag.manual_seed(5)
        (gumbel_softmax(x, tau=0.5, hard=hard) * u).sum().backward()
        gradients.append(x.grad.numpy())
    np.testing.assert_array_equal(*gradients)
    ag.manual_seed(5)
    e = np.exp((LOGITS + noise(4)) / 0.5)
    y = e / e.sum()
    np.testing.assert_allclose(gradients[0], y * (u - y @ u) / 0.5, rtol=1e-10)


def test_a_temperature_must_be_above_0():
    with pytest.raises(ag.ArgumentError, match=r"gumbel_softmax: tau must be above 0, got 0.0"):
        gumbel_softmax(LOGITS, tau=0.0)
