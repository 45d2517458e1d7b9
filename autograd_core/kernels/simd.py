"""Vector instructions that Numba has no words for, emitted as LLVM IR: the register tile, copies, transposition.

All work on an array's memory from a start given in elements, so they serve any view, and none checks bounds.
`llvm_vectors` chooses their width:

    from                        vector registers    tile (rows × vectors)
    AVX-512                     32 of 512 bits      8 × 2 leaves room for two vectors of B and a broadcast
    AVX2                        16 of 256 bits      6 × 2
    NEON                        32 of 128 bits      8 × 2
    anything else               16 of 128 bits      6 × 2
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# What is renamed to itself is for those who lay out memory for the tiles.
from autograd_core.kernels.llvm_vectors import ROWS as ROWS
from autograd_core.kernels.llvm_vectors import TILE_BYTES as TILE_BYTES
from autograd_core.kernels.llvm_vectors import VECTOR_BITS as VECTOR_BITS
from autograd_core.kernels.llvm_vectors import VECTOR_BYTES as VECTOR_BYTES
from autograd_core.kernels.llvm_vectors import VECTORS as VECTORS
from autograd_core.kernels.llvm_vectors import (
    const,
    fma,
    lane_numbers,
    lanes_below,
    load,
    masked_load,
    masked_store,
    pointer,
    repeat,
    riffle,
    splat,
    store,
    vector_of,
    vector_pointer,
)


def accumulate(builder, vector, rows, vectors, depth, factors_of, row_of, start_of=None, masks=None):
    """Emit the loop over k, and return the sums: per k, each of `rows` factors of A meets each vector of a row of B.

    `factors_of(k)` and `row_of(k)` emit the addresses of both, `start_of(i, j)` what a sum starts from if not from 0.
    `masks` say which lanes of B's vectors there are, if not all.
    """
    zero = ir.Constant(vector, None)
    starts = [start_of(i, j) if start_of else zero for i in range(rows) for j in range(vectors)]

    def step(k, sums):
        if masks is None:
            row = [load(builder, place, const(0), vector) for place in row_of(k)]
        else:
            places = [vector_pointer(builder, place, const(0), vector) for place in row_of(k)]
            row = [masked_load(builder, *pair) for pair in zip(places, masks, strict=True)]
        after = []
        for i, place in enumerate(factors_of(k)):
            factor = splat(builder, vector, builder.load(place))
            for j, entries in enumerate(row):
                after.append(fma(builder, factor, entries, sums[i * vectors + j]))
        return after

    sums = repeat(builder, depth, starts, step)
    return [sums[i * vectors : (i + 1) * vectors] for i in range(rows)]


def packed_rows(builder, b, vector, vectors):
    """Where the vectors of row k of a packed strip are."""

    def row_of(k):
        row = builder.gep(b, [builder.mul(k, const(VECTORS * vector.count))])
        return [builder.gep(row, [const(j * vector.count)]) for j in range(vectors)]

    return row_of


def _adjacent(builder, c, columns, vector, vectors):
    """Where a tile's vectors go in its first row of c, and how many lanes of each are real: side by side."""
    starts = [const(j * vector.count) for j in range(vectors)]
    return [builder.gep(c, [start]) for start in starts], [builder.sub(columns, start) for start in starts]


def _tile(vectors):
    """Make the intrinsic for tiles of ROWS × `vectors` vectors."""

    @intrinsic
    def multiply_tile(typing_context, a, a_start, b, b_start, depth, c, c_start, c_stride, rows, columns, add):
        """c[i, j] = Σ_k a[k·ROWS + i] · b[k·pitch + j], plus the old c[i, j] if `add`, for i < rows, j < columns.

        a and b are packed panels of ROWS and VECTORS vectors a row. All sums stay in registers; only c has edges.
        """

        def generate(context, builder, signature, arguments):
            a, a_start, b, b_start, depth, c, c_start, c_stride, rows, columns, add = arguments
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            b = pointer(context, builder, signature.args[2], b, b_start)
            c = pointer(context, builder, signature.args[5], c, c_start)

            def factors_of(k):
                row = builder.gep(a, [builder.mul(k, const(ROWS))])
                return [builder.gep(row, [const(i)]) for i in range(ROWS)]

            sums = accumulate(
                builder, vector, ROWS, vectors, depth, factors_of, packed_rows(builder, b, vector, vectors)
            )
            store_tile(builder, sums, *_adjacent(builder, c, columns, vector, vectors), c_stride, rows, add)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, b, i8, i8, c, i8, i8, i8, i8, types.boolean), generate

    return multiply_tile


