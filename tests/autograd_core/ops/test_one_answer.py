"""One answer whatever the length: a number, a short array and a long array, whose elements a kernel computes.

Every elementwise op there is, forward and gradient, at zeros, denormal numbers, kinks, the ends of the range,
infinities and nan; ops of two inputs at all pairs of them. A new op is among them by being registered.
"""

import functools
import itertools
import linecache
import math
import platform

import numpy as np
import pytest
from op_cases import CASES

import autograd_core as ag
from autograd_core import kernels
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

inf, nan = math.inf, math.nan

OF_BITS = "autograd_core.ops.bitwise"  # which refuse floats
ELEMENTWISE = {name: op for name, op in registry.items() if isinstance(op, Elementwise)}
OPS = [name for name, op in ELEMENTWISE.items() if op.__module__.startswith("autograd_core.")]
OPS = [name for name in OPS if registry[name].__module__ != OF_BITS and name != "nextafter"]  # which is the dtype's

# Of both signs. exp overflows float32 from 88.7 on and float64 from 709.8; from 104 and 745 on its reciprocal is 0.
EXTREME = [0.0, 1e-30, 1e-3, 88.73, 300.0, 709.79, 745.5, 1e15, 1e30, inf]
SIZES = {
    1: [*EXTREME, *np.arange(0.25, 21.0, 0.25).tolist(), 0.3, 37.0, 88.7, 104.0, 700.0, 709.78],
    2: [*EXTREME, 0.3, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0, 20.0],
    3: [0.0, 1e-30, 0.5, 1.0, 3.0, 20.0, inf],
}

# Units in the last place by which results may differ; exponential.py says by how many its functions do.
ULPS = 8
# Of two equal zeros numpy takes that which the processor's instruction takes, as compiled kernels do.
ONE_ZERO = platform.machine() in ("x86_64", "AMD64")
EITHER_ZERO = set() if ONE_ZERO else {"maximum", "minimum", "clip", "hard_tanh", "relu", "relu6", "elu", "celu", "selu"}


SHORT, LONG = 100, 2 * kernels.LONG  # so that numpy computes these, and kernels those
PARTS = 2  # into which the ops of an arity are divided to be compiled together


def points(op, dtype, ordinary=False):
    """The inputs, one by one, each an array of all points; `ordinary` ones stay within float32 on the way, too."""
    limits = np.finfo(dtype)
    ends = [float(limits.smallest_subnormal), float(limits.tiny) / 2, float(limits.tiny), float(limits.max)]
    near = [1 - float(limits.eps), 1 + float(limits.eps), 3 - 2 * float(limits.eps), float(limits.max) / 2]
    sizes = [*SIZES[op.arity], *ends, *near] if op.arity < 3 else [*SIZES[op.arity], float(limits.max)]
    if ordinary:
        sizes = [size for size in sizes if size in (0.0, inf) or (0.3 <= size <= 20.0 and size not in near)]
    signed = [sign * size for size in sizes for sign in (1.0, -1.0)] + [nan]
    return [np.array(x, dtype) for x in zip(*itertools.product(signed, repeat=op.arity), strict=True)]


def of_arrays(op, xs, length=SHORT):
    """Results, and local gradients to each input that is an array, of arrays of this length, one after the other."""
    (size, dtype), *_ = [(x.size, x.dtype) for x in xs if isinstance(x, np.ndarray)]
    parts = []
    for start in range(0, size, length):
        count = min(length, size - start) if length < size else length
        some = [np.resize(x[start : start + length], count) if isinstance(x, np.ndarray) else x for x in xs]
        leaves = [ag.tensor(x, requires_grad=True) if isinstance(x, np.ndarray) else x for x in some]
        y = op(*leaves)
        if op.differentiable:
            y.backward(ag.ones_like(y))
        leaves = [leaf for leaf in leaves if isinstance(leaf, ag.Tensor)]
        gradients = [np.zeros(count, dtype) if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]
        parts.append([y.numpy(), *gradients])
    return [np.concatenate(part)[:size] for part in zip(*parts, strict=True)]


def functions(op, dtype):
    """What of the op kernels compute: its row, if numpy has no function for it, and its rules.

    Each with its place among the results, and the places of its arguments among inputs and y.
    """
    found = [(0, op.row, list(range(op.arity)))] if op.on_arrays == op.by_kernel else []
    found += [(i + 1, rule.function, rule.arrays) for i, rule in enumerate(op.rules) if rule and rule.arrays]
    return [f for f in found if has_kernel(f[1], len(f[2]), dtype)]


def has_kernel(function, count, dtype):
    try:
        kernels.elementwise.source(function, np.dtype(dtype), (True,) * count)
    except kernels.elementwise.NoKernelError:
        return False
    return True


