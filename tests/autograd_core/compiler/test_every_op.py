"""Every op of the registry in compiled steps: what they give and its gradients are what they are without compiling.

Many ops make one step, so that elementwise ones share kernels, and little is compiled.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag

sys.path.append(str(Path(__file__).parents[1] / "ops"))
from op_cases import CASES  # noqa: E402

TOGETHER = 40
NAMES = sorted(name for name in CASES if CASES[name].checks)


def parts(y):
    return [p for part in y for p in parts(part)] if isinstance(y, (tuple, list)) else [y]


@pytest.mark.parametrize("first", range(0, len(NAMES), TOGETHER))
def test_compiled_ops_give_what_they_give(first):
    checks = [check for name in NAMES[first : first + TOGETHER] for check in CASES[name].checks]
    calls = [(function, [ag.tensor(x, requires_grad=True) for x in inputs]) for function, inputs in checks]
    leaves = [leaf for _, inputs in calls for leaf in inputs]
    start = [leaf.numpy().copy() for leaf in leaves]

    def step(scale):
        for leaf in leaves:
            leaf.grad = None
        results = [part for function, inputs in calls for part in parts(function(*inputs))]
        sum([(ag.sin(y) * scale).sum() for y in results if y.requires_grad]).backward()
        return results

    compiled = ag.compile(step)
    random = np.random.default_rng(0)
    for _ in range(5):
        for leaf, x in zip(leaves, start, strict=True):
            leaf.assign(x * (1 + 1e-4 * random.standard_normal()))
        scale = ag.tensor(random.uniform(0.5, 2.0), dtype=np.float64)
        results = [y.numpy().copy() for y in compiled(scale)]
        gradients = [leaf.grad for leaf in leaves]
        found = [None if g is None else g.numpy().copy() for g in gradients]
        expected = step(scale)
        for ours, eager in zip(results, expected, strict=True):
            np.testing.assert_allclose(ours, eager.detach().numpy(), rtol=1e-10, atol=1e-12)
        for ours, leaf in zip(found, leaves, strict=True):
            assert (ours is None) == (leaf.grad is None)
            if ours is not None:
                np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-9, atol=1e-11)
        del gradients, expected
