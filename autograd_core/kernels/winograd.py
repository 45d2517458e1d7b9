"""Convolution by 3 × 3 filters with 16 multiplications for each 2 × 2 results of a channel, instead of 36.

Winograd's F(2 × 2, 3 × 3) (Lavin and Gray, Fast algorithms for convolutional neural networks, 2016), y = Aᵀ((G g Gᵀ) ⊙
(Bᵀ d B)) A for a filter g and 4 × 4 pixels d:

          1  0 -1  0          1  0  0
     Bᵀ = 0  1  1  0      G = ½  ½  ½      Aᵀ = 1  1  1  0
          0 -1  1  0          ½ -½  ½           0  1 -1 -1
          0  1  0 -1          0  0  1

Summed over channels, the products of each of 16 entries, its plane, are a matrix product: outputs × channels × images.
Vectors hold the same pixel of several images, as in `image_lanes`, so that transforms are plain sums of vectors; and
register tiles take VECTORS tiles of pixels at once:

     filters, once              16 × outputs × channels             packed in panels of ROWS outputs
     pixels of some tiles       16 × channels × VECTORS vectors     stay in the second-level cache for all panels
     their products, a panel    16 × ROWS × VECTORS vectors         stay in the first-level cache to be transformed

Entries of one result are summed up in one order, channel by channel, whatever the tasks.
"""

import numpy as np

from autograd_core.kernels import simd, simd_winograd
from autograd_core.kernels.gemm import first_entry
from autograd_core.kernels.image_lanes import pack_pixels, unpack_pixels
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, Out1, kernel
from autograd_core.kernels.plan import contiguous
from autograd_core.kernels.threads import get_num_threads, scratch, whole_lines
from autograd_core.kernels.thresholds import (
    IMAGE_LANES,
    WINOGRAD_FILTERS,
    WINOGRAD_PACKING,
    WINOGRAD_TRANSFORM,
    WINOGRAD_UNPACKING,
)

PLANES = 16


