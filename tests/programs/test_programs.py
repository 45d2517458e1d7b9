"""Programs written for PyTorch run with only their imports changed, and learn what they learn there."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn import functions as functional

_spec = importlib.util.spec_from_file_location("programs", Path(__file__).parent / "programs.py")
programs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(programs)
GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "golden_programs.npz")


@pytest.mark.parametrize(
    ("name", "losses", "rtol"),
    [
        ("two_layer_network", lambda: programs.two_layer_network(ag), 1e-12),
        ("cubic_fit", lambda: programs.cubic_fit(ag), 2e-5),  # sums of 2,000 float32 numbers
        ("bigrams", lambda: programs.bigrams(ag, functional)[0], 1e-5),
        ("character_mlp", lambda: programs.character_mlp(ag, functional), 1e-12),
        ("wasserstein_gan", lambda: programs.wasserstein_gan(ag, nn, optim, ag.gradients), 1e-10),
    ],
)
def test_losses_are_pytorch_s(name, losses, rtol):
    found = losses()
    np.testing.assert_allclose(found, GOLDEN[name], rtol=rtol)
    if name != "wasserstein_gan":
        assert found[-1] < 0.9 * found[0]


def test_bigrams_make_up_the_same_words_in_every_run():
    words = programs.bigrams(ag, functional, steps=5)[1]
    assert programs.bigrams(ag, functional, steps=5)[1] == words
    assert set("".join(words)) <= set(programs.LETTERS[1:])
    assert any(words)