def _unpacked_tile(vectors):
    """Make the intrinsic for tiles of ROWS × `vectors` vectors whose operands are where they are."""

    @intrinsic
    def multiply_unpacked_tile(
        typing_context, a, a_start, a_rows, a_columns, b, b_start, b_rows, depth, c, c_start, c_stride, rows, columns
    ):
        """c[i, j] = Σ_k a[i·a_rows + k·a_columns] · b[k·b_rows + j] for i < rows, j < columns.

        Beyond `rows` the last row stands in, and b's lanes beyond `columns` are masked: nothing outside is read.
        """

        def generate(context, builder, signature, arguments):
            a, a_start, a_rows, a_columns, b, b_start, b_rows, depth, c, c_start, c_stride, rows, columns = arguments
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            b = pointer(context, builder, signature.args[4], b, b_start)
            c = pointer(context, builder, signature.args[8], c, c_start)
            places, counts = _adjacent(builder, c, columns, vector, vectors)
            masks = [lanes_below(builder, vector, count) for count in counts]
            last = builder.sub(rows, const(1))
            held = []
            for i in range(ROWS):
                row = builder.select(builder.icmp_signed("<", const(i), rows), const(i), last)
                held.append(builder.gep(a, [builder.mul(row, a_rows)]))

            def factors_of(k):
                return [builder.gep(row, [builder.mul(k, a_columns)]) for row in held]

            def row_of(k):
                row = builder.gep(b, [builder.mul(k, b_rows)])
                return [builder.gep(row, [const(j * vector.count)]) for j in range(vectors)]

            sums = accumulate(builder, vector, ROWS, vectors, depth, factors_of, row_of, masks=masks)
            no = ir.Constant(ir.IntType(1), 0)
            store_tile(builder, sums, places, counts, c_stride, rows, no)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, i8, i8, b, i8, i8, i8, c, i8, i8, i8, i8), generate

    return multiply_unpacked_tile


def _gathered_tile(tile_rows, vectors):
    """Make the intrinsic for tiles of so many rows and vectors whose A is not packed but found by two tables."""

    @intrinsic
    def multiply_gathered_tile(
        typing_context,
        a, a_start, bases, first_base, offsets, first_offset, b, b_start, depth,
        c, c_start, c_stride, rows, columns, add, rectify,
    ):  # fmt: skip
        """As `multiply_tile`, with a[bases[first_base + k] + offsets[first_offset + i]] for a[k·ROWS + i].

        Beyond `rows` the last row's offset stands in, so that nothing outside of a is read.
        Sums start from the row before b's first, or from the old c if `add`, and are no less than 0 if `rectify`.
        """

        def generate(context, builder, signature, arguments):
            (
                a, a_start, bases, first_base, offsets, first_offset, b, b_start, depth,
                c, c_start, c_stride, rows, columns, add, rectify,
            ) = arguments  # fmt: skip
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            bases = pointer(context, builder, signature.args[2], bases, first_base)
            offsets = pointer(context, builder, signature.args[4], offsets, first_offset)
            b = pointer(context, builder, signature.args[6], b, b_start)
            c = pointer(context, builder, signature.args[9], c, c_start)
            last = builder.sub(rows, const(1))
            held = []
            for i in range(tile_rows):
                row = builder.select(builder.icmp_signed("<", const(i), rows), const(i), last)
                held.append(builder.load(builder.gep(offsets, [row])))

            def factors_of(k):
                row = builder.gep(a, [builder.load(builder.gep(bases, [k]))])
                return [builder.gep(row, [offset]) for offset in held]

            row_of = packed_rows(builder, b, vector, vectors)
            fresh = splat(builder, ir.VectorType(ir.IntType(1), vector.count), builder.not_(add))
            before = [
                masked_load(builder, vector_pointer(builder, place, const(0), vector), fresh)
                for place in row_of(const(-1))
            ]
            sums = accumulate(builder, vector, tile_rows, vectors, depth, factors_of, row_of, lambda i, j: before[j])
            store_tile(builder, sums, *_adjacent(builder, c, columns, vector, vectors), c_stride, rows, add, rectify)
            return context.get_dummy_value()

        i8, truth = types.intp, types.boolean
        return types.void(a, i8, bases, i8, offsets, i8, b, i8, i8, c, i8, i8, i8, i8, truth, truth), generate

    return multiply_gathered_tile


