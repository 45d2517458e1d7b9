"""Write golden.npz: values and gradients that PyTorch gives, for tests/autograd_core/ops/test_golden.py.

Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden.py

A case names a function of autograd_core and its keywords, and says which function of torch is the same. For random
weights u of its result y and directions v of its inputs x, the file holds y, the gradients of Σ u·y by x, and those of
Σ v·(these gradients) by x. In float64 they are what torch computes. For float32 they are what torch computes in float64
from the same, float32, inputs: the truth, that is; beside it stands what torch makes of it in float32, so that the test
can ask whether we are as exact. Zeros, infinities and nan have a file of their own, by make_golden_special.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

F = torch.nn.functional
rng = np.random.default_rng(20)

REAL = [-2.9, -1.7, -1.0, -0.6, -0.1, -1e-5, 1e-10, 1e-3, 0.1, 0.45, 1.0, 1.3, 2.5, 4.2]
WIDE = [-30.0, -12.0, *REAL, 11.0, 33.0]
POSITIVE = [1e-10, 1e-3, 0.1, 0.45, 1.0, 1.3, 2.5, 4.2, 77.0, 1e6]
UNIT = [-0.999, -0.8, -0.5, -0.1, -1e-5, 1e-10, 0.1, 0.3, 0.7, 0.95]
WHOLE = [-2.6, -1.5, -0.5, -0.3, 0.2, 0.5, 1.5, 2.5, 3.7]
LEFT = [-3.1, -2.2, -1.0, -0.4, 0.3, 0.9, 1.6, 2.7]
RIGHT = [1.2, -0.7, 0.8, 2.3, -1.9, -0.35, 1.1, 0.6]

ONE_INPUT = {  # function -> (torch's, points)
    "negative": (torch.negative, REAL),
    "abs": (torch.abs, REAL),
    "sign": (torch.sign, REAL),
    "square": (torch.square, REAL),
    "reciprocal": (torch.reciprocal, REAL),
    "sqrt": (torch.sqrt, POSITIVE),
    "rsqrt": (torch.rsqrt, POSITIVE),
    "exp": (torch.exp, WIDE),
    "expm1": (torch.expm1, REAL),
    "log": (torch.log, POSITIVE),
    "log1p": (torch.log1p, [-0.9, *POSITIVE]),
    "log2": (torch.log2, POSITIVE),
    "log10": (torch.log10, POSITIVE),
    "sin": (torch.sin, WIDE),
    "cos": (torch.cos, WIDE),
    "tan": (torch.tan, REAL),
    "asin": (torch.asin, UNIT),
    "acos": (torch.acos, UNIT),
    "atan": (torch.atan, WIDE),
    "sinh": (torch.sinh, REAL),
    "cosh": (torch.cosh, REAL),
    "tanh": (torch.tanh, REAL),
    "asinh": (torch.asinh, WIDE),
    "acosh": (torch.acosh, [1.01, 1.3, 2.0, 7.5, 200.0]),
    "atanh": (torch.atanh, UNIT),
    "erf": (torch.erf, REAL),
    "erfc": (torch.erfc, REAL),
    "lgamma": (torch.lgamma, [-2.6, -1.3, -0.4, *POSITIVE]),
    "digamma": (torch.digamma, [-2.6, -1.3, -0.4, *POSITIVE]),
    "floor": (torch.floor, WHOLE),
    "ceil": (torch.ceil, WHOLE),
    "round": (torch.round, WHOLE),
    "trunc": (torch.trunc, WHOLE),
    # Not near 0, where the second gradient, y(1 - y)(1 - 2y), cancels in torch as in ours.
    "sigmoid": (torch.sigmoid, [x for x in WIDE if abs(x) >= 1e-3]),
    "relu": (torch.relu, REAL),
    "relu6": (F.relu6, [*REAL, 5.9, 6.4]),
    "leaky_relu": (F.leaky_relu, REAL),
    # By its definition: torch's own takes x for log(1 + e^x) beyond a threshold.
    "softplus": (lambda x: torch.logaddexp(x, torch.zeros_like(x)), REAL),
    "elu": (F.elu, REAL),
    "selu": (F.selu, REAL),
    # From -1 on: further down torch's 1 + erf cancels; see test_activations.py.
    "gelu": (F.gelu, REAL[2:]),
    "gelu_sigmoid": (lambda x: x * torch.sigmoid(1.702 * x), REAL),
    "silu": (F.silu, REAL),
    "mish": (F.mish, REAL),
    "log_sigmoid": (F.logsigmoid, REAL),
    "soft_sign": (F.softsign, REAL),
    "celu": (F.celu, REAL),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), REAL[2:]),
    # By their definitions: torch's own cannot be differentiated twice.
    "hard_tanh": (lambda x: torch.where(abs(x) < 1, x, torch.sign(x)), REAL),
    "hard_sigmoid": (lambda x: F.relu6(x + 3.0) / 6.0, [-3.3, *REAL]),
    "hard_swish": (lambda x: x * F.relu6(x + 3.0) / 6.0, [-3.3, *REAL]),
}
TWO_INPUTS = {
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "remainder": torch.remainder,
    "hypot": torch.hypot,
    "atan2": torch.atan2,
    "logaddexp": torch.logaddexp,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "leaky_relu": lambda x, slope: torch.where(x > 0, x, slope * x),
    "elu": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x)),
    "celu": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(torch.clip(x, max=0.0) / alpha)),
    "silu": lambda x, beta: x * torch.sigmoid(beta * x),
}


def spread(*shape: int) -> np.ndarray:
    """Distinct numbers of both signs, none near 0."""
    n = int(np.prod(shape))
    return rng.permutation(np.linspace(-2.0, 2.0, n + n % 2)[:n] + 0.0137).reshape(shape)


def cases():
    """(function, keywords, inputs, torch's function of these inputs), each smooth at its inputs."""
    for name, (theirs, points) in ONE_INPUT.items():
        yield name, {}, [np.array(points)], theirs
    for name, theirs in TWO_INPUTS.items():
        yield name, {}, [np.array(LEFT), np.array(RIGHT)], theirs
        yield name, {}, [spread(2, 3), spread(3)], theirs
    yield "pow", {}, [np.array([0.3, 1.2, 2.5, 40.0]), np.array([2.2, -1.3, 0.5, 3.0])], torch.pow
    yield "pow", {"b": 3.0}, [spread(5)], lambda a: a**3.0
    yield "polygamma", {}, [np.array(2.0), np.array([0.3, 1.7, 8.0])], lambda _, x: torch.polygamma(2, x)
    yield "clip", {"min": -0.7, "max": 1.1}, [spread(8)], lambda x: torch.clip(x, -0.7, 1.1)
    yield "clip", {}, [spread(8), np.array(-0.71), spread(8) + 2.0], torch.clip
    yield "where", {}, [np.array([1.0, 0.0, 1.0]), spread(2, 3), spread(3)], lambda c, a, b: torch.where(c != 0, a, b)
    yield "glu", {"axis": 0}, [spread(4, 3)], lambda x: F.glu(x, 0)
    yield "prelu", {}, [spread(2, 3), spread(3)], F.prelu

    x = spread(2, 3, 4)
    for ours, theirs in {"sum": torch.sum, "mean": torch.mean, "logsumexp": torch.logsumexp}.items():
        yield ours, {"axis": 1}, [x], lambda x, f=theirs: f(x, dim=1)
        yield ours, {"axis": [0, 2], "keepdims": True}, [x], lambda x, f=theirs: f(x, dim=(0, 2), keepdim=True)
    for ours, theirs in {"max": torch.amax, "min": torch.amin}.items():
        yield ours, {"axis": [0, -1]}, [x], lambda x, f=theirs: f(x, dim=(0, -1))
        yield ours, {"axis": 0}, [np.array([[1.0, 2.0], [1.0, 3.0], [0.5, 2.5]])], lambda x, f=theirs: f(x, dim=0)
    yield "prod", {"axis": 2, "keepdims": True}, [x], lambda x: torch.prod(x, 2, keepdim=True)
    yield (
        "prod",
        {"axis": 1},
        [np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0], [1.5, 2.0, 3.0]])],
        lambda x: torch.prod(x, 1),
    )
    for ours, theirs in {"var": torch.var, "std": torch.std}.items():
        yield ours, {}, [x], lambda x, f=theirs: f(x, correction=0)
        yield ours, {"axis": [0, 2], "correction": 1}, [x], lambda x, f=theirs: f(x, dim=(0, 2), correction=1)
    for ord in (0.5, 1, 1.5, 2, 3, np.inf, -np.inf):
        text = str(ord) if np.isinf(ord) else ord
        yield "norm", {"axis": -1, "ord": text}, [x], lambda x, p=ord: torch.linalg.vector_norm(x, p, dim=-1)
    for ours, theirs in {"cumulative_sum": torch.cumsum, "cumulative_prod": torch.cumprod}.items():
        yield ours, {"axis": 1}, [x], lambda x, f=theirs: f(x, 1)
    with_zeros = np.array([[2.0, 0.0, 3.0, 0.0, 1.5], [0.0, 1.0, 2.0, 3.0, 4.0]])
    yield "cumulative_prod", {"axis": -1}, [with_zeros], lambda x: torch.cumprod(x, -1)
    for ours, theirs in {"softmax": torch.softmax, "log_softmax": torch.log_softmax}.items():
        yield ours, {}, [x], lambda x, f=theirs: f(x, -1)
        yield ours, {"axis": 1}, [x * 9], lambda x, f=theirs: f(x, 1)

    labels = [2, 0, 2, 1]
    yield (
        "softmax_cross_entropy",
        {"labels": labels},
        [spread(4, 3)],
        lambda x: F.cross_entropy(x, torch.tensor(labels)),
    )

    yield "matmul", {}, [spread(3, 4), spread(4, 2)], torch.matmul
    yield "matmul", {}, [spread(2, 1, 2, 3), spread(4, 3, 2)], torch.matmul
    yield "linear", {}, [spread(4, 3), spread(2, 3), spread(2)], F.linear
    image, filters = spread(2, 4, 6, 5), spread(2, 2, 3, 2)
    options = {"stride": 2, "padding": 1, "dilation": 1, "groups": 2}
    yield "conv2d", options, [image, filters], lambda x, w: F.conv2d(x, w, **options)
    yield "max_pool2d", {"kernel": 2, "stride": 1}, [spread(1, 2, 4, 3)], lambda x: F.max_pool2d(x, 2, 1)


