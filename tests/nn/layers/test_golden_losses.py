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

FUNCTIONS = {  # loss -> the function that it calls, and that is therefore compared with it
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "HuberLoss": "huber_loss", "SmoothL1Loss": "smooth_l1_loss",
    "PoissonNLLLoss": "poisson_nll_loss", "GaussianNLLLoss": "gaussian_nll_loss",
    "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "NLLLoss": "nll_loss", "CrossEntropyLoss": "cross_entropy", "KLDivLoss": "kl_div",
    "MultiMarginLoss": "multi_margin_loss", "CosineSimilarity": "cosine_similarity",
    "CosineEmbeddingLoss": "cosine_embedding_loss",
}  # fmt: skip
COVERS = set(FUNCTIONS) | {f"functions.{function}" for function in FUNCTIONS.values()}


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_losses.npz")


def test_every_case_is_stored(stored):
    assert list(stored.cases) == list(CASES)
    assert {name.split()[0] for name in CASES} == set(FUNCTIONS)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_are_those_of_pytorch(stored, name, dtype):
    args, keywords, _, learned = CASES[name]

    def call(loss, *inputs):
        constants = [x.numpy() if isinstance(x, Tensor) else x for x in inputs[learned:]]
        return loss(*inputs[:learned], *constants)

    stored.check(name, getattr(nn, name.split()[0])(*args, **keywords), dtype, call)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loss_computes_by_the_function_of_its_name(name, monkeypatch):
    called = []
    monkeypatch.setattr(nn.functions, FUNCTIONS[name], lambda *inputs: called.append(inputs))
    getattr(nn, name)()(1, 2, *[3] * (name in ("GaussianNLLLoss", "CosineEmbeddingLoss")))
    assert called[0][:2] == (1, 2)
