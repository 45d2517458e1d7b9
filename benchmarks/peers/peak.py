"""The machine itself: how fast its cores multiply and add when everything lies in registers and first-level cache.

`matmul` does as many multiply-adds as the product of these shapes, in a register tile like those of a good kernel
(per step of k: a row of vectors loaded, a column of numbers broadcast), again and again on the same small panels.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.extending import intrinsic

from benchmarks.peers.numpy_blas import threads
from benchmarks.timing import Task

__all__ = ["matmul", "threads"]

_FEATURES = binding.get_host_cpu_features()
# Lanes of a vector, and the largest tile (rows, vectors) for which the registers suffice.
LANES, ROWS, VECTORS = (
    (16, 14, 2) if _FEATURES.get("avx512f") else (8, 6, 2) if _FEATURES.get("avx2") else (4, 8, 2)
)  # fmt: skip
DEPTH = 128


@intrinsic
def _tile(typing_context, a, b, c, depth):
    """c = Σ_k a[k] ⊗ b[k], for packed panels."""

    def generate(context, builder, signature, arguments):
        a, b, c = (context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in range(3))
        depth = arguments[3]
        integer, lane = ir.IntType(64), ir.IntType(32)
        vector = ir.VectorType(ir.FloatType(), LANES)
        zero, undefined = ir.Constant(vector, None), ir.Constant(vector, ir.Undefined)
        fma_type = ir.FunctionType(vector, [vector] * 3)
        fma = builder.module.declare_intrinsic(f"llvm.fma.v{LANES}f32", (), fma_type)

        def vector_at(pointer, offset):
            return builder.bitcast(builder.gep(pointer, [offset]), vector.as_pointer())

        def constant(number):
            return ir.Constant(integer, number)

        entry, loop, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(integer)
        sums = [[builder.phi(vector) for _ in range(VECTORS)] for _ in range(ROWS)]
        k.add_incoming(constant(0), entry)
        row = builder.mul(k, constant(VECTORS * LANES))
        loaded = []
        for j in range(VECTORS):
            load = builder.load(vector_at(b, builder.add(row, constant(j * LANES))))
            load.align = 4
            loaded.append(load)
        first = builder.mul(k, constant(ROWS))
        totals = []
        for i in range(ROWS):
            factor = builder.load(builder.gep(a, [builder.add(first, constant(i))]))
            spread = builder.insert_element(undefined, factor, ir.Constant(lane, 0))
            spread = builder.shuffle_vector(spread, undefined, ir.Constant(ir.VectorType(lane, LANES), None))
            for j in range(VECTORS):
                total = builder.call(fma, [spread, loaded[j], sums[i][j]])
                sums[i][j].add_incoming(zero, entry)
                sums[i][j].add_incoming(total, loop)
                totals.append(total)
        following = builder.add(k, constant(1))
        k.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, depth), loop, done)
        builder.position_at_end(done)
        for i, total in enumerate(totals):
            builder.store(total, vector_at(c, constant(i * LANES))).align = 4
        return context.get_dummy_value()

    return types.void(a, b, c, types.intp), generate


@njit(nogil=True)
def _tiles(a, b, c, depth, count):
    for _ in range(count):
        _tile(a, b, c, depth)


def matmul(m: int, k: int, n: int, layout: str) -> Task:
    cores = threads()
    count = max(1, round(m * k * n / (ROWS * VECTORS * LANES * DEPTH * cores)))
    random = np.random.default_rng(0)
    panels = [
        [random.standard_normal(size, np.float32) for size in (ROWS * DEPTH, VECTORS * LANES * DEPTH)]
        + [np.empty(ROWS * VECTORS * LANES, np.float32)]
        for _ in range(cores)
    ]
    for a, b, c in panels:
        _tiles(a, b, c, DEPTH, 1)
        product = a.reshape(DEPTH, ROWS).T @ b.reshape(DEPTH, -1)
        assert np.allclose(c.reshape(ROWS, -1), product, atol=1e-3), "the tile computes something else"
    pool = ThreadPoolExecutor(cores)
    return Task(lambda: list(pool.map(lambda panel: _tiles(*panel, DEPTH, count), panels)))
