"""Matrix product, C = A·B, near the speed at which the processor can multiply and add.

Plain loops wait for memory; blocks of three sizes, one for each level of memory, keep operands where they are used:

            n →                      B   k ↓ ┌──────╥──────┐      one strip of B, DEPTH × tile width, is packed
                                             │      ║//////│      into the first-level cache just before use and
                                             └──────╨──────┘      meets all of the packed rows of A
      A   k →
    m ↓ ┌───────────┐               C        ┌──────╥──────┐
        │///////////│ ROWS                   │      ║██████│ ←    a tile of C, ROWS × VECTORS vectors, stays in
        ├───────────┤                        │      ║      │      registers while k runs through a block
        │           │                        │      ║      │
        └───────────┘                        └──────╨──────┘
        a block of A, rows × DEPTH,          a task: one block of rows × columns of one matrix of the batch;
        packed into the second level         threads take tasks as they get free

A panel is packed so that the innermost loop reads it from front to back: for each k in turn, the tile's ROWS entries
of A, or the tile's width of entries of B. Packing also absorbs every stride: transposed, spread or reversed operands
cost about the same.

Each entry of C is one chain of fused multiply-adds in the order of k, cut only where a block of depth ends: neither
the tasks' shape nor the number of threads can change a bit of it.
"""

from functools import lru_cache
from math import prod

import numpy as np

from autograd_core.kernels import FLOATS, memory, simd
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, InInts1, Out1, Out2, kernel
from autograd_core.kernels.matvec import matvec
from autograd_core.kernels.plan import at_each_run, contiguous, current, planned
from autograd_core.kernels.small_products import can_multiply, multiply
from autograd_core.kernels.threads import get_num_threads, scratch
from autograd_core.kernels.thresholds import (
    DEPTH,
    ELEMENTWISE_TASK,
    PACKING_FOR_PRODUCT,
    SMALL_PRODUCT,
    SMALL_PRODUCT_AVX512,
    TASK_COLUMNS,
    TASK_CYCLES,
    TASK_ROWS,
    THIN,
)


@planned
def matmul(a, b):
    """a @ b for arrays of two or more axes; leading axes broadcast.

    float32 and float64 of any strides are multiplied here. What the BLAS does faster and other dtypes go to numpy.
    """
    if b.ndim == 2 < a.ndim and a.flags.c_contiguous and a.size:  # one product, which packs b once
        return matmul(a.reshape(-1, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[-1])
    m, depth = a.shape[-2:]
    n = b.shape[-1]
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) if a.ndim > 2 or b.ndim > 2 else ()
    if a.dtype != b.dtype or a.dtype not in FLOATS or depth == 0:
        return _by_blas(a, b)
    if depth == 1 and prod(batch) * m * n:
        return _outer(contiguous(a), contiguous(b), batch, m, n)
    if current() is not None and a.ndim == b.ndim == 2 and min(m, n) > 1 and can_multiply(a, b):
        return multiply(a, b)
    if _blas_is_faster(m, depth, n, b, prod(batch)):
        return _by_blas(a, b)
    if batch == () and min(m, n) == 1:
        a, b = whole_strides(a), whole_strides(b)
        return matvec(a, b[:, 0])[:, None] if n == 1 else matvec(b.T, a[0])[None]
    c = memory.empty((*batch, m, n), a.dtype)
    if c.size:
        _multiply_batch(whole_strides(a), whole_strides(b), c, batch, m, depth, n)
    return c


