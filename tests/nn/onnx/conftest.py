"""Models exported, run by onnxruntime and loaded again, compared with themselves."""

import numpy as np
import pytest

import autograd_core as ag
import nn

onnxruntime = pytest.importorskip("onnxruntime")
onnxruntime.set_default_logger_severity(3)  # no notes on what it optimises

CLOSE = 1e-5  # relative to 1 + |y|


class Together(nn.Module):
    """Several modules, each called with inputs of its own: one export for all of them."""

    def __init__(self, parts):
        self.parts = nn.ModuleDict({name.replace(" ", "_"): module for name, (module, _) in parts.items()})
        self.counts = [len(inputs) for _, inputs in parts.values()]

    def forward(self, *inputs):
        rest = iter(inputs)
        return {
            name: module(*[next(rest) for _ in range(count)])
            for (name, module), count in zip(self.parts.items(), self.counts, strict=True)
        }


def flat(y):
    """The tensors of nested tuples and dictionaries, in order."""
    parts = y.values() if isinstance(y, dict) else y
    return [part for inner in parts for part in flat(inner)] if isinstance(y, (tuple, list, dict)) else [y]


def resized(x, axes, symbol, size):
    """The input with another length along the axes of this name."""
    for axis, its in axes.items():
        x = np.take(x, np.arange(size) % x.shape[axis], axis) if its == symbol else x
    return x


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


@pytest.fixture
def check(path):
    """`check(model, *inputs, dynamic={0: "batch"}, batch=5)`: the file gives what the model does, at both sizes."""

    def run(model, *inputs, dynamic=None, **sizes):
        model.eval()
        nn.onnx.export(model, inputs, path, dynamic=dynamic)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        loaded = nn.onnx.load(path)
        assert dict(loaded.named_parameters()).keys() == dict(model.named_parameters()).keys()
        given = [dynamic or {}] * len(inputs)
        tried = [list(inputs)]
        for symbol, size in sizes.items():
            tried.append([resized(x, axes, symbol, size) for x, axes in zip(tried[-1], given, strict=True)])
        names = [output.name for output in session.get_outputs()]
        for xs in tried:
            with ag.no_grad():
                expected = [y.numpy() for y in flat(model(*map(ag.tensor, xs)))]
                ours = [y.numpy() for y in flat(loaded(*map(ag.tensor, xs)))]
            theirs = session.run(None, {value.name: x for value, x in zip(session.get_inputs(), xs, strict=True)})
            for found in (theirs, ours):
                for name, y, z in zip(names, expected, found, strict=True):
                    assert (y.shape, y.dtype) == (z.shape, z.dtype), name
                    np.testing.assert_allclose(z, y, rtol=CLOSE, atol=CLOSE, err_msg=name)
        return loaded

    return run


@pytest.fixture
def together(check):
    """`check` of a dictionary: name -> (module, inputs)."""
    return lambda parts, **how: check(Together(parts), *[x for _, inputs in parts.values() for x in inputs], **how)
