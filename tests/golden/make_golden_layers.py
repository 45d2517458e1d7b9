"""Write golden_layers.npz: what PyTorch's layers without state over time give, for test_golden_layers.py of nn;
and weights_by_torch.safetensors, a state that torch has written, for tests/nn/test_weights.py.

Run once, in an environment of its own; the tests need the files only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy safetensors
    .venv-golden/bin/python tests/golden/make_golden_layers.py
"""

from pathlib import Path

import torch
from layer_cases import CASES
from module_cases import Cases
from safetensors.torch import save_file
from torch import nn


class Defined(nn.Module):
    """A layer by its definition."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


# Of these, torch's own gradients in float64 hold constants (1/6, 1/0.7) that are rounded to float32.
BY_DEFINITION = {
    "Hardsigmoid": lambda x: nn.functional.relu6(x + 3) / 6,
    "CELU alpha": lambda x: torch.where(x > 0, x, 0.7 * torch.expm1(torch.clip(x, max=0.0) / 0.7)),
}


def main():
    cases = Cases(seed=41)
    for name, (args, keywords, shapes) in CASES.items():
        defined = BY_DEFINITION.get(name)
        layer = Defined(defined) if defined else getattr(nn, name.split()[0])(*args, **keywords)
        cases.add(name, layer, *[cases.real(*shape) for shape in shapes])
    cases.write("golden_layers.npz")

    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.PReLU(2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )
    x = torch.rand(3, 1, 4, 4)
    net(x)  # so that the running moments are no longer what they start from
    net.eval()
    with torch.no_grad():
        tensors = net.state_dict() | {"example.input": x, "example.output": net(x)}
    save_file(tensors, Path(__file__).with_name("weights_by_torch.safetensors"), metadata={"format": "pt"})


if __name__ == "__main__":
    main()
