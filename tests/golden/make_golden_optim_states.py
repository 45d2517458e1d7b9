"""Write golden_optim_states.npz: what PyTorch's optimisers save after 10 steps, for tests/optim/test_torch_state.py.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_optim_states.py

The steps are those of make_golden_optim.py along given gradients, in float64, of which golden_optim.npz has the
parameters after step 10 and after step 50.
"""

import json
from pathlib import Path

import numpy as np
import torch
from make_golden_optim import OPTIMIZERS, given, optimizer_of


def main():
    torch.set_default_dtype(torch.float64)
    arrays, groups = {}, {}
    for name, settings in OPTIMIZERS.items():
        if name.startswith("LBFGS"):
            continue
        w, b = (torch.tensor(given[key], requires_grad=True) for key in "wb")
        optimizer = optimizer_of(name, settings)(w, b)
        for step in range(10):
            row = torch.tensor(given["gradients"][step])
            w.grad, b.grad = row[:72].reshape(9, 8).clone(), row[72:].reshape(4, 1).clone()
            optimizer.step()
        saved = optimizer.state_dict()
        groups[name] = [{k: v.item() if torch.is_tensor(v) else v for k, v in g.items()} for g in saved["param_groups"]]
        for index, entries in saved["state"].items():
            for key, value in entries.items():
                if value is not None:
                    arrays[f"{name}/{index}/{key}"] = np.asarray(value)
    path = Path(__file__).with_name("golden_optim_states.npz")
    np.savez_compressed(path, groups=json.dumps(groups), **arrays)
    print(f"{path}: {len(groups)} optimisers, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
