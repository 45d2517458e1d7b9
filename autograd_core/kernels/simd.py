"""Vector instructions that Numba has no words for, emitted as LLVM IR: the register tile, copies, transposition.

All work on an array's memory from a start given in elements, so they serve any view, and none checks bounds.
The width of vectors follows the processor; AUTOGRAD_CORE_SIMD_BITS (128, 256 or 512) overrides it before import.

    from                        vector registers    tile (rows × vectors)
    AVX-512                     32 of 512 bits      8 × 2 leaves room for two vectors of B and a broadcast
    AVX2                        16 of 256 bits      6 × 2
    NEON                        32 of 128 bits      8 × 2
    anything else               16 of 128 bits      6 × 2
"""

import os

from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

_INT = ir.IntType(64)
_LANE = ir.IntType(32)


def _host_vectors():
    """Bits in a vector and rows in a tile on this processor."""
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        bits = 512
    elif features.get("avx2"):
        bits = 256
    else:
        bits = 128
    bits = int(os.environ.get("AUTOGRAD_CORE_SIMD_BITS") or bits)
    many_registers = (features.get("avx512f") and bits == 512) or features.get("neon")
    return bits, 8 if many_registers else 6


VECTOR_BITS, ROWS = _host_vectors()
VECTORS = 2
# Kernels divide these by an item's size to learn how many entries a vector and a tile's row have.
VECTOR_BYTES = VECTOR_BITS // 8
TILE_BYTES = VECTORS * VECTOR_BYTES


def _vector_of(dtype):
    element = ir.DoubleType() if dtype.bitwidth == 64 else ir.FloatType()
    return ir.VectorType(element, VECTOR_BITS // dtype.bitwidth)


def _pointer(context, builder, array_type, array, start):
    """Address of element `start` in the array's memory."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [start])


def _const(value):
    return ir.Constant(_INT, value)


def _splat(builder, vector_type, scalar):
    undefined = ir.Constant(vector_type, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(_LANE, 0))
    zeros = ir.Constant(ir.VectorType(_LANE, vector_type.count), [0] * vector_type.count)
    return builder.shuffle_vector(first, undefined, zeros)


def _vector_pointer(builder, pointer, offset, vector_type):
    return builder.bitcast(builder.gep(pointer, [offset]), vector_type.as_pointer())


def _load(builder, pointer, offset, vector_type):
    loaded = builder.load(_vector_pointer(builder, pointer, offset, vector_type))
    loaded.align = 4  # numpy promises no more than the element's own alignment
    return loaded


def _store(builder, value, pointer, offset):
    stored = builder.store(value, _vector_pointer(builder, pointer, offset, value.type))
    stored.align = 4


def _call(builder, name, result, *arguments):
    """Call an LLVM intrinsic by its full, mangled name."""
    function_type = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(builder.module.declare_intrinsic(name, (), function_type), arguments)


def _lanes_below(builder, vector_type, count):
    """A mask of the first `count` lanes."""
    numbers = ir.Constant(ir.VectorType(_INT, vector_type.count), list(range(vector_type.count)))
    return builder.icmp_signed("<", numbers, _splat(builder, numbers.type, count))


def _masked_load(builder, place, mask):
    """The vector at `place`, with zeros for masked lanes, whose memory is not touched."""
    vector = place.type.pointee
    align, zero = ir.Constant(_LANE, 4), ir.Constant(vector, None)
    return _call(builder, f"llvm.masked.load.{_mangled(vector)}.p0", vector, place, align, mask, zero)


def _masked_store(builder, value, place, mask):
    name = f"llvm.masked.store.{_mangled(value.type)}.p0"
    _call(builder, name, ir.VoidType(), value, place, ir.Constant(_LANE, 4), mask)


def _mangled(vector_type):
    return f"v{vector_type.count}{'f64' if vector_type.element == ir.DoubleType() else 'f32'}"


def _accumulate(builder, vector, rows, vectors, depth, factors_of, row_of, start_of=None):
    """Emit the loop over k, and return the sums: per k, each of `rows` factors of A meets each vector of a row of B.

    `factors_of(k)` and `row_of(k)` emit the addresses of both, `start_of(i, j)` what a sum starts from if not from 0.
    """
    zero = ir.Constant(vector, None)
    starts = [[start_of(i, j) if start_of else zero for j in range(vectors)] for i in range(rows)]
    entry = builder.block
    loop = builder.append_basic_block("tile")
    done = builder.append_basic_block("tile.done")
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(_INT)
    k.add_incoming(_const(0), entry)
    sums = [[builder.phi(vector) for _ in range(vectors)] for _ in range(rows)]
    row = [_load(builder, place, _const(0), vector) for place in row_of(k)]
    for i, place in enumerate(factors_of(k)):
        factor = _splat(builder, vector, builder.load(place))
        for j, entries in enumerate(row):
            total = _call(builder, f"llvm.fma.{_mangled(vector)}", vector, factor, entries, sums[i][j])
            sums[i][j].add_incoming(starts[i][j], entry)
            sums[i][j].add_incoming(total, loop)
            sums[i][j] = total
    following = builder.add(k, _const(1))
    k.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, done)
    builder.position_at_end(done)
    return sums


def _packed_rows(builder, b, vector, vectors):
    """Where the vectors of row k of a packed strip are."""

    def row_of(k):
        row = builder.gep(b, [builder.mul(k, _const(VECTORS * vector.count))])
        return [builder.gep(row, [_const(j * vector.count)]) for j in range(vectors)]

    return row_of


def _adjacent(builder, c, columns, vector, vectors):
    """Where a tile's vectors go in its first row of c, and how many lanes of each are real: side by side."""
    starts = [_const(j * vector.count) for j in range(vectors)]
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
            vector = _vector_of(signature.args[0].dtype)
            a = _pointer(context, builder, signature.args[0], a, a_start)
            b = _pointer(context, builder, signature.args[2], b, b_start)
            c = _pointer(context, builder, signature.args[5], c, c_start)

            def factors_of(k):
                row = builder.gep(a, [builder.mul(k, _const(ROWS))])
                return [builder.gep(row, [_const(i)]) for i in range(ROWS)]

            sums = _accumulate(
                builder, vector, ROWS, vectors, depth, factors_of, _packed_rows(builder, b, vector, vectors)
            )
            _store_tile(builder, sums, *_adjacent(builder, c, columns, vector, vectors), c_stride, rows, add)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, b, i8, i8, c, i8, i8, i8, i8, types.boolean), generate

    return multiply_tile


