"""A process that loads MNIST and takes one training step of MLP 784-128-10.

python -m benchmarks.first_step ours|torch
"""

from __future__ import annotations

import math
import sys

from benchmarks.mnist_run import mnist, trainer


def main() -> None:
    splits = mnist()
    step, _ = trainer(sys.argv[1], "MLP 784-128-10", 0, splits.train)
    loss = step(slice(0, 128), 1e-3)
    assert math.isfinite(loss)


if __name__ == "__main__":
    main()