def _scattered_tile(tile_rows, vectors):
    """Make the intrinsic for tiles whose B is not packed but found by tables."""

    @intrinsic
    def multiply_scattered_tile(
        typing_context,
        a, a_start, b, b_start, bases, offsets, depth, c, c_start, places, counts, c_stride, rows, step, rectify,
    ):  # fmt: skip
        """As `multiply_tile`, but vector j of row k of B is found at b[bases[j] + offsets[k]], unpacked, and belongs
        at c[places[j]], of which counts[j] lanes are real, `step` entries apart: 1 or 2. Sums start from the row
        before a's first, and are no less than 0 in the end if `rectify`, which takes a step of 1.
        """

        def generate(context, builder, signature, arguments):
            a, a_start, b, b_start, _, offsets, depth, c, c_start, _, _, c_stride, rows, step, rectify = arguments
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            b = pointer(context, builder, signature.args[2], b, b_start)
            offsets = pointer(context, builder, signature.args[5], offsets, const(0))
            c = pointer(context, builder, signature.args[7], c, c_start)

            def table(number):
                first = pointer(context, builder, signature.args[number], arguments[number], const(0))
                return [builder.load(builder.gep(first, [const(j)])) for j in range(vectors)]

            starts = [builder.gep(b, [base]) for base in table(4)]

            def factors_of(k):
                row = builder.gep(a, [builder.mul(k, const(ROWS))])
                return [builder.gep(row, [const(i)]) for i in range(tile_rows)]

            def row_of(k):
                offset = builder.load(builder.gep(offsets, [k]))
                return [builder.gep(start, [offset]) for start in starts]

            before = [splat(builder, vector, builder.load(place)) for place in factors_of(const(-1))]
            sums = accumulate(builder, vector, tile_rows, vectors, depth, factors_of, row_of, lambda i, j: before[i])
            places = [builder.gep(c, [place]) for place in table(9)]
            adjacent = builder.icmp_signed("==", step, const(1))
            with builder.if_else(adjacent) as (side_by_side, apart):
                with side_by_side:
                    never = ir.Constant(ir.IntType(1), 0)
                    store_tile(builder, sums, places, table(10), c_stride, rows, never, rectify)
                with apart:
                    _store_every_other(builder, sums, places, table(10), c_stride, rows)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, b, i8, bases, offsets, i8, c, i8, places, counts, i8, i8, i8, types.boolean), generate

    return multiply_scattered_tile


def store_tile(builder, sums, places, counts, c_stride, rows, add, rectify=None):
    """Write what of the tile lies inside the matrix, by masks: memory beyond an edge is neither read nor written.

    Vector j of the first row goes to places[j], with its first counts[j] lanes. With `rectify`, a ReLU comes first.
    """
    vector = sums[0][0].type
    if rectify is not None:
        nothing, zero = (ir.Constant(vector.element, value) for value in (float("-inf"), 0.0))
        least = splat(builder, vector, builder.select(rectify, zero, nothing))
    bits = ir.VectorType(ir.IntType(1), vector.count)
    inside = [lanes_below(builder, vector, count) for count in counts]
    old = [builder.and_(mask, splat(builder, bits, add)) for mask in inside]
    end = builder.append_basic_block("stored")
    for i, row in enumerate(sums):
        here = builder.append_basic_block("row")
        builder.cbranch(builder.icmp_signed("<", const(i), rows), here, end)
        builder.position_at_end(here)
        for j, total in enumerate(row):
            place = vector_pointer(builder, places[j], builder.mul(c_stride, const(i)), vector)
            total = builder.fadd(total, masked_load(builder, place, old[j]))
            if rectify is not None:  # and a nan, which is not less than anything, stays
                total = builder.select(builder.fcmp_ordered("<", total, least), least, total)
            masked_store(builder, total, place, inside[j])
    builder.branch(end)
    builder.position_at_end(end)


def _store_every_other(builder, sums, places, counts, c_stride, rows):
    """As `store_tile`, to every second entry of c; those between are not touched."""
    vector = sums[0][0].type
    none = ir.Constant(ir.VectorType(ir.IntType(1), vector.count), None)
    inside = [riffle(builder, [lanes_below(builder, vector, count)], [none]) for count in counts]
    for i, row in enumerate(sums):
        with builder.if_then(builder.icmp_signed("<", const(i), rows)):
            for total, first, masks in zip(row, places, inside, strict=True):
                for half, (values, mask) in enumerate(zip(riffle(builder, [total], [total]), masks, strict=True)):
                    start = builder.add(builder.mul(c_stride, const(i)), const(half * vector.count))
                    masked_store(builder, values, vector_pointer(builder, first, start, vector), mask)


multiply_tile = _tile(VECTORS)
multiply_narrow_tile = _tile(1)
multiply_unpacked_tile = _unpacked_tile(VECTORS)
multiply_narrow_unpacked_tile = _unpacked_tile(1)
multiply_gathered_tile = _gathered_tile(ROWS, VECTORS)
multiply_narrow_gathered_tile = _gathered_tile(ROWS, 1)
# For the last few taps: of a single image's 3 × 3 there are nine, and tiles have eight rows.
HALF_ROWS = ROWS // 2
multiply_gathered_half = _gathered_tile(HALF_ROWS, VECTORS)
multiply_scattered_tile = _scattered_tile(ROWS, VECTORS)
# For the last few outputs, or a layer of only so many: six of eight rows, four of six.
PART_ROWS = 3 * ROWS // 4
multiply_scattered_part = _scattered_tile(PART_ROWS, VECTORS)


