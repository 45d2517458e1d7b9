"""Maximum over windows of an image, and its gradient.

No index array is kept: the gradient finds each window's maxima again by comparing x with y, which reads less memory
than indices would and lets ties share evenly, as every reduction by maximum does here. The border is -inf, so it
never wins; a NaN wins over everything, and shows in y.
"""

import numpy as np

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
    h, w = x.shape
    dx[:] = 0
    for p in range(y.shape[0]):
        for q in range(y.shape[1]):
            top, bottom = max(p * sh - ph, 0), min(p * sh - ph + kh, h)
            left, right = max(q * sw - pw, 0), min(q * sw - pw + kw, w)
            largest = y[p, q]
            ties = 0
            for i in range(top, bottom):
                for j in range(left, right):
                    ties += _is_maximum(x[i, j], largest)
            share = g[p, q] / ties
            for i in range(top, bottom):
                for j in range(left, right):
                    if _is_maximum(x[i, j], largest):
                        dx[i, j] += share


@jit
def _is_maximum(v, largest):
    return v == largest or (v != v and largest != largest)


@jit
def _forward_task(worker, task, x, y, kh, kw, sh, sw, ph, pw):
    _forward_plane(x[task], y[task], kh, kw, sh, sw, ph, pw)


@jit
def _backward_task(worker, task, g, x, y, dx, kh, kw, sh, sw, ph, pw):
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