def _outer(a, b, batch, m, n):
    """Columns times rows, which take as long as it takes to write the products: several times less than numpy takes."""
    c = memory.empty((*batch, m, n), a.dtype)
    rows = max(1, ELEMENTWISE_TASK // n)
    _multiply_rows(
        c.size, -(-c.size // (rows * n)),
        a.reshape(-1), b.reshape(-1), starts_of(a, batch), starts_of(b, batch), c.reshape(-1), m, n, rows,
    )  # fmt: skip
    return c


@kernel
def _multiply_rows(worker, task, a: In1, b: In1, a_starts: InInts1, b_starts: InInts1, c: Out1, m, n, rows):
    for row in range(task * rows, min((task + 1) * rows, c.size // n)):
        item = row // m
        factor, x, y = a[a_starts[item] + row - item * m], b[b_starts[item] :][:n], c[row * n :][:n]
        for j in range(n):
            y[j] = factor * x[j]


def _by_blas(a, b):
    # The same for two matrices, but faster to call.
    multiply = np.dot if a.ndim == b.ndim == 2 else np.matmul
    if current() is None:
        return multiply(a, b)
    c = np.empty((*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]), np.result_type(a, b))
    at_each_run(multiply, a, b, c)
    return c


def _blas_is_faster(m, depth, n, b, count):
    """Whether numpy's own product wins: little work, or a factor too thin for packing to pay.

    Beyond that it would wake threads, which then spin for a tenth of a second and take the processors from ours. With
    AVX-512 it has kernels for one thread and up to a million multiplications, unless b is transposed; and many such
    products, as in attention, are shared among threads here. In a plan a launch costs nothing, but a call of numpy some
    microseconds, for Python is cold in the caches between kernels: there matrices are multiplied here.
    """
    work = m * depth * n
    if min(m, n) == 1:  # a vector
        return work <= SMALL_PRODUCT or count > 1 or min(depth, max(m, n)) < THIN
    if n < THIN:
        return True
    if current() is not None:
        return False
    if b.strides[-1] != b.itemsize:
        return work <= SMALL_PRODUCT and (count == 1 or work < SMALL_PRODUCT // 16 or count * work < 4 * SMALL_PRODUCT)
    return work <= (SMALL_PRODUCT_AVX512 if simd.VECTOR_BITS == 512 else SMALL_PRODUCT)


def _multiply_batch(a, b, c, batch, m, depth, n):
    item, threads = a.itemsize, get_num_threads()
    a_rows, a_columns = a.strides[-2:]
    b_rows, b_columns = b.strides[-2:]
    count = c.size // (m * n)
    rows, columns, per_worker = _task_shape(m, depth, n, count, threads, item)
    _multiply(
        c.size * depth, count * -(-m // rows) * -(-n // columns),
        first_entry(a), first_entry(b), starts_of(a, batch), starts_of(b, batch), c.reshape(-1),
        scratch(threads * per_worker, a.dtype),
        m, depth, n, a_rows // item, a_columns // item, b_rows // item, b_columns // item, rows, columns, per_worker,
    )  # fmt: skip


def whole_strides(x):
    """x, or a copy of it if its memory cannot be walked in whole entries."""
    flags, item = x.flags, x.itemsize
    if flags.aligned and (flags.c_contiguous or all(s % item == 0 for s in x.strides)):
        return x
    return contiguous(x)


def first_entry(x):
    """A one-dimensional array of x's first entry: an anchor from which kernels walk by strides of their own.

    One type stands for arrays of all layouts and numbers of axes, so kernels are compiled only once.
    """
    return x[(0,) * (x.ndim - 1)][:1]


_AT_ONCE = np.zeros(1, np.int64)


def starts_of(x, batch):
    """Where each matrix of the broadcast batch starts, in entries from the first."""
    if not batch:
        return _AT_ONCE
    starts = np.zeros(batch, np.int64)
    skipped = len(batch) - (x.ndim - 2)
    for axis, size in enumerate(x.shape[:-2]):
        if size > 1:
            steps = np.arange(size) * (x.strides[axis] // x.itemsize)
            starts += steps.reshape((-1,) + (1,) * (len(batch) - skipped - axis - 1))
    return starts.reshape(-1)


@lru_cache(maxsize=1024)
def _task_shape(m, depth, n, count, threads, item):
    """Rows and columns of a task: those with which the thread that has most to do is done first.

    And the entries of `item` bytes that a worker needs to pack them.
    """
    width, lanes = simd.TILE_BYTES // item, simd.VECTOR_BYTES // item
    least_down, least_across = -(-m // TASK_ROWS), -(-n // TASK_COLUMNS)
    most = max(count * least_down * least_across + 1, 4 * threads)  # tasks, about
    fewest = np.inf
    for down in range(least_down, min(-(-m // simd.ROWS), most // (count * least_across)) + 1):
        for across in range(least_across, min(-(-n // width), most // (count * down)) + 1):
            rows, columns = -(-m // down), -(-n // across)
            rows, columns = rows + -rows % simd.ROWS, columns + -columns % width
            tasks = count * -(-m // rows) * -(-n // columns)
            task = (rows * columns / lanes + PACKING_FOR_PRODUCT * (rows + columns)) * depth + TASK_CYCLES
            cycles = -(-tasks // threads) * task
            if cycles < fewest:
                fewest, shape = cycles, (rows, columns)
    rows, columns = shape
    per_worker = (rows + simd.ROWS + width) * DEPTH + 2 * width
    return rows, columns, per_worker + -per_worker % 64


@kernel
def _multiply(
    worker, task, a: In1, b: In1, a_starts: InInts1, b_starts: InInts1, c: Out1, scratch: Out1,
    m, depth, n, a_rows, a_columns, b_rows, b_columns, rows, columns, per_worker,
):  # fmt: skip
    down, across = -(-m // rows), -(-n // columns)
    item, block = divmod(task, down * across)
    top, left = block // across * rows, block % across * columns
    _multiply_block(
        a, a_starts[item] + top * a_rows, a_rows, a_columns,
        b, b_starts[item] + left * b_columns, b_rows, b_columns,
        c, item * m * n + top * n + left, n,
        min(rows, m - top), depth, min(columns, n - left), scratch, worker * per_worker,
    )  # fmt: skip


@jit
def _multiply_block(
    a, a_start, a_rows, a_columns, b, b_start, b_rows, b_columns, c, c_start, c_stride,
    rows, depth, columns, scratch, panels,
):  # fmt: skip
    """One task: rows × columns of C, through all of k."""
    width = simd.TILE_BYTES // a.itemsize
    step = -(-depth // -(-depth // DEPTH))
    strip = panels + (rows + -rows % simd.ROWS) * step
    strip += -strip % width
    for k in range(0, depth, step):
        thickness = min(step, depth - k)
        for i in range(0, rows, simd.ROWS):
            pack(
                a, a_start + i * a_rows + k * a_columns, a_rows, min(simd.ROWS, rows - i), a_columns, thickness,
                scratch, panels + i * thickness, simd.ROWS,
            )  # fmt: skip
        for j in range(0, columns, width):
            pack(
                b, b_start + k * b_rows + j * b_columns, b_columns, min(width, columns - j), b_rows, thickness,
                scratch, strip, width,
            )  # fmt: skip
            multiply_strip(
                scratch, panels, scratch, strip, thickness, c, c_start + j, c_stride, rows, columns - j, k > 0
            )


@jit
def multiply_strip(a, panels, b, strip, depth, c, c_start, c_stride, rows, columns, add):
    """Multiply all packed panels of A with one packed strip of B; `columns` of the strip, at most, are real."""
    for i in range(0, rows, simd.ROWS):
        if columns * a.itemsize > simd.VECTOR_BYTES:
            simd.multiply_tile(
                a, panels + i * depth, b, strip, depth,
                c, c_start + i * c_stride, c_stride, rows - i, columns, add,
            )  # fmt: skip
        else:
            simd.multiply_narrow_tile(
                a, panels + i * depth, b, strip, depth,
                c, c_start + i * c_stride, c_stride, rows - i, columns, add,
            )  # fmt: skip


@jit
def pack(source, start, lane_stride, lanes, depth_stride, depth, target, target_start, width):
    """target[k·width + i] = source[i, k] for i < lanes, k < depth.

    Lanes from `lanes` to `width` hold anything: the sums that they enter are never stored. Vectors may run over a
    row's end in the target, where the next row overwrites them, but never over the source's last entry.
    """
    vector = simd.VECTOR_BYTES // source.itemsize
    done = 0
    if lane_stride == 1 and depth_stride > 0:
        vectors = -(-lanes // vector)
        # The last rows, from where a vector could leave the source, go entry by entry.
        done = max(0, depth - -(-(vectors * vector - lanes) // depth_stride))
        for k in range(done):
            for i in range(vectors):
                simd.copy_vector(
                    source, start + k * depth_stride + i * vector, target, target_start + k * width + i * vector
                )
    elif depth_stride == 1 and depth >= vector:
        done = depth
        for i in range(0, lanes, simd.TRANSPOSED):
            for j in range(0, depth, vector):
                k = min(j, depth - vector)  # the last group overlaps rather than leave the source
                simd.transpose(
                    source, start + i * lane_stride + k, lane_stride, lanes - i,
                    target, target_start + k * width + i, width,
                )  # fmt: skip
    for k in range(done, depth):
        for i in range(lanes):
            target[target_start + k * width + i] = simd.entry(source, start + i * lane_stride + k * depth_stride)


@planned
def add_bias(y, b, rectify):
    """y + b, in y itself, for each of its rows; with `rectify`, negative results become 0."""
    y.flags.writeable = True  # which in a plan it is not, for others
    b = contiguous(b)
    rows = max(1, ELEMENTWISE_TASK // max(1, b.size))
    lines = y.reshape(-1, max(1, b.size))
    _add_bias(y.size, -(-len(lines) // rows), lines, b, rows, rectify)
    return y


@kernel
def _add_bias(worker, task, y: Out2, b: In1, rows, rectify: bool):
    for i in range(task * rows, min((task + 1) * rows, y.shape[0])):
        row = y[i]
        if rectify:
            for j in range(b.size):
                total = row[j] + b[j]
                row[j] = total if total > 0 or total != total else b.dtype.type(0)
        else:
            for j in range(b.size):
                row[j] += b[j]
