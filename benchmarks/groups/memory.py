"""Peak memory of training the CNN, a process each."""

from __future__ import annotations

from benchmarks.processes import run
from benchmarks.report import NAMES, Goal, Section, Table
from benchmarks.runner import Runner

PEERS = ("ours", "torch_eager", "torch_tuned", "jax_jit")


def measure(runner: Runner) -> Section:
    run("-m", "benchmarks.peak_memory", "ours", "1")  # compiles, which needs memory of its own, once
    rows, peaks = [], {}
    for peer in PEERS:
        ended = run("-m", "benchmarks.peak_memory", peer, "2" if runner.quick else "20")
        if ended.problem:
            rows.append([NAMES[peer], ended.problem, "–", "–"])
            continue
        imported, peak = (int(number) / 2**20 for number in ended.output.split()[-2:])
        peaks[peer] = peak
        rows.append([NAMES[peer], f"{peak:.0f} MiB", f"{imported:.0f} MiB", f"{peak - imported:.0f} MiB"])
    rivals = [peaks[peer] for peer in ("torch_eager", "torch_tuned") if peer in peaks]
    if rivals and "ours" in peaks:
        share = peaks["ours"] / min(rivals)
        goal = Goal("peak memory of training the CNN", "≤ 0.5× torch", f"{share:.2f}×", share <= 0.5)
    else:
        goal = Goal("peak memory of training the CNN", "≤ 0.5× torch", "not measured", None)
    return Section(
        "Memory",
        [goal],
        "The whole process, CNN 32-64, batches of 64; and how much of it was there after the imports.",
        [Table(["library", "peak", "after imports", "for training"], rows)],
    )
