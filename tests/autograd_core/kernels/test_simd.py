import os
import subprocess
import sys

import numpy as np
import pytest

from autograd_core.kernels import simd
from autograd_core.kernels.jit import entry

PRODUCTS = """
import numpy as np
from autograd_core.kernels import convolution, gemm, simd
rng = np.random.default_rng(0)
a, b = rng.standard_normal((131, 77), np.float32), rng.standard_normal((203, 77), np.float32).T
assert np.abs(gemm.matmul(a, b) - a.astype(float) @ b).max() < 1e-4
x, w = rng.integers(-9, 9, (3, 5, 9, 7)).astype(np.float32), rng.integers(-9, 9, (16, 5, 3, 2)).astype(np.float32)
for w in (w, w[:3], w[:1]):
    exact = sum(
        np.einsum("nchw,oc->nohw", x[:, :, i : i + 7, j : j + 6], w[:, :, i, j]) for i in range(3) for j in range(2)
    )
    assert np.array_equal(convolution.conv2d(x, w), exact)
print(simd.VECTOR_BITS)
"""


@pytest.mark.parametrize("bits", [128, 256])
def test_narrower_vectors_compute_the_same(bits):
    environment = {**os.environ, "AUTOGRAD_CORE_SIMD_BITS": str(bits)}
    ran = subprocess.run([sys.executable, "-c", PRODUCTS], env=environment, capture_output=True, text=True)
    assert ran.stdout == f"{bits}\n", ran.stderr


@entry
def _copies(source, start, target, first, end):
    simd.copy_lanes(source, start, target, 0, first, end)
    simd.copy_every_other(source, start, target, 100, first, end)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masked_copies_take_what_is_asked_and_no_more(dtype):
    lanes = simd.VECTOR_BYTES // np.dtype(dtype).itemsize
    source = np.arange(1, 2 * lanes, dtype=dtype)
    for first, end in [(0, count) for count in range(lanes + 1)] + [(1, lanes), (3, 4), (lanes - 1, lanes), (2, 2)]:
        target = np.full(200, -1, dtype)
        _copies(source, 0, target, first, end)
        for copied, taken in ((target[:lanes], source), (target[100 : 100 + lanes], source[::2])):
            np.testing.assert_array_equal(copied[first:end], taken[first:end])
            np.testing.assert_array_equal(np.delete(copied, np.s_[first:end]), 0)
        np.testing.assert_array_equal(target[lanes:100], -1)


@entry
def _transposition(source, stride, rows, target, pitch):
    simd.transpose(source, 0, stride, rows, target, 0, pitch)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transposition_repeats_the_last_row(dtype):
    lanes = simd.VECTOR_BYTES // np.dtype(dtype).itemsize
    for rows in range(1, simd.TRANSPOSED + 1):
        source = np.arange(rows * lanes, dtype=dtype).reshape(rows, lanes)
        target = np.full((lanes, simd.TRANSPOSED + 3), -1, dtype)
        _transposition(source.reshape(-1), lanes, rows, target.reshape(-1), simd.TRANSPOSED + 3)
        np.testing.assert_array_equal(target[:, :rows], source.T)
        np.testing.assert_array_equal(target[:, simd.TRANSPOSED :], -1)
