"""Convolution by vectors that hold the same pixel of as many images as they have lanes.

      image 0, 1, 2, ...                 pixels
      a b c ..   A B C ..    ->    a A .. | b B .. | c C .. | ...      each with all of its channels

Then no lane is wasted at the end of a row, however short, and each position is free to leave out the taps that see
nothing but the border: of the gradient to LeNet-5's second images, 10 × 10 from 14 × 14 by 5 × 5, that is half of all.
It costs to transpose images on the way in and results on the way out, so it pays for small images and few channels.

Along each axis position p sees entry p·stride + start + i·spread by its tap i, an `Axis`; so it is with a convolution,
and, its stride being 1, with the gradient to its images. For that to the weights, where all lanes are summed up, tiles
are taps × outputs, and borders are zeros.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from autograd_core.kernels import memory, simd, simd_images
from autograd_core.kernels.gemm import first_entry
from autograd_core.kernels.implicit_gemm import pack_weights
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, InInts1, Out1, Out4, OutInts2, kernel
from autograd_core.kernels.plan import contiguous
from autograd_core.kernels.simd_dot_products import SEVERAL_OUTPUTS, SEVERAL_TAPS
from autograd_core.kernels.threads import get_num_threads, int_scratch, scratch, whole_lines
from autograd_core.kernels.thresholds import (
    CONVOLUTION_PARTS,
    IMAGE_LANES,
    IMAGE_LANES_OF_WEIGHTS,
    PACKING,
    UNPACKING,
)


class Axis(NamedTuple):
    """How positions of the result see entries of the image along one axis."""

    positions: int
    size: int  # of the image
    taps: int
    stride: int
    start: int
    spread: int


@lru_cache(maxsize=256)
def _spans(*axes):
    """For each position of each axis, the first tap that sees the image, and the one after the last."""
    spans = []
    for axis in axes:
        for p in range(axis.positions):
            first = p * axis.stride + axis.start
            spans.append(max(0, -(first // axis.spread)))
            spans.append(min(axis.taps, (axis.size - 1 - first) // axis.spread + 1))
    return np.array(spans, np.int64)


def convolution_cost(images, channels, outputs, rows, columns, item):
    """Cycles for one position of one image, about; None if some position sees nothing but the border."""
    if 0 in (images, channels, outputs, rows.positions, columns.positions, rows.size, columns.size):
        return None
    spans = _spans(rows, columns).reshape(-1, 2)
    seen = spans[:, 1] - spans[:, 0]
    if seen.min() < 1:
        return None
    taps = channels * seen[: rows.positions].mean() * seen[rows.positions :].mean()
    lanes = simd.TILE_BYTES // item
    vectors = -(-images // lanes) * simd.VECTORS / images
    area = rows.size * columns.size / (rows.positions * columns.positions)
    return vectors * (simd.whole_tiles(outputs) * taps) + PACKING * channels * area + UNPACKING * outputs


def convolve(x, weights, rows, columns, y, bias, rectify, relu=None):
    """y = bias + correlation of x with weights (groups, outputs, channels, *taps), see `Axis`; y is C-contiguous.

    With `rectify`, negative results become 0. They are multiplied by the gradient of `relu`, an array like y, if given.
    """
    x = contiguous(x)
    groups, outputs, channels, *window = weights.shape
    images, threads = x.shape[0], get_num_threads()
    lanes = simd.TILE_BYTES // x.itemsize
    blocks = -(-images // lanes)
    seen_row, row = columns.size * channels * lanes, columns.positions * outputs * lanes
    border = (rows.taps - 1) * rows.spread + 1 - rows.stride
    bands = 1 if threads == 1 else -(-4 * threads // (blocks * groups))
    fitting = (IMAGE_LANES - border * seen_row) // (rows.stride * seen_row + row)
    band = max(1, min(-(-rows.positions // bands), fitting))
    depth = channels * window[0] * window[1]
    packed = groups * whole_lines((outputs + -outputs % simd.ROWS) * (depth + 1))
    per_worker = whole_lines((band * rows.stride + max(border, 0)) * seen_row + band * row)
    room = scratch(packed + threads * per_worker, x.dtype)
    by_pixels = weights.transpose(0, 1, 3, 4, 2)
    pack_weights(
        weights.size, groups * -(-outputs // simd.ROWS), first_entry(by_pixels), bias, room[:packed],
        by_pixels.shape, tuple([stride // x.itemsize for stride in by_pixels.strides]), simd.ROWS,
    )  # fmt: skip
    _convolve(
        y.size * depth, blocks * groups * -(-rows.positions // band),
        x.reshape(-1), room[:packed], _spans(rows, columns), y.reshape(-1), room[packed:],
        int_scratch(threads, 3 * window[0] * window[1]),
        (images, groups, channels, *x.shape[2:]), (outputs, rows.positions, columns.positions), tuple(rows),
        tuple(columns), band, per_worker, rectify, bias if relu is None else relu.reshape(-1), relu is not None,
    )  # fmt: skip


@kernel
def _convolve(
    worker, task, x: In1, packed: In1, spans: InInts1, y: Out1, scratch: Out1, lists: OutInts2,
    x_shape: tuple[int, int, int, int, int], y_shape: tuple[int, int, int],
    y_axis: tuple[int, int, int, int, int, int], x_axis: tuple[int, int, int, int, int, int],
    band, per_worker, rectify: bool, relu: In1, of_positive: bool,
):  # fmt: skip
    """A task has some rows of one group's results for as many images as a tile has lanes."""
    images, groups, channels, height, width = x_shape
    outputs, out_height, out_width = y_shape
    lanes = simd.TILE_BYTES // y.itemsize
    bands = -(-out_height // band)
    block, part = divmod(task, groups * bands)
    group, part = divmod(part, bands)
    first_image, first_row = block * lanes, part * band
    count, rows = min(lanes, images - first_image), min(band, out_height - first_row)

    _, _, y_taps, y_stride, y_start, y_spread = y_axis
    _, _, x_taps, x_stride, x_start, x_spread = x_axis
    top = max(first_row * y_stride + y_start, 0)
    bottom = min((first_row + rows - 1) * y_stride + y_start + (y_taps - 1) * y_spread, height - 1)
    seen, pixel = worker * per_worker, channels * lanes
    for channel in range(channels):
        pack_pixels(
            x, ((first_image * groups + group) * channels + channel) * height * width + top * width,
            groups * channels * height * width, count, (bottom - top + 1) * width,
            scratch, seen + channel * lanes, pixel,
        )  # fmt: skip
    sums, positions = seen + (bottom - top + 1) * width * pixel, rows * out_width
    panels, panel = group * (packed.size // groups), y_taps * x_taps * channels + 1
    runs = lists[worker]
    for row in range(rows):
        first_y, end_y = spans[2 * (first_row + row)], spans[2 * (first_row + row) + 1]
        first_x = end_x = number = 0
        for column in range(out_width):
            at = 2 * (out_height + column)
            if spans[at] != first_x or spans[at + 1] != end_x:
                first_x, end_x = spans[at], spans[at + 1]
                # Neighbouring pixels, with their channels, make one run where the weights for them do.
                together = end_x - first_x if x_spread == 1 else 1
                number = 0
                for i in range(first_y, end_y):
                    for j in range(first_x, end_x, together):
                        runs[3 * number] = (i * x_taps + j) * channels + 1  # after the biases
                        runs[3 * number + 1] = (i * y_spread * width + j * x_spread) * pixel
                        runs[3 * number + 2] = together * channels
                        number += 1
            corner = ((first_row + row) * y_stride + y_start - top) * width + column * x_stride + x_start
            place = sums + (row * out_width + column) * lanes
            for output in range(0, outputs, simd.ROWS):
                if outputs - output > simd.PART_ROWS:
                    simd_images.multiply_runs(
                        packed, panels + output * panel, scratch, seen + corner * pixel, runs, number,
                        scratch, place + output * positions * lanes, positions * lanes, outputs - output, rectify,
                    )  # fmt: skip
                else:
                    simd_images.multiply_runs_part(
                        packed, panels + output * panel, scratch, seen + corner * pixel, runs, number,
                        scratch, place + output * positions * lanes, positions * lanes, outputs - output, rectify,
                    )  # fmt: skip
    for output in range(outputs):
        unpack_pixels(
            scratch, sums + output * positions * lanes, lanes, positions, count,
            y, (((first_image * groups + group) * outputs + output) * out_height + first_row) * out_width,
            groups * outputs * out_height * out_width, relu, of_positive,
        )  # fmt: skip


@jit
def pack_pixels(source, start, image_stride, images, pixels, target, target_start, pitch):
    """target[p·pitch + n] = source[n·image_stride + p] for n < images, p < pixels."""
    vector = simd.VECTOR_BYTES // source.itemsize
    if min(images, pixels) < vector:
        for n in range(images):
            for p in range(pixels):
                target[target_start + p * pitch + n] = simd.entry(source, start + n * image_stride + p)
        return
    for first in range(0, images, vector):
        n = min(first, images - vector)  # the last square overlaps rather than leave the source
        for first_pixel in range(0, pixels, vector):
            p = min(first_pixel, pixels - vector)
            simd_images.transpose_square(
                source, start + n * image_stride + p, image_stride, target, target_start + p * pitch + n, pitch
            )


@jit
def unpack_pixels(source, start, pitch, pixels, images, target, target_start, image_stride, relu, of_positive):
    """target[n·image_stride + p] = source[p·pitch + n] for n < images, p < pixels.

    If `of_positive`, times the gradient of `relu`, an array like the target: 1 where it is above 0, else 0.
    """
    vector = simd.VECTOR_BYTES // source.itemsize
    if min(images, pixels) < vector:
        for n in range(images):
            for p in range(pixels):
                at = target_start + n * image_stride + p
                target[at] = source[start + p * pitch + n]
                if of_positive:
                    target[at] *= relu[at] > 0
        return
    for first in range(0, images, vector):
        n = min(first, images - vector)
        for first_pixel in range(0, pixels, vector):
            p = min(first_pixel, pixels - vector)
            at, to = start + p * pitch + n, target_start + n * image_stride + p
            if of_positive:
                simd_images.transpose_square_of_positive(source, at, pitch, target, to, image_stride, relu)
            else:
                simd_images.transpose_square(source, at, pitch, target, to, image_stride)


def weights_cost(images, channels, outputs, rows, columns, item):
    """Cycles for one position of one image, about, of the gradient to the weights."""
    vector = simd.VECTOR_BYTES // item
    vectors = -(-images // vector) / images
    taps = channels * rows.taps * columns.taps
    sums = (taps + -taps % SEVERAL_TAPS) * (outputs + -outputs % SEVERAL_OUTPUTS)
    area = rows.size * columns.size / (rows.positions * columns.positions)
    # Sums are read and written once for each row.
    return vectors * sums * (1 + 2 / columns.positions) + PACKING * (channels * area + outputs)


def gradient_to_weights(x, g, groups, rows, columns):
    """Parts (parts, groups, taps, outputs) of Σ g · (taps of x), to be added up; taps go channel by channel."""
    x, g = contiguous(x), contiguous(g)
    images, threads = x.shape[0], get_num_threads()
    channels, outputs = x.shape[1] // groups, g.shape[1] // groups
    lanes = simd.VECTOR_BYTES // x.itemsize
    blocks = -(-images // lanes)
    pitch = (columns.positions - 1) * columns.stride + (columns.taps - 1) * columns.spread + 1
    whole = outputs + -outputs % SEVERAL_OUTPUTS
    seen_row, row = pitch * channels * lanes, columns.positions * whole * lanes
    border = (rows.taps - 1) * rows.spread + 1 - rows.stride
    # As for all sums, parts may not depend on the number of threads.
    bands = max(1, CONVOLUTION_PARTS // (blocks * groups))
    fitting = (IMAGE_LANES_OF_WEIGHTS - border * seen_row) // (rows.stride * seen_row + row)
    band = max(1, min(-(-rows.positions // bands), fitting))
    items = blocks * -(-rows.positions // band)
    parts = min(items, max(1, -(-CONVOLUTION_PARTS // groups)))
    lattice = (band * rows.stride + border, pitch)
    offsets = _offsets(channels, lanes, rows, columns, pitch)
    depth = channels * rows.taps * columns.taps
    per_worker = whole_lines(lattice[0] * seen_row + band * row + len(offsets) * whole * lanes)
    partial = memory.empty((parts, groups, depth, outputs), x.dtype)
    _gradient_to_weights(
        g.size * depth, parts * groups, x.reshape(-1), g.reshape(-1), offsets, partial,
        scratch(threads * per_worker, x.dtype), (images, groups, channels, *x.shape[2:]), (outputs, *g.shape[2:]),
        (rows.stride, columns.stride), (-rows.start, -columns.start), lattice, band, per_worker,
    )  # fmt: skip
    return partial


@lru_cache(maxsize=256)
def _offsets(channels, lanes, rows, columns, pitch):
    """Where the taps are, channel by channel, and the last one again for what remains of a tile."""
    places = [
        ((i * rows.spread * pitch + j * columns.spread) * channels + channel) * lanes
        for channel in range(channels)
        for i in range(rows.taps)
        for j in range(columns.taps)
    ]
    return np.array(places + places[-1:] * (-len(places) % SEVERAL_TAPS), np.int64)


@kernel
def _gradient_to_weights(
    worker, task, x: In1, g: In1, offsets: InInts1, partial: Out4, scratch: Out1,
    x_shape: tuple[int, int, int, int, int], g_shape: tuple[int, int, int], stride: tuple[int, int],
    margin: tuple[int, int], lattice: tuple[int, int], band, per_worker,
):  # fmt: skip
    """partial[part, group, k, o] = Σ over the part's images and rows of g[n, o, p, q] · (tap k there)."""
    images, groups, channels, height, width = x_shape
    outputs, out_height, out_width = g_shape
    parts, _, depth, _ = partial.shape
    part, group = divmod(task, groups)
    lanes, size = simd.VECTOR_BYTES // g.itemsize, SEVERAL_TAPS * SEVERAL_OUTPUTS * simd.VECTOR_BYTES // g.itemsize
    pixel, g_pixel = channels * lanes, (outputs + -outputs % SEVERAL_OUTPUTS) * lanes
    seen = worker * per_worker
    upstream = seen + lattice[0] * lattice[1] * pixel
    sums = upstream + band * out_width * g_pixel
    scratch[sums : sums + offsets.size * g_pixel] = 0
    bands = -(-out_height // band)
    items = -(-images // lanes) * bands
    for item in range(part * items // parts, (part + 1) * items // parts):
        first_image, first_row = item // bands * lanes, item % bands * band
        count, rows = min(lanes, images - first_image), min(band, out_height - first_row)
        scratch[seen:upstream] = 0
        if count < lanes:
            scratch[upstream:sums] = 0  # lanes without an image add nothing
        top = first_row * stride[0] - margin[0]
        for channel in range(channels):
            start = ((first_image * groups + group) * channels + channel) * height * width
            for row in range(max(0, -top), min(lattice[0], height - top)):
                pack_pixels(
                    x, start + (row + top) * width, groups * channels * height * width, count,
                    min(width, lattice[1] - margin[1]), scratch,
                    seen + (row * lattice[1] + margin[1]) * pixel + channel * lanes, pixel,
                )  # fmt: skip
        for output in range(outputs):
            pack_pixels(
                g, (((first_image * groups + group) * outputs + output) * out_height + first_row) * out_width,
                groups * outputs * out_height * out_width, count, rows * out_width,
                scratch, upstream + output * lanes, g_pixel,
            )  # fmt: skip
        for row in range(rows):
            tile = sums
            for output in range(0, outputs, SEVERAL_OUTPUTS):
                for k in range(0, depth, SEVERAL_TAPS):
                    simd_images.add_products(
                        scratch, seen + row * stride[0] * lattice[1] * pixel, stride[1] * pixel, offsets, k,
                        scratch, upstream + row * out_width * g_pixel + output * lanes, g_pixel, out_width,
                        scratch, tile,
                    )  # fmt: skip
                    tile += size
    tiles = offsets.size // SEVERAL_TAPS
    for k in range(depth):
        for output in range(outputs):
            tile = sums + (output // SEVERAL_OUTPUTS * tiles + k // SEVERAL_TAPS) * size
            tile += (k % SEVERAL_TAPS * SEVERAL_OUTPUTS + output % SEVERAL_OUTPUTS) * lanes
            total = scratch[tile]
            for lane in range(1, lanes):
                total += scratch[tile + lane]
            partial[part, group, k, output] = total
