"""What recording costs: one small op, one node, and whether the cost of a node stays the same in large graphs."""

from __future__ import annotations

from benchmarks.report import OURS, Section, Table, duration, known, limit_goal
from benchmarks.runner import Figures, Runner

ADD_PEERS = ("ours", "numpy_blas", "torch_eager")
CHAINS = {
    "value_chain": ("numbers", ("ours",), (10**4, 10**5, 10**6, 10**7)),
    "tensor_chain": ("arrays of 10", ("ours", "torch_eager"), (10**4, 10**5, 10**6)),
}
# What a chain of ten million Values needs, roughly.
MEMORY = 8 * 2**30


def measure(runner: Runner) -> Section:
    add = runner.compare("add", {"size": 10}, ADD_PEERS)
    extra = add["ours"] - add["numpy_blas"] if known(add["ours"]) and known(add["numpy_blas"]) else None
    section = Section(
        "Overhead",
        [limit_goal("a + b of 10 elements that require grad, over numpy's own", "≤ 1.5 µs", extra, 1.5e-6, duration)],
        "A node's cost: a chain of additions is built, differentiated and let go, with the cyclic collector on.",
        [Table(["a + b, 10 elements", "ours", "numpy", "torch"], [["", *(duration(add[p]) for p in ADD_PEERS)]])],
    )
    for kind, (of, peers, lengths) in CHAINS.items():
        per_node: dict[int, Figures] = {}
        for nodes in lengths[: 2 if runner.quick else None]:
            if nodes >= 10**7 and not _has_memory():
                per_node[nodes] = dict.fromkeys(peers, "too little memory is free")
                continue
            figures = runner.compare(kind, {"nodes": nodes}, peers, rounds=1 if nodes >= 10**7 else 3)
            per_node[nodes] = {p: f / nodes if known(f) else f for p, f in figures.items()}
        ours = [figures[OURS] for figures in per_node.values() if known(figures[OURS])]
        growth = max(ours) / ours[0] if ours else None
        section.goals.append(
            limit_goal(
                f"cost against nodes, {of}",
                f"linear to {max(per_node):.0e} nodes: a node costs at most 1.25 times as much as in a small graph",
                growth,
                1.25,
                lambda value: f"{value:.2f} times",
            )
        )
        rows = [[f"{nodes:,}", *(duration(figures[p]) for p in peers)] for nodes, figures in per_node.items()]
        head = [f"nodes, {of}", *("ours, a node" if p == OURS else "torch, a node" for p in peers)]
        section.tables.append(Table(head, rows))
    return section


def _has_memory() -> bool:
    try:
        import psutil
    except ModuleNotFoundError:
        return False
    return psutil.virtual_memory().available > MEMORY
