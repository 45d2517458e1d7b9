"""Vector instructions of Winograd's transforms, whose lanes are images: see `winograd`."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd_core.kernels.llvm_vectors import (
    ROWS,
    VECTORS,
    const,
    load,
    pointer,
    splat,
    store,
    vector_of,
)
from autograd_core.kernels.simd import accumulate, packed_rows


@intrinsic
def transform_pixels(typing_context, source, start, row_pitch, target, target_start, plane_pitch):
    """Bᵀ d B of 4 × 4 pixels: target[(4·i + j)·plane_pitch] = entry (i, j) of it.

    All are vectors, and neighbouring pixels follow one another.
    """

    def generate(context, builder, signature, arguments):
        source, start, row_pitch, target, target_start, plane_pitch = arguments
        vector = vector_of(signature.args[0].dtype)
        source = pointer(context, builder, signature.args[0], source, start)
        target = pointer(context, builder, signature.args[3], target, target_start)
        rows = [builder.gep(source, [builder.mul(row_pitch, const(i))]) for i in range(4)]

        def differences(d):
            return [
                builder.fsub(d[0], d[2]),
                builder.fadd(d[1], d[2]),
                builder.fsub(d[2], d[1]),
                builder.fsub(d[1], d[3]),
            ]

        pixels = [[load(builder, row, const(j * vector.count), vector) for j in range(4)] for row in rows]
        down = zip(*[differences(column) for column in zip(*pixels, strict=True)], strict=True)
        planes = [entry for row in down for entry in differences(row)]
        for plane, entry in enumerate(planes):
            store(builder, entry, target, builder.mul(plane_pitch, const(plane)))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, i8, target, i8, i8), generate


@intrinsic
def multiply_whole_tile(typing_context, a, a_start, b, b_start, depth, c, c_start):
    """c[i, j] = Σ_k a[k·ROWS + i] · b[k, j]: as `simd.multiply_tile`, but there are no edges, and c is packed too."""

    def generate(context, builder, signature, arguments):
        a, a_start, b, b_start, depth, c, c_start = arguments
        vector = vector_of(signature.args[0].dtype)
        a = pointer(context, builder, signature.args[0], a, a_start)
        b = pointer(context, builder, signature.args[2], b, b_start)
        c = pointer(context, builder, signature.args[5], c, c_start)

        def factors_of(k):
            row = builder.gep(a, [builder.mul(k, const(ROWS))])
            return [builder.gep(row, [const(i)]) for i in range(ROWS)]

        sums = accumulate(builder, vector, ROWS, VECTORS, depth, factors_of, packed_rows(builder, b, vector, VECTORS))
        for i, row in enumerate(sums):
            for j, total in enumerate(row):
                store(builder, total, c, const((i * VECTORS + j) * vector.count))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(a, i8, b, i8, i8, c, i8), generate


@intrinsic
def transform_products(typing_context, source, start, plane_pitch, bias, target, target_start, row_pitch, rectify):
    """bias + Aᵀ m A, 2 × 2 pixels of the result, for 4 × 4 products m, which are `plane_pitch` apart.

    All are vectors, but for the bias, and neighbouring pixels follow one another. Results are no less than 0 if
    `rectify`.
    """

    def generate(context, builder, signature, arguments):
        source, start, plane_pitch, bias, target, target_start, row_pitch, rectify = arguments
        vector = vector_of(signature.args[0].dtype)
        source = pointer(context, builder, signature.args[0], source, start)
        target = pointer(context, builder, signature.args[4], target, target_start)
        nothing, zero = (ir.Constant(vector.element, value) for value in (float("-inf"), 0.0))
        least = splat(builder, vector, builder.select(rectify, zero, nothing))
        bias = splat(builder, vector, bias)
        planes = [builder.gep(source, [builder.mul(plane_pitch, const(plane))]) for plane in range(16)]

        def sums(m):
            return [
                builder.fadd(builder.fadd(m[0], m[1]), m[2]),
                builder.fsub(builder.fsub(m[1], m[2]), m[3]),
            ]

        entries = [load(builder, plane, const(0), vector) for plane in planes]
        down = [sums(entries[j::4]) for j in range(4)]
        for i in range(2):
            for j, total in enumerate(sums([column[i] for column in down])):
                total = builder.fadd(total, bias)
                # A nan, which is not less than anything, stays.
                total = builder.select(builder.fcmp_ordered("<", total, least), least, total)
                store(builder, total, target, builder.add(builder.mul(row_pitch, const(i)), const(j * vector.count)))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, i8, source.dtype, target, i8, i8, types.boolean), generate
