"""Write golden_programs.npz: the losses of tests/programs/programs.py when PyTorch runs them.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_programs.py
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn, optim
from torch.autograd import grad
from torch.nn import functional

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "programs"))
import programs  # noqa: E402 - which the line before makes to be found


def main():
    np.savez(
        HERE / "golden_programs.npz",
        two_layer_network=programs.two_layer_network(torch),
        cubic_fit=programs.cubic_fit(torch),
        bigrams=programs.bigrams(torch, functional)[0],
        character_mlp=programs.character_mlp(torch, functional),
        wasserstein_gan=programs.wasserstein_gan(torch, nn, optim, grad),
    )


if __name__ == "__main__":
    main()
