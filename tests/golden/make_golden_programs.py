"""Write golden_programs.npz: what the programs of tests/programs return when PyTorch runs them.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_programs.py
"""

import importlib
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "programs"))


def main():
    returned = {}
    for file in ("by_hand", "vision", "generative", "sequences", "transforms"):
        programs = importlib.import_module(file)
        returned |= {name: getattr(programs, name)() for name in programs.__all__}
    del returned["made_up_words"]  # of random numbers
    np.savez(HERE / "golden_programs.npz", **returned)


if __name__ == "__main__":
    main()
