"""Ops that a forward pass may use, written as Python: each is translated, and read again."""

import numpy as np
import pytest

import autograd_core as ag
import nn

rng = np.random.default_rng(1)
X = (2 * rng.standard_normal((3, 4))).astype(np.float32)
Y = rng.standard_normal((3, 1)).astype(np.float32)
POSITIVE = np.abs(X) + 1
INSIDE = np.tanh(X) * np.float32(0.9)
WHOLE = rng.integers(-9, 9, (3, 4))


class Of(nn.Module):
    def __init__(self, function):
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def each(names, *more):
    return lambda *inputs: {name: getattr(ag, name)(*inputs, *more) for name in names.split()}


def reductions(x):
    found = {}
    for name in ["sum", "mean", "prod", "max", "min", "var", "std", "norm", "logsumexp"]:
        for axis, keepdims in [(None, False), (1, False), ((0, -1), True)]:
            if name != "logsumexp" or axis is not None:
                found[f"{name} {axis}"] = getattr(ag, name)(x, axis=axis, keepdims=keepdims)
    return found | {
        "norm 1": ag.norm(x, ord=1),
        "norm inf": ag.norm(x, axis=1, ord=np.inf),
        "argmax": ag.argmax(x),
        "argmin": ag.argmin(x, axis=1, keepdims=True),
        "any": ag.any(x > 1, axis=1),
        "all": ag.all(x > -9),
        "count": (x > 0).sum(),
        "cumulative": ag.cumulative_sum(x, axis=1),
        "from 0": ag.cumulative_sum(x, axis=1, include_initial=True),
        "in float64": ag.cumulative_sum(x, axis=1, include_initial=True, dtype=np.float64),
        "sum in float64": ag.sum(x, axis=1, dtype=np.float64),
    }


def places(x):
    return {
        "row": x[0],
        "column": x[:, -1],
        "one": x[1, 2],
        "new": x[None, :, ::2, None],
        "backwards": ag.flip(x[-2:], axis=1),
        "rows": x[[0, 2]],
        "columns": x[:, [1, -1]],
        "points": x[[0, 1], [2, 3]],
        "along": ag.take_along_axis(x, np.array([[0], [1], [2]]), axis=1),
        "set": x.at[0].set(1.0),
        "add": x.at[:, 1:3].add(2.0),
        "written rows": x.at[[0, 2]].set(x[:2]),
        "rolled": ag.roll(x, (1, -1), (0, 1)),
        "tiled": ag.tile(x, (2, 1)),
        "repeated": ag.repeat(x, 2, axis=1),
        "stacked": ag.stack([x, x], axis=1),
        "padded": ag.pad(x, [(1, 0), (0, 2)], constant_values=3.0),
        "mirrored": ag.pad(x, 1, "reflect"),
        "cut": tuple(ag.split(x, [1], axis=1)),
        "spread": ag.scatter_add(x, (6, 4), (slice(0, 6, 2),)),
        "embedded": ag.scatter_add(x, (5, 4), [0, 4, 0]),
    }


def choices(x):
    return {
        "where": ag.where(x > 0, x, 0.0),
        "of numbers": ag.where(x > 0, 1.0, -1.0),
        "clip": ag.clip(x, -0.5, 0.5),
        "clip by tensors": ag.clip(x, x - 1.0, x * 0.5),
        "and": (x > 0) & (x < 1),
        "or": (x > 0) | (x < -1),
        "not": ~(x > 0),
        "sum of bools": (x > 0) + (x > 1),
        "product of bools": (x > 0) * (x < 1) * 2.5,
        "xor": ag.logical_xor(x > 0, x),
        "unequal": ag.not_equal(x, 0.0),
        "cast": x.astype(int) + 1,
        "heaviside": ag.heaviside(x, 0.5),
        "leaky": ag.leaky_relu(x, x),
        "elu": ag.elu(x, x),
    }


