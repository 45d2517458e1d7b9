"""Compiling ahead: every kernel is run once on the smallest arrays that reach it, so that no later process has to wait.

Kernels made of elementwise rows are not among them: there is one for each row and choice of arguments.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from autograd_core.kernels import (
    convolution,
    cumulative,
    gemm,
    normalisation,
    pooling,
    reduction,
    scatter,
    softmax,
    sorting,
)


def warm_up(dtypes=(np.float32,), say=None):
    """Compile all kernels for `dtypes`, or load them; `say(line)` is told what and how long it took.

    Lines go to the standard error stream unless `say` is given. Returns the seconds that all took.
    """
    say = say or (lambda line: print(line, file=sys.stderr))
    began = time.perf_counter()
    for dtype in map(np.dtype, dtypes):
        for name, run in _kernels(dtype):
            started = time.perf_counter()
            run()
            say(f"{name}, {dtype}: {time.perf_counter() - started:.1f} s")
    return time.perf_counter() - began


def _kernels(dtype) -> Iterator[tuple[str, Callable[[], object]]]:
    """What each is called, and a call that reaches it."""
    square = np.ones((128, 128), dtype)
    images, filters = np.ones((1, 1, 4, 4), dtype), np.ones((1, 1, 2, 2), dtype)
    windows = ((2, 2), (2, 2), (0, 0))
    yield "matrix product", lambda: gemm.matmul(square, square)
    long = np.ones((1024, 512), dtype)
    yield "matrix times vector", lambda: [gemm.matmul(long, long[:1].T), gemm.matmul(long[:, :1].T, long)]
    yield "convolution and its gradient to images", lambda: convolution.conv2d(images, filters)
    yield "gradient of convolution to filters", lambda: convolution.conv2d_weight_gradient(images, images, (1, 1, 1, 1))
    yield "sums, variance, largest and smallest entries", partial(_reductions, images)
    yield "pooling", lambda: pooling.max_pool2d(images, *windows)
    half = images[:, :, ::2, ::2]
    yield "gradient of pooling", lambda: pooling.max_pool2d_gradient(half, images, half, *windows)
    one = np.ones((2, 1), dtype)
    for slices in ((1, 2, 2), (2, 2, 1)):
        x = np.ones(slices, dtype)
        yield f"normalisation of {slices}", partial(normalisation.normalize, x, one, one, slices, 1e-5, True)
        backward = partial(normalisation.normalize_gradient, x, x, one, one[:, 0], one[:, 0], slices, 1e-5, True)
        yield f"its gradient of {slices}", backward
    yield "adding rows to named ones", lambda: scatter.add_rows(np.ones((1, 1), dtype), np.zeros(1, np.intp), one[:1])
    for slices in ((1, 2, 1), (1, 1, 2)):
        yield f"cumulative sums of {slices}", partial(cumulative.cumulative_sum, one, slices)
    yield "order of entries", lambda: sorting.order_of_rows(one, False)
    yield "softmax and its kin", partial(_softmax_and_kin, square[:2])


def _reductions(images):
    for shape in ((1, 4, 4), (1, 1, 16), (4, 4, 1)):
        reduction.sum_of_slices(images, shape)
    normalisation.variance(images, (1, 4, 4))
    reduction.largest_of_rows(images[0, 0])
    reduction.smallest_of_rows(images[0, 0])


def _softmax_and_kin(x):
    labels = np.zeros(len(x), np.int64)
    softmax.softmax_gradient(x, softmax.softmax(x))
    softmax.log_softmax_gradient(x, softmax.log_softmax(x))
    softmax.logsumexp_gradient(x[:, 0].copy(), x, softmax.logsumexp(x))
    softmax.cross_entropy_gradient(x, labels, float(softmax.cross_entropy(x, labels)))
