"""A process that trains the CNN for some steps and prints how much memory it had at most, and before it began.

python -m benchmarks.peak_memory ours|torch_eager|torch_tuned|jax_jit STEPS
"""

from __future__ import annotations

import importlib
import resource
import sys
from pathlib import Path


def peak() -> int:
    """Bytes. Linux hands ru_maxrss on to a process from the one that started it, so its own mark is better."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    peer = importlib.import_module(f"benchmarks.peers.{sys.argv[1]}")
    imported = peak()
    task = peer.training("CNN 32-64", 64)
    for _ in range(int(sys.argv[2])):
        task.wait(task.call())
    print(imported, peak())


if __name__ == "__main__":
    main()