def differentiate(theirs, inputs, u, v, dtype):
    """y, its gradients and its second gradients, as numpy arrays."""
    xs = [torch.tensor(x, dtype=dtype, requires_grad=True) for x in inputs]
    y = theirs(*xs)
    first = gradients((torch.tensor(u, dtype=dtype) * y).sum(), xs, create_graph=True)
    slope = sum((torch.tensor(d, dtype=dtype) * g).sum() for d, g in zip(v, first, strict=True))
    second = gradients(slope, xs) if slope.requires_grad else [torch.zeros_like(x) for x in xs]
    return [array.numpy(force=True) for array in (y, *first, *second)]


def gradients(y, xs, create_graph=False):
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in xs]
    found = torch.autograd.grad(y, xs, create_graph=create_graph, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)]


def main():
    listed, numbers = [], {"float64": [], "float32": []}

    for name, keywords, inputs, theirs in cases():
        shape = theirs(*[torch.tensor(x) for x in inputs]).shape
        u, v = rng.uniform(0.5, 1.5, shape), [rng.uniform(-1.0, 1.0, x.shape) for x in inputs]
        listed.append({"function": name, "keywords": keywords, "shapes": [list(x.shape) for x in inputs]})
        listed[-1] |= {"output": list(shape)}
        numbers["float64"] += [*inputs, u, *v, *differentiate(theirs, inputs, u, v, torch.float64)]
        inputs, u, v = [x.astype("f4") for x in inputs], u.astype("f4"), [x.astype("f4") for x in v]
        numbers["float32"] += [*inputs, u, *v, *differentiate(theirs, inputs, u, v, torch.float64)]
        numbers["float32"] += differentiate(theirs, inputs, u, v, torch.float32)
    flat = {dtype: np.concatenate([np.ravel(x) for x in arrays]).astype(dtype) for dtype, arrays in numbers.items()}
    path = Path(__file__).with_name("golden.npz")
    np.savez_compressed(path, cases=json.dumps({"torch": torch.__version__, "cases": listed}), **flat)
    print(f"{path}: {len(listed)} cases, {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