def cost(images, channels, outputs, rows, columns, item):
    """Cycles for one position of one image, about; None where it cannot be done."""
    if 0 in (images, channels, outputs, rows.positions, columns.positions, rows.size, columns.size):
        return None
    lanes = simd.VECTOR_BYTES // item
    whole, positions = outputs + -outputs % simd.ROWS, rows.positions * columns.positions
    tiles = -(-images // lanes) * -(-rows.positions // 2) * -(-columns.positions // 2)
    products = tiles * (whole * channels + WINOGRAD_TRANSFORM * (channels + outputs))
    filters = WINOGRAD_FILTERS * whole * channels
    moved = WINOGRAD_PACKING * channels * (rows.size + 2) * columns.size / positions + WINOGRAD_UNPACKING * outputs
    return PLANES * (products + filters) / (images * positions) + moved


def convolve(x, weights, rows, columns, y, bias, rectify):
    """y = bias + correlation of x with weights (groups, outputs, channels, 3, 3); see `image_lanes.Axis`.

    Stride and spread are 1. y is C-contiguous.
    """
    x = contiguous(x)
    groups, outputs, channels, *_ = weights.shape
    images, threads = x.shape[0], get_num_threads()
    item = x.itemsize
    lanes, width = simd.VECTOR_BYTES // item, simd.TILE_BYTES // item
    blocks = -(-images // lanes)
    down, across = -(-rows.positions // 2), -(-columns.positions // 2)
    seen_row, row = 2 * (across + 1) * channels * lanes, 2 * across * outputs * lanes
    bands = 1 if threads == 1 else -(-4 * threads // (blocks * groups))
    band = max(1, min(-(-down // bands), (IMAGE_LANES - 2 * seen_row) // (2 * (seen_row + row))))
    packed = groups * (outputs + -outputs % simd.ROWS) * channels * PLANES
    packed += -packed % 16
    per_worker = whole_lines(
        (2 * band + 2) * (seen_row + columns.size * lanes) + 2 * band * row
        + PLANES * (channels + 1 + simd.ROWS) * width
    )  # fmt: skip
    room = scratch(packed + threads * per_worker, x.dtype)
    _transform_filters(
        weights.size * PLANES, groups * -(-outputs // simd.ROWS), first_entry(weights), room[:packed],
        (groups, outputs, channels), tuple([stride // item for stride in weights.strides]),
    )  # fmt: skip
    _convolve(
        y.size * channels * PLANES // 4, blocks * groups * -(-down // band), x.reshape(-1), room[:packed], bias,
        y.reshape(-1), room[packed:], (images, groups, channels, *x.shape[2:]),
        (outputs, rows.positions, columns.positions), (rows.start, columns.start), band, per_worker, rectify,
    )  # fmt: skip


@kernel
def _transform_filters(
    worker, task, w: In1, packed: Out1, w_shape: tuple[int, int, int], w_strides: tuple[int, int, int, int, int]
):
    """A panel: for each plane and channel, ROWS outputs' entry of G g Gᵀ; zeros beyond the last output."""
    _, outputs, channels = w_shape
    group, first = divmod(task, -(-outputs // simd.ROWS))
    first *= simd.ROWS
    panel, plane = task * simd.ROWS * channels * PLANES, channels * simd.ROWS
    packed[panel : panel + PLANES * plane] = 0
    for output in range(first, min(first + simd.ROWS, outputs)):
        for channel in range(channels):
            start = group * w_strides[0] + output * w_strides[1] + channel * w_strides[2]
            place = panel + channel * simd.ROWS + output - first
            _transform_filter(w, start, w_strides[3], w_strides[4], packed, place, plane)


@jit
def _transform_filter(w, start, row_stride, stride, packed, place, plane):
    half = w.dtype.type(0.5)
    down = np.empty((4, 3), w.dtype)
    for q in range(3):
        above = simd.entry(w, start + q * stride)
        middle = simd.entry(w, start + row_stride + q * stride)
        below = simd.entry(w, start + 2 * row_stride + q * stride)
        outer, inner = half * (above + below), half * middle
        down[0, q], down[1, q], down[2, q], down[3, q] = above, outer + inner, outer - inner, below
    for p in range(4):
        outer, inner = half * (down[p, 0] + down[p, 2]), half * down[p, 1]
        for q, entry in enumerate((down[p, 0], outer + inner, outer - inner, down[p, 2])):
            packed[place + (4 * p + q) * plane] = entry


@kernel
def _convolve(
    worker, task, x: In1, packed: In1, bias: In1, y: Out1, scratch: Out1,
    x_shape: tuple[int, int, int, int, int], y_shape: tuple[int, int, int], starts: tuple[int, int],
    band, per_worker, rectify: bool,
):  # fmt: skip
    """A task has some rows of tiles of one group, for as many images as a vector has lanes."""
    images, groups, channels, height, width = x_shape
    outputs, out_height, out_width = y_shape
    lanes, line = simd.VECTOR_BYTES // y.itemsize, simd.TILE_BYTES // y.itemsize
    down, across = -(-out_height // 2), -(-out_width // 2)
    bands = -(-down // band)
    block, part = divmod(task, groups * bands)
    group, part = divmod(part, bands)
    first_image, first_tile = block * lanes, part * band
    count, tiles = min(lanes, images - first_image), min(band, down - first_tile)

    pitch, rows = 2 * across + 2, 2 * tiles + 2
    seen = worker * per_worker
    sums = seen + channels * rows * pitch * lanes
    positions = 2 * tiles * 2 * across
    planes = sums + outputs * positions * lanes
    plane = (channels + 1) * line  # a row more than there is, so that planes do not meet in one set of a cache
    products = planes + PLANES * plane
    room = products + PLANES * simd.ROWS * line
    top, left = 2 * first_tile + starts[0], starts[1]
    for channel in range(channels):
        _fill(
            x, ((first_image * groups + group) * channels + channel) * height * width,
            groups * channels * height * width, count, (height, width),
            scratch, seen + channel * rows * pitch * lanes, (rows, pitch), (top, left), lanes, room,
        )  # fmt: skip

    panels = group * -(-outputs // simd.ROWS) * simd.ROWS * channels * PLANES
    _multiply(
        packed, panels, bias, group * outputs, scratch, seen, sums, planes, products,
        (channels, rows, pitch), (outputs, tiles, across), rectify,
    )  # fmt: skip

    first_row = 2 * first_tile
    real = min(2 * tiles, out_height - first_row)
    for output in range(outputs):
        source = sums + output * positions * lanes
        target = (((first_image * groups + group) * outputs + output) * out_height + first_row) * out_width
        stride = groups * outputs * out_height * out_width
        if out_width == 2 * across:
            unpack_pixels(scratch, source, lanes, real * out_width, count, y, target, stride)
            continue
        for row in range(real):
            unpack_pixels(
                scratch, source + row * 2 * across * lanes, lanes, out_width, count,
                y, target + row * out_width, stride,
            )  # fmt: skip


@jit
def _multiply(packed, panels, bias, first_bias, scratch, seen, sums, planes, products, x_size, tiles, rectify):
    """All tiles of a task, VECTORS of them at a time, from pixels on lanes to results on lanes."""
    (channels, rows, pitch), (outputs, down, across) = x_size, tiles
    lanes, line = simd.VECTOR_BYTES // scratch.itemsize, simd.TILE_BYTES // scratch.itemsize
    plane, panel, positions = (channels + 1) * line, simd.ROWS * channels, 2 * down * 2 * across
    for first in range(0, down * across, simd.VECTORS):
        together = min(simd.VECTORS, down * across - first)
        for part in range(together):
            i, j = divmod(first + part, across)
            corner = seen + (2 * i * pitch + 2 * j) * lanes
            for channel in range(channels):
                simd_winograd.transform_pixels(
                    scratch, corner + channel * rows * pitch * lanes, pitch * lanes,
                    scratch, planes + channel * line + part * lanes, plane,
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
                corner = sums + (output * positions + 2 * i * 2 * across + 2 * j) * lanes
                for r in range(min(simd.ROWS, outputs - output)):
                    simd_winograd.transform_products(
                        scratch, products + r * line + part * lanes, simd.ROWS * line,
                        bias[first_bias + output + r],
                        scratch, corner + r * positions * lanes, 2 * across * lanes, rectify,
                    )  # fmt: skip


@jit
def _fill(x, start, image_stride, images, size, target, at, target_size, first, lanes, room):
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
