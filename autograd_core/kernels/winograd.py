"""Convolution by 3 × 3 filters with 36 multiplications for each 4 × 4 results of a channel, instead of 144.

Winograd's F(4 × 4, 3 × 3) (Lavin and Gray, Fast algorithms for convolutional neural networks, 2016),
y = Aᵀ((G w Gᵀ) ⊙ (Bᵀ d B)) A for a filter w and 6 × 6 pixels d, with the points 0, ±a, ±b and infinity of their
polynomials at a = √½ and b = √2, which round less than whole numbers:

          1   0  -5⁄2  0  1  0               6    0    0
          0  -b   -2   a  1  0              -4  -4a   -2           1  1    1   1    1  0
     Bᵀ = 0   b   -2  -a  1  0      G = 1⁄6 -4   4a   -2      Aᵀ = 0  a   -a   b   -b  0
          0  -a  -½    b  1  0               1    b    2           0  ½    ½   2    2  0
          0   a  -½   -b  1  0               1   -b    2           0  a⁄2 -a⁄2 2b  -2b  1
          0   1   0  -5⁄2 0  1               0    0    6

Summed over channels, the products of each of 36 entries, its plane, are a matrix product: outputs × channels × images.
Vectors hold the same pixel of several images, as in `image_lanes`, so that transforms are plain sums of vectors; and
register tiles take VECTORS tiles of pixels at once:

     filters, once              36 × outputs × channels             packed in panels of ROWS outputs
     pixels of some tiles       36 × channels × VECTORS vectors     stay in the second-level cache for all panels
     their products, a panel    36 × ROWS × VECTORS vectors         are transformed at once

Entries of one result are summed up in one order, whatever the tasks. The gradient to images is such a convolution too;
for that to the filters see `winograd_filters`.
"""

from autograd_core.kernels import simd, simd_winograd
from autograd_core.kernels.gemm import first_entry
from autograd_core.kernels.image_lanes import pack_pixels, unpack_pixels
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, Out1, kernel
from autograd_core.kernels.plan import contiguous
from autograd_core.kernels.simd_winograd import PLANES, TILE, WINDOW
from autograd_core.kernels.threads import get_num_threads, scratch, whole_lines
from autograd_core.kernels.thresholds import (
    IMAGE_LANES,
    WINOGRAD_FILTERS,
    WINOGRAD_PACKING,
    WINOGRAD_TRANSFORM,
    WINOGRAD_UNPACKING,
)

MARGIN = WINDOW - TILE  # pixels that a tile sees beyond its own