def whole_tiles(rows):
    """The rows that tiles compute for so many."""
    last = rows % ROWS
    return rows - last + (last > 0) * (PART_ROWS if last <= PART_ROWS else ROWS)


def whole_gathered_tiles(rows):
    """The same for tiles whose A is gathered."""
    last = rows % ROWS
    return rows - last + (last > 0) * (HALF_ROWS if last <= HALF_ROWS else ROWS)


# For a single output, as in depthwise convolution: all registers go to positions.
LINE_VECTORS = 4 * VECTORS
multiply_scattered_line = _scattered_tile(1, LINE_VECTORS)

# Rows that one call of `transpose` takes: the largest power of two that divides every panel's width.
TRANSPOSED = min(ROWS & -ROWS, 8)


@intrinsic
def transpose(typing_context, source, source_start, source_stride, rows, target, target_start, target_stride):
    """target[k, r] = source[r, k] for r < TRANSPOSED and k < lanes, each with its own distance between rows.

    The last of `rows` stands in for those beyond it.
    """

    def generate(context, builder, signature, arguments):
        source, source_start, source_stride, rows, target, target_start, target_stride = arguments
        vector = vector_of(signature.args[0].dtype)
        source = pointer(context, builder, signature.args[0], source, source_start)
        target = pointer(context, builder, signature.args[4], target, target_start)
        last = builder.sub(rows, const(1))
        numbers = [builder.select(builder.icmp_signed("<", const(r), rows), const(r), last) for r in range(TRANSPOSED)]
        rows = [[load(builder, source, builder.mul(source_stride, number), vector)] for number in numbers]
        while len(rows) > 1:  # riffle row r with row r + half, like halves of a deck of cards
            half = len(rows) // 2
            rows = [riffle(builder, rows[r], rows[r + half]) for r in range(half)]
        k = 0
        for run in rows[0]:
            for start in range(0, vector.count, TRANSPOSED):
                numbers = range(start, start + TRANSPOSED)
                column = builder.shuffle_vector(run, run, lane_numbers(numbers))
                store(builder, column, target, builder.mul(target_stride, const(k)))
                k += 1
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, i8, i8, target, i8, i8), generate


@intrinsic
def copy_vector(typing_context, source, source_start, target, target_start):
    """Copy one vector's worth of entries."""

    def generate(context, builder, signature, arguments):
        source, source_start, target, target_start = arguments
        source = pointer(context, builder, signature.args[0], source, source_start)
        target = pointer(context, builder, signature.args[2], target, target_start)
        store(builder, load(builder, source, const(0), vector_of(signature.args[0].dtype)), target, const(0))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, target, i8), generate


def _copy(every):
    """Make the intrinsic that takes each entry of the source, or every second one."""

    @intrinsic
    def copy(typing_context, source, source_start, target, target_start, first, end):
        """target[i] = source[every · i], both from their starts, for first <= i < end; a vector's other lanes are 0.

        Nothing else of the source is read, nor need it be there.
        """

        def generate(context, builder, signature, arguments):
            source, source_start, target, target_start, first, end = arguments
            source = pointer(context, builder, signature.args[0], source, source_start)
            target = pointer(context, builder, signature.args[2], target, target_start)
            vector = vector_of(signature.args[0].dtype)
            begin = builder.mul(first, const(every))
            stop = builder.sub(builder.mul(end, const(every)), const(every - 1))  # not beyond the last one
            runs = []
            for start in range(0, every * vector.count, vector.count):
                below = [lanes_below(builder, vector, builder.sub(limit, const(start))) for limit in (begin, stop)]
                mask = builder.and_(builder.not_(below[0]), below[1])
                runs.append(masked_load(builder, vector_pointer(builder, source, const(start), vector), mask))
            if every == 2:
                runs = [builder.shuffle_vector(*runs, lane_numbers(range(0, 2 * vector.count, 2)))]
            store(builder, runs[0], target, const(0))
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(source, i8, target, i8, i8, i8), generate

    return copy


copy_lanes = _copy(1)
copy_every_other = _copy(2)


@intrinsic
def entry(typing_context, source, start):
    """The entry `start` entries of memory after the first."""

    def generate(context, builder, signature, arguments):
        return builder.load(pointer(context, builder, signature.args[0], *arguments))

    return source.dtype(source, types.intp), generate
