"""The gradient to 3 × 3 filters by Winograd's algorithm: see `winograd`.

For a gradient g to y it is Gᵀ((A g Aᵀ) ⊙ (Bᵀ d B)) G, summed over tiles and images before the last transform. So there
are 36 matrix products, outputs × tiles × channels, whose operands are made for some tiles at a time:

     pixels             36 × tiles × channels        stay in the second-level cache,
     upstream           36 × tiles × outputs         as these,
     sums               36 × channels × outputs      and, for some channels and outputs, these

Vectors hold several channels of a pixel. Sums are taken apart for some parts of the images, which are added up in the
end: their number depends on shapes alone.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from autograd_core.kernels import memory, simd, simd_winograd
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, Out1, kernel
from autograd_core.kernels.plan import contiguous
from autograd_core.kernels.simd_winograd import PLANES, TILE, WINDOW
from autograd_core.kernels.threads import get_num_threads, scratch, whole_lines
from autograd_core.kernels.thresholds import (
    CONVOLUTION_PARTS,
    WINOGRAD_CHANNELS,
    WINOGRAD_PACKING,
    WINOGRAD_PLANES,
    WINOGRAD_TILES,
    WINOGRAD_TRANSFORM,
)
from autograd_core.kernels.winograd import MARGIN, fill, tiles_along


def cost(images, groups, channels, outputs, rows, columns, item):
    """Cycles for one position of one image, about."""
    lanes, width = simd.VECTOR_BYTES // item, simd.TILE_BYTES // item
    blocks = _blocks(images, groups, channels, outputs, rows, columns, item)
    tiles, positions = tiles_along(rows) * tiles_along(columns), rows.positions * columns.positions
    products = (channels + -channels % simd.ROWS) * (outputs + -outputs % width) / lanes
    # Sums are read and written for each item, and cleared and transformed for each part.
    products *= 1 + 3 * (blocks.items + blocks.parts) / (images * tiles)
    of_outputs, of_channels = -(-outputs // blocks.outputs), -(-channels // blocks.channels)
    transforms = WINOGRAD_TRANSFORM * (of_outputs * -(-channels // lanes) + of_channels * -(-outputs // lanes))
    moved = of_outputs * channels * (rows.size + MARGIN) * columns.size / positions + of_channels * outputs
    return tiles * PLANES * (products + transforms) / positions + WINOGRAD_PACKING * moved


class _Blocks(NamedTuple):
    """How the gradient to filters is divided."""

    channels: int  # in a task
    outputs: int
    band: int  # rows of tiles in an item
    images: int  # in an item, which are several only where the band is all rows
    items: int
    parts: int  # of the items, whose sums are taken apart


@lru_cache(maxsize=256)
def _blocks(images, groups, channels, outputs, rows, columns, item):
    lanes, width = simd.VECTOR_BYTES // item, simd.TILE_BYTES // item
    some_channels, some_outputs = min(channels, WINOGRAD_CHANNELS), min(outputs, WINOGRAD_CHANNELS)
    some_channels += -some_channels % math.lcm(simd.ROWS, lanes)
    some_outputs += -some_outputs % width
    most = max(1, WINOGRAD_PLANES // (PLANES * (some_channels + some_outputs)))  # tiles
    down, across = tiles_along(rows), tiles_along(columns)
    band = max(1, min(down, most // across))
    together = 1
    if band == down:
        together = max(-(-images // CONVOLUTION_PARTS), -(-WINOGRAD_TILES // (down * across)))
        together = max(1, min(together, images, most // (down * across)))
    items = -(-images // together) * -(-down // band)
    tasks = groups * -(-channels // some_channels) * -(-outputs // some_outputs)
    # Not by the number of threads, for parts order the sums.
    parts = min(items, max(1, CONVOLUTION_PARTS // tasks))
    return _Blocks(some_channels, some_outputs, band, together, items, parts)


def gradient_to_filters(x, g, groups, rows, columns):
    """Parts (parts, groups, taps, outputs) of Σ g · (taps of x), to be added up; taps go channel by channel.

    Along both axes taps are 3, stride and spread 1.
    """
    x, g = contiguous(x), contiguous(g)
    images, channels, outputs = len(x), x.shape[1] // groups, g.shape[1] // groups
    blocks = _blocks(images, groups, channels, outputs, rows, columns, x.itemsize)
    some_channels, some_outputs, band, together, _, parts = blocks
    across = tiles_along(columns)
    seen_rows, own_rows = TILE * band + MARGIN, TILE * band
    both = some_channels + some_outputs
    per_worker = whole_lines(
        seen_rows * (TILE * across + MARGIN) * some_channels + own_rows * TILE * across * some_outputs
        + PLANES * (together * band * across * both + 2 * simd.TILE_BYTES // x.itemsize)
        + PLANES * some_channels * some_outputs
        + max(seen_rows * columns.size * some_channels, own_rows * columns.positions * some_outputs)
    )  # fmt: skip
    partial = memory.empty((parts, groups, channels * 9, outputs), x.dtype)
    tasks = parts * groups * -(-channels // some_channels) * -(-outputs // some_outputs)
    _gradient_to_filters(
        g.size * channels * PLANES // TILE**2, tasks, x.reshape(-1), g.reshape(-1), partial.reshape(-1),
        scratch(get_num_threads() * per_worker, x.dtype), (images, groups, channels, *x.shape[2:]),
        (outputs, rows.positions, columns.positions), (rows.start, columns.start), tuple(blocks), per_worker,
    )  # fmt: skip
    return partial


@kernel
def _gradient_to_filters(
    worker, task, x: In1, g: In1, partial: Out1, scratch: Out1, x_shape: tuple[int, int, int, int, int],
    g_shape: tuple[int, int, int], starts: tuple[int, int], blocks: tuple[int, int, int, int, int, int], per_worker,
):  # fmt: skip
    """A task has some of the channels and outputs of one group, for a part of all items: images' bands of tiles."""
    images, groups, channels, height, width = x_shape
    outputs, out_height, out_width = g_shape
    some_channels, some_outputs, band, together, items, parts = blocks
    lanes, line = simd.VECTOR_BYTES // g.itemsize, simd.TILE_BYTES // g.itemsize
    down, across = -(-out_height // TILE), -(-out_width // TILE)
    part, task = task % parts, task // parts
    group, task = task % groups, task // groups
    first_output, first_channel = divmod(task, -(-channels // some_channels))
    first_output, first_channel = first_output * some_outputs, first_channel * some_channels
    output_count = min(some_outputs, outputs - first_output)
    channel_count = min(some_channels, channels - first_channel)

    pitch = TILE * across + MARGIN
    seen = worker * per_worker
    upstream = seen + (TILE * band + MARGIN) * pitch * some_channels
    x_planes = upstream + TILE * band * TILE * across * some_outputs
    x_plane = together * band * across * some_channels + line  # planes should not meet in one set of a cache
    g_planes = x_planes + PLANES * x_plane
    g_plane = together * band * across * some_outputs + line
    sums = g_planes + PLANES * g_plane
    room = sums + PLANES * some_channels * some_outputs
    scratch[sums:room] = 0

    bands = -(-down // band)
    for item in range(part * items // parts, (part + 1) * items // parts):
        first_image, first_tile = item // bands * together, item % bands * band
        rows = min(band, down - first_tile)
        tiles = 0
        for image in range(first_image, min(first_image + together, images)):
            fill(
                x, ((image * groups + group) * channels + first_channel) * height * width, height * width,
                channel_count, (height, width), scratch, seen, (TILE * rows + MARGIN, pitch),
                (TILE * first_tile + starts[0], starts[1]), some_channels, room,
            )  # fmt: skip
            fill(
                g, ((image * groups + group) * outputs + first_output) * out_height * out_width,
                out_height * out_width, output_count, (out_height, out_width), scratch, upstream,
                (TILE * rows, TILE * across), (TILE * first_tile, 0), some_outputs, room,
            )  # fmt: skip
            _transform_tiles(
                scratch, (seen, upstream), (x_planes, g_planes), (x_plane, g_plane), (rows, across), tiles,
                (channel_count, output_count), (some_channels, some_outputs),
            )  # fmt: skip
            tiles += rows * across
        for k in range(PLANES):
            _add_products(
                scratch, x_planes + k * x_plane, g_planes + k * g_plane, tiles,
                sums + k * some_channels * some_outputs, (channel_count, output_count), (some_channels, some_outputs),
            )  # fmt: skip

    plane = some_channels * some_outputs
    for channel in range(channel_count):
        target = ((part * groups + group) * channels + first_channel + channel) * 9 * outputs + first_output
        for output in range(0, output_count, lanes):
            at = sums + channel * some_outputs + output
            if output + lanes <= output_count:
                simd_winograd.transform_gradient(
                    scratch, at, WINDOW * plane, plane, partial, target + output, 3 * outputs, outputs
                )
                continue
            simd_winograd.transform_gradient(scratch, at, WINDOW * plane, plane, scratch, seen, 3 * lanes, lanes)
            for tap in range(9):
                for lane in range(output_count - output):
                    partial[target + tap * outputs + output + lane] = scratch[seen + tap * lanes + lane]


@jit
def _transform_tiles(memory, sources, targets, plane_pitches, size, first, counts, pitches):
    """Pixels and upstream gradients of all tiles of an image's band, into rows of the planes from `first` on."""
    (seen, upstream), (x_planes, g_planes), (x_plane, g_plane), (down, across) = sources, targets, plane_pitches, size
    (channels, outputs), (channel_pitch, output_pitch) = counts, pitches
    lanes = simd.VECTOR_BYTES // memory.itemsize
    seen_row, row = (TILE * across + MARGIN) * channel_pitch, TILE * across * output_pitch
    for i in range(down):
        for j in range(across):
            tile = first + i * across + j
            for channel in range(0, channels, lanes):
                simd_winograd.transform_pixels(
                    memory, seen + TILE * (i * seen_row + j * channel_pitch) + channel, seen_row, channel_pitch,
                    memory, x_planes + tile * channel_pitch + channel, WINDOW * x_plane, x_plane,
                )  # fmt: skip
            for output in range(0, outputs, lanes):
                simd_winograd.transform_upstream(
                    memory, upstream + TILE * (i * row + j * output_pitch) + output, row, output_pitch,
                    memory, g_planes + tile * output_pitch + output, WINDOW * g_plane, g_plane,
                )  # fmt: skip


@jit
def _add_products(memory, pixels, upstream, tiles, sums, counts, pitches):
    """sums[c, o] += Σ over tiles of pixels[tile, c] · upstream[tile, o], of one plane."""
    (channels, outputs), (channel_pitch, output_pitch) = counts, pitches
    for output in range(0, outputs, simd.TILE_BYTES // memory.itemsize):
        for channel in range(0, channels, simd.ROWS):
            simd_winograd.add_whole_tile(
                memory, pixels + channel, channel_pitch, memory, upstream + output, output_pitch, tiles,
                memory, sums + channel * output_pitch + output, output_pitch,
            )  # fmt: skip
