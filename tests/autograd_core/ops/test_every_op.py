"""Every op in the registry, first and second order, against finite differences; an op without a case fails."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

rng = np.random.default_rng(0)


def apart(*shape):
    """Numbers of both signs, away from 0 and from each other, so that no difference quotient meets a kink or tie."""
    n = int(np.prod(shape))
    return (rng.permutation(np.linspace(-2, 2, n + n % 2)[:n] + 0.013)).reshape(shape)


def positive(*shape):
    return np.abs(apart(*shape)) + 0.1


def regular(*shape):
    """Square matrices that are far from singular, and have eigenvalues and singular values far apart."""
    n = shape[-1]
    return apart(*shape, n) * 0.3 + np.diag(np.arange(1.0, n + 1))


def normalize_gradient(g, x, weight, which):
    mean, var = ag.mean(x.detach(), axis=0, keepdims=True), ag.var(x.detach(), axis=0, keepdims=True)
    row = registry["normalize_gradient"]
    return row(g, x, weight, mean, var, bias_shape=(3,), axes=(0,), eps=0.01, centre=True)[which]


# name -> cases of (function, inputs); the function is the op itself with its arguments set
CASES = {
    "add": [(ag.add, (apart(2, 3), apart(3)))],
    "subtract": [(ag.subtract, (apart(2, 1), apart(3)))],
    "multiply": [(ag.multiply, (apart(2, 3), apart(2, 3))), (ag.multiply, (apart(2, 3), np.array(2.0)))],
    "divide": [(ag.divide, (apart(2, 3), apart(3))), (ag.divide, (apart(3), apart(2, 1)))],
    "pow": [
        (ag.pow, (positive(2, 3), apart(3))),
        (lambda x: x**2, (apart(4),)),
        (lambda x: x**-1.5, (positive(4),)),
        (lambda x: 2.0**x, (apart(4),)),
    ],
    "negative": [(ag.negative, (apart(3),))],
    "floor_divide": [(ag.floor_divide, (apart(2, 3) * 4, positive(3)))],
    "remainder": [(ag.remainder, (np.array([[2.3, -2.3], [5.1, -0.2]]), np.array([0.7, -1.1])))],
    "quotient_of_remainder": [(registry["quotient_of_remainder"], (apart(2, 3) * 4, positive(3)))],
    "reciprocal": [(ag.reciprocal, (apart(3),))],
    "square": [(ag.square, (apart(3),))],
    "rsqrt": [(ag.rsqrt, (positive(3),))],
    "hypot": [(ag.hypot, (apart(2, 3), apart(3)))],
    "expm1": [(ag.expm1, (apart(3),))],
    "log1p": [(ag.log1p, (positive(3) - 0.5,))],
    "log2": [(ag.log2, (positive(3),))],
    "log10": [(ag.log10, (positive(3),))],
    "logaddexp": [(ag.logaddexp, (apart(2, 3), apart(3))), (lambda x: ag.logaddexp(x, x * 1.0), (apart(3),))],
    "clip": [
        (ag.clip, (apart(3, 4), np.array(-0.7), positive(4))),
        (lambda x: ag.clip(x, max=0.5), (apart(5),)),
    ],
    "abs": [(ag.abs, (apart(3),))],
    "sqrt": [(ag.sqrt, (positive(3),))],
    "exp": [(ag.exp, (apart(3),))],
    "log": [(ag.log, (positive(3),))],
    "sin": [(ag.sin, (apart(3),))],
    "cos": [(ag.cos, (apart(3),))],
    "tan": [(ag.tan, (apart(3) / 2,))],
    "one_minus_square": [(registry["one_minus_square"], (apart(3),))],
    "asin": [(ag.asin, (apart(3) / 3,))],
    "acos": [(ag.acos, (apart(3) / 3,))],
    "atan": [(ag.atan, (apart(3),))],
    "atan2": [(ag.atan2, (apart(2, 3), apart(3)))],
    "sinh": [(ag.sinh, (apart(3),))],
    "cosh": [(ag.cosh, (apart(3),))],
    "tanh": [(ag.tanh, (apart(3),))],
    "asinh": [(ag.asinh, (apart(3),))],
    "acosh": [(ag.acosh, (positive(3) + 1.1,))],
    "atanh": [(ag.atanh, (apart(3) / 3,))],
    "erf": [(ag.erf, (apart(3),))],
    "erfc": [(ag.erfc, (apart(3),))],
    "lgamma": [(ag.lgamma, (np.array([0.3, 1.2, 9.5, -0.6, -3.4]),))],
    "digamma": [(ag.digamma, (np.array([0.3, 1.2, 9.5, -0.6, -3.4]),))],
    "polygamma": [(lambda x: ag.polygamma(np.arange(4), x), (np.array([0.4, 1.7, -0.6, 2.5]),))],
    "sigmoid": [(ag.sigmoid, (apart(4) * 5,))],
    "log_sigmoid": [(ag.log_sigmoid, (apart(4) * 5,))],
    "soft_sign": [(ag.soft_sign, (apart(4),))],
    "hard_tanh": [(ag.hard_tanh, (apart(3, 4), np.array(-0.7), np.linspace(0.5, 1.2, 4)))],
    "celu": [(ag.celu, (apart(2, 3), positive(3)))],
    "gelu_tanh": [(ag.gelu_tanh, (apart(4),))],
    "hard_sigmoid": [(ag.hard_sigmoid, (apart(6) * 2.2,))],
    "heaviside": [(ag.heaviside, (apart(3), np.array(0.5)))],
    "relu": [(ag.relu, (apart(2, 3),))],
    "relu6": [(ag.relu6, (apart(6) * 4,))],
    "leaky_relu": [(ag.leaky_relu, (apart(2, 3),)), (ag.prelu, (apart(2, 3), apart(3)))],
    "softplus": [(ag.softplus, (apart(4) * 5,))],
    "elu": [(ag.elu, (apart(2, 3),)), (ag.elu, (apart(2, 3), positive(3)))],
    "selu": [(ag.selu, (apart(3),))],
    "gelu": [(ag.gelu, (apart(4),))],
    "silu": [(ag.silu, (apart(2, 3), apart(3))), (ag.gelu_sigmoid, (apart(3),)), (ag.glu, (apart(2, 6),))],
    "hard_swish": [(ag.hard_swish, (apart(6) * 2.2,))],
    "mish": [(ag.mish, (apart(4),))],
    "maximum": [(ag.maximum, (apart(2, 3), np.array(0.3)))],
    "minimum": [(ag.minimum, (apart(2, 3), np.array(0.3)))],
    "where": [(lambda a, b: ag.where(np.array([True, False, True]), a, b), (apart(2, 3), apart(3)))],
    "sign": [(ag.sign, (apart(3),))],
    "floor": [(ag.floor, (apart(4),))],
    "ceil": [(ag.ceil, (apart(4),))],
    "round": [(ag.round, (apart(4),))],
    "trunc": [(ag.trunc, (apart(4),))],
    "sum": [
        (ag.sum, (apart(2, 3),)),
        (lambda x: ag.sum(x, axis=(0, 2), keepdims=True), (apart(2, 3, 2),)),
        (lambda x: ag.sum(x, axis=-1), (apart(2, 3),)),
    ],
    "mean": [(ag.mean, (apart(2, 3),)), (lambda x: ag.mean(x, axis=0), (apart(2, 3),))],
    "prod": [
        (ag.prod, (apart(2, 3),)),
        (lambda x: ag.prod(x, axis=(0, 2), keepdims=True), (apart(2, 3, 2),)),
        (lambda x: ag.prod(x, axis=-1), (np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0]]),)),
    ],
    "var": [(ag.var, (apart(2, 3),)), (lambda x: ag.var(x, axis=1, correction=1, keepdims=True), (apart(2, 3),))],
    "std": [(ag.std, (apart(2, 3),)), (lambda x: ag.std(x, axis=(-1,), correction=1), (apart(2, 3),))],
    "max": [(ag.max, (apart(2, 3),)), (lambda x: ag.max(x, axis=1, keepdims=True), (apart(2, 3),))],
    "min": [(ag.min, (apart(2, 3),)), (lambda x: ag.min(x, axis=1, keepdims=True), (apart(2, 3),))],
    "norm": [
        (ag.norm, (apart(2, 3),)),
        (lambda x: ag.norm(x, axis=0, keepdims=True), (apart(2, 3),)),
        *[(lambda x, p=p: ag.norm(x, axis=-1, ord=p), (apart(2, 3),)) for p in (1, 1.5, 3, -2, np.inf, -np.inf)],
    ],
    "cumulative_sum": [
        (lambda x: ag.cumulative_sum(x) ** 2, (apart(4),)),
        (lambda x: ag.cumulative_sum(x, axis=0, include_initial=True) ** 2, (apart(3, 2),)),
    ],
    "cumulative_sum_backwards": [
        (lambda x, i=i: registry["cumulative_sum_backwards"](x, axis=i) ** 2, (apart(3, 2),)) for i in (0, 1)
    ],
    "cumulative_prod": [
        (ag.cumulative_prod, (apart(4),)),
        (lambda x: ag.cumulative_prod(x, axis=0, include_initial=True), (apart(3, 2),)),
        (lambda x: ag.cumulative_prod(x, axis=1), (np.array([[2.0, 0.0, 3.0, 0.0, 1.5], [0.0, 1.0, 2.0, 3.0, 4.0]]),)),
    ],
    "recurrence": [(registry["recurrence"], (apart(2, 4), apart(2, 4)))],
    "logsumexp": [(ag.logsumexp, (apart(2, 3),)), (lambda x: ag.logsumexp(x, axis=None), (apart(2, 3),))],
    "softmax": [(ag.softmax, (apart(2, 3),)), (lambda x: ag.softmax(x, axis=0), (apart(2, 3),))],
    "softmax_cross_entropy": [(lambda x: ag.softmax_cross_entropy(x, np.array([0, 2])), (apart(2, 3),))],
    "log_softmax": [(ag.log_softmax, (apart(2, 3),)), (lambda x: ag.log_softmax(x, axis=0), (apart(2, 3),))],
    "matmul": [
        (ag.matmul, (apart(2, 3), apart(3, 4))),
        (ag.matmul, (apart(3), apart(3, 4))),
        (ag.matmul, (apart(2, 3), apart(3))),
        (ag.matmul, (apart(3), apart(3))),
        (ag.matmul, (apart(2, 2, 3), apart(3, 2))),
        (ag.matmul, (apart(2, 1, 2, 3), apart(4, 3, 2))),
    ],
    "linear": [
        (ag.linear, (apart(4, 3), apart(2, 3), apart(2))),
        (ag.linear, (apart(3), apart(2, 3), apart(2))),
        (ag.linear, (apart(2, 2, 3), apart(2, 3), apart(2))),
    ],
    "linear_relu": [
        (lambda x, w, b: ag.linear_relu(x, w, b) ** 2, (apart(4, 3), apart(2, 3), apart(2))),
        (ag.linear_relu, (apart(2, 2, 3), apart(2, 3), apart(2))),
    ],
    "logsumexp_gradient": [
        (lambda g, x, y: registry["logsumexp_gradient"](g, x, y, axis=-1), (apart(2), apart(2, 3), positive(2))),
    ],
    "softmax_gradient": [
        (lambda g, y: registry["softmax_gradient"](g, y, axis=-1), (apart(2, 3), positive(2, 3))),
        (lambda g, y: registry["softmax_gradient"](g, y, axis=0), (apart(2, 3), positive(2, 3))),
    ],
    "log_softmax_gradient": [
        (lambda g, y: registry["log_softmax_gradient"](g, y, axis=-1), (apart(2, 3), -positive(2, 3))),
    ],
    "softmax_cross_entropy_gradient": [
        (lambda g, x: registry["softmax_cross_entropy_gradient"](g, x, np.array([0, 2])), (positive(), apart(2, 3))),
    ],
    "normalize_gradient": [
        (lambda *inputs, i=i: normalize_gradient(*inputs, which=i), (apart(4, 3), apart(4, 3), positive(3)))
        for i in range(3)
    ],
    "normalize": [
        (lambda x: ag.normalize(x, axis=(0, 2)), (apart(2, 2, 3),)),
        (lambda x, w, b: ag.normalize(x, (0, 2), w, b) ** 2, (apart(2, 2, 3), apart(2, 1), apart(2, 1))),
        (lambda x, w, b: ag.normalize(x, -1, w, b, eps=0.1) ** 2, (apart(2, 4), apart(4), apart(4))),
        (lambda x, w: ag.normalize(x, -1, w, centre=False) ** 2, (apart(2, 4), apart(4))),
    ],
    "standardize_gradient": [
        (lambda u, x: registry["standardize_gradient"](u, x, (1,), 0.01, True), (apart(2, 4), apart(2, 4))),
        (lambda u, x: registry["standardize_gradient"](u, x, (0,), 0.01, False), (apart(4, 2), apart(4, 2))),
    ],
    "vecdot": [
        (ag.vecdot, (apart(2, 3), apart(3))),
        (lambda a, b: ag.vecdot(a, b, axis=0), (apart(3, 2), apart(3, 1))),
    ],
    "reshape": [(lambda x: ag.reshape(x, (3, -1)) ** 2, (apart(2, 3),))],
    "permute_dims": [(lambda x: ag.permute_dims(x, (1, -1, 0)) ** 2, (apart(2, 3, 2),))],
    "broadcast_to": [(lambda x: ag.broadcast_to(x, (2, 3)) ** 2, (apart(2, 1),))],
    "concat": [
        (lambda a, b: ag.concat([a, np.ones((2, 1)), b], axis=-1) ** 2, (apart(2, 3), apart(2, 2))),
        (lambda a, b: ag.concat([a, b, a], axis=None) ** 2, (apart(2, 2), apart(3))),
    ],
    "expand_dims": [(lambda x: ag.expand_dims(x, 1) ** 2, (apart(2, 3),))],
    "astype": [(lambda x: ag.astype(x, np.float64) ** 2, (apart(2),))],
    "getitem": [
        (lambda x: x[1:, ::-2] ** 2, (apart(3, 4),)),
        (lambda x: x[None, ..., 1] ** 2, (apart(3, 4),)),
        (lambda x: x[[0, 2, 0], [1, 1, 1]] ** 2, (apart(3, 4),)),
        (lambda x: x[np.array([True, False, True])] ** 2, (apart(3, 4),)),
    ],
    "scatter_add": [(lambda g: ag.scatter_add(g, (4, 2), [1, 3, 1]) ** 2, (apart(3, 2),))],
    "set_at": [
        (lambda x, v: x.at[1:, ::2].set(v) ** 3, (apart(3, 4), apart(2, 1))),
        (lambda x, v: x.at[[2, 0, 2]].set(v) ** 3, (apart(3, 2), apart(3, 2))),
    ],
    "add_at": [
        (lambda x, v: x.at[1:, ::2].add(v) ** 3, (apart(3, 4), apart(2, 1))),
        (lambda x, v: x.at[[2, 0, 2]].add(v) ** 3, (apart(3, 2), apart(3, 2))),
    ],
    "einsum": [
        (lambda a, b: ag.einsum("bij,bjk->kib", a, b), (apart(2, 2, 3), apart(2, 3, 2))),
        (lambda a, b, c: ag.einsum("ij,jk,kj", a, b, c), (apart(2, 2), apart(2, 3), apart(3, 2))),
    ],
    "solve": [(ag.linalg.solve, (regular(2, 3), apart(3, 2))), (ag.linalg.solve, (regular(3), apart(3)))],
    "inv": [(ag.linalg.inv, (regular(2, 3),))],
    "det": [
        (ag.linalg.det, (regular(2, 3),)),
        (ag.linalg.det, (np.outer([1.0, 2.0, -1.0], [0.5, 1.0, 3.0]),)),  # of rank 1
        (ag.linalg.det, (np.arange(1.0, 10.0).reshape(3, 3),)),  # of rank 2, which rounding hides
        (ag.linalg.det, (np.zeros((2, 1, 1)),)),
    ],
    "cofactors": [(registry["cofactors"], (regular(2, 3),)), (registry["cofactors"], (np.diag([1.0, 0.0, 2.0]),))],
    "logabsdet": [(lambda x: ag.linalg.slogdet(x).logabsdet, (regular(2, 3),))],
    "pinv": [
        (ag.linalg.pinv, (apart(2, 3, 2),)),
        (ag.linalg.pinv, (apart(2, 3),)),
        (lambda a, b: ag.linalg.pinv(ag.outer(a, b), rtol=1e-8), (apart(3), apart(2))),
    ],
    # These read a symmetric matrix, so that is what must vary.
    "cholesky": [
        (lambda x, upper=upper: ag.linalg.cholesky(x @ x.mT, upper=upper), (regular(2, 3),)) for upper in (False, True)
    ],
    "eigh": [
        (lambda x: ag.linalg.eigh(x + x.mT).eigenvalues, (regular(2, 3),)),
        (lambda x: ag.linalg.eigh(x + x.mT).eigenvectors, (regular(2, 3),)),
    ],
    "qr": [
        (lambda x, part=part: ag.linalg.qr(x)[part], (regular(2, 3)[..., :m, :n],))
        for part in (0, 1)
        for m, n in ((3, 2), (3, 3), (2, 3))
    ],
    "svd": [
        (lambda x, part=part: ag.linalg.svd(x, full_matrices=False)[part], (regular(2, 3)[..., :m, :n],))
        for part in (0, 1, 2)
        for m, n in ((3, 2), (3, 3), (2, 3))
    ],
    "roll": [(lambda x: ag.roll(x, (1, -3), axis=(0, -1)) ** 2, (apart(2, 4),))],
    "conv2d": [
        (ag.conv2d, (apart(2, 2, 5, 4), apart(3, 2, 3, 2))),
        (lambda x, w: ag.conv2d(x, w, stride=(2, 1), padding=(1, 2)), (apart(2, 1, 5, 5), apart(2, 1, 3, 3))),
        (lambda x, w: ag.conv2d(x, w, dilation=2, groups=2, padding=1), (apart(1, 4, 5, 5), apart(2, 2, 2, 3))),
    ],
    "conv2d_with_bias": [
        (lambda x, w, b: ag.conv2d(x, w, b, padding=1) ** 2, (apart(2, 1, 3, 4), apart(2, 1, 2, 3), apart(2))),
    ],
    "conv2d_relu": [
        (
            lambda x, w, b: ag.conv2d_relu(x, w, b, stride=(1, 2), padding=1) ** 2,
            (apart(2, 1, 3, 4), apart(2, 1, 2, 3), apart(2)),
        ),
    ],
    "sum_of_channels": [(lambda x: registry["sum_of_channels"](x) ** 2, (apart(2, 3, 2, 2),))],
    "conv2d_input_gradient": [
        (lambda x, w: ag.conv2d(x, w, stride=2) ** 3, (apart(1, 1, 5, 5), apart(2, 1, 3, 3))),
    ],
    "conv2d_weight_gradient": [
        (lambda x, w: ag.conv2d(x, w, padding=1) ** 3, (apart(1, 2, 3, 4), apart(1, 2, 2, 3))),
    ],
    "max_pool2d": [
        (lambda x: ag.max_pool2d(x, 2), (apart(2, 2, 4, 5),)),
        (lambda x: ag.max_pool2d(x, (3, 2), stride=(1, 2), padding=1) ** 2, (apart(1, 2, 5, 4),)),
    ],
    "max_pool2d_scatter": [(lambda x: ag.max_pool2d(x, 3, stride=1) ** 3, (apart(1, 1, 4, 4),))],
    "windows": [
        (lambda x: registry["windows"](x, (2, 3), (2, 1), (1, 2)) ** 2, (apart(2, 5, 6),)),
        (lambda x: ag.unfold(x, (2, 1), padding=1, stride=2) ** 2, (apart(1, 2, 3, 2),)),
    ],
    "add_windows": [
        (lambda x: registry["add_windows"](x, (5, 6), (2, 3), (2, 1), (1, 2)) ** 2, (apart(1, 2, 2, 2, 3),)),
        (lambda x: ag.fold(x, (3, 2), (2, 1), padding=1, stride=2) ** 2, (apart(1, 4, 4),)),
    ],
    "window_sums": [(lambda x: registry["window_sums"](x, (2, 3), (2, 1)) ** 2, (apart(2, 5, 4),))],
    "max_pool2d_gather": [(lambda x: ag.max_pool2d(x, 2, stride=1) ** 3, (apart(1, 1, 3, 4),))],
}
COMPARISONS = {
    *("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"),
    *("logical_and", "logical_or", "logical_xor"),
}
BITWISE = {"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_invert"}
QUESTIONS = {"logical_not", "isnan", "isfinite", "isinf"}
SEARCHES = {"argmax", "argmin", "argsort", "any", "all", "signdet"}
NOT_DIFFERENTIABLE = COMPARISONS | QUESTIONS | SEARCHES | BITWISE | {"is_written_last"}


def test_every_op_has_a_case():
    own = {name for name, op in registry.items() if op.__module__.startswith("autograd_core.")}
    assert set(CASES) | NOT_DIFFERENTIABLE == own
    assert not any(registry[name].differentiable for name in NOT_DIFFERENTIABLE)


@pytest.mark.parametrize(
    ("function", "inputs"),
    [pytest.param(*case, id=f"{name}-{i}") for name in CASES for i, case in enumerate(CASES[name])],
)
def test_first_and_second_gradients_equal_finite_differences(function, inputs):
    ag.gradcheck(function, *inputs, order=2)


@pytest.mark.parametrize("name", [n for n in CASES if isinstance(registry[n], Elementwise) and n != "where"])
def test_elementwise_ops_agree_on_floats_values_arrays_and_tensors(name):
    op = registry[name]
    for x in (0.3, 1.7, -0.8, 0.0):
        args = [x, 0.6, 0.9][: len(op.inputs)]
        with np.errstate(all="ignore"):
            expected = np.float64(op(*map(np.array, args)))
        for y in (op(*args), op(*map(ag.Value, args)), op(*[ag.tensor(np.array(a)) for a in args])):
            found = float(y.data if isinstance(y, ag.Value) else y)
            np.testing.assert_allclose(found, expected, rtol=2e-15, equal_nan=True)


@pytest.mark.parametrize("name", sorted(COMPARISONS | QUESTIONS))
def test_comparisons_give_bools_and_no_graph(name):
    count = len(registry[name].inputs)
    result = registry[name](*[ag.Value(1.0), 2.0][:count])
    assert isinstance(result, bool)
    tensors = registry[name](*[ag.ones(3, requires_grad=True), ag.zeros(3)][:count])
    assert tensors.dtype == bool
    assert not tensors.requires_grad
