"""Write golden_norms.npz: what PyTorch's normalising layers give, for tests/nn/layers/test_normalisation.py.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_norms.py
"""

from module_cases import Cases
from torch import nn


def main():
    cases = Cases(seed=31)
    real = cases.real
    cases.add("BatchNorm1d", nn.BatchNorm1d(3), real(5, 3))
    cases.add("BatchNorm1d sequence", nn.BatchNorm1d(3, eps=0.1, momentum=0.3), real(2, 3, 4))
    cases.add("BatchNorm1d evaluation", nn.BatchNorm1d(3), real(5, 3), training=False)
    cases.add("BatchNorm1d average", nn.BatchNorm1d(3, momentum=None), real(5, 3), call=twice)
    cases.add("BatchNorm2d", nn.BatchNorm2d(3), real(4, 3, 2, 5) * 3 + 2)
    cases.add("BatchNorm2d evaluation", nn.BatchNorm2d(3), real(4, 3, 2, 5), training=False)
    cases.add("BatchNorm2d plain", nn.BatchNorm2d(2, affine=False, track_running_stats=False), real(3, 2, 2, 2))
    cases.add(
        "BatchNorm2d plain evaluation",
        nn.BatchNorm2d(2, affine=False, track_running_stats=False),
        real(3, 2, 2, 2),
        training=False,
    )
    cases.add("BatchNorm3d", nn.BatchNorm3d(2), real(2, 2, 2, 3, 2))
    cases.add("InstanceNorm1d", nn.InstanceNorm1d(3), real(2, 3, 5))
    cases.add("InstanceNorm2d", nn.InstanceNorm2d(3, affine=True), real(2, 3, 4, 2))
    cases.add("InstanceNorm2d tracking", nn.InstanceNorm2d(3, track_running_stats=True), real(2, 3, 4, 2))
    cases.add(
        "InstanceNorm2d tracking evaluation",
        nn.InstanceNorm2d(3, affine=True, track_running_stats=True),
        real(2, 3, 4, 2),
        training=False,
    )
    cases.add("InstanceNorm3d", nn.InstanceNorm3d(2), real(2, 2, 2, 2, 2))
    cases.add("GroupNorm", nn.GroupNorm(2, 4), real(3, 4, 2, 3))
    cases.add("GroupNorm vectors", nn.GroupNorm(2, 6, eps=0.01), real(3, 6))
    cases.add("GroupNorm plain", nn.GroupNorm(3, 3, affine=False), real(2, 3, 4))
    cases.add("LayerNorm", nn.LayerNorm(6), real(2, 3, 6))
    cases.add("LayerNorm images", nn.LayerNorm((2, 3), eps=0.1), real(4, 2, 3))
    cases.add("LayerNorm weight alone", nn.LayerNorm(6, bias=False), real(3, 6))
    cases.add("LayerNorm plain", nn.LayerNorm(6, elementwise_affine=False), real(3, 6))
    cases.add("RMSNorm", nn.RMSNorm(6), real(2, 3, 6))
    cases.add("RMSNorm eps", nn.RMSNorm((2, 3), eps=0.1), real(3, 2, 3))
    cases.add("RMSNorm plain", nn.RMSNorm(6, elementwise_affine=False), real(3, 6))
    cases.write("golden_norms.npz")


def twice(module, x):
    """So that there is an average to be taken."""
    return module(x), module(x * x)


if __name__ == "__main__":
    main()
