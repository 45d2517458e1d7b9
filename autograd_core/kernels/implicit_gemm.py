"""Convolution as a matrix product whose second operand never exists in memory: an implicit GEMM.

A task copies its part of the image to a lattice, and all irregularity ends there:

      image, stride 2            lattice: one plane a residue of (row, column) modulo the stride,
      a b a b a b                zeros where the window hangs over the border
      c d c d c d                   a a a     b b b     c c c     d d d
      a b a b a b                   a a a     b b b     c c c     d d d
      c d c d c d

An image without a border, and with a stride of 1, is a lattice already, and is read where it is.

On the lattice, output position (p, q) sees its tap k at entry p·width + q + offset[k], whatever the stride, dilation
and padding were: so the (taps × positions) matrix of im2col is the lattice itself, shifted by a constant for each row.
Register tiles read it where it is, in one of two ways: a vector of neighbouring positions for each tap, or one entry
for each of several positions, which then meets a vector of outputs. The gradient to the weights needs that matrix
transposed: there a tile's rows are taps, and its inner loop runs over positions.
"""

from autograd_core.kernels import simd, simd_dot_products
from autograd_core.kernels.gemm import pack
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, InInts1, Out1, Out2, Out4, OutInts3, kernel
from autograd_core.kernels.thresholds import DEPTH, TAPS, TAPS_TO_ADD