def _gathered_tile(vectors):
    """Make the intrinsic for tiles whose A is not packed but found by two tables."""

    @intrinsic
    def multiply_gathered_tile(
        typing_context,
        a, a_start, bases, first_base, offsets, first_offset, b, b_start, depth,
        c, c_start, c_stride, rows, columns, add,
    ):  # fmt: skip
        """As `multiply_tile`, with a[bases[first_base + k] + offsets[first_offset + i]] for a[k·ROWS + i].

        Beyond `rows` the last row's offset stands in, so that nothing outside of a is read.
        Sums start from the row before b's first, or from the old c if `add`.
        """

        def generate(context, builder, signature, arguments):
            (
                a, a_start, bases, first_base, offsets, first_offset, b, b_start, depth,
                c, c_start, c_stride, rows, columns, add,
            ) = arguments  # fmt: skip
            vector = _vector_of(signature.args[0].dtype)
            a = _pointer(context, builder, signature.args[0], a, a_start)
            bases = _pointer(context, builder, signature.args[2], bases, first_base)
            offsets = _pointer(context, builder, signature.args[4], offsets, first_offset)
            b = _pointer(context, builder, signature.args[6], b, b_start)
            c = _pointer(context, builder, signature.args[9], c, c_start)
            last = builder.sub(rows, _const(1))
            held = []
            for i in range(ROWS):
                row = builder.select(builder.icmp_signed("<", _const(i), rows), _const(i), last)
                held.append(builder.load(builder.gep(offsets, [row])))

            def factors_of(k):
                row = builder.gep(a, [builder.load(builder.gep(bases, [k]))])
                return [builder.gep(row, [offset]) for offset in held]

            row_of = _packed_rows(builder, b, vector, vectors)
            fresh = _splat(builder, ir.VectorType(ir.IntType(1), vector.count), builder.not_(add))
            before = [
                _masked_load(builder, _vector_pointer(builder, place, _const(0), vector), fresh)
                for place in row_of(_const(-1))
            ]
            sums = _accumulate(builder, vector, ROWS, vectors, depth, factors_of, row_of, lambda i, j: before[j])
            _store_tile(builder, sums, *_adjacent(builder, c, columns, vector, vectors), c_stride, rows, add)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, bases, i8, offsets, i8, b, i8, i8, c, i8, i8, i8, i8, types.boolean), generate

    return multiply_gathered_tile


