"""The training that tests/golden/make_golden_optim.py did with PyTorch, and what came of it."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import optim

with np.load(Path(__file__).parents[1] / "golden" / "golden_optim.npz") as file:
    STORED = dict(file)
CASES = json.loads(str(STORED.pop("cases")))
TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}


class Training:
    """Two parameters, w long enough for a kernel and b not, down a small nonconvex loss or along given gradients."""

    def __init__(self, dtype=np.float64):
        self.dtype = dtype
        self.x, self.y = (ag.tensor(STORED[name].astype(dtype)) for name in "xy")
        self.w, self.b = (ag.tensor(STORED[name].astype(dtype), requires_grad=True) for name in "wb")
        self.parameters = [self.w, self.b]
        self.ridge = 0.0

    def optimizer(self, kind, settings):
        """`kind` is the class's name; settings["b"] are those of b as a group of its own, "ridge" is the loss's."""
        settings = dict(settings)
        of_b, self.ridge = settings.pop("b", None), settings.pop("ridge", 0.0)
        groups = self.parameters if of_b is None else [{"params": [self.w]}, {"params": [self.b], **of_b}]
        return getattr(optim, kind)(groups, **settings)

    def loss(self):
        for parameter in self.parameters:
            parameter.grad = None
        error = ag.tanh(self.x @ self.w + self.b) - self.y
        loss = (error * error).mean() + 0.05 * ag.sin(3 * self.w).mean()
        if self.ridge:
            loss = loss + self.ridge * ((self.w * self.w).sum() + (self.b * self.b).sum())
        loss.backward()
        return loss

    def give_gradients(self, step):
        row = STORED["gradients"][step].astype(self.dtype)
        self.w.grad, self.b.grad = ag.tensor(row[:72].reshape(9, 8)), ag.tensor(row[72:].reshape(4, 1))

    def row(self):
        return np.concatenate([parameter.numpy().reshape(-1) for parameter in self.parameters])

    def check(self, name, rows):
        """Rows of all 50 steps agree with what is stored of some of them."""
        saved = np.stack([rows[step - 1] for step in CASES["saved"]])
        assert saved.dtype == self.dtype
        self.check_numbers(f"{name}/{np.dtype(self.dtype)}", saved)

    def check_near_the_truth(self, name, rows):
        """Float32 rows are as near to float64 ones as PyTorch's are, or as √eps.

        For line searches: they compare losses, and a loss knows the place of its minimum to √eps.
        """
        saved = np.stack([rows[step - 1] for step in CASES["saved"]])
        assert saved.dtype == np.float32
        truth = STORED[f"{name}/float64"]
        for found, expected, torchs in zip(saved, truth, STORED[f"{name}/float32"], strict=True):
            allowed = max(np.finfo(np.float32).eps ** 0.5, 3 * np.abs(torchs - expected).max())
            np.testing.assert_allclose(found, expected, rtol=0, atol=allowed, err_msg=name)

    def check_numbers(self, key, numbers):
        tolerance = TOLERANCE[self.dtype]
        np.testing.assert_allclose(numbers, STORED[key], rtol=tolerance, atol=tolerance, err_msg=key)


@pytest.fixture(params=[np.float64, np.float32], ids=["float64", "float32"])
def training(request):
    return Training(request.param)


@pytest.fixture
def make_training():
    return Training


@pytest.fixture(params=CASES["optimizers"].items(), ids=CASES["optimizers"])
def optimizer_case(request):
    """A name, whose first word is the optimiser's, and settings."""
    return request.param


@pytest.fixture(params=CASES["schedules"].items(), ids=CASES["schedules"])
def schedule_case(request):
    """A name, whose first word is the schedule's, and arguments."""
    return request.param


@pytest.fixture(params=CASES["plateaus"].items(), ids=CASES["plateaus"])
def plateau_case(request):
    """A name and arguments of ReduceOnPlateau."""
    return request.param


@pytest.fixture
def stored():
    """All arrays of the file, by name."""
    return STORED


@pytest.fixture
def cases():
    """All cases of the file, by kind and name."""
    return CASES
