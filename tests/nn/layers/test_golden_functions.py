"""Functions and layers that take more than floating-point numbers give PyTorch's outputs and gradients."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import nn

_spec = importlib.util.spec_from_file_location(
    "function_cases", Path(__file__).parents[2] / "golden" / "function_cases.py"
)
function_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(function_cases)
CASES = function_cases.CASES
COVERS = {function if function[0].isupper() else f"functions.{function}" for function, *_ in CASES.values()}


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_functions.npz")


def test_every_case_is_stored(stored):
    assert list(stored.cases) == list(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_those_of_pytorch(stored, name, dtype):
    stored.check(
        name, nn.Module(), dtype, lambda _, *drawn: function_cases.call(CASES[name], nn, drawn, lambda numbers: numbers)
    )
