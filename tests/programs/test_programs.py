"""Programs written for PyTorch run with only their imports changed, and learn what they learn there.

`tests/golden/make_golden_programs.py` runs them with PyTorch and keeps what they return. Data and first weights are
numpy's, so that both start from the same numbers.
"""

import inspect
import types
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.compiler.fusion import Group
from autograd_core.kernels.pasting import NoKernelError

HERE = Path(__file__).parent
GOLDEN = np.load(HERE.parent / "golden" / "golden_programs.npz")
IMPORTS = {
    "import torch\n": "import autograd_core as torch\n",
    "import torch.nn as nn\n": "import nn\n",
    "import torch.nn.functional as F\n": "import nn.functional as F\n",
    "import torch.optim as optim\n": "import optim\n",
    "from torch import nn, optim\n": "import nn, optim\n",
    "from torch.autograd import grad\n": "from autograd_core import gradients as grad\n",
    "from torch.func import functional_call, vmap\n": (
        "from autograd_core import vmap; from nn import functional_call\n"  # in one line, as it was
    ),
    "from torch.func import grad as grad_of\n": "from autograd_core import grad as grad_of\n",
    "from own_ops_of_pytorch import ": "from own_ops import ",
}


def ported(name):
    """A file of programs with its imports replaced by this project's."""
    path = HERE / f"{name}.py"
    head, marker, body = path.read_text().partition("\n__all__")
    for theirs, ours in IMPORTS.items():
        head = head.replace(theirs, ours)
    module = types.ModuleType(name)
    exec(compile(head + marker + body, path, "exec"), vars(module))  # which leaves the numbers of lines as they are
    return module


FILES = [ported(name) for name in ("by_hand", "vision", "generative", "sequences", "transforms")]
PROGRAMS = {name: getattr(file, name) for file in FILES for name in file.__all__ if name != "made_up_words"}
COMPILED = [name for name, program in PROGRAMS.items() if "compiled" in inspect.signature(program).parameters]
RTOL = {
    "bigrams": 1e-5,  # in float32
    "cubic_fit": 2e-5,  # sums of 2,000 float32 numbers
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_returns_what_it_returns_with_pytorch(name):
    np.testing.assert_allclose(PROGRAMS[name](), GOLDEN[name], rtol=RTOL.get(name, 1e-10), atol=1e-14)


def check_compiled(name):
    steps = []

    def compiled(step):
        steps.append(ag.compile(step))
        return steps[-1]

    np.testing.assert_allclose(PROGRAMS[name](compiled), GOLDEN[name], rtol=1e-10, atol=1e-14)
    assert steps
    for step in steps:
        assert int(str(step).split()[2]) > 0, f"a step of {name} has no program: {step}"


@pytest.mark.parametrize("name", COMPILED)
def test_a_program_with_compiled_steps_returns_the_same(name, monkeypatch):
    def refuse(*_):
        raise NoKernelError("none is wanted")

    # Kernels for what each program computes between its products take a minute to be made, in all.
    monkeypatch.setattr(Group, "compute", refuse)
    check_compiled(name)


@pytest.mark.parametrize(
    "name", [name if name == "own_ops" else pytest.param(name, marks=pytest.mark.slow) for name in COMPILED]
)
def test_and_so_it_does_with_elementwise_ops_in_one_kernel(name):
    check_compiled(name)


def test_every_program_has_golden_values_and_those_by_hand_learn():
    assert set(GOLDEN) == set(PROGRAMS)
    for name in ("bigrams", "character_mlp", "cubic_fit", "two_layer_network"):
        assert GOLDEN[name][-1] < 0.9 * GOLDEN[name][0]


def test_bigrams_make_up_the_same_words_in_every_run():
    words = FILES[0].made_up_words()
    assert FILES[0].made_up_words() == words
    assert set("".join(words)) <= set(FILES[0].LETTERS[1:])
    assert any(words)
