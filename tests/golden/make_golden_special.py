"""Write golden_special.npz: what PyTorch gives for elementwise functions at zeros, kinks, infinities, nan and the ends
of the range, for tests/autograd_core/ops/test_special_values.py.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_special.py

The file holds, for float64 and float32, every function's values and gradients (of the sum of values): at `SIZES` with
both signs if it has one input, at all pairs of `FEW` if it has two. Numbers in a function's name are further arguments.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from make_golden import ONE_INPUT, TWO_INPUTS, gradients

F = torch.nn.functional

SIZES = (0.0, 1e-30, 1e-5, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0, 12.5, 20.0, 37.0, 88.7, 300.0, 709.7, 1e15, 1e30, np.inf)
FEW = (0.0, 1e-30, 0.5, 1.0, 1.5, 3.0, 100.0, 1e15, np.inf)

# As make_golden.py has them, but torch's own where that takes a definition for the sake of second gradients.
ONE = {name: theirs for name, (theirs, _) in ONE_INPUT.items()} | {
    "hard_tanh": F.hardtanh,
    "hard_sigmoid": F.hardsigmoid,
    "hard_swish": F.hardswish,
    "logical_not": torch.logical_not,
    "isnan": torch.isnan,
    "isfinite": torch.isfinite,
    "isinf": torch.isinf,
    **{f"polygamma {n}": lambda x, n=n: torch.polygamma(n, x) for n in (1, 2, 3)},
    **{f"pow {b}": lambda x, b=b: torch.pow(x, b) for b in (-1.0, 0.0, 0.5, 1.0, 2.0, 3.0)},
    **{f"leaky_relu {a}": lambda x, a=a: F.leaky_relu(x, a) for a in (0.0, 0.3)},
    **{f"elu {a}": lambda x, a=a: F.elu(x, a) for a in (0.0, 0.5)},
    "celu 0.5": lambda x: F.celu(x, 0.5),
    "clip -0.5 2.0": lambda x: torch.clip(x, -0.5, 2.0),
    "hard_tanh -0.5 2.0": lambda x: F.hardtanh(x, -0.5, 2.0),
}
TWO = {name: TWO_INPUTS[name] for name in TWO_INPUTS if name not in ("leaky_relu", "elu", "celu", "silu")} | {
    "pow": torch.pow,
    # Without a gradient in torch.
    "floor_divide": lambda a, b: torch.floor_divide(a.detach(), b.detach()),
    "heaviside": lambda a, b: torch.heaviside(a.detach(), b.detach()),
    **{
        name: getattr(torch, name)
        for name in (
            "less",
            "less_equal",
            "greater",
            "greater_equal",
            "not_equal",
            "logical_and",
            "logical_or",
            "logical_xor",
        )
    },
    "equal": torch.eq,  # torch.equal asks it of whole tensors
}


def signed(sizes, dtype):
    ends = [np.finfo(dtype).tiny, np.finfo(dtype).max]
    return np.array([sign * size for size in (*sizes, *ends) for sign in (1.0, -1.0)] + [np.nan], dtype)


def inputs(count, dtype):
    """All points of `count` coordinates, coordinate by coordinate."""
    if count == 1:
        return [signed(SIZES, dtype)]
    few = signed(FEW, dtype)
    return [np.repeat(few, few.size), np.tile(few, few.size)]


def at(theirs, points):
    """Values, and the gradient to each input."""
    xs = [torch.tensor(x, requires_grad=True) for x in points]
    y = theirs(*xs)
    return [array.numpy(force=True).astype(points[0].dtype) for array in (y, *gradients(y.sum(), xs))]


def main():
    names = {"one": list(ONE), "two": list(TWO)}
    arrays = {}
    for dtype in ("float64", "float32"):
        for count, table in ((1, ONE), (2, TWO)):
            points = inputs(count, dtype)
            answers = [np.stack(at(theirs, points)) for theirs in table.values()]
            arrays[f"{dtype} points {count}"] = np.stack(points)
            arrays[f"{dtype} answers {count}"] = np.stack(answers)
    path = Path(__file__).with_name("golden_special.npz")
    np.savez_compressed(path, names=json.dumps(names | {"torch": torch.__version__}), **arrays)
    print(f"{path}: {len(ONE) + len(TWO)} functions, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
