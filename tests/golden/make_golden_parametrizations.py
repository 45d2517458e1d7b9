"""Write golden_parametrizations.npz: what PyTorch's weight_norm and spectral_norm give, for test_parametrizations.py.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_parametrizations.py
"""

from module_cases import Cases
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm


def main():
    cases = Cases(seed=71)
    real = cases.real
    rows, images = (5, 4), (2, 4, 5, 5)
    cases.add("weight_norm", weight_norm(nn.Linear(4, 3)), real(*rows))
    cases.add("weight_norm columns", weight_norm(nn.Linear(4, 3), dim=1), real(*rows))
    cases.add("weight_norm one length", weight_norm(nn.Linear(4, 3, bias=False), dim=None), real(*rows))
    cases.add("weight_norm conv", weight_norm(nn.Conv2d(4, 3, 3)), real(*images))
    cases.add("weight_norm recurrent", weight_norm(nn.LSTM(3, 2), "weight_hh_l0"), real(4, 2, 3))
    cases.add("spectral_norm", spectral_norm(nn.Linear(4, 3)), real(*rows))
    cases.add("spectral_norm evaluation", spectral_norm(nn.Linear(4, 3)), real(*rows), training=False)
    cases.add("spectral_norm conv", spectral_norm(nn.Conv2d(4, 3, 3), n_power_iterations=3), real(*images))
    cases.add("spectral_norm transposed", spectral_norm(nn.ConvTranspose2d(4, 3, 3)), real(*images))
    cases.add("spectral_norm bias", spectral_norm(nn.Linear(4, 3), "bias"), real(*rows))
    cases.write("golden_parametrizations.npz")


if __name__ == "__main__":
    main()
