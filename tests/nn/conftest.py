"""The sample of MNIST, short trainings on it, and the command line called in this process."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.__main__ import main
from nn.data import Splits, mnist
from nn.training.checkpoint import Checkpoint

SAMPLE = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="session")
def sample() -> Splits:
    """500 images to train on, 100 to validate, 100 to test."""
    return mnist(SAMPLE)


@dataclass
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def command() -> Callable[..., Ended]:
    """`command("train", ...)` runs `python -m nn train ...` in this process."""

    def run(*arguments: object) -> Ended:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main([str(argument) for argument in arguments])
        # Where the kernels have never run before, the engine says that it compiles them.
        lines = [line for line in err.getvalue().splitlines(keepends=True) if "compiling kernels" not in line]
        return Ended(code, out.getvalue(), "".join(lines))

    return run


@pytest.fixture(scope="session")
def train(command) -> Callable[..., Ended]:
    """`train(directory, ...)` trains an mlp on the sample for three short epochs, unless told otherwise."""

    def run(out: Path, *more: object, model: str = "mlp", epochs: int = 3) -> Ended:
        settings = ("--model", model, "--epochs", epochs, "--batch-size", 50)
        return command("train", "mnist", "--data-dir", SAMPLE, "--out", out, *settings, *more)

    return run


@pytest.fixture(scope="session")
def trained(train, tmp_path_factory) -> Path:
    """The directory of a finished training of an mlp; only to be read."""
    directory = tmp_path_factory.mktemp("trained")
    assert train(directory).code == 0
    return directory


def assert_same_end(one: Path, other: Path) -> None:
    """Two checkpoints hold the same training, to the bit; only how long it took may differ."""
    a, b = Checkpoint.load(one), Checkpoint.load(other)
    assert a.notes == b.notes
    assert_same_state(a.state, b.state, "state")


def assert_same_state(a: Any, b: Any, place: str) -> None:
    assert type(a) is type(b), place
    if isinstance(a, dict):
        assert a.keys() == b.keys(), place
        for key in a.keys() - {"seconds"}:
            assert_same_state(a[key], b[key], f"{place}.{key}")
    elif isinstance(a, list):
        assert len(a) == len(b), place
        for index, (part, other) in enumerate(zip(a, b, strict=True)):
            assert_same_state(part, other, f"{place}.{index}")
    elif isinstance(a, np.ndarray):
        np.testing.assert_array_equal(a, b, err_msg=place)
    else:
        assert a == b, place


@pytest.fixture(scope="session")
def same_end() -> Callable[[Path, Path], None]:
    return assert_same_end
