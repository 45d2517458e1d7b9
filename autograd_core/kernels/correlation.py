"""Correlation as a matrix product whose second operand never exists in memory: the loops under convolution.

A task copies its part of the image to a lattice, and all irregularity ends there:

      image, stride 2            lattice: one plane a residue of (row, column) modulo the stride,
      a b a b a b                zeros where the window hangs over the border
      c d c d c d                   a a a     b b b     c c c     d d d
      a b a b a b                   a a a     b b b     c c c     d d d
      c d c d c d

On the lattice, output position (p, q) sees its tap k at entry p·width + q + offset[k], whatever the stride, dilation
and padding were: so the (taps × positions) matrix of im2col is the lattice itself, shifted by a constant for each row.
A strip of it, as many columns as a register tile has, is gathered just before use and meets all of the packed weights.

The gradient to the weights needs that matrix transposed. There a tile's rows are taps, and its inner loop reads the
lattice at base[position] + offset[tap]: nothing is gathered at all.
"""

from autograd_core.kernels import simd
from autograd_core.kernels.gemm import DEPTH, multiply_strip, pack
from autograd_core.kernels.jit import jit
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel


@jit
def _fill_lattice(x, start, x_strides, x_size, first_row, spacing, margin, lattice, at, lattice_size):
    """Copy one image (of one group) from its row for `first_row` on to lattice[at:]."""
    channel_stride, row_stride, column_stride = x_strides
    channels, height, width = x_size
    (down, across), (top, left), (rows, columns) = spacing, margin, lattice_size
    for channel in range(channels):
        for phase in range(down * across):
            y_phase, x_phase = divmod(phase, across)
            # Columns q of the lattice with 0 <= q·across + x_phase - left < width.
            first = min(max(-(-(left - x_phase) // across), 0), columns)
            end = max(min(-(-(width + left - x_phase) // across), columns), first)
            source = start + channel * channel_stride + (first * across + x_phase - left) * column_stride
            for row in range(rows):
                y = (first_row + row) * down + y_phase - top
                if 0 <= y < height:
                    lattice[at : at + first] = 0
                    _copy_run(x, source + y * row_stride, across * column_stride, lattice, at + first, end - first)
                    lattice[at + end : at + columns] = 0
                else:
                    lattice[at : at + columns] = 0
                at += columns


@jit(inline="always")
def _copy_run(source, start, stride, target, at, count):
    i = 0
    if stride == 1:
        vector = simd.VECTOR_BYTES // target.itemsize
        while i + vector <= count:
            simd.copy_vector(source, start + i, target, at + i)
            i += vector
    while i < count:
        target[at + i] = simd.entry(source, start + i * stride)
        i += 1


@jit(inline="always")
def _list_vectors(first, count, out_size, lattice_image, lattice_width, vector, lanes, bases):
    """Cut positions first..first+count into vectors that lie within an output row; return how many.

    A vector may run over its row's end: the next one, at the next lane, overwrites what it had too much.
    """
    height, width = out_size
    lane = listed = 0
    while lane < count:
        image, inside = divmod(first + lane, height * width)
        row, column = divmod(inside, width)
        run = min(width - column, count - lane)
        base = image * lattice_image + row * lattice_width + column
        for i in range(0, run, vector):
            lanes[listed], bases[listed] = lane + i, base + i
            listed += 1
        lane += run
    return listed


@jit(inline="always")
def _gather_strip(lattice, at, offsets, first, end, lanes, bases, vectors, strip_at, width):
    """Rows first..end of the im2col matrix, at the listed positions, as a packed strip."""
    for k in range(first, end):
        for i in range(vectors):
            simd.copy_vector(lattice, at + bases[i] + offsets[k], lattice, strip_at + (k - first) * width + lanes[i])


@jit(inline="always")
def _spread(tile, at, width, rows, first, count, size, y, y_start, y_strides):
    """Put a tile's columns at their images, rows and columns of y."""
    image_stride, channel_stride, row_stride, column_stride = y_strides
    lane = 0
    while lane < count:
        image, inside = divmod(first + lane, size[0] * size[1])
        row, column = divmod(inside, size[1])
        run = min(size[1] - column, count - lane)
        target = y_start + image * image_stride + row * row_stride + column * column_stride
        for channel in range(rows):
            source = at + channel * width + lane
            place = target + channel * channel_stride
            for i in range(run):
                y[place + i * column_stride] = tile[source + i]
        lane += run


@jit
def _correlate_task(
    worker, task, x, packed, offsets, y, scratch, lists, x_shape, x_strides, spacing, margin, lattice_size,
    y_shape, y_strides, y_first, blocking, gather,
):  # fmt: skip
    images, groups, channels = x_shape[:3]
    outputs, out_height, out_width = y_shape
    block_images, band, per_worker = blocking
    bands = -(-out_height // band)
    block, part = divmod(task, groups * bands)
    group, part = divmod(part, bands)
    first_image, first_row = block * block_images, part * band
    count, rows = min(block_images, images - first_image), min(band, out_height - first_row)

    strip_width = simd.TILE_BYTES // y.itemsize
    lattice_image = channels * spacing[0] * spacing[1] * lattice_size[0] * lattice_size[1]
    tile = worker * per_worker
    strip = tile + (outputs + -outputs % simd.ROWS) * strip_width
    lattice = strip + (min(offsets.size, DEPTH) + 1) * strip_width
    for i in range(count):
        _fill_lattice(
            x, (first_image + i) * x_strides[0] + group * x_strides[1], x_strides[2:], x_shape[2:], first_row,
            spacing, margin, scratch, lattice + i * lattice_image, lattice_size,
        )  # fmt: skip
    y_start = y_first + first_image * y_strides[0] + group * outputs * y_strides[1] + first_row * y_strides[2]
    panels = group * (outputs + -outputs % simd.ROWS) * offsets.size
    if gather:
        _multiply_strips(
            packed, panels, offsets, y, y_start, y_strides, scratch, tile, strip, lattice, lattice_image,
            lattice_size, lists[worker], outputs, count, (rows, out_width),
        )  # fmt: skip
    else:
        _multiply_rows(
            packed, panels, offsets, y, y_start, y_strides, scratch, lattice, lattice_image,
            lattice_size, lists[worker], outputs, count, (rows, out_width),
        )  # fmt: skip


@jit(inline="always")
def _multiply_strips(
    packed, panels, offsets, y, y_start, y_strides, scratch, tile, strip, lattice, lattice_image, lattice_size,
    lists, outputs, images, size,
):  # fmt: skip
    """Positions in strips of a tile's width, gathered: no lane is wasted, and many outputs share the gathering."""
    width = simd.TILE_BYTES // y.itemsize
    vector = simd.VECTOR_BYTES // y.itemsize
    lanes, bases = lists[:width], lists[width : 2 * width]
    depth, plane = offsets.size, size[0] * size[1]
    in_one_piece = y_strides[3] == 1 and y_strides[2] == size[1]
    for position in range(0, images * plane, width):
        columns = min(width, images * plane - position)
        vectors = _list_vectors(position, columns, size, lattice_image, lattice_size[1], vector, lanes, bases)
        # A strip within one image goes to y directly; one that spans images, or rows set apart, by way of a tile.
        image, inside = divmod(position, plane)
        direct = in_one_piece and inside + columns <= plane
        for k in range(0, depth, DEPTH):
            end = min(k + DEPTH, depth)
            _gather_strip(scratch, lattice, offsets, k, end, lanes, bases, vectors, strip, width)
            at = panels + (outputs + -outputs % simd.ROWS) * k
            if direct:
                multiply_strip(
                    packed, at, scratch, strip, end - k,
                    y, y_start + image * y_strides[0] + inside, y_strides[1], outputs, columns, k > 0,
                )  # fmt: skip
            else:
                multiply_strip(packed, at, scratch, strip, end - k, scratch, tile, width, outputs, columns, k > 0)
        if not direct:
            _spread(scratch, tile, width, outputs, position, columns, size, y, y_start, y_strides)


@jit(inline="always")
def _multiply_rows(
    packed, panels, offsets, y, y_start, y_strides, scratch, lattice, lattice_image, lattice_size,
    lists, outputs, images, size,
):  # fmt: skip
    """Positions in vectors that lie within an output row, read where they are: for few outputs, or for rows that
    whole vectors fill.
    """
    vector = simd.VECTOR_BYTES // y.itemsize
    bases, places, counts = lists[: simd.VECTORS], lists[simd.VECTORS :], lists[2 * simd.VECTORS :]
    depth = offsets.size
    each_row = -(-size[1] // vector)
    vectors = images * size[0] * each_row
    for first in range(0, vectors, simd.VECTORS):
        for j in range(simd.VECTORS):
            row, column = divmod(min(first + j, vectors - 1), each_row)
            image, row = divmod(row, size[0])
            bases[j] = image * lattice_image + row * lattice_size[1] + column * vector
            places[j] = image * y_strides[0] + row * y_strides[2] + column * vector
            counts[j] = size[1] - column * vector if first + j < vectors else 0
        for k in range(0, depth, DEPTH):
            thickness = min(DEPTH, depth - k)
            at = panels + (outputs + -outputs % simd.ROWS) * k
            for i in range(0, outputs, simd.ROWS):
                simd.multiply_scattered_tile(
                    packed, at + i * thickness, scratch, lattice, bases, offsets, k, thickness,
                    y, y_start + i * y_strides[1], places, counts, y_strides[1], outputs - i, k > 0,
                )  # fmt: skip


_post_correlate = sharing(_correlate_task)


@ParallelKernel(reads=3).of
def correlate(
    mailbox, x, w, offsets, y, packed, scratch, lists, w_shape, w_strides, x_shape, x_strides, spacing, margin, lattice_size,
    y_shape, y_strides, y_first, blocking, gather,
):  # fmt: skip
    """y[n, g·O + o, p, q] = Σ_k w[g, o, k] · (tap k of image n, group g, at output position p, q).

    `offsets` gives the taps on the lattice; x and y are walked by strides from their first entries.
    """
    (groups, outputs, depth), (group_stride, output_stride, tap_stride) = w_shape, w_strides
    padded = outputs + -outputs % simd.ROWS
    for group in range(groups):
        for k in range(0, depth, DEPTH):
            thickness = min(DEPTH, depth - k)
            for i in range(0, outputs, simd.ROWS):
                pack(
                    w, group * group_stride + i * output_stride + k * tap_stride, output_stride,
                    min(simd.ROWS, outputs - i), tap_stride, thickness,
                    packed, group * padded * depth + padded * k + i * thickness, simd.ROWS,
                )  # fmt: skip
    _post_correlate(
        mailbox,
        (
            x, packed, offsets, y, scratch, lists, x_shape, x_strides, spacing, margin, lattice_size,
            y_shape, y_strides, y_first, blocking, gather,
        ),
    )  # fmt: skip
    run_tasks(mailbox, -(-x_shape[0] // blocking[0]) * groups * -(-y_shape[1] // blocking[1]))


@jit
def _correlate_weights_task(
    worker, task, x, g, offsets, partial, scratch, lists, x_shape, x_strides, spacing, margin, lattice_size,
    g_shape, g_strides, blocking,
):  # fmt: skip
    images, groups = x_shape[:2]
    outputs, out_height, out_width = g_shape
    band, taps_of_task, per_worker = blocking
    depth = offsets.size
    chunks = partial.shape[0]
    chunk, part = divmod(task, groups * -(-depth // taps_of_task))
    group, part = divmod(part, -(-depth // taps_of_task))
    first_tap, end_tap = part * taps_of_task, min((part + 1) * taps_of_task, depth)

    strip_width = simd.TILE_BYTES // partial.itemsize
    strip = worker * per_worker
    lattice = strip + (DEPTH + 1) * strip_width
    bases = lists[worker]
    sums = partial[chunk, group].reshape(-1)
    bands = -(-out_height // band)
    blocks = images * bands
    started = False
    # Which blocks a chunk sums depends on shapes alone, so its sum is the same whoever computes it.
    for block in range(chunk * blocks // chunks, (chunk + 1) * blocks // chunks):
        image, first_row = block // bands, block % bands * band
        rows = min(band, out_height - first_row)
        _fill_lattice(
            x, image * x_strides[0] + group * x_strides[1], x_strides[2:], x_shape[2:], first_row,
            spacing, margin, scratch, lattice, lattice_size,
        )  # fmt: skip
        g_start = image * g_strides[0] + group * outputs * g_strides[1] + first_row * out_width
        for position in range(0, rows * out_width, DEPTH):
            count = min(DEPTH, rows * out_width - position)
            for p in range(count):
                row, column = divmod(position + p, out_width)
                bases[p] = row * lattice_size[1] + column
            for first in range(0, outputs, strip_width):
                lanes = min(strip_width, outputs - first)
                start = g_start + first * g_strides[1] + position
                pack(g, start, g_strides[1], lanes, g_strides[2], count, scratch, strip, strip_width)
                _multiply_taps(
                    scratch, lattice, bases, offsets, first_tap, end_tap, strip, count,
                    sums, first, outputs, lanes, started,
                )  # fmt: skip
            started = True


@jit(inline="always")
def _multiply_taps(scratch, lattice, bases, offsets, first, end, strip, count, sums, sums_start, outputs, columns, add):
    for tap in range(first, end, simd.ROWS):
        if columns * sums.itemsize > simd.VECTOR_BYTES:
            simd.multiply_gathered_tile(
                scratch, lattice, bases, offsets, tap, scratch, strip, count,
                sums, sums_start + tap * outputs, outputs, end - tap, columns, add,
            )  # fmt: skip
        else:
            simd.multiply_narrow_gathered_tile(
                scratch, lattice, bases, offsets, tap, scratch, strip, count,
                sums, sums_start + tap * outputs, outputs, end - tap, columns, add,
            )  # fmt: skip


_post_correlate_weights = sharing(_correlate_weights_task)


@ParallelKernel(reads=3).of
def correlate_weights(
    mailbox, x, g, offsets, partial, scratch, lists, x_shape, x_strides, spacing, margin, lattice_size,
    g_shape, g_strides, blocking,
):  # fmt: skip
    """partial[chunk, group, k, o] = Σ over the chunk's images and all positions of g[n, o, p, q] · (tap k there)."""
    _post_correlate_weights(
        mailbox,
        (
            x, g, offsets, partial, scratch, lists, x_shape, x_strides, spacing, margin, lattice_size,
            g_shape, g_strides, blocking,
        ),
    )  # fmt: skip
    run_tasks(mailbox, partial.shape[0] * partial.shape[1] * -(-offsets.size // blocking[1]))
