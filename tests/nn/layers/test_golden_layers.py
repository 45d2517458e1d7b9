"""Layers without state over time give PyTorch's outputs and gradients, from PyTorch's state, in both precisions."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import nn

_spec = importlib.util.spec_from_file_location("layer_cases", Path(__file__).parents[2] / "golden" / "layer_cases.py")
layer_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(layer_cases)
CASES = layer_cases.CASES
LAYERS = {name.split()[0] for name in CASES}
SPELLED = {name.replace("_", ""): name for name in nn.functions.__all__}
SPELLED |= {"upsample": "interpolate"} | {name.lower(): "pad" for name in nn.layers.padding.__all__}
# layer -> the function that it calls, and that is therefore compared with it
FUNCTIONS = {layer: SPELLED[layer.lower()] for layer in LAYERS if layer.lower() in SPELLED}
COVERS = LAYERS | {f"functions.{function}" for function in FUNCTIONS.values()}


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_layers.npz")


def test_every_case_is_stored(stored):
    assert list(stored.cases) == list(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_those_of_pytorch(stored, name, dtype):
    args, keywords, _ = CASES[name]
    stored.check(name, getattr(nn, name.split()[0])(*args, **keywords), dtype)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_layer_computes_by_the_function_of_its_name(name, monkeypatch):
    args, keywords, shapes = CASES[name]
    called = []
    function = getattr(nn.functions, FUNCTIONS[name])
    layer = getattr(nn, name)(*args, **keywords)
    inputs = [np.ones(shape, np.float32) for shape in shapes]
    spy = staticmethod(lambda *a, **k: called.append(1) or function(*a, **k))
    if hasattr(layer, "function"):
        assert layer.function is function
        monkeypatch.setattr(type(layer), "function", spy)
    else:
        monkeypatch.setattr(nn.functions, FUNCTIONS[name], spy)
    layer(*inputs)
    assert called == [1]
