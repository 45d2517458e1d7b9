"""Write golden_functions.npz: what functions of torch.nn.functional give, for tests/nn/layers/test_golden_functions.py.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_functions.py
"""

import numpy as np
import torch
from function_cases import CASES, call, drawn_shapes
from module_cases import Cases, single
from torch import nn


def main():
    cases = Cases(seed=0)
    for name, case in CASES.items():
        cases.rng = np.random.default_rng(list(name.encode()))  # so that a new case leaves the others as they are
        inputs = [draw(cases.rng, kind, shape) for kind, shape in drawn_shapes(case)]
        cases.add(name, nn.Module(), *inputs, call=lambda _, *drawn, case=case: call(case, nn, drawn, torch.tensor))
    cases.write("golden_functions.npz")


def draw(rng, kind, shape):
    return single(rng.uniform(-1.2, 1.2, shape) if kind == "unit" else rng.standard_normal(shape))


if __name__ == "__main__":
    main()
