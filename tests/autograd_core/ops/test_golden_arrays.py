"""Linear algebra, convolution, pooling and indexing against what tests/golden/make_golden_arrays.py has stored."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import linalg

with np.load(Path(__file__).parents[2] / "golden" / "golden_arrays.npz") as file:
    CASES = json.loads(str(file["cases"]))["cases"]
    NUMBERS = file["numbers"]


def together(parts):
    """Results of several parts as one row of numbers, whatever the signs of vectors."""
    return ag.concat([part * part for part in parts], axis=None)


INDEX = np.array([[0, 2, 1, 0], [3, 3, 0, 1]])

OURS = {
    "vecdot": lambda a, b: ag.vecdot(a, b, axis=-2),
    "tensordot": lambda a, b: ag.tensordot(a, b, axes=([0, 2], [2, 0])),
    "outer": ag.outer,
    "kron": ag.kron,
    "einsum product": lambda *x: ag.einsum("bij,bjk,kl->ibl", *x),
    "einsum diagonal": lambda *x: ag.einsum("iij,j...->i...", *x),
    "trace": lambda x: ag.trace(x, offset=1),
    "tril": lambda x: ag.tril(x, k=1) ** 2,
    "solve": linalg.solve,
    "inv": linalg.inv,
    "det": linalg.det,
    "logdet": lambda x: linalg.slogdet(x).logabsdet,
    "pinv tall": linalg.pinv,
    "pinv wide": linalg.pinv,
    "matrix_power": lambda x: linalg.matrix_power(x, 5),
    "matrix_power inverse": lambda x: linalg.matrix_power(x, -3),
    "cholesky": lambda x: linalg.cholesky(x @ x.mT),
    "cholesky upper": lambda x: linalg.cholesky(x @ x.mT, upper=True),
    "qr tall": lambda x: together(linalg.qr(x)),
    "qr square": lambda x: together(linalg.qr(x)),
    "qr wide": lambda x: together(linalg.qr(x)),
    "svd tall": lambda x: together(linalg.svd(x, full_matrices=False)),
    "svd square": lambda x: together(linalg.svd(x)),
    "svd wide": lambda x: together(linalg.svd(x, full_matrices=False)),
    "svdvals": linalg.svdvals,
    "eigh": lambda x: together(linalg.eigh(x + x.mT)),
    "eigvalsh": lambda x: linalg.eigvalsh(x + x.mT),
    "conv1d": lambda x, w: ag.conv1d(x, w, stride=2, padding=1, dilation=2, groups=2),
    "conv2d": lambda x, w: ag.conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
    "conv3d": lambda x, w: ag.conv3d(x, w, stride=(2, 1, 1), padding=(1, 0, 1), dilation=(3, 2, 1), groups=2),
    "conv_transpose1d": lambda x, w: ag.conv_transpose1d(x, w, 3, 2, 2, 2, 2),
    "conv_transpose2d": lambda x, w: ag.conv_transpose2d(x, w, (2, 1), (1, 0), (1, 0), 1, (1, 2)),
    "conv_transpose2d far": lambda x, w: ag.conv_transpose2d(x, w, 1, 1, (2, 1), 1, 3),
    "conv_transpose2d inside": lambda x, w: ag.conv_transpose2d(x, w, 2, 2),
    "conv_transpose3d": lambda x, w: ag.conv_transpose3d(x, w, (2, 1, 2), (1, 0, 0), (1, 0, 1), 2, (3, 2, 1)),
    "unfold": lambda x: ag.unfold(x, (2, 3), (2, 1), (1, 0), (1, 2)) ** 2,
    "fold": lambda x: ag.fold(x, (4, 5), (2, 3), (2, 1), (1, 0), (1, 2)) ** 2,
    "avg_pool1d": lambda x: ag.avg_pool1d(x, 3, 2, 1) ** 2,
    "avg_pool2d": lambda x: ag.avg_pool2d(x, (3, 2), (1, 2), (1, 0)) ** 2,
    "avg_pool2d inside": lambda x: ag.avg_pool2d(x, 3, 2, 1, count_include_pad=False) ** 2,
    "avg_pool3d": lambda x: ag.avg_pool3d(x, 2, 1, (1, 0, 1)) ** 2,
    "max_pool1d": lambda x: ag.max_pool1d(x, 3, 2, 1) ** 2,
    "max_pool2d": lambda x: ag.max_pool2d(x, (3, 2), (2, 1), (1, 0)) ** 2,
    "max_pool3d": lambda x: ag.max_pool3d(x, (2, 3, 2), 1, (1, 1, 0)) ** 2,
    "adaptive_avg_pool1d": lambda x: ag.adaptive_avg_pool1d(x, 4) ** 2,
    "adaptive_avg_pool2d": lambda x: ag.adaptive_avg_pool2d(x, (3, 2)) ** 2,
    "adaptive_avg_pool2d even": lambda x: ag.adaptive_avg_pool2d(x, (3, 2)) ** 2,
    "adaptive_avg_pool2d more": lambda x: ag.adaptive_avg_pool2d(x, (3, 5)) ** 2,
    "adaptive_max_pool1d": lambda x: ag.adaptive_max_pool1d(x, 4) ** 2,
    "adaptive_max_pool2d": lambda x: ag.adaptive_max_pool2d(x, (3, 2)) ** 2,
    "pad": lambda x: ag.pad(x, ((0, 0), (0, 3), (1, 2)), constant_values=0.5) ** 2,
    "pad reflect": lambda x: ag.pad(x, ((0, 0), (0, 0), (1, 2)), mode="reflect") ** 2,
    "pad edge": lambda x: ag.pad(x, ((0, 0), (0, 0), (3, 2)), mode="edge") ** 2,
    "sort": lambda x: ag.sort(x, axis=1, descending=True) ** 2,
    "topk": lambda x: ag.topk(x, 2, axis=0)[0] ** 2,
    "gather": lambda x: ag.take_along_axis(x, INDEX, axis=1) ** 2,
    "read": lambda x: x[:, INDEX, None, 1:] ** 2,
    "write": lambda x, v: x.at[[0, 2, 3]].set(v) ** 2,
    "add": lambda x, v: x.at[[1, 3, 1], [0, 2, 0]].add(v) ** 2,
}


def stored():
    """Each case: its name, inputs x, weights u, directions v, answers, and torch's errors in float32."""
    start = 0
    for name, case in CASES.items():
        shapes, output = case["shapes"], case["output"]
        arrays = []
        for shape in [*shapes, output, *shapes, output, *shapes, *shapes]:
            size = int(np.prod(shape))
            arrays.append(NUMBERS[start : start + size].reshape(shape))
            start += size
        n = len(shapes)
        x, u, v, answers = arrays[:n], arrays[n], arrays[n + 1 : 2 * n + 1], arrays[2 * n + 1 :]
        yield pytest.param(name, x, u, v, answers, case["errors"], id=name)


