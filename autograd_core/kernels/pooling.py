"""Maximum over windows of an image, and its gradient.

No index array is kept: the gradient finds each window's maxima again by comparing x with y, which reads less memory
than indices would and lets ties share evenly, as every reduction by maximum does here. The border is -inf, so it
never wins; a NaN wins over everything, and shows in y.
"""

import numpy as np

from autograd_core.kernels import simd
from autograd_core.kernels.jit import jit
from autograd_core.kernels.team import run_tasks, sharing
from autograd_core.kernels.threads import ParallelKernel


def max_pool2d(x, kernel, stride, padding):
    """Largest entry of each window.  Shapes: (N, C, H, W) -> (N, C, OH, OW)."""
    n, c, h, w = x.shape
    (kh, kw), (sh, sw), (ph, pw) = kernel, stride, padding
    y = np.empty((n, c, (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1), x.dtype)
    planes = np.ascontiguousarray(x).reshape(n * c, h, w)
    _forward(x.size, planes, y.reshape(n * c, *y.shape[2:]), kh, kw, sh, sw, ph, pw)
    return y


def max_pool2d_gradient(g, x, y, kernel, stride, padding):
    """Gradient of Σ g · max_pool2d(x) with respect to x; entries that tie in a window share evenly."""
    (kh, kw), (sh, sw), (ph, pw) = kernel, stride, padding
    n, c, h, w = x.shape
    dx = np.empty(x.shape, g.dtype)
    x, y, g = (np.ascontiguousarray(a).reshape(n * c, *a.shape[2:]) for a in (x, y, g))
    _backward(x.size, g, x, y, dx.reshape(n * c, h, w), kh, kw, sh, sw, ph, pw)
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
def _backward_plane(g, x, y, dx, kh, kw, sh, sw, ph, pw):
    """All windows of a row together, entry after entry of the window: no branch depends on data."""
    h, w = x.shape
    zero, one = x.dtype.type(0), x.dtype.type(1)
    shares = np.empty(y.shape[1], x.dtype)
    dx[:] = 0
    for p in range(y.shape[0]):
        top, bottom = max(p * sh - ph, 0), min(p * sh - ph + kh, h)
        largest = y[p]
        shares[:] = 0
        for i in range(top, bottom):
            for j in range(kw):
                first, end = _windows_that_see(j, w, sw, pw, y.shape[1])
                seen = x[i, first * sw + j - pw :: sw]
                for q in range(first, end):
                    shares[q] += one if _is_maximum(seen[q - first], largest[q]) else zero
        for q in range(shares.size):
            shares[q] = g[p, q] / shares[q]
        for i in range(top, bottom):
            for j in range(kw):
                first, end = _windows_that_see(j, w, sw, pw, y.shape[1])
                seen, target = x[i, first * sw + j - pw :: sw], dx[i, first * sw + j - pw :: sw]
                for q in range(first, end):
                    target[q - first] += shares[q] if _is_maximum(seen[q - first], largest[q]) else zero


@jit
def _windows_that_see(j, width, stride, padding, windows):
    """From which window on, and up to which, column j of the window lies inside the image."""
    return max(-((j - padding) // stride), 0), min((width - 1 - j + padding) // stride + 1, windows)


@jit
def _is_maximum(v, largest):
    # Where v is NaN so is the largest; `|` rather than `or`, which would branch.
    return (v == largest) | (v != v)


# The window that nearly every network uses has loops of its own, without branches: LLVM makes vectors of them.


@jit
def _larger(a, b):
    return b if b > a or b != b else a


@jit
def _halve_plane(x, y):
    for p in range(y.shape[0]):
        upper, lower, row = x[2 * p], x[2 * p + 1], y[p]
        for q in range(row.size):
            row[q] = _larger(_larger(upper[2 * q], upper[2 * q + 1]), _larger(lower[2 * q], lower[2 * q + 1]))


@jit
def _unhalve_plane(g, x, y, dx):
    vector = simd.VECTOR_BYTES // x.itemsize
    (rows, columns), width = y.shape, x.shape[1]
    if 2 * rows < x.shape[0] or 2 * columns < width:
        dx[:] = 0  # the edge that no window sees
    for p in range(rows):
        for q in range(0, columns, vector):
            at, upper = p * columns + q, 2 * p * width + 2 * q
            simd.share_among_largest(g, at, y, at, x, dx, upper, upper + width, columns - q)


@jit
def _forward_task(worker, task, x, y, kh, kw, sh, sw, ph, pw):
    if kh == kw == sh == sw == 2 and ph == pw == 0:
        _halve_plane(x[task], y[task])
    else:
        _forward_plane(x[task], y[task], kh, kw, sh, sw, ph, pw)


@jit
def _backward_task(worker, task, g, x, y, dx, kh, kw, sh, sw, ph, pw):
    if kh == kw == sh == sw == 2 and ph == pw == 0:
        _unhalve_plane(g[task], x[task], y[task], dx[task])
    else:
        _backward_plane(g[task], x[task], y[task], dx[task], kh, kw, sh, sw, ph, pw)


_post_forward, _post_backward = sharing(_forward_task), sharing(_backward_task)


@ParallelKernel(reads=1).of
def _forward(mailbox, x, y, kh, kw, sh, sw, ph, pw):
    _post_forward(mailbox, (x, y, kh, kw, sh, sw, ph, pw))
    run_tasks(mailbox, x.shape[0])


@ParallelKernel(reads=3).of
def _backward(mailbox, g, x, y, dx, kh, kw, sh, sw, ph, pw):
    _post_backward(mailbox, (g, x, y, dx, kh, kw, sh, sw, ph, pw))
    run_tasks(mailbox, x.shape[0])
