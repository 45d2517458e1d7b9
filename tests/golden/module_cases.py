"""What most of the make_golden_*.py share: a module of PyTorch's, run and written down.

Of each case the file holds, as float64 numbers that float32 holds exactly: the module's state, the inputs, and weights
u of the outputs; and, computed in float64: the outputs, the gradients of Σ u·outputs by the inputs and by the
parameters, and the state afterwards. Beside each answer stands the largest error that torch makes of it in float32.
tests/nn/layers/conftest.py reads it.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import torch


class Cases:
    """Modules to be run, and the file that they are written to."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.listed, self.numbers = {}, []

    def real(self, *shape):
        return single(self.rng.standard_normal(shape))

    def add(self, name, module, *inputs, call=None, training=True):
        """Run `call(module, *inputs)`, by default module(*inputs), which gives a tensor or several."""
        call = call or (lambda module, *inputs: module(*inputs))
        module.train(training)
        positive = {key for key, _ in module.named_buffers() if not key.endswith("running_mean")}  # variances, weights
        with torch.no_grad():
            for key, tensor in module.state_dict(keep_vars=True).items():
                if tensor.dtype.is_floating_point:
                    numbers = self.real(*tensor.shape) * 0.5
                    tensor.copy_(torch.tensor(single(abs(numbers) + 0.5 if key in positive else numbers)))
        state = {key: tensor.numpy(force=True).astype(np.float64) for key, tensor in module.state_dict().items()}
        inputs = [np.asarray(x) for x in inputs]
        tried = outputs(call(copy.deepcopy(module).double(), *map(torch.tensor, inputs)))
        shapes = [y.shape for y in tried]
        u = [single(self.rng.uniform(0.5, 1.5, shape)) for shape in shapes]
        answers = run(copy.deepcopy(module).double(), call, inputs, u, torch.float64)
        rough = run(copy.deepcopy(module).float(), call, inputs, u, torch.float32)
        listed = []
        given = [("state", state), ("input", named(inputs)), ("upstream", named(u))]
        for kind, arrays in given:
            for key, array in arrays.items():
                listed.append([kind, key, list(array.shape), array.dtype.kind, 0.0])
                self.numbers.append(array)
        for (kind, key), array in answers.items():
            error = float(np.max(np.abs(array - rough[kind, key]), initial=0.0))
            listed.append([kind, key, list(array.shape), "f", error])
            self.numbers.append(array)
        self.listed[name] = {"training": training, "arrays": listed}

    def write(self, name):
        path = Path(__file__).with_name(name)
        flat = np.concatenate([np.ravel(x).astype(np.float64) for x in self.numbers])
        np.savez_compressed(path, cases=json.dumps({"torch": torch.__version__, "cases": self.listed}), numbers=flat)
        print(f"{path}: {len(self.listed)} cases, {path.stat().st_size / 1024:.0f} KiB")


def run(module, call, inputs, u, dtype):
    leaves = [torch.tensor(x) for x in inputs]
    leaves = [x.to(dtype).requires_grad_() if x.dtype.is_floating_point else x for x in leaves]
    ys = outputs(call(module, *leaves))
    sum((torch.tensor(w, dtype=dtype) * y).sum() for w, y in zip(u, ys, strict=True)).backward()
    found = {("output", str(i)): y for i, y in enumerate(ys)}
    found |= {("input gradient", str(i)): x.grad for i, x in enumerate(leaves) if x.dtype.is_floating_point}
    found |= {("gradient", key): p.grad for key, p in module.named_parameters()}
    found |= {("after", key): b for key, b in module.named_buffers()}
    return {key: x.numpy(force=True).astype(np.float64) for key, x in found.items() if x is not None}


def outputs(y):
    """The tensors of nested tuples, in order."""
    return [part for inner in y for part in outputs(inner)] if isinstance(y, (tuple, list)) else [y]


def named(arrays):
    return {str(i): x for i, x in enumerate(arrays)}


def single(x):
    """The nearest numbers that float32 holds, as float64."""
    return np.asarray(x).astype(np.float32).astype(np.float64)
