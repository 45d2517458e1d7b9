"""Functions made of ops: each against finite differences, as test_every_op.py does for the rows themselves."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import fft, linalg, ops
from autograd_core.ops.op import Op

rng = np.random.default_rng(1)

# Files whose functions are made of rows.
MODULES = [
    "shaping",
    "arranging",
    "diagonals",
    "indexing",
    "sorting",
    "extremes",
    "linalg",
    "einsum",
    "solving",
    "decompositions",
    "convolution",
    "pooling",
    "windows",
    "norms",
    "cumulative",
    "fourier",
]


def apart(*shape):
    """Numbers of both signs, away from 0 and from each other, so that no difference quotient meets a kink or tie."""
    n = int(np.prod(shape))
    return rng.permutation(np.linspace(-2, 2, n + n % 2)[:n] + 0.013).reshape(shape)


def together(function):
    """Of what gives several arrays, all of them flat, with different weights."""
    return lambda *xs: ag.concat([(i + 1.0) * y for i, y in enumerate(function(*xs))], axis=None) ** 2


# name -> cases of (function, inputs)
CASES = {
    "matrix_transpose": [(lambda x: ag.matrix_transpose(x) ** 2, (apart(2, 3, 2),))],
    "concat": [(lambda a, b: ag.concat([a, b, a], axis=1) ** 2, (apart(2, 2), apart(2, 1)))],
    "squeeze": [(lambda x: ag.squeeze(x, axis=(0, -1)) ** 2, (apart(1, 2, 1, 1),))],
    "flatten": [
        (lambda x: ag.flatten(x) ** 2, (apart(2, 3),)),
        (lambda x: ag.flatten(x, 1, 2) ** 2, (apart(2, 1, 2, 2),)),
    ],
    "unflatten": [(lambda x: ag.unflatten(x, 1, (2, -1)) ** 2, (apart(2, 4),))],
    "moveaxis": [(lambda x: ag.moveaxis(x, (0, -1), (1, 0)) ** 2, (apart(2, 3, 2),))],
    "broadcast_arrays": [(together(ag.broadcast_arrays), (apart(2, 1), apart(3)))],
    "stack": [(lambda a, b: ag.stack([a, b, a], axis=-1) ** 2, (apart(2, 2), apart(2, 2)))],
    "unstack": [(together(lambda x: ag.unstack(x, axis=1)), (apart(2, 3),))],
    "split": [
        (together(lambda x: ag.split(x, 3, axis=1)), (apart(2, 6),)),
        (together(lambda x: ag.split(x, [1, 1, 3])), (apart(4, 2),)),
    ],
    "flip": [(lambda x: ag.flip(x, axis=-1) ** 2, (apart(2, 3),)), (lambda x: ag.flip(x) ** 2, (apart(2, 3),))],
    "roll": [(lambda x: ag.roll(x, 2) ** 2, (apart(2, 3),))],
    "tile": [(lambda x: ag.tile(x, (2, 1, 3)) ** 2, (apart(2, 2),))],
    "repeat": [
        (lambda x: ag.repeat(x, 3, axis=1) ** 2, (apart(2, 2),)),
        (lambda x: ag.repeat(x, [2, 0, 1], axis=0) ** 2, (apart(3, 2),)),
    ],
    "pad": [
        (lambda x: ag.pad(x, ((1, 0), (0, 2)), constant_values=3.0) ** 2, (apart(2, 3),)),
        *[(lambda x, mode=mode: ag.pad(x, 2, mode=mode) ** 2, (apart(3, 4),)) for mode in ("edge", "reflect", "wrap")],
    ],
    "meshgrid": [
        (together(ag.meshgrid), (apart(2), apart(3), apart(2))),
        (together(lambda a, b: ag.meshgrid(a, b, indexing="ij")), (apart(2), apart(3))),
    ],
    "tril": [(lambda x: ag.tril(x, k=1) ** 2, (apart(2, 3, 4),))],
    "triu": [(lambda x: ag.triu(x, k=-1) ** 2, (apart(3, 3),))],
    "diagonal": [(lambda x: ag.diagonal(x, offset=-1) ** 2, (apart(2, 4, 3),))],
    "trace": [(lambda x: ag.trace(x, offset=1) ** 2, (apart(2, 3, 3),))],
    "take": [
        (lambda x: ag.take(x, [[0, 2], [2, -1]], axis=1) ** 2, (apart(2, 3),)),
        (lambda x: ag.take(x, 4) ** 2, (apart(2, 3),)),
    ],
    "take_along_axis": [
        (lambda x: ag.take_along_axis(x, np.array([[0, 0], [1, -1], [2, 0]]), axis=1) ** 2, (apart(3, 3),)),
        (lambda x: ag.take_along_axis(x, np.array([[2], [0]]), axis=1) ** 2, (apart(1, 3),)),
    ],
    "max": [(lambda x: ag.max(x, 1).values ** 2, (apart(2, 3),))],
    "min": [(lambda x: ag.min(x, 0, True)[0] ** 2, (apart(2, 3),))],
    "sort": [
        (lambda x: ag.sort(x, 1).values ** 2, (apart(2, 3),)),
        (lambda x: ag.sort(x, axis=0) ** 2, (apart(4, 2),)),
        (lambda x: ag.sort(x, descending=True) ** 2, (apart(2, 3),)),
    ],
    "topk": [(lambda x: ag.topk(x, 2)[0] ** 2, (apart(2, 4),)), (lambda x: ag.topk(x, 2, 0, False)[0], (apart(3, 2),))],
    "matmul": [(ag.matmul, (apart(2, 3), apart(3)))],
    "vecdot": [(lambda a, b: ag.vecdot(a, b, axis=-2), (apart(2, 3, 2), apart(3, 1)))],
    "tensordot": [
        (ag.tensordot, (apart(2, 3, 2), apart(3, 2, 2))),
        (lambda a, b: ag.tensordot(a, b, axes=0), (apart(2), apart(2, 2))),
        (lambda a, b: ag.tensordot(a, b, axes=((0, -1), (1, 0))), (apart(2, 3, 2), apart(2, 2, 3))),
    ],
    "outer": [(ag.outer, (apart(2), apart(3)))],
    "cross": [
        (ag.cross, (apart(2, 3), apart(3))),
        (lambda a, b: ag.cross(a, b, axis=0), (apart(3, 2), apart(3, 1))),
    ],
    "diff": [
        (lambda x: ag.diff(x, n=2) ** 2, (apart(2, 4),)),
        (lambda x, a, b: ag.diff(x, axis=0, prepend=a, append=b) ** 2, (apart(2, 2), apart(1, 2), apart(2, 2))),
    ],
    "vector_norm": [(lambda x: linalg.vector_norm(x, axis=(0, 2), ord=3), (apart(2, 3, 2),))],
    "matrix_norm": [
        *[(lambda x, o=o: linalg.matrix_norm(x, ord=o), (apart(2, 3),)) for o in ("fro", "nuc", 1, -1, 2, -2, np.inf)],
        (lambda x: linalg.matrix_norm(x, ord=-np.inf, keepdims=True), (apart(2, 2, 3),)),
    ],
    "kron": [(ag.kron, (apart(2, 3), apart(2, 2))), (ag.kron, (apart(2), apart(2, 1, 2)))],
    "einsum": [
        (lambda x: ag.einsum("iji->j", x) ** 2, (apart(2, 3, 2),)),
        (lambda a, b: ag.einsum("...i,...i", a, b), (apart(2, 1, 3), apart(2, 3))),
        (lambda a, b: ag.einsum("ij,kj->i", a, b) ** 2, (apart(2, 1), apart(2, 3))),
    ],
    "matrix_power": [(lambda x, n=n: linalg.matrix_power(x, n), (apart(2, 2, 2),)) for n in (0, 1, 5, -2)],
    "slogdet": [(lambda x: linalg.slogdet(x)[1], (apart(3, 3),))],
    "svdvals": [(linalg.svdvals, (apart(2, 3),))],
    "conv1d": [
        (ag.conv1d, (apart(2, 2, 5), apart(3, 2, 2))),
        (lambda x, w, b: ag.conv1d(x, w, b, 2, 1, 2, 2), (apart(1, 4, 6), apart(2, 2, 2), apart(2))),
    ],
    "conv3d": [
        (ag.conv3d, (apart(1, 2, 3, 3, 2), apart(2, 2, 2, 2, 1))),
        (
            lambda x, w, b: ag.conv3d(x, w, b, (2, 1, 2), (1, 0, 1), (2, 1, 1), groups=2),
            (apart(1, 2, 4, 2, 2), apart(2, 1, 2, 1, 2), apart(2)),
        ),
    ],
    "conv_transpose1d": [
        (lambda x, w: ag.conv_transpose1d(x, w, 2, 1, 1, 2, 2), (apart(1, 4, 3), apart(4, 1, 2))),
    ],
    "conv_transpose2d": [
        (ag.conv_transpose2d, (apart(2, 2, 2, 3), apart(2, 3, 2, 1))),
        (lambda x, w: ag.conv_transpose2d(x, w, 1, 1, 1, dilation=2), (apart(1, 2, 3, 2), apart(2, 1, 2, 2))),
    ],
    "conv_transpose3d": [
        (lambda x, w: ag.conv_transpose3d(x, w, 2, (1, 0, 0), 1, 2), (apart(1, 2, 2, 1, 2), apart(2, 1, 2, 1, 2))),
    ],
    "max_pool1d": [(lambda x: ag.max_pool1d(x, 3, 2, 1) ** 2, (apart(2, 2, 6),))],
    "max_pool3d": [(lambda x: ag.max_pool3d(x, (2, 1, 2), 1, (1, 0, 1)) ** 2, (apart(1, 2, 3, 2, 3),))],
    "max_pool_with_indices": [
        (lambda x: ag.max_pool_with_indices(x, 2, 2, 1, 2, beyond=1)[0] ** 3, (apart(1, 2, 4, 5),)),
        (lambda x: ag.max_pool_with_indices(x, 2)[0] ** 3, (apart(2, 1, 5),)),
    ],
    "avg_pool1d": [(lambda x: ag.avg_pool1d(x, 3, 2, 1) ** 2, (apart(2, 2, 6),))],
    "avg_pool2d": [
        (lambda x: ag.avg_pool2d(x, 2) ** 2, (apart(2, 1, 4, 5),)),
        (lambda x: ag.avg_pool2d(x, 3, 2, 1, count_include_pad=False) ** 2, (apart(1, 2, 4, 3),)),
    ],
    "avg_pool3d": [(lambda x: ag.avg_pool3d(x, 2, 1, 1) ** 2, (apart(1, 1, 2, 3, 2),))],
    "adaptive_avg_pool1d": [(lambda x: ag.adaptive_avg_pool1d(x, 3) ** 2, (apart(2, 2, 5),))],
    "adaptive_avg_pool2d": [
        (lambda x, n=n: ag.adaptive_avg_pool2d(x, n) ** 2, (apart(1, 2, 4, 6),)) for n in (2, (3, 5))
    ],
    "adaptive_max_pool1d": [(lambda x: ag.adaptive_max_pool1d(x, 3) ** 2, (apart(2, 2, 5),))],
    "adaptive_max_pool2d": [
        (lambda x, n=n: ag.adaptive_max_pool2d(x, n) ** 2, (apart(1, 2, 4, 6),)) for n in (2, (3, 5))
    ],
    "adaptive_avg_pool3d": [
        (lambda x, n=n: ag.adaptive_avg_pool3d(x, n) ** 2, (apart(1, 2, 3, 4, 2),)) for n in (1, (2, 2, 1))
    ],
    "adaptive_max_pool3d": [
        (lambda x, n=n: ag.adaptive_max_pool3d(x, n) ** 2, (apart(1, 2, 3, 4, 2),)) for n in (1, (2, 2, 1))
    ],
    "fftn": [(lambda z: fft.fftn(z, s=(-1, 3)) ** 2, (apart(2, 2, 2),))],
    "ifftn": [(lambda z: fft.ifftn(z, axes=(1, 0)) ** 2, (apart(3, 2, 1, 2),))],
    "rfftn": [(lambda x: fft.rfftn(x, s=(3, 2), axes=(0, 1), norm="ortho") ** 2, (apart(2, 3),))],
    "irfftn": [(lambda z: fft.irfftn(z, s=(2, -1)) ** 2, (apart(3, 2, 2),))],
    "fft2": [(lambda z: fft.fft2(z) ** 2, (apart(2, 3, 2),))],
    "ifft2": [(lambda z: fft.ifft2(z, norm="ortho") ** 2, (apart(2, 3, 2),))],
    "rfft2": [(lambda x: fft.rfft2(x, axes=(1, 0)) ** 2, (apart(2, 3),))],
    "irfft2": [(lambda z: fft.irfft2(z, s=(2, 3)) ** 2, (apart(2, 2, 2),))],
    "hfft": [(lambda z: fft.hfft(z, n=5) ** 2, (apart(2, 3, 2),))],
    "ihfft": [(lambda x: fft.ihfft(x, axis=0) ** 2, (apart(4, 2),))],
    "fftshift": [(lambda x: fft.fftshift(x, axes=-2) ** 2, (apart(3, 2),))],
    "ifftshift": [(lambda x: fft.ifftshift(x) ** 2, (apart(2, 3),))],
    "eigvalsh": [(lambda x: linalg.eigvalsh(x + x.mT), (apart(3, 3),))],
}
# Functions that only prepare a row, which has its case in op_cases.py, or that have no gradient.
ROWS = {
    "astype",
    "matrix_rank",
    "conv2d",
    "getitem",
    "scatter_add",
    "set_at",
    "add_at",
    "solve",
    "pinv",
    "cholesky",
    "qr",
    "svd",
    "eigh",
    "unfold",
    "fold",
    "fft",
    "ifft",
    "rfft",
    "irfft",
}


def test_every_function_has_a_case():
    functions = {name: getattr(module, name) for module in (ops, linalg, fft) for name in module.__all__}
    composed = {name for name, function in functions.items() if not isinstance(function, Op)}
    own = {name for name in composed if functions[name].__module__.rpartition(".")[2] in MODULES}
    assert set(CASES) == own - ROWS


@pytest.mark.parametrize(
    ("function", "inputs"),
    [pytest.param(*case, id=f"{name}-{i}") for name in CASES for i, case in enumerate(CASES[name])],
)
def test_first_and_second_gradients_equal_finite_differences(function, inputs):
    ag.gradcheck(function, *inputs, order=2)
