"""Every op of the registry in compiled steps: what they give and its gradients are what they are without compiling."""

import numpy as np
import pytest
from op_cases import CASES

import autograd_core as ag
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

ELEMENTWISE = [name for name in CASES if isinstance(registry[name], Elementwise) and CASES[name].checks]
OTHERS = [name for name in CASES if name not in ELEMENTWISE and CASES[name].checks]


def parts(y):
    return [p for part in y for p in parts(part)] if isinstance(y, (tuple, list)) else [y]


def check(calls):
    """Compare, in some steps, all calls of ops and their gradients to what they are given."""
    leaves = [leaf for _, inputs in calls for leaf in inputs]
    start = [leaf.numpy().copy() for leaf in leaves]

    def step(scale):
        for leaf in leaves:
            leaf.grad = None
        results = [part for function, inputs in calls for part in parts(function(*inputs))]
        sum([(y * y * scale).sum() for y in results if y.requires_grad]).backward()
        return results

    compiled = ag.compile(step)
    random = np.random.default_rng(0)
    for _ in range(5):
        for leaf, x in zip(leaves, start, strict=True):
            leaf.assign(x * (1 + 1e-4 * random.standard_normal()))
        scale = ag.tensor(random.uniform(0.5, 2.0), dtype=np.float64)
        results = [y.numpy() for y in compiled(scale)]
        gradients = [None if leaf.grad is None else leaf.grad.numpy().copy() for leaf in leaves]
        for ours, eager in zip(results, step(scale), strict=True):
            np.testing.assert_allclose(ours, eager.detach().numpy(), rtol=1e-10, atol=1e-12)
        for ours, leaf in zip(gradients, leaves, strict=True):
            assert (ours is None) == (leaf.grad is None)
            if ours is not None:
                np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.slow  # each part of the step is compiled
def test_all_elementwise_ops_in_one_step():
    """Of one shape, so that they share kernels."""
    calls = []
    for name in ELEMENTWISE:
        op, (low, high) = registry[name], CASES[name].domain
        random = np.random.default_rng(len(calls))
        inputs = [random.uniform(low, high, 12) for _ in op.inputs]
        if name == "where":
            inputs[0] = np.arange(12.0) % 2
        calls.append((op, [ag.tensor(x, requires_grad=name != "where" or k > 0) for k, x in enumerate(inputs)]))
    check(calls)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, len(OTHERS), 30))
def test_other_ops(first):
    checks = [CASES[name].checks[0] for name in OTHERS[first : first + 30]]
    check([(function, [ag.tensor(x, requires_grad=True) for x in inputs]) for function, inputs in checks])