def cost(images, channels, outputs, rows, columns, item):
    """Cycles for one position of one image, about; None where it cannot be done."""
    if 0 in (images, channels, outputs, rows.positions, columns.positions, rows.size, columns.size):
        return None
    lanes = simd.VECTOR_BYTES // item
    whole, positions = outputs + -outputs % simd.ROWS, rows.positions * columns.positions
    tiles = -(-images // lanes) * tiles_along(rows) * tiles_along(columns)
    products = tiles * (whole * channels + WINOGRAD_TRANSFORM * (channels + outputs))
    filters = WINOGRAD_FILTERS * whole * channels
    moved = WINOGRAD_PACKING * channels * (rows.size + MARGIN) * columns.size / positions + WINOGRAD_UNPACKING * outputs
    return PLANES * (products + filters) / (images * positions) + moved


def tiles_along(axis):
    """How many tiles cover the positions along an axis."""
    return -(-axis.positions // TILE)


def convolve(x, weights, rows, columns, y, bias, rectify, relu=None):
    """y = bias + correlation of x with weights (groups, outputs, channels, 3, 3), as `image_lanes.convolve`.

    Stride and spread are 1.
    """
    x = contiguous(x)
    groups, outputs, channels, *_ = weights.shape
    images, threads = x.shape[0], get_num_threads()
    item = x.itemsize
    lanes, width = simd.VECTOR_BYTES // item, simd.TILE_BYTES // item
    blocks = -(-images // lanes)
    down, across = tiles_along(rows), tiles_along(columns)
    seen_row, row = (TILE * across + MARGIN) * channels * lanes, TILE * across * outputs * lanes
    bands = 1 if threads == 1 else -(-4 * threads // (blocks * groups))
    band = max(1, min(-(-down // bands), (IMAGE_LANES - MARGIN * seen_row) // (TILE * (seen_row + row))))
    packed = whole_lines(groups * (outputs + -outputs % simd.ROWS) * channels * PLANES)
    per_worker = whole_lines(
        (TILE * band + MARGIN) * (seen_row + columns.size * lanes) + TILE * band * row
        + PLANES * (channels + 1 + simd.ROWS) * width
    )  # fmt: skip
    per_worker_before = whole_lines((9 + PLANES) * whole_lines(channels * simd.ROWS))
    room = scratch(packed + threads * max(per_worker, per_worker_before), x.dtype)
    _transform_filters(
        weights.size * PLANES, groups * -(-outputs // simd.ROWS), first_entry(weights), room[:packed], room[packed:],
        (groups, outputs, channels), tuple([stride // item for stride in weights.strides]), per_worker_before,
    )  # fmt: skip
    _convolve(
        y.size * channels * PLANES // TILE**2, blocks * groups * -(-down // band), x.reshape(-1), room[:packed], bias,
        y.reshape(-1), room[packed:], (images, groups, channels, *x.shape[2:]),
        (outputs, rows.positions, columns.positions), (rows.start, columns.start), band, per_worker, rectify,
        bias if relu is None else relu.reshape(-1), relu is not None,
    )  # fmt: skip


@kernel
def _transform_filters(
    worker, task, w: In1, packed: Out1, scratch: Out1,
    w_shape: tuple[int, int, int], w_strides: tuple[int, int, int, int, int], per_worker,
):  # fmt: skip
    """A panel: for each plane and channel, ROWS outputs' entry of G w Gᵀ; zeros beyond the last output."""
    _, outputs, channels = w_shape
    group, first = divmod(task, -(-outputs // simd.ROWS))
    first *= simd.ROWS
    plane = channels * simd.ROWS
    taps, line = worker * per_worker, simd.VECTOR_BYTES // w.itemsize
    pitch = plane + -plane % line
    scratch[taps : taps + 9 * pitch] = 0
    for output in range(first, min(first + simd.ROWS, outputs)):
        start, place = group * w_strides[0] + output * w_strides[1], taps + output - first
        for i in range(3):
            for j in range(3):
                tap = start + i * w_strides[3] + j * w_strides[4]
                _take(w, tap, w_strides[2], channels, scratch, place, simd.ROWS)
                place += pitch
    planes = taps + 9 * pitch
    for at in range(0, plane, line):
        simd_winograd.transform_filters(
            scratch, taps + at, 3 * pitch, pitch, scratch, planes + at, WINDOW * pitch, pitch
        )
    panel = task * plane * PLANES
    for k in range(PLANES):
        packed[panel + k * plane : panel + (k + 1) * plane] = scratch[planes + k * pitch : planes + k * pitch + plane]


@jit
def _take(source, start, stride, count, target, place, pitch):
    for i in range(count):
        target[place + i * pitch] = simd.entry(source, start + i * stride)


@kernel
def _convolve(
    worker, task, x: In1, packed: In1, bias: In1, y: Out1, scratch: Out1,
    x_shape: tuple[int, int, int, int, int], y_shape: tuple[int, int, int], starts: tuple[int, int],
    band, per_worker, rectify: bool, relu: In1, of_positive: bool,
):  # fmt: skip
    """A task has some rows of tiles of one group, for as many images as a vector has lanes."""
    images, groups, channels, height, width = x_shape
    outputs, out_height, out_width = y_shape
    lanes, line = simd.VECTOR_BYTES // y.itemsize, simd.TILE_BYTES // y.itemsize
    down, across = -(-out_height // TILE), -(-out_width // TILE)
    bands = -(-down // band)
    block, part = divmod(task, groups * bands)
    group, part = divmod(part, bands)
    first_image, first_tile = block * lanes, part * band
    count, tiles = min(lanes, images - first_image), min(band, down - first_tile)

    pitch, rows = TILE * across + MARGIN, TILE * tiles + MARGIN
    seen = worker * per_worker
    sums = seen + channels * rows * pitch * lanes
    positions = TILE * tiles * TILE * across
    planes = sums + outputs * positions * lanes
    plane = (channels + 1) * line  # a row more than there is, so that planes do not meet in one set of a cache
    products = planes + PLANES * plane
    room = products + PLANES * simd.ROWS * line
    top, left = TILE * first_tile + starts[0], starts[1]
    for channel in range(channels):
        fill(
            x, ((first_image * groups + group) * channels + channel) * height * width,
            groups * channels * height * width, count, (height, width),
            scratch, seen + channel * rows * pitch * lanes, (rows, pitch), (top, left), lanes, room,
        )  # fmt: skip

    panels = group * -(-outputs // simd.ROWS) * simd.ROWS * channels * PLANES
    _multiply(
        packed, panels, bias, group * outputs, scratch, seen, sums, planes, products,
        (channels, rows, pitch), (outputs, tiles, across), rectify,
    )  # fmt: skip

    first_row = TILE * first_tile
    real = min(TILE * tiles, out_height - first_row)
    for output in range(outputs):
        source = sums + output * positions * lanes
        target = (((first_image * groups + group) * outputs + output) * out_height + first_row) * out_width
        stride = groups * outputs * out_height * out_width
        if out_width == TILE * across:
            unpack_pixels(scratch, source, lanes, real * out_width, count, y, target, stride, relu, of_positive)
            continue
        for row in range(real):
            unpack_pixels(
                scratch, source + row * TILE * across * lanes, lanes, out_width, count,
                y, target + row * out_width, stride, relu, of_positive,
            )  # fmt: skip


@jit
def _multiply(packed, panels, bias, first_bias, scratch, seen, sums, planes, products, x_size, tiles, rectify):
    """All tiles of a task, VECTORS of them at a time, from pixels on lanes to results on lanes."""
    (channels, rows, pitch), (outputs, down, across) = x_size, tiles
    lanes, line = simd.VECTOR_BYTES // scratch.itemsize, simd.TILE_BYTES // scratch.itemsize
    plane, panel, positions = (channels + 1) * line, simd.ROWS * channels, TILE * down * TILE * across
    for first in range(0, down * across, simd.VECTORS):
        together = min(simd.VECTORS, down * across - first)
        for part in range(together):
            i, j = divmod(first + part, across)
            corner = seen + TILE * (i * pitch + j) * lanes
            for channel in range(channels):
                simd_winograd.transform_pixels(
                    scratch, corner + channel * rows * pitch * lanes, pitch * lanes, lanes,
                    scratch, planes + channel * line + part * lanes, WINDOW * plane, plane,
                )  # fmt: skip
        for output in range(0, outputs, simd.ROWS):
            weights = panels + output * channels * PLANES
            for k in range(PLANES):
                simd_winograd.multiply_whole_tile(
                    packed, weights + k * panel, scratch, planes + k * plane, channels,
                    scratch, products + k * simd.ROWS * line,
                )  # fmt: skip
            for part in range(together):
                i, j = divmod(first + part, across)
                corner = sums + (output * positions + TILE * (i * TILE * across + j)) * lanes
                for r in range(min(simd.ROWS, outputs - output)):
                    simd_winograd.transform_products(
                        scratch, products + r * line + part * lanes, simd.ROWS * line,
                        bias[first_bias + output + r],
                        scratch, corner + r * positions * lanes, TILE * across * lanes, lanes, rectify,
                    )  # fmt: skip


@jit
def fill(x, start, image_stride, images, size, target, at, target_size, first, lanes, room):
    """Some rows of one channel of several images, from pixel `first` on, which may lie outside: there are zeros."""
    (height, width), (rows, pitch), (top, left) = size, target_size, first
    first_row, end_row = min(max(-top, 0), rows), max(min(height - top, rows), 0)
    inside = max(end_row - first_row, 0)
    source = start + (first_row + top) * width
    if inside == rows and left == 0 and width == pitch:
        pack_pixels(x, source, image_stride, images, inside * width, target, at, lanes)
        return
    # Whole rows in one go, since squares of pixels do not end where rows do; then each to its place.
    if inside:
        pack_pixels(x, source, image_stride, images, inside * width, target, room, lanes)
    first_column, end_column = min(max(-left, 0), pitch), max(min(width - left, pitch), 0)
    line = pitch * lanes
    for row in range(rows):
        if first_row <= row < end_row and first_column < end_column:
            _clear(target, at, first_column * lanes)
            _copy(
                target, room + ((row - first_row) * width + first_column + left) * lanes,
                at + first_column * lanes, (end_column - first_column) * lanes,
            )  # fmt: skip
            _clear(target, at + end_column * lanes, (pitch - end_column) * lanes)
        else:
            _clear(target, at, line)
        at += line


@jit
def _copy(memory, source, target, count):
    for i in range(0, count, simd.VECTOR_BYTES // memory.itemsize):
        simd.copy_vector(memory, source + i, memory, target + i)


@jit
def _clear(memory, start, count):
    for i in range(start, start + count):
        memory[i] = 0
