"""Vector instructions for sums over positions, where lanes are positions: the gradient to depthwise filters.

The tiles of `simd` keep one sum in each lane; here all lanes of a vector belong to one sum, and meet at the end.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd_core.kernels.vectors import (
    INT,
    LANE,
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

# Taps that meet one vector of the upstream gradient: 3 × 3 and 5 × 5 filters waste none, or one in ten.
LANE_TAPS = 5


@intrinsic
def multiply_lanes(
    typing_context,
    a, a_start, bases, offsets, first_offset, b, b_start, places, counts, depth, c, c_start, rows, add,
):  # fmt: skip
    """c[i] = Σ_k Σ_lane a[bases[k] + offsets[first_offset + i] + lane] · b[places[k] + lane], for lane < counts[k],
    plus the old c[i] if `add`, for i < rows.

    No lane beyond counts[k] is read: it may hold a NaN, which no factor of zero would hide.
    """

    def generate(context, builder, signature, arguments):
        (
            a, a_start, bases, offsets, first_offset, b, b_start, places, counts, depth, c, c_start, rows, add,
        ) = arguments  # fmt: skip
        vector = vector_of(signature.args[0].dtype)
        a = pointer(context, builder, signature.args[0], a, a_start)
        bases = pointer(context, builder, signature.args[2], bases, const(0))
        offsets = pointer(context, builder, signature.args[3], offsets, first_offset)
        b = pointer(context, builder, signature.args[5], b, b_start)
        places = pointer(context, builder, signature.args[7], places, const(0))
        counts = pointer(context, builder, signature.args[8], counts, const(0))
        c = pointer(context, builder, signature.args[10], c, c_start)
        last = builder.sub(rows, const(1))
        taps = []
        for i in range(LANE_TAPS):
            row = builder.select(builder.icmp_signed("<", const(i), rows), const(i), last)
            taps.append(builder.load(builder.gep(offsets, [row])))
        entry = builder.block
        loop, done = builder.append_basic_block("lanes"), builder.append_basic_block("lanes.done")
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(INT)
        k.add_incoming(const(0), entry)
        sums = [builder.phi(vector) for _ in taps]
        base, place, count = (builder.load(builder.gep(table, [k])) for table in (bases, places, counts))
        real = lanes_below(builder, vector, count)
        upstream = masked_load(builder, vector_pointer(builder, b, place, vector), real)
        for i, tap in enumerate(taps):
            seen = masked_load(builder, vector_pointer(builder, a, builder.add(base, tap), vector), real)
            total = call(builder, f"llvm.fma.{mangled(vector)}", vector, seen, upstream, sums[i])
            sums[i].add_incoming(ir.Constant(vector, None), entry)
            sums[i].add_incoming(total, loop)
            sums[i] = total
        following = builder.add(k, const(1))
        k.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, depth), loop, done)
        builder.position_at_end(done)
        for i, lanes in enumerate(sums):
            with builder.if_then(builder.icmp_signed("<", const(i), rows)):
                place = builder.gep(c, [const(i)])
                old = builder.select(add, builder.load(place), ir.Constant(vector.element, 0.0))
                builder.store(builder.fadd(old, _total(builder, lanes)), place)
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(a, i8, bases, offsets, i8, b, i8, places, counts, i8, c, i8, i8, types.boolean), generate


def _total(builder, lanes):
    """The sum of a vector's lanes, half against half."""
    while lanes.type.count > 1:
        half = lanes.type.count // 2
        lower, upper = (
            builder.shuffle_vector(lanes, lanes, lane_numbers(range(start, start + half))) for start in (0, half)
        )
        lanes = builder.fadd(lower, upper)
    return builder.extract_element(lanes, ir.Constant(LANE, 0))