@jit
def _fill_lattice(x, start, x_strides, x_size, first_row, spacing, margin, lattice, at, lattice_size):
    """Copy one image (of one group) from its row for `first_row` on to lattice[at:]."""
    channel_stride, row_stride, column_stride = x_strides
    channels, height, width = x_size
    (down, across), (top, left), (rows, columns) = spacing, margin, lattice_size
    for channel in range(channels):
        for phase in range(down * across):
            y_phase, x_phase = divmod(phase, across)
            # Rows and columns q of the lattice with 0 <= q · spacing + phase - margin < size of the image.
            first_y = min(max(-(-(top - y_phase) // down) - first_row, 0), rows)
            end_y = max(min(-(-(height + top - y_phase) // down) - first_row, rows), first_y)
            first_x = min(max(-(-(left - x_phase) // across), 0), columns)
            end_x = max(min(-(-(width + left - x_phase) // across), columns), first_x)
            source = start + channel * channel_stride + (x_phase - left) * column_stride
            source += ((first_row + first_y) * down + y_phase - top) * row_stride
            _copy_rows(
                x, source, down * row_stride, across * column_stride, lattice, at, columns,
                (first_y, end_y, rows), (first_x, end_x), channels == 1,
            )  # fmt: skip
            at += rows * columns


@jit
def _copy_rows(source, start, row_stride, stride, target, at, columns, rows, inside, alone):
    """Fill one plane, maybe the only one: `rows` says where rows from the source begin, where they end, and where the
    plane ends, `inside` from which column to which they are; all else is zeros.

    Vectors run over a row's end into what is written later: the start of the next, or the next plane.
    """
    first_y, end_y, end = rows
    first, last = inside
    vector = simd.VECTOR_BYTES // target.itemsize
    if last - first == columns == row_stride and stride == 1:  # the rows make one
        columns = first_y * columns, (end_y - first_y) * columns, (end - end_y) * columns
        _clear(source, target, at, columns[0], vector)
        at += columns[0]
        for i in range(0, columns[1], vector):
            simd.copy_lanes(source, start + i, target, at + i, 0, columns[1] - i)
        _clear(source, target, at + columns[1], columns[2], vector)
        return
    if 0 < stride < 3 and alone:  # rows in their order, for tiles will read the first at once
        _clear(source, target, at, end * columns, vector)
        for row in range(end_y - first_y):
            for i in range(first, last, vector):
                place, onto = start + row * row_stride + i * stride, at + (first_y + row) * columns + i
                _copy_lanes(source, place, stride, target, onto, 0, last - i)
        return
    _clear(source, target, at, first_y * columns, vector)
    at += first_y * columns
    if 0 < stride < 3:  # with one mask for all rows, twice as fast; from behind, because of what vectors run into
        for i in range((columns - 1) // vector * vector, -1, -vector):
            for row in range(end_y - first_y):
                place, onto = start + row * row_stride + i * stride, at + row * columns + i
                _copy_lanes(source, place, stride, target, onto, first - i, last - i)
    else:
        for row in range(end_y - first_y):
            for i in range(columns):
                onto = at + row * columns + i
                if first <= i < last:
                    target[onto] = simd.entry(source, start + row * row_stride + i * stride)
                else:
                    target[onto] = 0
    _clear(source, target, at + (end_y - first_y) * columns, (end - end_y) * columns, vector)


@jit
def _copy_lanes(source, start, stride, target, at, first, end):
    if stride == 1:
        simd.copy_lanes(source, start, target, at, first, end)
    else:
        simd.copy_every_other(source, start, target, at, first, end)


@jit
def _clear(source, target, at, count, vector):
    for i in range(0, count, vector):
        simd.copy_lanes(source, 0, target, at + i, 0, 0)


@kernel
def pack_weights(
    worker, task, w: In1, bias: In1, packed: Out1,
    w_shape: tuple[int, int, int, int, int], w_strides: tuple[int, int, int, int, int], lanes,
):  # fmt: skip
    """Lay out one panel: the biases of `lanes` outputs, which sums start from, then their weights, tap by tap.

    w is (groups, outputs, ...), and the taps are numbered along its last three axes.
    """
    groups, outputs, planes, rows, columns = w_shape
    group, i = divmod(task, -(-outputs // lanes))
    i *= lanes
    depth = planes * rows * columns
    real, panel = min(lanes, outputs - i), group * (packed.size // groups) + i * (depth + 1)
    for lane in range(real):  # for slices Numba loads a module more
        packed[panel + lane] = bias[group * outputs + i + lane]
    vector = simd.VECTOR_BYTES // w.itemsize
    # Taps that are fewer than a vector has lanes, as of the gradient to images: it takes what follows with them, in
    # the source as in the target, where the next taps come to lie afterwards.
    short = rows == 1 and w_strides[4] == 1 and columns < vector <= w_strides[2] + columns
    for run in range(planes * rows):
        plane, row = divmod(run, rows)
        start = group * w_strides[0] + i * w_strides[1] + plane * w_strides[2] + row * w_strides[3]
        target = panel + (run * columns + 1) * lanes
        if short and run + 1 < planes and run * columns + vector <= depth:
            _transpose_all(w, start, w_strides[1], real, packed, target, lanes)
        else:
            pack(w, start, w_strides[1], real, w_strides[4], columns, packed, target, lanes)


@jit
def _transpose_all(source, start, lane_stride, lanes, target, target_start, width):
    """target[k·width + i] = source[i, k] for i < lanes and a vector of k."""
    for i in range(0, lanes, simd.TRANSPOSED):
        simd.transpose(source, start + i * lane_stride, lane_stride, lanes - i, target, target_start + i, width)


@kernel
def convolve(
    worker, task, x: In1, packed: In1, offsets: InInts1, y: Out1, scratch: Out1, lists: OutInts3,
    x_shape: tuple[int, int, int, int, int], x_strides: tuple[int, int, int, int, int],
    spacing: tuple[int, int], margin: tuple[int, int], lattice_size: tuple[int, int],
    y_shape: tuple[int, int, int], y_strides: tuple[int, int, int, int], y_first,
    blocking: tuple[int, int, int], in_place: bool, by_positions: bool, rectify: bool,
):  # fmt: skip
    """y[n, g·O + o, p, q] = bias[g·O + o] + Σ_k w[g, o, k] · (tap k of image n, group g, at output position p, q).

    Weights and biases are packed. If `rectify`, negative results become 0: a ReLU on the way to memory.
    `offsets` gives the taps on the lattice; x and y are walked by strides from their first entries. If `in_place`, x
    itself is the lattice.
    """
    images, groups, channels = x_shape[:3]
    outputs, out_height, out_width = y_shape
    block_images, band, per_worker = blocking
    bands = -(-out_height // band)
    block, part = divmod(task, groups * bands)
    group, part = divmod(part, bands)
    first_image, first_row = block * block_images, part * band
    count, rows = min(block_images, images - first_image), min(band, out_height - first_row)

    lattice_image = channels * spacing[0] * spacing[1] * lattice_size[0] * lattice_size[1]
    lattice = worker * per_worker
    # Beyond the lattice, vectors may run on for one vector's length.
    tiles = lattice + count * lattice_image + simd.TILE_BYTES // y.itemsize
    if in_place:
        lattice_image = x_strides[0]
        start = first_image * x_strides[0] + group * x_strides[1] + first_row * x_strides[3]
        lattice = _distance(scratch, x) + start
    else:
        for i in range(count):
            _fill_lattice(
                x, (first_image + i) * x_strides[0] + group * x_strides[1], x_strides[2:], x_shape[2:], first_row,
                spacing, margin, scratch, lattice + i * lattice_image, lattice_size,
            )  # fmt: skip
    y_start = y_first + first_image * y_strides[0] + group * outputs * y_strides[1] + first_row * y_strides[2]
    weights = group * (packed.size // groups)
    if by_positions:
        _multiply_positions(
            packed, weights, offsets, y, y_start, y_strides, scratch, tiles, lattice, lattice_image, lattice_size,
            lists[worker, 0], lists[worker, 1], outputs, count, (rows, out_width), rectify,
        )  # fmt: skip
    else:
        _multiply_rows(
            packed, weights, offsets, y, y_start, y_strides, scratch, lattice, lattice_image, lattice_size,
            lists[worker, 0], outputs, count, (rows, out_width), rectify,
        )  # fmt: skip


@jit
def _multiply_positions(
    packed, strips, offsets, y, y_start, y_strides, scratch, tiles, lattice, lattice_image, lattice_size,
    bases, places, outputs, images, size, rectify,
):  # fmt: skip
    """A tile's rows are positions, its lanes outputs: no lane is wasted where outputs fill vectors, whatever a row's
    length; but the tile must be transposed on its way to y.
    """
    width = simd.TILE_BYTES // y.itemsize
    vector = simd.VECTOR_BYTES // y.itemsize
    depth, positions = offsets.size, 0
    for image in range(images):
        for row in range(size[0]):
            for column in range(size[1]):
                bases[positions] = image * lattice_image + row * lattice_size[1] + column
                places[positions] = y_start + image * y_strides[0] + row * y_strides[2] + column * y_strides[3]
                positions += 1
    step = -(-depth // -(-depth // TAPS))
    for output in range(0, outputs, width):
        columns = min(width, outputs - output)
        for k in range(0, depth, step):
            strip = strips + output * (depth + 1) + (k + 1) * width  # after the biases
            thickness = min(step, depth - k)
            last = rectify and k + thickness == depth
            for first in range(0, positions, simd.ROWS):
                if columns > vector:
                    simd.multiply_gathered_tile(
                        scratch, lattice, offsets, k, bases, first, packed, strip, thickness,
                        scratch, tiles + first * width, width, positions - first, columns, k > 0, last,
                    )  # fmt: skip
                else:
                    simd.multiply_narrow_gathered_tile(
                        scratch, lattice, offsets, k, bases, first, packed, strip, thickness,
                        scratch, tiles + first * width, width, positions - first, columns, k > 0, last,
                    )  # fmt: skip
        for first in range(0, positions, simd.ROWS):
            count = min(simd.ROWS, positions - first)
            moved = 0
            if count == simd.ROWS and places[first + count - 1] - places[first] == count - 1:  # side by side in y
                moved = columns // vector * vector
                for j in range(0, moved, vector):
                    for i in range(0, simd.ROWS, simd.TRANSPOSED):
                        target = places[first + i] + (output + j) * y_strides[1]
                        simd.transpose(
                            scratch, tiles + (first + i) * width + j, width, simd.ROWS - i, y, target, y_strides[1]
                        )
            for i in range(count):
                for j in range(moved, columns):
                    y[places[first + i] + (output + j) * y_strides[1]] = scratch[tiles + (first + i) * width + j]


@jit
def _multiply_rows(
    packed, panels, offsets, y, y_start, y_strides, scratch, lattice, lattice_image, lattice_size,
    lists, outputs, images, size, rectify,
):  # fmt: skip
    """A tile's rows are outputs, its lanes positions of one row, read where they are: for few outputs, and for rows
    that fill vectors.
    """
    vector = simd.VECTOR_BYTES // y.itemsize
    together = simd.LINE_VECTORS if outputs == 1 else simd.VECTORS
    bases, places, counts = lists[:together], lists[together : 2 * together], lists[2 * together :]
    depth = offsets.size
    vectors = images * size[0] * -(-size[1] // vector)
    image = row = column = 0
    for _ in range(0, vectors, together):
        for j in range(together):
            bases[j] = places[j] = counts[j] = 0  # beyond the last position: read something, store nothing
            if image < images:
                bases[j] = image * lattice_image + row * lattice_size[1] + column
                places[j] = image * y_strides[0] + row * y_strides[2] + column * y_strides[3]
                counts[j] = size[1] - column
                column += vector
                if column >= size[1]:
                    column, row = 0, row + 1
                if row == size[0]:
                    row, image = 0, image + 1
        if outputs == 1:
            simd.multiply_scattered_line(
                packed, panels + simd.ROWS, scratch, lattice, bases, offsets, depth,
                y, y_start, places, counts, 0, 1, y_strides[3], rectify,
            )  # fmt: skip
        else:
            for i in range(0, outputs, simd.ROWS):
                panel, start = panels + i * (depth + 1) + simd.ROWS, y_start + i * y_strides[1]
                if outputs - i > simd.PART_ROWS:
                    simd.multiply_scattered_tile(
                        packed, panel, scratch, lattice, bases, offsets, depth,
                        y, start, places, counts, y_strides[1], outputs - i, y_strides[3], rectify,
                    )  # fmt: skip
                else:
                    simd.multiply_scattered_part(
                        packed, panel, scratch, lattice, bases, offsets, depth,
                        y, start, places, counts, y_strides[1], outputs - i, y_strides[3], rectify,
                    )  # fmt: skip


@jit
def _distance(a, b):
    """Entries of memory from a's first to b's: the tiles take one array and places in it."""
    return (b.ctypes.data - a.ctypes.data) // a.itemsize


@kernel
def gradient_to_weights(
    worker, task, x: In1, g: In1, offsets: InInts1, partial: Out4, scratch: Out1, lists: OutInts3,
    x_shape: tuple[int, int, int, int, int], x_strides: tuple[int, int, int, int, int],
    spacing: tuple[int, int], margin: tuple[int, int], lattice_size: tuple[int, int],
    g_shape: tuple[int, int, int], g_strides: tuple[int, int, int], blocking: tuple[int, int, int],
    in_place: bool, by_lanes: bool,
):  # fmt: skip
    """partial[chunk, group, k, o] = Σ over the chunk's images and all positions of g[n, o, p, q] · (tap k there).

    If `in_place`, x itself is the lattice.
    """
    images, groups, channels = x_shape[:3]
    outputs, out_height, out_width = g_shape
    band, taps_of_task, per_worker = blocking
    depth = offsets.size
    chunks = partial.shape[0]
    chunk, part = divmod(task, groups * -(-depth // taps_of_task))
    group, part = divmod(part, -(-depth // taps_of_task))
    first_tap, end_tap = part * taps_of_task, min((part + 1) * taps_of_task, depth)
    first_channel, end_channel = first_tap * channels // depth, -(-end_tap * channels // depth)
    lattice_channel = spacing[0] * spacing[1] * lattice_size[0] * lattice_size[1]

    strip_width = simd.TILE_BYTES // partial.itemsize
    strip = worker * per_worker + strip_width
    scratch[strip - strip_width : strip] = 0  # what sums start from
    lattice = strip + (DEPTH + 1) * strip_width
    bases = lists[worker, 0]
    sums = partial[chunk, group].reshape(-1)
    bands = -(-out_height // band)
    blocks = images * bands
    started = False
    # Which blocks a chunk sums depends on shapes alone, so its sum is the same whoever computes it.
    for block in range(chunk * blocks // chunks, (chunk + 1) * blocks // chunks):
        image, first_row = block // bands, block % bands * band
        rows = min(band, out_height - first_row)
        start = image * x_strides[0] + group * x_strides[1]
        if in_place:
            lattice = _distance(scratch, x) + start + first_row * x_strides[3]
        else:
            # Taps go channel by channel, so those of a task see some channels only.
            _fill_lattice(
                x, start + first_channel * x_strides[2], x_strides[2:], (end_channel - first_channel, *x_shape[3:]),
                first_row, spacing, margin, scratch, lattice + first_channel * lattice_channel, lattice_size,
            )  # fmt: skip
        g_start = image * g_strides[0] + group * outputs * g_strides[1] + first_row * out_width
        if by_lanes:
            _multiply_taps_by_lanes(
                scratch, lattice, lattice_size[1], offsets, first_tap, end_tap, g, g_start, g_strides[1], lists[worker],
                sums, outputs, (rows, out_width), started,
            )  # fmt: skip
            started = True
            continue
        for row in range(rows):
            for column in range(out_width):
                bases[row * out_width + column] = row * lattice_size[1] + column
        for position in range(0, rows * out_width, DEPTH):
            count = min(DEPTH, rows * out_width - position)
            for first in range(0, outputs, strip_width):
                lanes = min(strip_width, outputs - first)
                start = g_start + first * g_strides[1] + position
                pack(g, start, g_strides[1], lanes, g_strides[2], count, scratch, strip, strip_width)
                _multiply_taps(
                    scratch, lattice, bases, position, offsets, first_tap, end_tap, strip, count,
                    sums, first, outputs, lanes, started,
                )  # fmt: skip
            started = True


@jit
def _multiply_taps(
    scratch, lattice, bases, position, offsets, first, end, strip, count, sums, sums_start, outputs, columns, add
):
    for tap in range(first, end, simd.ROWS):
        if columns * sums.itemsize > simd.VECTOR_BYTES and end - tap <= simd.HALF_ROWS:
            simd.multiply_gathered_half(
                scratch, lattice, bases, position, offsets, tap, scratch, strip, count,
                sums, sums_start + tap * outputs, outputs, end - tap, columns, add, False,
            )  # fmt: skip
        elif columns * sums.itemsize > simd.VECTOR_BYTES:
            simd.multiply_gathered_tile(
                scratch, lattice, bases, position, offsets, tap, scratch, strip, count,
                sums, sums_start + tap * outputs, outputs, end - tap, columns, add, False,
            )  # fmt: skip
        else:
            simd.multiply_narrow_gathered_tile(
                scratch, lattice, bases, position, offsets, tap, scratch, strip, count,
                sums, sums_start + tap * outputs, outputs, end - tap, columns, add, False,
            )  # fmt: skip


@jit
def _multiply_taps_by_lanes(
    scratch, lattice, pitch, offsets, first, end, g, g_start, g_stride, lists, sums, outputs, size, add
):
    """Lanes are positions: for few outputs and taps, which would leave most of a tile empty."""
    vector = simd.VECTOR_BYTES // sums.itemsize
    bases, places, counts = lists[0], lists[1], lists[2]
    depth = 0
    for row in range(size[0]):
        for column in range(0, size[1], vector):
            bases[depth] = row * pitch + column
            places[depth] = row * size[1] + column
            counts[depth] = size[1] - column
            depth += 1
    if outputs == 1:
        for tap in range(first, end, simd_dot_products.LINE_TAPS):
            simd_dot_products.dot_products_of_one(
                scratch, lattice, bases, offsets, tap, g, g_start, 0, places, counts, depth,
                sums, tap, 1, end - tap, 1, add,
            )  # fmt: skip
        return
    for output in range(0, outputs, simd_dot_products.SEVERAL_OUTPUTS):
        for tap in range(first, end, simd_dot_products.SEVERAL_TAPS):
            simd_dot_products.dot_products(
                scratch, lattice, bases, offsets, tap, g, g_start + output * g_stride, g_stride, places, counts, depth,
                sums, tap * outputs + output, outputs, end - tap, outputs - output, add,
            )  # fmt: skip


@kernel
def add_chunks(worker, task, partial: Out4, out: Out2):
    """out[g·O + o, k] = Σ partial[chunk, g, k, o], chunk after chunk, added up in the first, for some k of a group."""
    chunks, groups, depth, outputs = partial.shape
    group, first = task % groups, task // groups * TAPS_TO_ADD
    end = min(first + TAPS_TO_ADD, depth)
    for k in range(first, end):
        total = partial[0, group, k]
        for chunk in range(1, chunks):
            summand = partial[chunk, group, k]
            for o in range(outputs):
                total[o] += summand[o]
    block = partial[0, group, first:end]
    for o in range(outputs):
        row = out[group * outputs + o, first:end]
        for k in range(row.size):
            row[k] = block[k, o]
