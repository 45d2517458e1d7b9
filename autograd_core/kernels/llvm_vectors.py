"""Vectors in LLVM IR: the words that the intrinsics of `simd` and its kin are written in.

The width of vectors follows the processor; AUTOGRAD_CORE_SIMD_BITS (128, 256 or 512) overrides it before import.
"""

import os

from llvmlite import binding, ir

INT = ir.IntType(64)
LANE = ir.IntType(32)


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


def vector_of(dtype):
    """The type of a vector of this dtype."""
    element = ir.DoubleType() if dtype.bitwidth == 64 else ir.FloatType()
    return ir.VectorType(element, VECTOR_BITS // dtype.bitwidth)


def pointer(context, builder, array_type, array, start):
    """Address of element `start` in the array's memory."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [start])


def const(value):
    """An index."""
    return ir.Constant(INT, value)


def splat(builder, vector_type, scalar):
    """A vector that holds `scalar` in each lane."""
    undefined = ir.Constant(vector_type, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(LANE, 0))
    zeros = ir.Constant(ir.VectorType(LANE, vector_type.count), [0] * vector_type.count)
    return builder.shuffle_vector(first, undefined, zeros)


def vector_pointer(builder, pointer, offset, vector_type):
    """The place of a vector that starts `offset` entries after `pointer`."""
    return builder.bitcast(builder.gep(pointer, [offset]), vector_type.as_pointer())


def load(builder, pointer, offset, vector_type):
    """A whole vector from memory."""
    loaded = builder.load(vector_pointer(builder, pointer, offset, vector_type))
    loaded.align = 4  # numpy promises no more than the element's own alignment
    return loaded


def store(builder, value, pointer, offset):
    """A whole vector to memory."""
    stored = builder.store(value, vector_pointer(builder, pointer, offset, value.type))
    stored.align = 4


def prefetch(builder, place):
    """Fetch the cache line at `place`, which need not exist, for it is read soon."""
    flags = [ir.Constant(LANE, value) for value in (0, 1, 1)]  # to be read, into an outer cache, as data
    call(builder, "llvm.prefetch.p0", ir.VoidType(), builder.bitcast(place, ir.IntType(8).as_pointer()), *flags)


def call(builder, name, result, *arguments):
    """Call an LLVM intrinsic by its full, mangled name."""
    function_type = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(builder.module.declare_intrinsic(name, (), function_type), arguments)


def fma(builder, a, b, c):
    """a · b + c, rounded once."""
    return call(builder, f"llvm.fma.{mangled(c.type)}", c.type, a, b, c)


def times_relu_gradient(builder, upstream, relu):
    """upstream · ∂relu/∂x of vectors, which is 1 where `relu`, what it gave, is above 0, and else 0."""
    zero, one = ir.Constant(upstream.type, None), ir.Constant(upstream.type, [1.0] * upstream.type.count)
    return builder.fmul(upstream, builder.select(builder.fcmp_ordered(">", relu, zero), one, zero))


def repeat(builder, depth, starts, step):
    """Emit a loop of `depth` rounds, at least one, and return what it ends with: values that stay in registers.

    They begin as `starts`; `step(k, values)` emits round k, which is given those of the round before.
    """
    entry = builder.block
    loop, done = builder.append_basic_block("loop"), builder.append_basic_block("loop.done")
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(INT)
    before = [builder.phi(start.type) for start in starts]
    after = step(k, before)
    following = builder.add(k, const(1))
    for value, start, next_value in zip((k, *before), (const(0), *starts), (following, *after), strict=True):
        value.add_incoming(start, entry)
        value.add_incoming(next_value, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, done)
    builder.position_at_end(done)
    return after


def lanes_below(builder, vector_type, count):
    """A mask of the first `count` lanes."""
    lanes = vector_type.count
    for limit, beyond in ((const(0), "<"), (const(lanes), ">")):  # so that it fits into the 32 bits of a lane
        count = builder.select(builder.icmp_signed(beyond, count, limit), limit, count)
    numbers = lane_numbers(range(lanes))
    return builder.icmp_signed("<", numbers, splat(builder, numbers.type, builder.trunc(count, LANE)))


def masked_load(builder, place, mask):
    """The vector at `place`, with zeros for masked lanes, whose memory is not touched."""
    vector = place.type.pointee
    align, zero = ir.Constant(LANE, 4), ir.Constant(vector, None)
    return call(builder, f"llvm.masked.load.{mangled(vector)}.p0", vector, place, align, mask, zero)


def masked_store(builder, value, place, mask):
    """Write the lanes that the mask names; the memory of others is not touched."""
    name = f"llvm.masked.store.{mangled(value.type)}.p0"
    call(builder, name, ir.VoidType(), value, place, ir.Constant(LANE, 4), mask)


def mangled(vector_type):
    """How LLVM's intrinsics call the type in their names."""
    return f"v{vector_type.count}{'f64' if vector_type.element == ir.DoubleType() else 'f32'}"


def lane_numbers(numbers):
    """A constant that says which lanes `shuffle_vector` takes."""
    numbers = list(numbers)
    return ir.Constant(ir.VectorType(LANE, len(numbers)), numbers)


def riffle(builder, first, second):
    """[f0 f1 ...], [s0 s1 ...] -> [f0 s0 f1 s1 ...], all as lists of vectors."""
    merged = []
    for f, s in zip(first, second, strict=True):
        width = f.type.count
        for start in (0, width // 2):
            pairs = [lane for i in range(start, start + width // 2) for lane in (i, width + i)]
            merged.append(builder.shuffle_vector(f, s, lane_numbers(pairs)))
    return merged
