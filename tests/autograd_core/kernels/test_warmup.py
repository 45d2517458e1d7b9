import os
import shutil
import subprocess
import sys

import numpy as np

from autograd_core.kernels import warmup

# Warms up with the cache that the other tests use, and prints which files of it that takes, compiled now or before.
WARM_UP = """
import numpy as np
from autograd_core.kernels import jit, warmup
files, path_of = set(), jit._FilePerSignature._path
def noted(self, key):
    files.add(path := path_of(self, key))
    return path
jit._FilePerSignature._path = noted
warmup.warm_up([np.float32])
print(*files, sep="\\n")
"""
USE_KERNELS = """
import numpy as np
from autograd_core.kernels import convolution, cumulative, gemm, normalisation, pooling
from autograd_core.kernels import reduction, scatter, softmax, sorting
x, w = np.ones((2, 3, 40, 40), np.float32), np.ones((20, 3, 3, 3), np.float32)
y = convolution.conv2d(x, w, bias=w[:, 0, 0, 0])
convolution.conv2d_input_gradient(y, w, x.shape)
convolution.conv2d_weight_gradient(y, x, w.shape)
reduction.sum_of_slices(y, (y.shape[0], y.shape[1], y[0, 0].size))
for shape in ((1, 1, 9600), (60, 160, 1)):
    reduction.sum_of_slices(x, shape)
normalisation.variance(x, (2, 3, 1600))
reduction.largest_of_rows(x[0, 0]), reduction.smallest_of_rows(x[0, 0])
pooling.max_pool2d_gradient(x, x, pooling.max_pool2d(x, (1, 1), (1, 1), (0, 0)), (1, 1), (1, 1), (0, 0))
gemm.matmul(np.ones((200, 200), np.float32), np.ones((200, 200), np.float32).T)
for slices, table in ((1, 200, 50), (1, 50)), ((40, 50, 1), (50, 1)):
    x, weight = np.ones(slices, np.float32), np.ones(table, np.float32)
    y, mean, var = normalisation.normalize(x, weight, weight, slices, 0.1, False)
    normalisation.normalize_gradient(y, x, weight, mean, var, slices, 0.1, False)
scatter.add_rows(np.ones((9, 200), np.float32), np.arange(9), np.ones((9, 200), np.float32))
cumulative.cumulative_sum(x, (1, x.size, 1)), cumulative.cumulative_sum(x, (1, 1, x.size), True)
sorting.order_of_rows(x[0], True)
x, labels = np.ones((30, 40), np.float32), np.zeros(30, np.int64)
softmax.softmax_gradient(x, softmax.softmax(x))
softmax.log_softmax_gradient(x, softmax.log_softmax(x))
softmax.logsumexp_gradient(x[:, 0].copy(), x, softmax.logsumexp(x))
loss, count = softmax.cross_entropy(x, labels, False, -1, True)
softmax.cross_entropy_gradient(loss, x, labels, count, -1, True)
print("done")
"""


def run(code, **environment):
    environment = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_after_warming_up_a_second_process_compiles_nothing(tmp_path):
    warmed = run(WARM_UP)
    assert "gemm._multiply, float32: " in warmed.stderr
    cache = tmp_path / "autograd_core"
    cache.mkdir()
    for file in warmed.stdout.splitlines():
        shutil.copy(file, cache)
    used = run(USE_KERNELS, NUMBA_CACHE_DIR=str(tmp_path))
    assert (used.stdout, used.stderr) == ("done\n", "")


def test_it_says_what_it_compiles_and_returns_the_seconds():
    lines = []
    assert warmup.warm_up([np.float32], lines.append) > 0
    assert len(lines) == len(warmup.all_kernels()) > 20
