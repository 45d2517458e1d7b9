"""A process that compiles the training step of LeNet-5, and prints the seconds until it is replayed.

That is: a first call as it stands, the capture, the run that is checked, and two replays; with all kernels that these
need, compiled or loaded from disk. Imports are not counted.

python -m benchmarks.compiling
"""

from __future__ import annotations

import time

from benchmarks.inputs import MODELS
from benchmarks.peers import ours_compiled


def main() -> None:
    began = time.perf_counter()
    ours_compiled.training("LeNet-5", MODELS["LeNet-5"].batch)  # whose evidence are five steps
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
