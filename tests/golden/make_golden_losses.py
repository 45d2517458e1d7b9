"""Write golden_losses.npz: what PyTorch's losses give, for tests/nn/layers/test_golden_losses.py.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_losses.py
"""

import warnings

import numpy as np
import torch
from loss_cases import CASES
from module_cases import Cases, single
from torch import nn


def main():
    warnings.filterwarnings("ignore", message="reduction: 'mean' divides")  # it is what is asked for
    cases = Cases(seed=53)
    for name, (args, keywords, inputs, learned) in CASES.items():
        args, keywords = [weights(x) for x in args], {key: weights(x) for key, x in keywords.items()}
        loss = getattr(nn, name.split()[0])(*args, **keywords)
        drawn = [draw(cases.rng, kind, shape) for kind, shape in inputs]
        cases.add(name, loss, *drawn, call=lambda loss, *inputs, n=learned: loss(*constant_from(n, inputs)))
    cases.write("golden_losses.npz")


def weights(argument):
    return torch.tensor(argument) if isinstance(argument, np.ndarray) else argument


def constant_from(learned, inputs):
    return [x if i < learned else x.detach() for i, x in enumerate(inputs)]


def draw(rng, kind, shape):
    if kind == "label":
        return rng.integers(0, 4, shape)
    numbers = {
        "real": lambda: rng.standard_normal(shape),
        "far": lambda: rng.standard_normal(shape) * 40,
        "positive": lambda: rng.uniform(0.3, 2.0, shape),
        "probability": lambda: rng.uniform(0.02, 0.98, shape),
        "distribution": lambda: rng.dirichlet(np.ones(shape[-1]), shape[:-1]),
        "bit": lambda: rng.integers(0, 2, shape),
        "sign": lambda: rng.choice([-1.0, 1.0], shape),
        "count": lambda: rng.poisson(2.5, shape),
    }[kind]()
    return single(numbers)


if __name__ == "__main__":
    main()