def _scattered_tile(tile_rows, vectors):
    """Make the intrinsic for tiles whose B is not packed but found by tables."""

    @intrinsic
    def multiply_scattered_tile(
        typing_context, a, a_start, b, b_start, bases, offsets, depth, c, c_start, places, counts, c_stride, rows
    ):
        """As `multiply_tile`, but vector j of row k of B is found at b[bases[j] + offsets[k]], unpacked, and belongs
        at c[places[j]], of which counts[j] lanes are real. Sums start from the row before a's first.
        """

        def generate(context, builder, signature, arguments):
            a, a_start, b, b_start, _, offsets, depth, c, c_start, _, _, c_stride, rows = arguments
            vector = _vector_of(signature.args[0].dtype)
            a = _pointer(context, builder, signature.args[0], a, a_start)
            b = _pointer(context, builder, signature.args[2], b, b_start)
            offsets = _pointer(context, builder, signature.args[5], offsets, _const(0))
            c = _pointer(context, builder, signature.args[7], c, c_start)

            def table(number):
                first = _pointer(context, builder, signature.args[number], arguments[number], _const(0))
                return [builder.load(builder.gep(first, [_const(j)])) for j in range(vectors)]

            starts = [builder.gep(b, [base]) for base in table(4)]

            def factors_of(k):
                row = builder.gep(a, [builder.mul(k, _const(ROWS))])
                return [builder.gep(row, [_const(i)]) for i in range(tile_rows)]

            def row_of(k):
                offset = builder.load(builder.gep(offsets, [k]))
                return [builder.gep(start, [offset]) for start in starts]

            before = [_splat(builder, vector, builder.load(place)) for place in factors_of(_const(-1))]
            sums = _accumulate(builder, vector, tile_rows, vectors, depth, factors_of, row_of, lambda i, j: before[i])
            places = [builder.gep(c, [place]) for place in table(9)]
            never = ir.Constant(ir.IntType(1), 0)
            _store_tile(builder, sums, places, table(10), c_stride, rows, never)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, b, i8, bases, offsets, i8, c, i8, places, counts, i8, i8), generate

    return multiply_scattered_tile


def _store_tile(builder, sums, places, counts, c_stride, rows, add):
    """Write what of the tile lies inside the matrix, by masks: memory beyond an edge is neither read nor written.

    Vector j of the first row goes to places[j], with its first counts[j] lanes.
    """
    vector = sums[0][0].type
    bits = ir.VectorType(ir.IntType(1), vector.count)
    inside = [_lanes_below(builder, vector, count) for count in counts]
    old = [builder.and_(mask, _splat(builder, bits, add)) for mask in inside]
    end = builder.append_basic_block("stored")
    for i, row in enumerate(sums):
        here = builder.append_basic_block("row")
        builder.cbranch(builder.icmp_signed("<", _const(i), rows), here, end)
        builder.position_at_end(here)
        for j, total in enumerate(row):
            place = _vector_pointer(builder, places[j], builder.mul(c_stride, _const(i)), vector)
            total = builder.fadd(total, _masked_load(builder, place, old[j]))
            _masked_store(builder, total, place, inside[j])
    builder.branch(end)
    builder.position_at_end(end)


multiply_tile = _tile(VECTORS)
multiply_narrow_tile = _tile(1)
multiply_gathered_tile = _gathered_tile(VECTORS)
multiply_narrow_gathered_tile = _gathered_tile(1)
multiply_scattered_tile = _scattered_tile(ROWS, VECTORS)
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
        vector = _vector_of(signature.args[0].dtype)
        source = _pointer(context, builder, signature.args[0], source, source_start)
        target = _pointer(context, builder, signature.args[4], target, target_start)
        last = builder.sub(rows, _const(1))
        numbers = [
            builder.select(builder.icmp_signed("<", _const(r), rows), _const(r), last) for r in range(TRANSPOSED)
        ]
        rows = [[_load(builder, source, builder.mul(source_stride, number), vector)] for number in numbers]
        while len(rows) > 1:  # riffle row r with row r + half, like halves of a deck of cards
            half = len(rows) // 2
            rows = [_riffle(builder, rows[r], rows[r + half]) for r in range(half)]
        k = 0
        for run in rows[0]:
            for start in range(0, vector.count, TRANSPOSED):
                numbers = range(start, start + TRANSPOSED)
                column = builder.shuffle_vector(run, run, _lane_numbers(numbers))
                _store(builder, column, target, builder.mul(target_stride, _const(k)))
                k += 1
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, i8, i8, target, i8, i8), generate


def _lane_numbers(numbers):
    numbers = list(numbers)
    return ir.Constant(ir.VectorType(_LANE, len(numbers)), numbers)


