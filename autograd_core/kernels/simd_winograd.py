"""Vector instructions of Winograd's transforms: see `winograd`."""

import numpy as np
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
    splat,
    store,
    vector_of,
)
from autograd_core.kernels.simd import accumulate, packed_rows

# F(4, 3) for the points 0, ±a, ±b and ∞. Those that are used most, 0, ±1, ±2 and ∞, make four times the error.
_a, _b = np.sqrt(0.5), np.sqrt(2)
PIXELS = np.array([
    [1, 0, -2.5, 0, 1, 0],
    [0, -_b, -2, _a, 1, 0],
    [0, _b, -2, -_a, 1, 0],
    [0, -_a, -0.5, _b, 1, 0],
    [0, _a, -0.5, -_b, 1, 0],
    [0, 1, 0, -2.5, 0, 1],
])  # fmt: skip
FILTER = np.array([
    [1, 0, 0],
    [-2 / 3, -2 / 3 * _a, -1 / 3],
    [-2 / 3, 2 / 3 * _a, -1 / 3],
    [1 / 6, 1 / 6 * _b, 1 / 3],
    [1 / 6, -1 / 6 * _b, 1 / 3],
    [0, 0, 1],
])  # fmt: skip
RESULTS = np.array([
    [1, 1, 1, 1, 1, 0],
    [0, _a, -_a, _b, -_b, 0],
    [0, 0.5, 0.5, 2, 2, 0],
    [0, _a / 2, -_a / 2, 2 * _b, -2 * _b, 1],
])  # fmt: skip
TILE, WINDOW = RESULTS.shape  # positions along an edge of a tile, and pixels that they see
PLANES = WINDOW**2


def _opposite(rows):
    """Pairs of rows that differ in some signs alone, as those for points p and -p do."""
    pairs = [(i, j) for j in range(len(rows)) for i in range(j)]
    return [(i, j) for i, j in pairs if (np.abs(rows[i]) == np.abs(rows[j])).all() and (rows[i] != rows[j]).any()]


def _product(builder, matrix, entries):
    """Emit matrix · entries. What two rows, or columns, for opposite points have in common is computed once."""
    entries = list(entries)
    matrix = matrix.copy()
    for i, j in _opposite(matrix.T):
        entries[i], entries[j] = builder.fadd(entries[i], entries[j]), builder.fsub(entries[i], entries[j])
        matrix[:, i], matrix[:, j] = (matrix[:, i] + matrix[:, j]) / 2, (matrix[:, i] - matrix[:, j]) / 2
    pairs = _opposite(matrix)
    for i, j in pairs:
        matrix[i], matrix[j] = (matrix[i] + matrix[j]) / 2, (matrix[i] - matrix[j]) / 2
    results = [_sum(builder, row, entries) for row in matrix]
    for i, j in pairs:
        results[i], results[j] = builder.fadd(results[i], results[j]), builder.fsub(results[i], results[j])
    return results


def _sum(builder, factors, entries):
    """Emit Σ factor · entry over the factors that are not 0, from one that is 1 if there is any."""
    terms = sorted([(f, e) for f, e in zip(factors, entries, strict=True) if f], key=lambda term: term[0] != 1)
    vector = entries[0].type
    total = None
    for factor, entry in terms:
        constant = ir.Constant(vector, [ir.Constant(vector.element, float(factor))] * vector.count)
        if total is None:
            total = entry if factor == 1 else builder.fmul(constant, entry)
        elif abs(factor) == 1:
            total = (builder.fadd if factor == 1 else builder.fsub)(total, entry)
        else:
            total = fma(builder, constant, entry, total)
    return total


def _transformed(builder, matrix, rows):
    """Emit matrix · rows · matrixᵀ."""
    columns = [_product(builder, matrix, column) for column in zip(*rows, strict=True)]
    return [_product(builder, matrix, row) for row in zip(*columns, strict=True)]


def _square(builder, array, row_pitch, column_pitch, size):
    """The places of size × size vectors that are so far apart."""
    rows = [builder.gep(array, [builder.mul(row_pitch, const(i))]) for i in range(size)]
    return [[builder.gep(row, [builder.mul(column_pitch, const(j))]) for j in range(size)] for row in rows]


def _load_all(builder, places, vector):
    return [[load(builder, place, const(0), vector) for place in row] for row in places]


