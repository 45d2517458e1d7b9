"""Every op of the registry, and its gradient, for many examples at once against one after the other."""

import numpy as np
import pytest
from op_cases import CASES

import autograd_core as ag
from autograd_core import batching_rules

N = 3
# A cell's kernel has one matrix for all rows; with weights of its own, an example is gone through by itself.
OWN_WEIGHTS = {"run_cell", "run_cell_gradient"}


def examples(x):
    """N examples that differ from x, and from each other, by a few percent."""
    x = np.asarray(x)
    return np.stack([x * (1 + 0.03 * i) for i in range(N)])


def close(found, expected):
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-9, atol=1e-10)


@pytest.fixture
def one_by_one(monkeypatch):
    """The names of the ops that were computed example by example, for want of a rule."""
    names = []
    by_examples = batching_rules.by_examples
    monkeypatch.setattr(batching_rules, "by_examples", lambda call: names.append(call.op.name) or by_examples(call))
    return names


@pytest.mark.parametrize(
    ("function", "inputs"),
    [pytest.param(*case, id=f"{name}-{i}") for name in CASES for i, case in enumerate(CASES[name].checks)],
)
def test_an_op_of_all_examples_is_that_of_each_with_its_gradients(function, inputs, one_by_one):
    def both(*args):
        y, pull_back = ag.vjp(function, *args)
        return y, pull_back(ag.cos(ag.arange(y.size, dtype=y.dtype).reshape(y.shape)))

    positions = range(len(inputs))
    for mapped in {tuple(positions), (0,), tuple(positions[1:])} - {()}:
        given = [ag.tensor(examples(x) if i in mapped else x) for i, x in enumerate(inputs)]
        y, gradients = ag.vmap(both, [0 if i in mapped else None for i in positions])(*given)
        for i in range(N):
            expected, shares = both(*[x[i] if place in mapped else x for place, x in enumerate(given)])
            close(y[i], expected)
            for found, share in zip(gradients, shares, strict=True):
                close(found[i], share)
    assert not set(one_by_one) - OWN_WEIGHTS
