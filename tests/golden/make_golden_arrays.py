"""Write golden_arrays.npz: what PyTorch gives for linear algebra, convolution, pooling and indexing, for
tests/autograd_core/ops/test_golden_arrays.py, where our side of each case stands under the same name.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_arrays.py

For random weights u of the result y and directions v of the inputs x, the file holds y, the gradients of Σ u·y by x,
and those of Σ v·(these gradients) by x, computed in float64. All x, u and v are numbers that float32 holds, so that the
same answers are the truth for float32 too; beside each stands the largest error that torch makes of it in float32.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from make_golden import differentiate

F, L = torch.nn.functional, torch.linalg
rng = np.random.default_rng(21)


def real(*shape):
    return rng.standard_normal(shape)


def regular(*shape):
    """Square matrices far from singular, with values far apart."""
    n = shape[-1]
    return 0.3 * rng.uniform(-1.0, 1.0, (*shape, n)) + np.diag(np.arange(1.0, n + 1))


def symmetric(x):
    return x + x.mT


def together(parts):
    """Results of several parts as one row of numbers, whatever the signs of vectors."""
    return torch.cat([(part * part).reshape(-1) for part in parts])


INDEX = np.array([[0, 2, 1, 0], [3, 3, 0, 1]])

CASES = {  # name -> (torch's function, inputs)
    "vecdot": (lambda a, b: L.vecdot(a, b, dim=-2), [real(2, 4, 3), real(4, 1)]),
    "tensordot": (lambda a, b: torch.tensordot(a, b, dims=([0, 2], [2, 0])), [real(2, 3, 4), real(4, 3, 2)]),
    "outer": (torch.outer, [real(3), real(4)]),
    "kron": (torch.kron, [real(2, 3), real(3, 2)]),
    "einsum product": (lambda *x: torch.einsum("bij,bjk,kl->ibl", *x), [real(2, 3, 2), real(2, 2, 3), real(3, 2)]),
    "einsum diagonal": (lambda *x: torch.einsum("iij,j...->i...", *x), [real(3, 3, 2), real(2, 4, 2)]),
    "trace": (lambda x: torch.diagonal(x, 1, -2, -1).sum(-1), [real(2, 3, 4)]),
    "tril": (lambda x: torch.tril(x, 1) ** 2, [real(2, 3, 4)]),
    "solve": (L.solve, [regular(2, 3), real(3, 2)]),
    "inv": (L.inv, [regular(2, 4)]),
    "det": (L.det, [regular(2, 4)]),
    "logdet": (lambda x: L.slogdet(x).logabsdet, [-regular(2, 3)]),
    "pinv tall": (L.pinv, [regular(2, 3)[..., :2]]),
    "pinv wide": (L.pinv, [regular(2, 3)[..., :2, :]]),
    "matrix_power": (lambda x: L.matrix_power(x, 5), [real(2, 3, 3)]),
    "matrix_power inverse": (lambda x: L.matrix_power(x, -3), [regular(3)]),
    "cholesky": (lambda x: L.cholesky(x @ x.mT), [regular(2, 3)]),
    "cholesky upper": (lambda x: L.cholesky(x @ x.mT, upper=True), [regular(3)]),
    "qr tall": (lambda x: together(L.qr(x)), [regular(2, 4)[..., :3]]),
    "qr square": (lambda x: together(L.qr(x)), [regular(3)]),
    "qr wide": (lambda x: together(L.qr(x)), [regular(3)[..., :2, :]]),
    "svd tall": (lambda x: together(L.svd(x, full_matrices=False)), [regular(2, 4)[..., :3]]),
    "svd square": (lambda x: together(L.svd(x)), [regular(3)]),
    "svd wide": (lambda x: together(L.svd(x, full_matrices=False)), [regular(4)[..., :2, :]]),
    "svdvals": (L.svdvals, [regular(2, 3)]),
    "eigh": (lambda x: together(L.eigh(symmetric(x))), [regular(2, 4)]),
    "eigvalsh": (lambda x: L.eigvalsh(symmetric(x)), [regular(2, 3)]),
    "conv1d": (lambda x, w: F.conv1d(x, w, None, 2, 1, 2, 2), [real(2, 4, 9), real(6, 2, 3)]),
    "conv2d": (lambda x, w: F.conv2d(x, w, None, (2, 1), (1, 2), (1, 2)), [real(2, 3, 6, 5), real(4, 3, 3, 2)]),
    "conv3d": (
        lambda x, w: F.conv3d(x, w, None, (2, 1, 1), (1, 0, 1), (3, 2, 1), 2),
        [real(2, 2, 4, 4, 3), real(4, 1, 2, 2, 3)],
    ),
    "conv_transpose1d": (
        lambda x, w: F.conv_transpose1d(x, w, None, 3, 2, 2, 2, 2),
        [real(2, 4, 5), real(4, 3, 3)],
    ),
    "conv_transpose2d": (
        lambda x, w: F.conv_transpose2d(x, w, None, (2, 1), (1, 0), (1, 0), 1, (1, 2)),
        [real(2, 3, 4, 3), real(3, 2, 3, 2)],
    ),
    "conv_transpose2d far": (
        lambda x, w: F.conv_transpose2d(x, w, None, 1, 1, (2, 1), 1, 3),
        [real(1, 2, 3, 2), real(2, 2, 2, 3)],
    ),
    "conv_transpose2d inside": (
        lambda x, w: F.conv_transpose2d(x, w, None, 2, 2),
        [real(1, 1, 4, 4), real(1, 2, 2, 2)],
    ),
    "conv_transpose3d": (
        lambda x, w: F.conv_transpose3d(x, w, None, (2, 1, 2), (1, 0, 0), (1, 0, 1), 2, (3, 2, 1)),
        [real(1, 4, 3, 2, 2), real(4, 1, 2, 2, 3)],
    ),
    "unfold": (lambda x: F.unfold(x, (2, 3), (2, 1), (1, 0), (1, 2)) ** 2, [real(2, 2, 4, 5)]),
    "fold": (lambda x: F.fold(x, (4, 5), (2, 3), (2, 1), (1, 0), (1, 2)) ** 2, [real(1, 12, 8)]),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 3, 2, 1) ** 2, [real(2, 2, 7)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, (3, 2), (1, 2), (1, 0)) ** 2, [real(2, 2, 5, 4)]),
    "avg_pool2d inside": (lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False) ** 2, [real(1, 2, 6, 5)]),
    "avg_pool3d": (lambda x: F.avg_pool3d(x, 2, 1, (1, 0, 1)) ** 2, [real(1, 2, 3, 3, 2)]),
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, 2, 1) ** 2, [real(2, 2, 7)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0)) ** 2, [real(2, 2, 6, 4)]),
    "max_pool3d": (lambda x: F.max_pool3d(x, (2, 3, 2), 1, (1, 1, 0)) ** 2, [real(1, 2, 3, 4, 3)]),
    "adaptive_avg_pool1d": (lambda x: F.adaptive_avg_pool1d(x, 4) ** 2, [real(2, 2, 7)]),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (3, 2)) ** 2, [real(1, 2, 7, 5)]),
    "adaptive_avg_pool2d even": (lambda x: F.adaptive_avg_pool2d(x, (3, 2)) ** 2, [real(1, 2, 6, 4)]),
    "adaptive_avg_pool2d more": (lambda x: F.adaptive_avg_pool2d(x, (3, 5)) ** 2, [real(1, 2, 2, 3)]),
    "adaptive_max_pool1d": (lambda x: F.adaptive_max_pool1d(x, 4) ** 2, [real(2, 2, 7)]),
    "adaptive_max_pool2d": (lambda x: F.adaptive_max_pool2d(x, (3, 2)) ** 2, [real(1, 2, 7, 5)]),
    "pad": (lambda x: F.pad(x, (1, 2, 0, 3), value=0.5) ** 2, [real(2, 3, 2)]),
    "pad reflect": (lambda x: F.pad(x, (1, 2), "reflect") ** 2, [real(2, 3, 4)]),
    "pad edge": (lambda x: F.pad(x, (3, 2), "replicate") ** 2, [real(2, 3, 4)]),
    "sort": (lambda x: torch.sort(x, dim=1, descending=True).values ** 2, [real(2, 5)]),
    "topk": (lambda x: torch.topk(x, 2, dim=0).values ** 2, [real(5, 2)]),
    "gather": (lambda x: torch.gather(x, 1, torch.tensor(INDEX)) ** 2, [real(2, 4)]),
    "read": (lambda x: x[:, INDEX, None, 1:] ** 2, [real(2, 4, 3)]),
    "write": (
        lambda x, v: torch.index_put(x, (torch.tensor([0, 2, 3]),), v) ** 2,
        [real(4, 3), real(3, 3)],
    ),
    "add": (
        lambda x, v: torch.index_put(x, (torch.tensor([1, 3, 1]), torch.tensor([0, 2, 0])), v, accumulate=True) ** 2,
        [real(4, 3), real(3)],
    ),
}


def single(x):
    """The nearest numbers that float32 holds, as float64."""
    return np.asarray(x).astype(np.float32).astype(np.float64)


def main():
    listed, numbers = {}, []
    for name, (theirs, inputs) in CASES.items():
        inputs = [single(x) for x in inputs]
        output = theirs(*[torch.tensor(x) for x in inputs]).shape
        u, v = single(rng.uniform(0.5, 1.5, output)), [single(rng.uniform(-1.0, 1.0, x.shape)) for x in inputs]
        answers = differentiate(theirs, inputs, u, v, torch.float64)
        rough = differentiate(theirs, inputs, u, v, torch.float32)
        errors = [float(np.max(np.abs(a - b), initial=0.0)) for a, b in zip(answers, rough, strict=True)]
        listed[name] = {"shapes": [list(x.shape) for x in inputs], "output": list(output), "errors": errors}
        numbers += [*inputs, u, *v, *answers]
    path = Path(__file__).with_name("golden_arrays.npz")
    flat = np.concatenate([np.ravel(x) for x in numbers])
    np.savez_compressed(path, cases=json.dumps({"torch": torch.__version__, "cases": listed}), numbers=flat)
    print(f"{path}: {len(listed)} cases, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
