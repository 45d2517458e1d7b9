"""Losses give PyTorch's outputs and gradients, with every reduction and in both precisions."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd_core import Tensor

_spec = importlib.util.spec_from_file_location("loss_cases", Path(__file__).parents[2] / "golden" / "loss_cases.py")
loss_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(loss_cases)
CASES = loss_cases.CASES
LOSSES = {name.split()[0] for name in CASES}
SPELLED = {name.replace("_", ""): name for name in nn.functions.__all__}
SPELLED |= {
    "bceloss": "binary_cross_entropy",
    "bcewithlogitsloss": "binary_cross_entropy_with_logits",
    "crossentropyloss": "cross_entropy",
    "kldivloss": "kl_div",
}
# loss -> the function that it calls, and that is therefore compared with it
FUNCTIONS = {loss: SPELLED[loss.lower()] for loss in LOSSES}
COVERS = set(FUNCTIONS) | {f"functions.{function}" for function in FUNCTIONS.values()}


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_losses.npz")


def test_every_case_is_stored(stored):
    assert list(stored.cases) == list(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_are_those_of_pytorch(stored, name, dtype):
    args, keywords, _, learned = CASES[name]

    def call(loss, *inputs):
        constants = [x.numpy() if isinstance(x, Tensor) else x for x in inputs[learned:]]
        return loss(*inputs[:learned], *constants)

    stored.check(name, getattr(nn, name.split()[0])(*args, **keywords), dtype, call)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_loss_computes_by_the_function_of_its_name(name, monkeypatch):
    called = []
    monkeypatch.setattr(nn.functions, FUNCTIONS[name], lambda *inputs: called.append(inputs))
    three = ("CosineEmbeddingLoss", "GaussianNLLLoss", "MarginRankingLoss", "TripletMarginLoss")
    getattr(nn, name)()(1, 2, *[3] * (name in three))
    assert called[0][:2] == (1, 2)
