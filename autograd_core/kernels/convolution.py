"""Two-dimensional convolution (cross-correlation, as networks use it) and its two gradients.

This file turns each of them into correlations on lattices, which `implicit_gemm` computes; see there for the idea.

    forward             one correlation of x with w
    gradient to x       for every residue of the position modulo the stride, one correlation of g with those taps
                        of w that land there: there are no zeros between strided entries to multiply by
    gradient to w       g against the taps of x, summed over positions and images

Where it is allowed and pays, 3 × 3 filters are computed by `winograd`, and their gradient by `winograd_filters`.
"""

from functools import lru_cache
from itertools import product
from math import gcd, prod

import numpy as np

from autograd_core.kernels import FLOATS, image_lanes, memory, simd, simd_dot_products, winograd, winograd_filters
from autograd_core.kernels.gemm import first_entry, whole_strides
from autograd_core.kernels.image_lanes import Axis
from autograd_core.kernels.implicit_gemm import add_chunks, convolve, gradient_to_weights, pack_weights
from autograd_core.kernels.plan import constant, contiguous, leave_to_numpy, planned
from autograd_core.kernels.threads import get_num_threads, int_scratch, scratch, whole_lines
from autograd_core.kernels.thresholds import (
    CONVOLUTION_PARTS,
    CONVOLUTION_PARTS_ENTRIES,
    COPYING,
    DEPTH,
    IN_PLACE,
    LATTICE,
    POSITIONS,
    TAPS_TO_ADD,
)

_INT64 = np.dtype(np.int64)


