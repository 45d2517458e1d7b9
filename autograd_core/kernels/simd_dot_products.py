"""Vector instructions for sums over positions, where lanes are positions: the gradient to filters of few channels.

The tiles of `simd` keep one sum in each lane; here all lanes of a vector belong to one sum, and meet at the end.
"""

from itertools import product

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd_core.kernels.llvm_vectors import (
    LANE,
    ROWS,
    const,
    fma,
    lane_numbers,
    lanes_below,
    masked_load,
    pointer,
    repeat,
    vector_of,
    vector_pointer,
)

# Sums that a call keeps in registers, taps × outputs, where there are several outputs and where there is one: filters
# of 3 × 3 and 5 × 5 waste none, or one in ten.
SEVERAL_TAPS, SEVERAL_OUTPUTS = 3, 6 if ROWS == 8 else 3
LINE_TAPS = 5


def _dot_products(tile_taps, tile_outputs):
    """Make the intrinsic for this many taps and outputs."""

    @intrinsic
    def dot_products(
        typing_context,
        a, a_start, bases, offsets, first_offset, b, b_start, b_stride, places, counts, depth,
        c, c_start, c_stride, rows, columns, add,
    ):  # fmt: skip
        """c[i, j] = Σ_k Σ_lane a[bases[k] + offsets[first_offset + i] + lane] · b[places[k] + j·b_stride + lane], for
        lane < counts[k], plus the old c[i, j] if `add`, for i < rows, j < columns.

        No lane beyond counts[k] is read: it may hold a NaN, which no factor of zero would hide.
        """

        def generate(context, builder, signature, arguments):
            (
                a, a_start, bases, offsets, first_offset, b, b_start, b_stride, places, counts, depth,
                c, c_start, c_stride, rows, columns, add,
            ) = arguments  # fmt: skip
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            bases = pointer(context, builder, signature.args[2], bases, const(0))
            offsets = pointer(context, builder, signature.args[3], offsets, first_offset)
            b = pointer(context, builder, signature.args[5], b, b_start)
            places = pointer(context, builder, signature.args[8], places, const(0))
            counts = pointer(context, builder, signature.args[9], counts, const(0))
            c = pointer(context, builder, signature.args[11], c, c_start)

            def real(number, count):
                """The last of `count` stands in for those beyond it."""
                last = builder.sub(count, const(1))
                return builder.select(builder.icmp_signed("<", const(number), count), const(number), last)

            taps = [builder.load(builder.gep(offsets, [real(i, rows)])) for i in range(tile_taps)]
            outputs = [builder.mul(b_stride, real(j, columns)) for j in range(tile_outputs)]

            def step(k, sums):
                base, place, count = (builder.load(builder.gep(table, [k])) for table in (bases, places, counts))
                mask = lanes_below(builder, vector, count)

                def entries(array, start, distance):
                    first = vector_pointer(builder, array, builder.add(start, distance), vector)
                    return masked_load(builder, first, mask)

                seen = [entries(a, base, tap) for tap in taps]
                upstream = [entries(b, place, output) for output in outputs]
                pairs = product(seen, upstream)
                return [fma(builder, x, g, total) for (x, g), total in zip(pairs, sums, strict=True)]

            sums = repeat(builder, depth, [ir.Constant(vector, None)] * (tile_taps * tile_outputs), step)
            for i, j in product(range(tile_taps), range(tile_outputs)):
                inside = [builder.icmp_signed("<", const(n), count) for n, count in ((i, rows), (j, columns))]
                with builder.if_then(builder.and_(*inside)):
                    place = builder.gep(c, [builder.add(builder.mul(c_stride, const(i)), const(j))])
                    old = builder.select(add, builder.load(place), ir.Constant(vector.element, 0.0))
                    builder.store(builder.fadd(old, _total(builder, sums[i * tile_outputs + j])), place)
            return context.get_dummy_value()

        i8 = types.intp
        arrays = (a, i8, bases, offsets, i8, b, i8, i8, places, counts, i8, c, i8, i8, i8, i8, types.boolean)
        return types.void(*arrays), generate

    return dot_products


def _total(builder, lanes):
    """The sum of a vector's lanes, half against half."""
    while lanes.type.count > 1:
        half = lanes.type.count // 2
        lower, upper = (
            builder.shuffle_vector(lanes, lanes, lane_numbers(range(start, start + half))) for start in (0, half)
        )
        lanes = builder.fadd(lower, upper)
    return builder.extract_element(lanes, ir.Constant(LANE, 0))


dot_products = _dot_products(SEVERAL_TAPS, SEVERAL_OUTPUTS)
dot_products_of_one = _dot_products(LINE_TAPS, 1)