def _riffle(builder, first, second):
    """[f0 f1 ...], [s0 s1 ...] -> [f0 s0 f1 s1 ...], all as lists of vectors."""
    merged = []
    for f, s in zip(first, second, strict=True):
        width = f.type.count
        for start in (0, width // 2):
            pairs = [lane for i in range(start, start + width // 2) for lane in (i, width + i)]
            merged.append(builder.shuffle_vector(f, s, _lane_numbers(pairs)))
    return merged


@intrinsic
def copy_vector(typing_context, source, source_start, target, target_start):
    """Copy one vector's worth of entries."""

    def generate(context, builder, signature, arguments):
        source, source_start, target, target_start = arguments
        source = _pointer(context, builder, signature.args[0], source, source_start)
        target = _pointer(context, builder, signature.args[2], target, target_start)
        _store(builder, _load(builder, source, _const(0), _vector_of(signature.args[0].dtype)), target, _const(0))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, target, i8), generate


@intrinsic
def copy_lanes(typing_context, source, source_start, target, target_start, count):
    """Copy `count` entries, at most a vector's; what lanes remain of the vector become zero in the target."""

    def generate(context, builder, signature, arguments):
        source, source_start, target, target_start, count = arguments
        vector = _vector_of(signature.args[0].dtype)
        source = _pointer(context, builder, signature.args[0], source, source_start)
        target = _pointer(context, builder, signature.args[2], target, target_start)
        place = _vector_pointer(builder, source, _const(0), vector)
        _store(builder, _masked_load(builder, place, _lanes_below(builder, vector, count)), target, _const(0))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, target, i8, i8), generate


@intrinsic
def copy_every_other(typing_context, source, source_start, target, target_start, count):
    """As `copy_lanes`, from every second entry of the source."""

    def generate(context, builder, signature, arguments):
        source, source_start, target, target_start, count = arguments
        vector = _vector_of(signature.args[0].dtype)
        source = _pointer(context, builder, signature.args[0], source, source_start)
        target = _pointer(context, builder, signature.args[2], target, target_start)
        spread = builder.sub(builder.mul(count, _const(2)), _const(1))  # the last one's neighbour is not touched
        halves = []
        for start in (_const(0), _const(vector.count)):
            mask = _lanes_below(builder, vector, builder.sub(spread, start))
            halves.append(_masked_load(builder, _vector_pointer(builder, source, start, vector), mask))
        even = builder.shuffle_vector(*halves, _lane_numbers(range(0, 2 * vector.count, 2)))
        _store(builder, even, target, _const(0))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(source, i8, target, i8, i8), generate


@intrinsic
def entry(typing_context, source, start):
    """The entry `start` entries of memory after the first."""

    def generate(context, builder, signature, arguments):
        return builder.load(_pointer(context, builder, signature.args[0], *arguments))

    return source.dtype(source, types.intp), generate


@intrinsic
def share_among_largest(typing_context, g, g_start, y, y_start, x, dx, upper, lower, count):
    """Gradient of y = maximum over windows of 2 × 2, for `count` windows side by side, at most a vector's.

    Each window's rows start at x[upper] and x[lower], and at the same places of dx. Entries equal to y, or NaN, share.
    """

    def generate(context, builder, signature, arguments):
        g, g_start, y, y_start, x, dx, upper, lower, count = arguments
        vector = _vector_of(signature.args[4].dtype)
        windows = _lanes_below(builder, vector, count)
        entries = builder.mul(count, _const(2))
        masks = [_lanes_below(builder, vector, builder.sub(entries, _const(i * vector.count))) for i in range(2)]
        zero = ir.Constant(vector, None)

        def places(number, array, start):
            first = _pointer(context, builder, signature.args[number], array, start)
            return [_vector_pointer(builder, first, _const(i * vector.count), vector) for i in range(2)]

        upstream = _masked_load(builder, places(0, g, g_start)[0], windows)
        largest = _masked_load(builder, places(2, y, y_start)[0], windows)
        ties, tied = zero, []
        for start in (upper, lower):
            row = [_masked_load(builder, *pair) for pair in zip(places(4, x, start), masks, strict=True)]
            for parity in (0, 1):
                entry = builder.shuffle_vector(*row, _lane_numbers(range(parity, 2 * vector.count, 2)))
                tied.append(
                    builder.or_(builder.fcmp_ordered("==", entry, largest), builder.fcmp_unordered("uno", entry, entry))
                )
                ties = builder.fadd(ties, builder.uitofp(tied[-1], vector))
        share = builder.fdiv(upstream, ties)
        for start, even, odd in ((upper, *tied[:2]), (lower, *tied[2:])):
            pairs = [builder.select(mask, share, zero) for mask in (even, odd)]
            for place, mask, value in zip(
                places(5, dx, start), masks, _riffle(builder, pairs[:1], pairs[1:]), strict=True
            ):
                _masked_store(builder, value, place, mask)
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(g, i8, y, i8, x, dx, i8, i8, i8), generate
