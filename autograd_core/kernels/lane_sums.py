"""Vector instructions for sums over positions, where lanes are positions: the gradient to few weights.

The tiles of `simd` keep one sum in each lane; here all lanes of a vector belong to one sum, and meet at the end.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd_core.kernels.vectors import (
    INT,
    LANE,
    ROWS,
    call,
    const,
    lane_numbers,
    lanes_below,
    mangled,
    masked_load,
    pointer,
    vector_of,
    vector_pointer,
)

# Taps and outputs that meet at a time where lanes are positions: 20 sums, 4 vectors and a factor, or 9, 3 and 1.
LANE_TAPS, LANE_OUTPUTS = (5, 4) if ROWS == 8 else (3, 3)


def _lane_sums(outputs_together):
    """Make the intrinsic that sums products of two operands' vectors, both found by tables, over all lanes."""

    @intrinsic
    def multiply_lanes(
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

            def at_most(i, count):
                last = builder.sub(count, const(1))
                return builder.select(builder.icmp_signed("<", const(i), count), const(i), last)

            taps = [builder.load(builder.gep(offsets, [at_most(i, rows)])) for i in range(LANE_TAPS)]
            shifts = [builder.mul(b_stride, at_most(j, columns)) for j in range(outputs_together)]
            entry = builder.block
            loop, done = builder.append_basic_block("lanes"), builder.append_basic_block("lanes.done")
            builder.branch(loop)
            builder.position_at_end(loop)
            k = builder.phi(INT)
            k.add_incoming(const(0), entry)
            sums = [[builder.phi(vector) for _ in shifts] for _ in taps]
            real = lanes_below(builder, vector, builder.load(builder.gep(counts, [k])))
            base, place = (builder.load(builder.gep(table, [k])) for table in (bases, places))
            upstream = [
                masked_load(builder, vector_pointer(builder, b, builder.add(place, shift), vector), real)
                for shift in shifts
            ]
            for i, tap in enumerate(taps):
                seen = masked_load(builder, vector_pointer(builder, a, builder.add(base, tap), vector), real)
                for j, g in enumerate(upstream):
                    total = call(builder, f"llvm.fma.{mangled(vector)}", vector, seen, g, sums[i][j])
                    sums[i][j].add_incoming(ir.Constant(vector, None), entry)
                    sums[i][j].add_incoming(total, loop)
                    sums[i][j] = total
            following = builder.add(k, const(1))
            k.add_incoming(following, loop)
            builder.cbranch(builder.icmp_signed("<", following, depth), loop, done)
            builder.position_at_end(done)
            for i, row in enumerate(sums):
                for j, lanes in enumerate(row):
                    real = builder.and_(
                        builder.icmp_signed("<", const(i), rows), builder.icmp_signed("<", const(j), columns)
                    )
                    with builder.if_then(real):
                        place = builder.gep(c, [builder.add(builder.mul(c_stride, const(i)), const(j))])
                        old = builder.select(add, builder.load(place), ir.Constant(vector.element, 0.0))
                        builder.store(builder.fadd(old, _total(builder, lanes)), place)
            return context.get_dummy_value()

        i8 = types.intp
        parameters = (a, i8, bases, offsets, i8, b, i8, i8, places, counts, i8, c, i8, i8, i8, i8, types.boolean)
        return types.void(*parameters), generate

    return multiply_lanes


def _total(builder, lanes):
    """The sum of a vector's lanes, half against half."""
    while lanes.type.count > 1:
        half = lanes.type.count // 2
        lower, upper = (
            builder.shuffle_vector(lanes, lanes, lane_numbers(range(start, start + half))) for start in (0, half)
        )
        lanes = builder.fadd(lower, upper)
    return builder.extract_element(lanes, ir.Constant(LANE, 0))


multiply_lanes = _lane_sums(LANE_OUTPUTS)
multiply_lanes_of_one = _lane_sums(1)