@planned
def conv2d(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, bias=None, rectify=False, fewer=False):
    """Σ over c, i, j of x[n, c, s·p + d·i - padding, s·q + d·j - padding] · w[o, c, i, j], with zeros around x.

    Shapes: x (N, C, H, W), w (O, C/groups, KH, KW) -> (N, O, OH, OW). A bias (O,) is what the sums start from.
    With `rectify`, negative results become 0. With `fewer`, it may be done by fewer multiplications: see `winograd`.
    """
    x, w, dtype = _in_one_float(x, w)
    out, _, *kernel = w.shape
    size = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(x.shape[2:], padding, dilation, kernel, stride, strict=True)
    )
    y = memory.empty((x.shape[0], out, *size), x.dtype)
    weights = w.reshape(groups, out // groups, *w.shape[1:])
    axes = _axes(size, x.shape[2:], tuple(kernel), stride, (-padding[0], -padding[1]), dilation)
    taps = _forward_taps(*kernel, *stride, *dilation)
    if fewer and _winograd_pays(len(x), w.shape[1], out // groups, axes, x.itemsize):
        winograd.convolve(x, weights, *axes, y, _biases(bias, weights), rectify)
    elif _lanes_are_images(len(x), w.shape[1], out // groups, axes, x.itemsize):
        image_lanes.convolve(x, weights, *axes, y, _biases(bias, weights), rectify)
    else:
        _convolve(x, weights, taps, stride, padding, y, size, (1, 1), (0, 0), bias, rectify)
    return _in_dtype(y, dtype)


@planned
def conv2d_input_gradient(
    g, w, x_shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, fewer=False, relu=None
):
    """Gradient of Σ g · conv2d(x, w) with respect to x; `fewer` is as there.

    Where x = relu(z), and is given as `relu`, that with respect to z, or None where it takes a pass of its own.
    """
    g, w, dtype = _in_one_float(g, w)
    if relu is not None and not (relu.dtype == g.dtype == dtype):
        return None
    out, channels, *kernel = w.shape
    dx = memory.empty(x_shape, g.dtype)
    transposed = w.reshape(groups, out // groups, channels, *kernel).swapaxes(1, 2)
    if stride == (1, 1):
        # Entry t of x is seen by entry t + padding - i · dilation of g by tap i: rising, if taps are reversed.
        starts = tuple([p - d * (k - 1) for p, d, k in zip(padding, dilation, kernel, strict=True)])
        axes = _axes(x_shape[2:], g.shape[2:], tuple(kernel), stride, starts, dilation)
        sizes = len(g), out // groups, channels, axes, g.itemsize
        pays = fewer and _winograd_pays(*sizes)
        if pays or _lanes_are_images(*sizes):
            weights = transposed[..., ::-1, ::-1]
            convolve_images = winograd.convolve if pays else image_lanes.convolve
            relu = None if relu is None else contiguous(relu)
            convolve_images(g, weights, *axes, dx, _biases(None, weights), False, relu)
            return _in_dtype(dx, dtype)
    if relu is not None:
        return None
    for phase in product(range(min(stride[0], x_shape[2])), range(min(stride[1], x_shape[3]))):
        along = zip(kernel, stride, padding, dilation, phase, strict=True)
        (rows, y_shifts), (columns, x_shifts) = (_landing_taps(*axis) for axis in along)
        top, left = min(y_shifts, default=0), min(x_shifts, default=0)
        taps = tuple((0, p - top, q - left) for p in y_shifts for q in x_shifts)
        weights = transposed[..., rows, columns]
        size = tuple(-(-(n - first) // s) for n, first, s in zip(x_shape[2:], phase, stride, strict=True))
        _convolve(g, weights, taps, (1, 1), (-top, -left), dx, size, stride, phase)
    return _in_dtype(dx, dtype)


@planned
def conv2d_weight_gradient(g, x, w_shape, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, fewer=False):
    """Gradient of Σ g · conv2d(x, w) with respect to w; `fewer` is as there."""
    g, x, dtype = _in_one_float(g, x)
    if 0 in g.shape or 0 in x.shape or 0 in w_shape:
        return np.zeros(w_shape, dtype)
    # An axis of length 1 may have any stride, which vectors would follow beyond the array.
    g = contiguous(g).reshape(-1).reshape(g.shape)
    out, channels, *kernel = w_shape
    outputs = out // groups
    taps = _forward_taps(*kernel, *stride, *dilation)
    depth = channels * len(taps)
    dw = np.empty((out, depth), x.dtype)
    axes = _axes(g.shape[2:], x.shape[2:], tuple(kernel), stride, (-padding[0], -padding[1]), dilation)
    winograd_pays = fewer and _winograd_pays_for_filters(len(x), groups, channels, outputs, axes, x.itemsize)
    if winograd_pays or _lanes_are_images_for_weights(len(x), channels, outputs, axes, x.itemsize):
        gradient = winograd_filters.gradient_to_filters if winograd_pays else image_lanes.gradient_to_weights
        partial = gradient(x, g, groups, *axes)
        add_chunks(partial.size, groups * -(-depth // TAPS_TO_ADD), partial, dw)
        return _in_dtype(dw, dtype).reshape(w_shape)
    # Neither bands nor chunks may depend on the number of threads: they decide the order of summation.
    band, lattice = _band(g.shape[2:], taps, channels, stride, 1)
    in_place, planes = _in_place(x, stride, padding, lattice, g.shape[2] - band)
    bands = -(-g.shape[2] // band)
    chunks = max(1, min(CONVOLUTION_PARTS, g.shape[0] * bands, CONVOLUTION_PARTS_ENTRIES // (depth * out)))
    tasks, threads = chunks * groups, get_num_threads()
    pieces = max(1, min(-(-CONVOLUTION_PARTS // tasks), depth // (8 * simd.ROWS)))
    if pieces > threads:
        pieces -= pieces % threads  # so that threads finish together
    taps_of_task = -(-depth // pieces)
    taps_of_task += -taps_of_task % simd.ROWS

    width = simd.TILE_BYTES // x.itemsize
    per_worker = whole_lines((DEPTH + 2) * width + channels * stride[0] * stride[1] * lattice[0] * lattice[1] + width)
    partial = memory.empty((chunks, groups, depth, outputs), x.dtype)
    gradient_to_weights(
        g.size * depth, tasks * -(-depth // taps_of_task),
        first_entry(x), g.reshape(-1), _offsets(taps, channels, stride, *planes), partial,
        scratch(threads * per_worker, x.dtype), int_scratch(threads, 3, band * g.shape[3]),
        (x.shape[0], groups, channels, *x.shape[2:]), _strides(x, channels), stride, padding, lattice,
        (outputs, *g.shape[2:]), _strides(g, outputs)[::2], (band, taps_of_task, per_worker),
        in_place, _lanes_are_positions(outputs, depth, (band, g.shape[3]), width // simd.VECTORS),
    )  # fmt: skip
    add_chunks(partial.size, groups * -(-depth // TAPS_TO_ADD), partial, dw)
    return _in_dtype(dw, dtype).reshape(w_shape)


def _convolve(x, weights, taps, spacing, margin, y, size, step, first, bias=None, rectify=False):
    """Correlate x with weights (groups, outputs, channels, *taps), into every step-th entry of y from `first` on."""
    groups, outputs, channels, _, _ = weights.shape
    depth = channels * len(taps)
    bias = _biases(bias, weights)
    if 0 in size or depth == 0 or x.size == 0 or y.size == 0:
        leave_to_numpy()
        sums = np.maximum(bias, 0) if rectify else bias
        y[:, :, first[0] :: step[0], first[1] :: step[1]] = sums.reshape(-1, 1, 1)
        return
    images, threads = x.shape[0], get_num_threads()
    wanted = 1 if threads == 1 else 4 * threads
    band, lattice = _balanced_band(size, taps, channels, spacing, images * groups, threads)
    lattice_image = channels * spacing[0] * spacing[1] * lattice[0] * lattice[1]
    block = 1
    if band == size[0]:
        block = min(-(-POSITIONS // (size[0] * size[1])), LATTICE // lattice_image, images * groups // wanted)
        block = min(max(block, 1), images)

    width = simd.TILE_BYTES // x.itemsize
    by_positions = _lanes_are_outputs(outputs, depth, size[1], step[1], width // simd.VECTORS)
    in_place, planes = _in_place(x, spacing, margin, lattice, size[0] - band)
    # Vectors of positions, if not whole, would look beyond x; and large images are read faster from front to back.
    if (not by_positions and size[1] % (width // simd.VECTORS)) or channels * planes[0] > IN_PLACE:
        in_place, planes = False, (lattice[0] * lattice[1], lattice[1])
    lanes = width if by_positions else simd.ROWS
    packed = groups * whole_lines((outputs + -outputs % lanes) * (depth + 1))
    positions = block * band * size[1]
    per_worker = whole_lines(block * lattice_image + width + by_positions * (positions + simd.ROWS) * width)
    memory = scratch(packed + threads * per_worker, x.dtype)
    y_image, _, y_channel, y_row, y_column = _strides(y, outputs)
    pack_weights(
        weights.size, groups * -(-outputs // lanes), first_entry(weights), bias,
        memory[:packed], *_in_longest_runs(weights.shape, weights.strides, weights.itemsize), lanes,
    )  # fmt: skip
    convolve(
        images * groups * size[0] * size[1] * outputs * depth, -(-images // block) * groups * -(-size[0] // band),
        first_entry(x), memory[:packed], _offsets(taps, channels, spacing, *planes), y.reshape(-1),
        memory[packed:], int_scratch(threads, 2, max(positions, 3 * simd.LINE_VECTORS)),
        (images, groups, channels, *x.shape[2:]), _strides(x, channels), spacing, margin, lattice,
        (outputs, *size), (y_image, y_channel, y_row * step[0], y_column * step[1]),
        first[0] * y_row + first[1] * y_column, (block, band, per_worker),
        in_place, by_positions, rectify,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _in_longest_runs(shape, strides, item):
    """Shape and strides, in entries, of the same weights, with taps that follow one another in one axis."""
    groups, outputs, planes, rows, columns = shape
    *outer, plane, row, column = (stride // item for stride in strides)
    if row == columns * column:
        rows, columns = 1, rows * columns
        if plane == columns * column:
            planes, columns = 1, planes * columns
    return (groups, outputs, planes, rows, columns), (*outer, plane, row, column)


def _lanes_are_outputs(outputs, depth, row_length, step, vector):
    """Which of the two ways to lay tiles on a lattice costs less."""
    rows, positions = _tile_costs(outputs, depth, row_length, step, vector)
    return step > 2 or positions < rows


def _tile_costs(outputs, depth, row_length, step, vector):
    """Fused multiply-adds for one position, plus storing it, where lanes are positions and where they are outputs."""
    whole_tiles = simd.whole_tiles(outputs) if outputs > 1 else 1
    rows = whole_tiles * depth / vector * (row_length + -row_length % vector) / row_length
    whole = outputs + -outputs % vector
    # A tile is transposed into vectors of y, or, where they are not whole, stored entry by entry.
    return rows, whole / vector * depth + (0.5 if step == 1 else 2.0) * whole


@lru_cache(maxsize=256)
def _axes(positions, size, taps, stride, starts, spread):
    return tuple(Axis(*numbers) for numbers in zip(positions, size, taps, stride, starts, spread, strict=True))


@lru_cache(maxsize=256)
def _lanes_are_images(images, channels, outputs, axes, item):
    """Whether that costs less than both ways to lay tiles on a lattice."""
    if images * item < simd.VECTOR_BYTES:  # most lanes would be empty
        return False
    cost = image_lanes.convolution_cost(images, channels, outputs, *axes, item)
    if cost is None:
        return False
    rows, columns = axes
    tiles = _tile_costs(outputs, channels * rows.taps * columns.taps, columns.positions, 1, simd.VECTOR_BYTES // item)
    copies = 0.0
    if any((axis.stride, axis.start) != (1, 0) for axis in axes):
        seen = prod(axis.positions * axis.stride + (axis.taps - 1) * axis.spread for axis in axes)
        copies = COPYING * channels * seen / (rows.positions * columns.positions)
    return cost < 0.95 * (min(tiles) + copies)


@lru_cache(maxsize=256)
def _winograd_pays(images, channels, outputs, axes, item):
    """Whether Winograd's algorithm is there for such filters, and costs less than all multiplications."""
    if not _is_for_winograd(axes):
        return False
    cost = winograd.cost(images, channels, outputs, *axes, item)
    return cost is not None and cost < 0.95 * simd.whole_tiles(outputs) * channels * 9 * item / simd.VECTOR_BYTES


@lru_cache(maxsize=256)
def _winograd_pays_for_filters(images, groups, channels, outputs, axes, item):
    """The same for the gradient to filters."""
    if not _is_for_winograd(axes):
        return False
    cost = winograd_filters.cost(images, groups, channels, outputs, *axes, item)
    size = [axis.positions for axis in axes]
    return cost < 0.95 * min(_weights_costs(outputs, channels * 9, size, simd.VECTOR_BYTES // item))


def _is_for_winograd(axes):
    return all((axis.taps, axis.stride, axis.spread) == (3, 1, 1) for axis in axes)


@lru_cache(maxsize=256)
def _lanes_are_images_for_weights(images, channels, outputs, axes, item):
    """Whether that costs less than both ways to lay tiles for the gradient to weights."""
    if images * item < simd.VECTOR_BYTES // 2:
        return False
    rows, columns = axes
    depth, size = channels * rows.taps * columns.taps, (rows.positions, columns.positions)
    cost = image_lanes.weights_cost(images, channels, outputs, *axes, item)
    return cost < 0.95 * min(_weights_costs(outputs, depth, size, simd.VECTOR_BYTES // item))


def _lanes_are_positions(outputs, depth, size, vector):
    """Which of the two ways to sum the gradient to weights over a band of this size costs less."""
    if outputs == 1:
        return True
    positions, taps = _weights_costs(outputs, depth, size, vector)
    return positions < taps


def _weights_costs(outputs, depth, size, vector):
    """Cycles for one position, where lanes are positions and where they are outputs."""
    taps, several = simd_dot_products.SEVERAL_TAPS, simd_dot_products.SEVERAL_OUTPUTS
    if outputs == 1:
        taps, several = simd_dot_products.LINE_TAPS, 1
    sums = -(-depth // taps) * taps * -(-outputs // several) * several
    vectors = size[0] * -(-size[1] // vector) + 8  # to add up a vector's lanes at the end takes as long as 8
    whole = simd.whole_gathered_tiles(depth) if outputs > vector else depth + -depth % simd.ROWS
    # Their masked loads, mostly across two cache lines, take twice as long as what is computed with them.
    return 2 * sums * vectors / (size[0] * size[1]), whole * -(-outputs // vector)


def _biases(bias, weights):
    """What sums start from."""
    if bias is None:
        return constant(np.zeros(weights.shape[0] * weights.shape[1], weights.dtype))
    return contiguous(bias, weights.dtype)


def _in_one_float(a, b):
    """Both operands in the float type that kernels compute in, with whole strides, and the dtype of the result."""
    dtype = np.result_type(a, b)
    floats = dtype if dtype in FLOATS else FLOATS[-1]
    a, b = (x if x.dtype == floats else contiguous(x, floats) for x in (a, b))
    return whole_strides(a), whole_strides(b), dtype


def _in_dtype(result, dtype):
    return result if result.dtype == dtype else contiguous(result, dtype)


@lru_cache(maxsize=256)
def _forward_taps(kh, kw, sh, sw, dh, dw):
    """For each entry of the kernel, the lattice plane, row and column in which position (0, 0) sees it."""
    return tuple(((i * dh % sh) * sw + j * dw % sw, i * dh // sh, j * dw // sw) for i in range(kh) for j in range(kw))


@lru_cache(maxsize=256)
def _landing_taps(size, stride, padding, dilation, phase):
    """Along one axis: the slice of the kernel's entries that link x[stride · t + phase] to entries of g.

    Entry i links it to g[t + shift], with one shift for each of the slice.
    """
    period = stride // gcd(stride, dilation)
    landing = [i for i in range(min(size, period)) if (phase + padding - i * dilation) % stride == 0]
    if not landing:
        return slice(0, 0), ()
    taken = range(landing[0], size, period)
    return slice(landing[0], None, period), tuple((phase + padding - i * dilation) // stride for i in taken)


@lru_cache(maxsize=256)
def _balanced_band(size, taps, channels, spacing, planes, threads):
    """The `_band` for so many images and groups with which the thread that has most rows has fewest."""
    most = 1 if threads == 1 else -(-4 * threads // planes)

    def rows(division):
        band, (lattice_rows, _) = division
        # Rows that are copied count a little.
        return -(-planes * -(-size[0] // band) // threads) * (band + lattice_rows / 32)

    return min((_band(size, taps, channels, spacing, bands) for bands in range(1, most + 1)), key=rows)


@lru_cache(maxsize=256)
def _band(size, taps, channels, spacing, bands):
    """Rows of output in a task, at least `bands` tasks to an image, and rows and columns of the lattice they need.

    Neighbouring bands copy the rows between them twice, so bands are not made thinner than that border.
    """
    border_rows, border_columns = max(tap[1] for tap in taps), max(tap[2] for tap in taps)
    planes = channels * spacing[0] * spacing[1]
    entries = planes * (size[0] + border_rows) * (size[1] + border_columns)
    bands = max(bands, -(-entries // LATTICE))
    band = min(max(-(-size[0] // bands), border_rows, 1), size[0])
    return band, (band + border_rows, size[1] + border_columns)


def _in_place(x, spacing, margin, lattice, more_rows):
    """Whether x itself is a lattice, and entries between its planes and rows, or those of a copy.

    `lattice` is that of the first band; the last takes rows up to `more_rows` beyond it.
    """
    *_, plane, row, column = (stride // x.itemsize for stride in x.strides)
    whole = row == lattice[1] == x.shape[3] and lattice[0] + more_rows <= x.shape[2]
    if column == 1 and whole and spacing == (1, 1) and margin == (0, 0):
        return True, (plane, row)
    return False, (lattice[0] * lattice[1], lattice[1])


@lru_cache(maxsize=256)
def _offsets(taps, channels, spacing, plane, width):
    """Where the taps are on the lattice, channel by channel, with so many entries to a plane and to a row."""
    within = np.array([phase * plane + row * width + column for phase, row, column in taps], _INT64)
    return (np.arange(channels)[:, None] * (spacing[0] * spacing[1] * plane) + within).reshape(-1)


def _strides(x, channels):
    """Entries from one image, group, channel, row and column to the next."""
    image, channel, row, column = (stride // x.itemsize for stride in x.strides)
    return image, channels * channel, channel, row, column