CASES = {
    "of one": (
        each(
            "abs exp sin cos tan atan sinh cosh tanh asinh expm1 square sign floor ceil round trunc erf erfc sigmoid "
            "isnan isinf isfinite logical_not negative gelu silu log_sigmoid relu6 hard_sigmoid soft_sign mish"
        ),
        X,
    ),
    "of positive numbers": (each("log log2 log10 log1p sqrt rsqrt reciprocal acosh"), POSITIVE),
    "below 1": (each("asin acos atanh"), INSIDE),
    "of two": (
        each(
            "add subtract multiply divide maximum minimum hypot logaddexp remainder floor_divide less equal "
            "not_equal greater_equal"
        ),
        X,
        Y,
    ),
    "of whole numbers": (
        lambda i: (i // 3, i % 3, i / 2, -i, i + 1, i * 2, i < 3, ag.maximum(i, 2), i & 1, i | 1, ~i, i.sum()),
        WHOLE,
    ),
    "powers": (lambda x: (x**3, 2.0**x, x**0.5), POSITIVE),
    "reductions": (reductions, X),
    "places": (places, X),
    "choices": (choices, X),
    "products": (
        lambda x, y: (
            ag.einsum("ij,ik->jk", x, y),
            ag.vecdot(x, x),
            ag.tensordot(x, y, axes=([0], [0])),
            x[0] @ x[1],
            nn.functional.one_hot(ag.argmax(x, axis=1), 4),
        ),
        X,
        Y,
    ),
    "masked": (lambda x: ag.masked_softmax(x, ag.where(x > 1, -np.inf, 0.0) - (x[:, :1] > 0) * 1e9), X),
    "nowhere": (lambda x: ag.masked_softmax(x, np.array([[0.0], [-np.inf], [0.0]], np.float32)), X),
    "moments": (lambda x: ag.normalize_with_moments(x, (-1,), ag.ones(4), ag.zeros(4)), X),
    "gradient": (lambda x: ag.grad(lambda t: ag.sum(ag.tanh(t) ** 2))(x), X),
}


@pytest.mark.parametrize("name", CASES)
def test_op_is_written_and_read(name, check):
    function, *inputs = CASES[name]
    check(Of(function), *inputs)


def test_an_op_of_ones_own_is_written_by_its_formula(check):
    @ag.elementwise
    def bent_by_test_onnx(x, by=0.5):
        return ag.sqrt(x * x + by) - ag.hard_sigmoid(x)

    check(Of(lambda x: bent_by_test_onnx(x) + bent_by_test_onnx(x, x * x)), X)


def test_an_op_without_translation_is_named_and_can_be_given_one(check, path):
    @ag.array_op
    def doubled_by_test_onnx(x, /):
        return 2 * x

    model = Of(doubled_by_test_onnx)
    with pytest.raises(
        nn.OnnxError, match=r"doubled_by_test_onnx, at .*test_ops.*\.translates\('doubled_by_test_onnx'\)"
    ):
        nn.onnx.export(model, X, path)
    assert not path.exists()

    @nn.onnx.translates("doubled_by_test_onnx")
    def _(graph, step, x):
        return graph.add("Add", x, x)

    check(model, X)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda x: x[x > 0], "how much a mask reads"),
        (lambda x: x + ag.randn(*x.shape), "random numbers"),
        (lambda x: ag.sort(x), "argsort"),
        (lambda x: ag.norm(x, ord=3), "order 1, 2 and infinity"),
        (lambda x: x[0, :, None] + x[[0, 1], None, :], "index twice"),
        (lambda x: x.at[ag.argmax(x, axis=0)].set(0.0), "must not be computed"),
    ],
)
def test_what_onnx_cannot_say_is_refused_with_its_line(function, says, path):
    with pytest.raises(nn.OnnxError, match=f"(?s)test_ops.*({says})|({says}).*test_ops"):
        nn.onnx.export(Of(function), X, path)
    assert not path.exists()
