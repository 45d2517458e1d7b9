"""Vector instructions that add up multiples of a matrix's columns: its product with a vector, as fast as it is read."""

from numba import types
from numba.extending import intrinsic

from autograd_core.kernels.llvm_vectors import (
    const,
    fma,
    lanes_below,
    load,
    masked_load,
    masked_store,
    pointer,
    prefetch,
    repeat,
    splat,
    store,
    vector_of,
    vector_pointer,
)


def _columns(number):
    """Make the intrinsic for so many columns."""

    @intrinsic
    def add_columns(typing_context, a, a_start, a_stride, x, x_start, y, y_start, count):
        """y[i] += Σ_k x[k] · a[k·a_stride + i] for i < count, all counted from their starts.

        The columns that follow these in memory are fetched meanwhile.
        """

        def generate(context, builder, signature, arguments):
            a, a_start, a_stride, x, x_start, y, y_start, count = arguments
            vector = vector_of(signature.args[0].dtype)
            a = pointer(context, builder, signature.args[0], a, a_start)
            x = pointer(context, builder, signature.args[3], x, x_start)
            y = pointer(context, builder, signature.args[5], y, y_start)
            factors = [splat(builder, vector, builder.load(builder.gep(x, [const(k)]))) for k in range(number)]
            columns = [builder.gep(a, [builder.mul(a_stride, const(k))]) for k in range(number)]
            ahead = builder.mul(a_stride, const(number))

            def add(at, mask=None):
                def at_place(start):
                    place = vector_pointer(builder, start, at, vector)
                    return load(builder, start, at, vector) if mask is None else masked_load(builder, place, mask)

                total = at_place(y)
                for column, factor in zip(columns, factors, strict=True):
                    prefetch(builder, builder.gep(column, [builder.add(at, ahead)]))
                    total = fma(builder, factor, at_place(column), total)
                if mask is None:
                    store(builder, total, y, at)
                else:
                    masked_store(builder, total, vector_pointer(builder, y, at, vector), mask)

            def step(i, values):
                add(builder.mul(i, const(vector.count)))
                return values

            rest = builder.srem(count, const(vector.count))
            whole = builder.sub(count, rest)
            with builder.if_then(builder.icmp_signed(">", whole, const(0))):
                repeat(builder, builder.sdiv(whole, const(vector.count)), [], step)
            with builder.if_then(builder.icmp_signed(">", rest, const(0))):
                add(whole, lanes_below(builder, vector, rest))
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(a, i8, i8, x, i8, y, i8, i8), generate

    return add_columns


TOGETHER = 4
add_columns = _columns(TOGETHER)
add_column = _columns(1)
