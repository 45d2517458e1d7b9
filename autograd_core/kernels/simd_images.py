"""Vector instructions for arrays in which neighbours are the same pixel of several images: see `image_lanes`."""

from itertools import product

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd_core.kernels.llvm_vectors import (
    ROWS,
    VECTORS,
    const,
    fma,
    load,
    pointer,
    repeat,
    riffle,
    splat,
    store,
    times_relu_gradient,
    vector_of,
)
from autograd_core.kernels.simd import PART_ROWS, accumulate, store_tile
from autograd_core.kernels.simd_dot_products import SEVERAL_OUTPUTS, SEVERAL_TAPS


def _tile(tile_rows):
    """Make the intrinsic for tiles of so many rows and VECTORS vectors."""

    @intrinsic
    def multiply_runs(typing_context, a, a_start, b, b_start, runs, count, c, c_start, c_stride, rows, rectify):
        """c[i, j] = a[i] + Σ over runs (p, q, length), and k < length, of a[(p + k)·ROWS + i] · b[q + k·pitch + j].

        a is a packed panel that begins with what sums start from, and a row of b is VECTORS vectors. Of `count` runs
        there is one at least. i is below `rows`; results are no less than 0 if `rectify`.
        """

        def generate(context, builder, signature, arguments):
            a, a_start, b, b_start, runs, count, c, c_start, c_stride, rows, rectify = arguments
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            b = pointer(context, builder, signature.args[2], b, b_start)
            runs = pointer(context, builder, signature.args[4], runs, const(0))
            c = pointer(context, builder, signature.args[6], c, c_start)
            tile = list(product(range(tile_rows), range(VECTORS)))

            def panel_row(number):
                row = builder.gep(a, [builder.mul(number, const(ROWS))])
                return [builder.gep(row, [const(i)]) for i in range(tile_rows)]

            def run(number, sums):
                entry = builder.gep(runs, [builder.mul(number, const(3))])
                first, place, length = (builder.load(builder.gep(entry, [const(i)])) for i in range(3))
                start = builder.gep(b, [place])

                def row_of(k):
                    row = builder.gep(start, [builder.mul(k, const(VECTORS * vector.count))])
                    return [builder.gep(row, [const(j * vector.count)]) for j in range(VECTORS)]

                before = dict(zip(tile, sums, strict=True))
                after = accumulate(
                    builder, vector, tile_rows, VECTORS, length,
                    lambda k: panel_row(builder.add(first, k)), row_of, lambda i, j: before[i, j],
                )  # fmt: skip
                return [after[i][j] for i, j in tile]

            starts = [splat(builder, vector, builder.load(place)) for place in panel_row(const(0))]
            sums = dict(zip(tile, repeat(builder, count, [starts[i] for i, _ in tile], run), strict=True))
            rows_of_sums = [[sums[i, j] for j in range(VECTORS)] for i in range(tile_rows)]
            places = [builder.gep(c, [const(j * vector.count)]) for j in range(VECTORS)]
            never = ir.Constant(ir.IntType(1), 0)
            store_tile(builder, rows_of_sums, places, [const(vector.count)] * VECTORS, c_stride, rows, never, rectify)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, b, i8, runs, i8, c, i8, i8, i8, types.boolean), generate

    return multiply_runs


multiply_runs = _tile(ROWS)
multiply_runs_part = _tile(PART_ROWS)


def _products(tap_count, output_count):
    """Make the intrinsic for tiles of so many taps and outputs."""

    @intrinsic
    def add_products(typing_context, a, a_start, a_pitch, offsets, first, b, b_start, b_pitch, depth, sums, sums_start):
        """sums[i, j] += Σ_k a[k·a_pitch + offsets[first + i]] · b[k·b_pitch + j], lane by lane.

        All are vectors, `tap_count` × `output_count` sums; b[j] and sums[i, j] follow one another.
        """

        def generate(context, builder, signature, arguments):
            a, a_start, a_pitch, offsets, first, b, b_start, b_pitch, depth, sums, sums_start = arguments
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            offsets = pointer(context, builder, signature.args[3], offsets, first)
            b = pointer(context, builder, signature.args[5], b, b_start)
            sums = pointer(context, builder, signature.args[9], sums, sums_start)
            taps = [builder.gep(a, [builder.load(builder.gep(offsets, [const(i)]))]) for i in range(tap_count)]
            starts = [load(builder, sums, const(n * vector.count), vector) for n in range(tap_count * output_count)]

            def step(k, totals):
                seen = [load(builder, tap, builder.mul(k, a_pitch), vector) for tap in taps]
                row = builder.gep(b, [builder.mul(k, b_pitch)])
                upstream = [load(builder, row, const(j * vector.count), vector) for j in range(output_count)]
                pairs = product(seen, upstream)
                return [fma(builder, x, g, total) for (x, g), total in zip(pairs, totals, strict=True)]

            for n, total in enumerate(repeat(builder, depth, starts, step)):
                store(builder, total, sums, const(n * vector.count))
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, i8, offsets, i8, b, i8, i8, i8, sums, i8), generate

    return add_products


add_products = _products(SEVERAL_TAPS, SEVERAL_OUTPUTS)


@intrinsic
def transpose_square(typing_context, source, source_start, source_stride, target, target_start, target_stride):
    """target[k, r] = source[r, k], for as many rows as a vector has lanes."""

    def generate(context, builder, signature, arguments):
        source, source_start, source_stride, target, target_start, target_stride = arguments
        target = pointer(context, builder, signature.args[3], target, target_start)
        columns = _columns(context, builder, signature.args[0], source, source_start, source_stride)
        for k, column in enumerate(columns):
            store(builder, column, target, builder.mul(target_stride, const(k)))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, i8, target, i8, i8), generate


@intrinsic
def transpose_square_of_positive(
    typing_context, source, source_start, source_stride, target, target_start, target_stride, relu
):
    """As `transpose_square`, times the gradient of `relu`, an array like the target: 1 where it is above 0, else 0."""

    def generate(context, builder, signature, arguments):
        source, source_start, source_stride, target, target_start, target_stride, relu = arguments
        target = pointer(context, builder, signature.args[3], target, target_start)
        relu = pointer(context, builder, signature.args[6], relu, target_start)
        columns = _columns(context, builder, signature.args[0], source, source_start, source_stride)
        for k, column in enumerate(columns):
            at = builder.mul(target_stride, const(k))
            store(builder, times_relu_gradient(builder, column, load(builder, relu, at, column.type)), target, at)
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, i8, target, i8, i8, relu), generate


def _columns(context, builder, array_type, source, start, stride):
    """Emit the columns of a square of as many rows as a vector has lanes."""
    vector = vector_of(array_type.dtype)
    source = pointer(context, builder, array_type, source, start)
    rows = [[load(builder, source, builder.mul(stride, const(r)), vector)] for r in range(vector.count)]
    while len(rows) > 1:  # as in `simd.transpose`
        half = len(rows) // 2
        rows = [riffle(builder, rows[r], rows[r + half]) for r in range(half)]
    return rows[0]
