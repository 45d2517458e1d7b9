"""Maximum over windows of an image, and its gradient.

No index array is kept: the gradient finds each window's maxima again by comparing x with y, which reads less memory
than indices would and lets ties share evenly, as every reduction by maximum does here. The border is -inf, so it
never wins; a NaN wins over everything, and shows in y.
"""

import numpy as np

from autograd_core.kernels import memory, simd, simd_max_pooling
from autograd_core.kernels.jit import jit
from autograd_core.kernels.launch import In1, In3, Out1, Out3, kernel
from autograd_core.kernels.plan import contiguous, planned
from autograd_core.kernels.thresholds import POOLING_TASK


@planned
def max_pool2d(x, kernel, stride, padding):
    """Largest entry of each window.  Shapes: (N, C, H, W) -> (N, C, OH, OW)."""
    n, c, h, w = x.shape
    (kh, kw), (sh, sw), (ph, pw) = kernel, stride, padding
    y = memory.empty((n, c, (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1), x.dtype)
    x_planes, y_planes = contiguous(x).reshape(n * c, h, w), y.reshape(n * c, *y.shape[2:])
    planes = -(-POOLING_TASK // (h * w))
    _forward(x.size, -(-n * c // planes), x_planes, y_planes, planes, kh, kw, sh, sw, ph, pw)
    return y


@planned
def max_pool2d_gradient(g, x, y, kernel, stride, padding, rectified=False):
    """Gradient of Σ g · max_pool2d(x) with respect to x; entries that tie in a window share evenly.

    With `rectified`, x = relu(z), and it is the gradient with respect to z: of the largest only positive ones count,
    which is one comparison for each window in place of one for each entry of x.
    """
    (kh, kw), (sh, sw), (ph, pw) = kernel, stride, padding
    n, c, h, w = x.shape
    dx = memory.empty(x.shape, g.dtype)
    flat = (contiguous(a).reshape(-1) for a in (g, x, y))
    planes = -(-POOLING_TASK // (h * w))
    how = ((h, w), y.shape[2:], planes, kh, kw, sh, sw, ph, pw, rectified)
    _backward(x.size, -(-n * c // planes), *flat, dx.reshape(-1), *how)
    return dx


@jit
def _forward_plane(x, y, kh, kw, sh, sw, ph, pw):
    h, w = x.shape
    for p in range(y.shape[0]):
        for q in range(y.shape[1]):
            largest = x.dtype.type(-np.inf)
            for i in range(max(p * sh - ph, 0), min(p * sh - ph + kh, h)):
                for j in range(max(q * sw - pw, 0), min(q * sw - pw + kw, w)):
                    v = x[i, j]
                    largest = v if v > largest or v != v else largest
            y[p, q] = largest


@jit
def _backward_plane(g, at, x, y, dx, top, size, out, kh, kw, sh, sw, ph, pw, rectified):
    """One plane, from entry `top` of x and dx and entry `at` of g and y on: a vector of a row's windows at a time."""
    (h, w), (rows, columns) = size, out
    lanes = simd.VECTOR_BYTES // x.itemsize
    dx[top : top + h * w] = 0
    for p in range(rows):
        first, end = max(p * sh - ph, 0), min(p * sh - ph + kh, h)
        for q in range(0, columns, lanes):
            window = at + p * columns + q
            corner, column = top + first * w, q * sw - pw
            how = (corner, w, end - first, kw, column, columns - q, rectified)
            if sw == 1:
                simd_max_pooling.max_pool_gradient_stride_1(g, y, window, x, dx, *how, sw)
            elif sw == 2:
                simd_max_pooling.max_pool_gradient_stride_2(g, y, window, x, dx, *how, sw)
            else:
                simd_max_pooling.max_pool_gradient_any_stride(g, y, window, x, dx, *how, sw)


# The window that nearly every network uses has loops of its own.


@jit
def _halve_plane(x, top, width, y, at, rows, columns):
    """The plane from entry `top` of x on, into that from entry `at` of y on."""
    lanes = simd.VECTOR_BYTES // x.itemsize
    for p in range(rows):
        for q in range(0, columns, lanes):
            upper = top + 2 * p * width + 2 * q
            simd_max_pooling.max_pool_2x2(x, upper, upper + width, y, at + p * columns + q, columns - q)


@jit
def _unhalve_plane(g, at, x, y, dx, top, size, out, rectified):
    lanes = simd.VECTOR_BYTES // x.itemsize
    (h, w), (rows, columns) = size, out
    if 2 * rows < h or 2 * columns < w:
        dx[top : top + h * w] = 0  # the edge that no window sees
    for p in range(rows):
        for q in range(0, columns, lanes):
            window, upper = at + p * columns + q, top + 2 * p * w + 2 * q
            simd_max_pooling.max_pool_gradient_2x2(
                g, window, y, window, x, dx, upper, upper + w, columns - q, rectified
            )


@kernel
def _forward(worker, task, x: In3, y: Out3, planes, kh, kw, sh, sw, ph, pw):
    (_, h, w), (_, rows, columns) = x.shape, y.shape
    entries, largest = x.reshape(x.size), y.reshape(y.size)
    for plane in range(task * planes, min((task + 1) * planes, x.shape[0])):
        if kh == kw == sh == sw == 2 and ph == pw == 0:
            _halve_plane(entries, plane * h * w, w, largest, plane * rows * columns, rows, columns)
        else:
            _forward_plane(x[plane], y[plane], kh, kw, sh, sw, ph, pw)


@kernel
def _backward(
    worker, task, g: In1, x: In1, y: In1, dx: Out1, size: tuple[int, int], out: tuple[int, int],
    planes, kh, kw, sh, sw, ph, pw, rectified: bool,
):  # fmt: skip
    entries, windows = size[0] * size[1], out[0] * out[1]
    for plane in range(task * planes, min((task + 1) * planes, x.size // entries)):
        if kh == kw == sh == sw == 2 and ph == pw == 0:
            _unhalve_plane(g, plane * windows, x, y, dx, plane * entries, size, out, rectified)
        else:
            _backward_plane(g, plane * windows, x, y, dx, plane * entries, size, out, kh, kw, sh, sw, ph, pw, rectified)