@functools.cache
def of_kernels(arity, part, dtype):
    """By the op's name: results as of arrays, but what kernels compute by kernels.

    Those of several ops are one kernel, for most of the time that compiling takes goes into what surrounds the rows.
    """
    ops = [registry[name] for name in OPS if registry[name].arity == arity][part::PARTS]
    xs = points(ops[0], dtype)
    results = {op.name: of_arrays(op, xs) for op in ops}
    ys = [results[op.name][0].astype(dtype) for op in ops]
    reads = [f"x{i}" for i in range(arity)] + [f"y{k}" for k in range(len(ops))]
    namespace, calls, written = {}, [], []
    for k, op in enumerate(ops):
        for place, function, arguments in functions(op, dtype):
            name = f"f{len(calls)}"
            namespace[name] = function
            calls.append(f"{name}({', '.join(f'y{k}' if i in (-1, arity) else f'x{i}' for i in arguments)})")
            results[op.name][place] = np.empty(xs[0].shape, dtype)
            written.append(results[op.name][place])
    if not calls:
        return results
    name = f"<kernels of {', '.join(op.name for op in ops)}>"
    parameters = reads + [f"z{i}" for i in range(len(calls))]
    text = f"def several({', '.join(parameters)}):\n    return {', '.join(calls)},\n"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    exec(compile(text, name, "exec"), namespace)
    kernel = kernels.elementwise.updater(namespace["several"], np.dtype(dtype), len(reads), len(calls), 0, flush=False)
    kernel(xs[0].size, *xs, *ys, *written)
    return results


def of_numbers(op, xs):
    """The same of Values, and with them of plain numbers."""
    rows = []
    for at in zip(*[x.tolist() for x in xs], strict=True):
        y = op(*map(ag.Value, at))
        number = op(*at)
        np.testing.assert_array_equal(getattr(y, "data", y), number)
        gradients = y.local_gradients if op.differentiable else (0.0,) * len(at)
        rows.append((number, *gradients))
    with np.errstate(over="ignore", under="ignore"):
        return [np.array(column, float).astype(xs[0].dtype) for column in zip(*rows, strict=True)]


def assert_same(op, xs, ours, theirs, ulps=ULPS, of_one=0.0, lost=0.0, names=None):
    """Equal to within so many ulps, ulps of 1 and, signs of zero aside then, what may be `lost` near 0."""
    eps = np.finfo(xs[0].dtype).eps
    denormals = 128 * float(np.finfo(xs[0].dtype).smallest_subnormal)  # have few digits, and so has what they make
    for what, a, b in zip(names or ("y", *op.inputs), ours, theirs, strict=True):
        a, b = a.astype(xs[0].dtype), b.astype(xs[0].dtype)
        cancelling = 2.0 if what != "y" and CASES[op.name].cancelling else 0.0
        with np.errstate(all="ignore"):
            allowed = ulps * eps * np.maximum(np.abs(a), np.abs(b)) + (of_one + cancelling) * eps + denormals + lost
            near = np.isfinite(a) & np.isfinite(b) & (np.abs(a - b) <= allowed)
        same = (a == b) | near | (np.isnan(a) & np.isnan(b))
        if op.name not in EITHER_ZERO and not lost:
            same &= (a != 0) | (b != 0) | (np.signbit(a) == np.signbit(b))
        wrong = np.flatnonzero(~same)
        where = [f"{tuple(float(x[i]) for x in xs)}: {a[i]} and {b[i]}" for i in wrong[:5]]
        assert not wrong.size, f"{op.name}, {what}: {wrong.size} of {a.size} differ, as at {'; '.join(where)}"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPS)
def test_numbers_short_arrays_and_long_arrays_agree(name, dtype):
    op = registry[name]
    xs = points(op, dtype)
    short = of_arrays(op, xs)
    part = [name for name in OPS if registry[name].arity == op.arity].index(name) % PARTS
    assert_same(op, xs, of_kernels(op.arity, part, dtype)[name], short)
    if dtype == np.float64:
        assert_same(op, xs, of_numbers(op, xs), short)
        return
    xs = points(op, dtype, ordinary=True)  # for numbers are float64
    lost = float(np.finfo(dtype).tiny)
    assert_same(op, xs, of_numbers(op, xs), of_arrays(op, xs), ulps=256, of_one=4.0, lost=lost)


@pytest.mark.parametrize("name", [name for name in OPS if registry[name].arity > 1])
def test_numbers_beside_arrays_are_as_arrays(name):
    op = registry[name]
    has_kernels = op.on_arrays == op.by_kernel or name == "pow"  # the others' would take long to compile
    (x,) = points(registry["abs"], np.float32)
    for number, place in itertools.product((0.0, -0.0, 0.5, -0.5, 1.0, 2.0, 3.0, -1.5, inf, nan), range(op.arity)):
        numbers = [number, 0.75][: op.arity - 1]
        mixed = [*numbers[:place], x, *numbers[place:]]
        full = [np.full_like(x, other) for other in mixed]
        full[place] = x
        y, *gradients = of_arrays(op, full)
        for length in (SHORT, LONG) if has_kernels and not place else (SHORT,):
            ours = of_arrays(op, mixed, length)
            assert_same(op, full, ours, [y, gradients[place]] if gradients else [y], names=("y", op.inputs[place]))