def differentiate(function, x, u, v):
    """y, the gradients of Σ u·y, and those of Σ v·(these gradients)."""
    leaves = [ag.tensor(a, requires_grad=True) for a in x]
    y = function(*leaves)
    y.backward(u, create_graph=True)
    first = [take_gradient(leaf) for leaf in leaves]
    slope = sum((ag.sum(g * d) for g, d in zip(first, v, strict=True)), ag.sum(leaves[0] * 0.0))
    slope.backward()
    return [y.numpy(), *[g.numpy() for g in first], *[take_gradient(leaf).numpy() for leaf in leaves]]


def take_gradient(leaf):
    gradient, leaf.grad = leaf.grad, None
    return ag.zeros_like(leaf) if gradient is None else gradient


def test_every_case_is_asked():
    assert set(OURS) == set(CASES)


@pytest.mark.parametrize(("name", "x", "u", "v", "answers", "errors"), [*stored()])
def test_float64(name, x, u, v, answers, errors):
    for ours, answer in zip(differentiate(OURS[name], x, u, v), answers, strict=True):
        assert ours.dtype == np.float64
        # Entries are sums of larger numbers, so that they are measured by the largest of them.
        np.testing.assert_allclose(ours, answer, rtol=1e-12, atol=1e-12 * np.max(np.abs(answer), initial=1.0))


@pytest.mark.parametrize(("name", "x", "u", "v", "answers", "errors"), [*stored()])
def test_float32(name, x, u, v, answers, errors):
    x, u, v = [a.astype("f4") for a in x], u.astype("f4"), [a.astype("f4") for a in v]
    for ours, answer, error in zip(differentiate(OURS[name], x, u, v), answers, errors, strict=True):
        assert ours.dtype == np.float32
        # Where float32 loses more than 1e-6 on the way, we may lose as much as torch does.
        allowed = max(1e-6 * np.max(np.abs(answer), initial=1.0), 2 * error)
        np.testing.assert_allclose(ours, answer, rtol=1e-6, atol=allowed)
