"""Layers held against what tests/golden/make_golden_*.py have written down of PyTorch's."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag

GOLDEN = Path(__file__).parents[2] / "golden"


class Golden:
    """The cases of one file."""

    def __init__(self, name):
        with np.load(GOLDEN / name) as file:
            self.cases = json.loads(str(file["cases"]))["cases"]
            numbers = file["numbers"]
        start = 0
        for case in self.cases.values():
            for entry in case["arrays"]:
                size = int(np.prod(entry[2]))
                entry.append(numbers[start : start + size].reshape(entry[2]))
                start += size

    def check(self, name, module, dtype, call=None):
        """The module, given the stored state, gives the stored outputs, gradients and state afterwards."""
        call = call or (lambda module, *inputs: module(*inputs))
        case = self.cases[name]
        kinds = {}
        for kind, key, _, dtype_kind, error, array in case["arrays"]:
            array = array.astype(dtype if dtype_kind == "f" else bool if dtype_kind == "b" else np.int64)
            kinds.setdefault(kind, {})[key] = (array, error)
        state = {key: array for key, (array, _) in kinds.get("state", {}).items()}
        assert list(module.state_dict()) == list(state)
        module.astype(dtype)
        module.load_state_dict(state)
        module.train(case["training"])
        leaves = [array if array.dtype.kind != "f" else ag.tensor(array) for array, _ in kinds["input"].values()]
        for leaf in leaves:
            if isinstance(leaf, ag.Tensor):
                leaf.requires_grad = True
        ys = outputs(call(module, *leaves))
        u = [array for array, _ in kinds["upstream"].values()]
        sum((ag.sum(y * w) for y, w in zip(ys, u, strict=True)), ag.tensor(np.zeros((), dtype))).backward()
        found = {("output", str(i)): y for i, y in enumerate(ys)}
        found |= {("input gradient", str(i)): x.grad for i, x in enumerate(leaves) if isinstance(x, ag.Tensor)}
        found |= {("gradient", key): p.grad for key, p in module.named_parameters()}
        found |= {("after", key): b for key, b in module.state_dict().items()}
        compared = 0
        for kind in ("output", "input gradient", "gradient", "after"):
            for key, (answer, error) in kinds.get(kind, {}).items():
                ours = found[kind, key]
                if ours is None:  # there is no path to it, where PyTorch says 0
                    assert not answer.any(), (kind, key)
                    continue
                assert ours.dtype in (dtype, np.int64), (kind, key)
                scale = np.max(np.abs(answer), initial=1.0)
                allowed = 1e-12 * scale if dtype == np.float64 else max(1e-6 * scale, 2 * error)
                rtol = 1e-10 if dtype == np.float64 else 1e-5
                np.testing.assert_allclose(as_array(ours), answer, rtol=rtol, atol=allowed, err_msg=f"{kind} {key}")
                compared += 1
        assert compared >= len(ys)


def as_array(x):
    return x.numpy() if isinstance(x, ag.Tensor) else np.asarray(x)


def outputs(y):
    """The tensors of nested tuples, in order."""
    return [part for inner in y for part in outputs(inner)] if isinstance(y, (tuple, list)) else [y]


@pytest.fixture(scope="session")
def golden():
    """`golden("golden_norms.npz")` gives the cases of that file."""
    return Golden
