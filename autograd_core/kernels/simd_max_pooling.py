"""Vector instructions for pooling: the largest entries of many windows at once, and shares of the gradient for them."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_core.kernels.llvm_vectors import (
    LANE,
    const,
    lane_numbers,
    lanes_below,
    masked_load,
    masked_store,
    pointer,
    riffle,
    times_relu_gradient,
    vector_of,
    vector_pointer,
)


@intrinsic
def max_pool_2x2(typing_context, x, upper, lower, y, start, count):
    """Maximum over windows of 2 × 2, for `count` windows side by side, at most a vector's, written from y[start] on.

    Each window's rows start at x[upper] and x[lower]. NaN wins.
    """

    def generate(context, builder, signature, arguments):
        x, upper, lower, y, start, count = arguments
        vector = vector_of(signature.args[0].dtype)
        masks = _masks_of_pairs(builder, vector, count)
        largest = None
        for row in (upper, lower):
            for entry in _load_pairs(builder, pointer(context, builder, signature.args[0], x, row), masks, vector):
                if largest is None:
                    largest = entry
                    continue
                larger = builder.select(builder.fcmp_ordered(">", entry, largest), entry, largest)
                largest = builder.select(builder.fcmp_unordered("uno", entry, entry), entry, larger)
        place = vector_pointer(builder, pointer(context, builder, signature.args[3], y, start), const(0), vector)
        masked_store(builder, largest, place, lanes_below(builder, vector, count))
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(x, i8, i8, y, i8, i8), generate


@intrinsic
def max_pool_gradient_2x2(typing_context, g, g_start, y, y_start, x, dx, upper, lower, count, rectified):
    """Gradient of y = maximum over windows of 2 × 2, for `count` windows side by side, at most a vector's.

    Each window's rows start at x[upper] and x[lower], and at the same places of dx, which is written: only windows that
    overlap must be added up. Entries equal to y, or NaN, share. If `rectified`, those not above 0 get g · 0.
    """

    def generate(context, builder, signature, arguments):
        g, g_start, y, y_start, x, dx, upper, lower, count, rectified = arguments
        vector = vector_of(signature.args[4].dtype)
        windows = lanes_below(builder, vector, count)
        masks = _masks_of_pairs(builder, vector, count)
        zero, one = ir.Constant(vector, None), ir.Constant(vector, [1.0] * vector.count)

        def places(number, array, start):
            first = pointer(context, builder, signature.args[number], array, start)
            return [vector_pointer(builder, first, const(i * vector.count), vector) for i in range(2)]

        upstream = masked_load(builder, places(0, g, g_start)[0], windows)
        largest = masked_load(builder, places(2, y, y_start)[0], windows)
        ties, tied = zero, []
        for start in (upper, lower):
            for entry in _load_pairs(builder, pointer(context, builder, signature.args[4], x, start), masks, vector):
                tied.append(
                    builder.or_(builder.fcmp_ordered("==", entry, largest), builder.fcmp_unordered("uno", entry, entry))
                )
                ties = builder.fadd(ties, builder.select(tied[-1], one, zero))
        share = builder.fdiv(_of_positive(builder, upstream, largest, rectified), ties)
        for start, even, odd in ((upper, *tied[:2]), (lower, *tied[2:])):
            pairs = [builder.select(mask, share, zero) for mask in (even, odd)]
            for place, mask, value in zip(
                places(5, dx, start), masks, riffle(builder, pairs[:1], pairs[1:]), strict=True
            ):
                masked_store(builder, value, place, mask)
        return context.get_dummy_value()

    i8 = types.intp
    return types.void(g, i8, y, i8, x, dx, i8, i8, i8, types.boolean), generate


def _masks_of_pairs(builder, vector, count):
    """The masks of two vectors for the entries of `count` pairs."""
    entries = builder.mul(count, const(2))
    return [lanes_below(builder, vector, builder.sub(entries, const(i * vector.count))) for i in range(2)]


def _load_pairs(builder, first, masks, vector):
    """The first and the second entries of pairs that lie side by side, as two vectors."""
    row = [
        masked_load(builder, vector_pointer(builder, first, const(i * vector.count), vector), mask)
        for i, mask in enumerate(masks)
    ]
    return [builder.shuffle_vector(*row, lane_numbers(range(parity, 2 * vector.count, 2))) for parity in (0, 1)]


def _max_pool_gradient(take, put, step=None):
    """Make the intrinsic for windows as far apart as `take` and `put` have entries: `step`, if they know."""

    @intrinsic
    def max_pool_gradient(
        typing_context, g, y, window, x, dx, corner, width, height, kernel_width, column, count, rectified, stride
    ):
        """Gradient of y = maximum over windows, for `count` windows side by side, at most a vector's.

        Their outputs start at y[window]. The first window's rows are `height` rows of the image from entry `corner`
        on, its columns `kernel_width` from `column` on, of which those from 0 to `width` exist. Entries equal to y, or
        NaN, share; shares are added to dx. If `rectified`, entries not above 0 get g · 0.
        """

        def generate(context, builder, signature, arguments):
            window, x, dx, corner, width, height, kernel_width, column, count, rectified, stride = arguments[2:]
            vector = vector_of(signature.args[3].dtype)
            stride = stride if step is None else const(step)
            zero = ir.Constant(vector, None)
            real = lanes_below(builder, vector, count)
            outputs = [pointer(context, builder, signature.args[i], arguments[i], window) for i in (0, 1)]
            upstream, largest = (_load_adjacent(builder, first, const(0), real, None, vector) for first in outputs)
            x = pointer(context, builder, signature.args[3], x, corner)
            dx = pointer(context, builder, signature.args[4], dx, corner)
            ties = cgutils.alloca_once_value(builder, zero)

            def each_entry():
                """Loop over the window; yields where in the image the entry of the first window is, lanes that exist,
                and which of them are largest.
                """
                with cgutils.for_range(builder, kernel_width) as tap:
                    place = builder.add(column, tap.index)
                    lowest = _ceiling_quotient(builder, builder.neg(place), stride)
                    end = _ceiling_quotient(builder, builder.sub(width, place), stride)
                    inside = builder.and_(
                        builder.and_(real, lanes_below(builder, vector, end)),
                        builder.not_(lanes_below(builder, vector, lowest)),
                    )
                    with cgutils.for_range(builder, height) as row:
                        at = builder.add(builder.mul(row.index, width), place)
                        entries = take(builder, x, at, inside, stride, vector)
                        tied = builder.or_(
                            builder.fcmp_ordered("==", entries, largest),
                            builder.fcmp_unordered("uno", entries, entries),
                        )
                        yield at, inside, builder.and_(tied, inside)

            one = ir.Constant(vector, [1.0] * vector.count)
            for _, _, tied in each_entry():
                builder.store(builder.fadd(builder.load(ties), builder.select(tied, one, zero)), ties)
            share = builder.fdiv(_of_positive(builder, upstream, largest, rectified), builder.load(ties))
            for at, inside, tied in each_entry():
                old = take(builder, dx, at, inside, stride, vector)
                put(builder, builder.fadd(old, builder.select(tied, share, zero)), dx, at, inside, stride)
            return context.get_dummy_value()

        i8 = types.intp
        return types.void(g, y, i8, x, dx, i8, i8, i8, i8, i8, i8, types.boolean, i8), generate

    return max_pool_gradient


def _of_positive(builder, upstream, largest, rectified):
    """upstream, or if `rectified` its product with the gradient of the relu that gave the largest."""
    return builder.select(rectified, times_relu_gradient(builder, upstream, largest), upstream)


def _ceiling_quotient(builder, a, b):
    """⌈a / b⌉ where it is positive, and at most 0 elsewhere."""
    return builder.sdiv(builder.add(a, builder.sub(b, const(1))), b)


def _load_adjacent(builder, first, at, mask, stride, vector):
    return masked_load(builder, vector_pointer(builder, first, at, vector), mask)


def _store_adjacent(builder, value, first, at, mask, stride):
    masked_store(builder, value, vector_pointer(builder, first, at, value.type), mask)


def _halves(builder, mask):
    """The mask for every second entry of two vectors."""
    never = ir.Constant(mask.type, None)
    return riffle(builder, [mask], [never])


def _load_every_other(builder, first, at, mask, stride, vector):
    row = [
        masked_load(builder, vector_pointer(builder, first, builder.add(at, const(i * vector.count)), vector), half)
        for i, half in enumerate(_halves(builder, mask))
    ]
    return builder.shuffle_vector(*row, lane_numbers(range(0, 2 * vector.count, 2)))


def _store_every_other(builder, value, first, at, mask, stride):
    vector = value.type
    for i, (half, lanes) in enumerate(zip(_halves(builder, mask), riffle(builder, [value], [value]), strict=True)):
        place = vector_pointer(builder, first, builder.add(at, const(i * vector.count)), vector)
        masked_store(builder, lanes, place, half)


def _each_lane(builder, first, at, mask, stride):
    """For lanes `stride` entries apart, one by one: the number, and the place of those that exist."""
    with cgutils.for_range(builder, const(mask.type.count)) as lane:
        number = builder.trunc(lane.index, LANE)
        with builder.if_then(builder.extract_element(mask, number)):
            yield number, builder.gep(first, [builder.add(at, builder.mul(stride, lane.index))])


def _load_apart(builder, first, at, mask, stride, vector):
    loaded = cgutils.alloca_once_value(builder, ir.Constant(vector, None))
    builder.store(ir.Constant(vector, None), loaded)
    for number, place in _each_lane(builder, first, at, mask, stride):
        builder.store(builder.insert_element(builder.load(loaded), builder.load(place), number), loaded)
    return builder.load(loaded)


def _store_apart(builder, value, first, at, mask, stride):
    for number, place in _each_lane(builder, first, at, mask, stride):
        builder.store(builder.extract_element(value, number), place)


max_pool_gradient_stride_1 = _max_pool_gradient(_load_adjacent, _store_adjacent, 1)
max_pool_gradient_stride_2 = _max_pool_gradient(_load_every_other, _store_every_other, 2)
max_pool_gradient_any_stride = _max_pool_gradient(_load_apart, _store_apart)