def _transform(matrix):
    """Make the intrinsic for M s Mᵀ."""
    to, of = matrix.shape

    @intrinsic
    def transform(
        typing_context, source, start, row_pitch, column_pitch, target, target_start, to_row_pitch, to_column_pitch
    ):
        """Entry (i, j) of M s Mᵀ goes to target[i·to_row_pitch + j·to_column_pitch]; s is found alike.

        All entries are vectors.
        """

        def generate(context, builder, signature, arguments):
            source, start, row_pitch, column_pitch, target, target_start, to_row_pitch, to_column_pitch = arguments
            vector = vector_of(signature.args[0].dtype)
            source = pointer(context, builder, signature.args[0], source, start)
            target = pointer(context, builder, signature.args[4], target, target_start)
            entries = _load_all(builder, _square(builder, source, row_pitch, column_pitch, of), vector)
            places = _square(builder, target, to_row_pitch, to_column_pitch, to)
            for row, row_places in zip(_transformed(builder, matrix, entries), places, strict=True):
                for entry, place in zip(row, row_places, strict=True):
                    store(builder, entry, place, const(0))
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(source, i8, i8, i8, target, i8, i8, i8), generate

    return transform


transform_filters = _transform(FILTER)
transform_pixels = _transform(PIXELS)
transform_upstream = _transform(RESULTS.T)
transform_gradient = _transform(FILTER.T)


@intrinsic
def transform_products(
    typing_context, source, start, plane_pitch, bias, target, target_start, row_pitch, column_pitch, rectify
):
    """bias + RESULTS m RESULTSᵀ for the products m, which are `plane_pitch` apart; no less than 0 if `rectify`.

    All are vectors, but for the bias.
    """

    def generate(context, builder, signature, arguments):
        source, start, plane_pitch, bias, target, target_start, row_pitch, column_pitch, rectify = arguments
        vector = vector_of(signature.args[0].dtype)
        source = pointer(context, builder, signature.args[0], source, start)
        target = pointer(context, builder, signature.args[4], target, target_start)
        nothing, zero = (ir.Constant(vector.element, value) for value in (float("-inf"), 0.0))
        least = splat(builder, vector, builder.select(rectify, zero, nothing))
        bias = splat(builder, vector, bias)
        row_of_planes = builder.mul(plane_pitch, const(WINDOW))
        products = _load_all(builder, _square(builder, source, row_of_planes, plane_pitch, WINDOW), vector)
        places = _square(builder, target, row_pitch, column_pitch, TILE)
        for row, row_places in zip(_transformed(builder, RESULTS, products), places, strict=True):
            for total, place in zip(row, row_places, strict=True):
                total = builder.fadd(total, bias)
                # A nan, which is not less than anything, stays.
                store(builder, builder.select(builder.fcmp_ordered("<", total, least), least, total), place, const(0))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, i8, source.dtype, target, i8, i8, i8, types.boolean), generate


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
def add_whole_tile(typing_context, a, a_start, a_pitch, b, b_start, b_pitch, depth, c, c_start, c_pitch):
    """c[i·c_pitch + j] += Σ_k a[k·a_pitch + i] · b[k·b_pitch + j] for i < ROWS and j in VECTORS vectors."""

    def generate(context, builder, signature, arguments):
        a, a_start, a_pitch, b, b_start, b_pitch, depth, c, c_start, c_pitch = arguments
        vector = vector_of(signature.args[0].dtype)
        a = pointer(context, builder, signature.args[0], a, a_start)
        b = pointer(context, builder, signature.args[3], b, b_start)
        c = pointer(context, builder, signature.args[7], c, c_start)

        def factors_of(k):
            row = builder.gep(a, [builder.mul(k, a_pitch)])
            return [builder.gep(row, [const(i)]) for i in range(ROWS)]

        def vectors_of(array, number, pitch):
            row = builder.gep(array, [builder.mul(number, pitch)])
            return [builder.gep(row, [const(j * vector.count)]) for j in range(VECTORS)]

        places = [vectors_of(c, const(i), c_pitch) for i in range(ROWS)]
        before = _load_all(builder, places, vector)
        sums = accumulate(
            builder, vector, ROWS, VECTORS, depth, factors_of, lambda k: vectors_of(b, k, b_pitch),
            lambda i, j: before[i][j],
        )  # fmt: skip
        for row, row_places in zip(sums, places, strict=True):
            for total, place in zip(row, row_places, strict=True):
                store(builder, total, place, const(0))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(a, i8, i8, b, i8, i8, i8, c, i8, i8), generate
