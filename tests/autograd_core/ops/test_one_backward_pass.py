"""A backward pass that records itself and one that does not are one program: their gradients are equal to the bit."""

import numpy as np
import pytest
from op_cases import CASES

import autograd_core as ag
from autograd_core import kernels
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

CHECKS = [(name, *check) for name, case in CASES.items() for check in case.checks]

rng = np.random.default_rng(5)
labels = rng.integers(0, 40, 300)
images, filters = rng.standard_normal((6, 4, 12, 12)), rng.standard_normal((8, 4, 3, 3))
# Of a size that goes to kernels.
LARGE = {
    "softmax": (lambda x: ag.softmax(x, axis=-1), [(300, 40)]),
    "log_softmax": (lambda x: ag.log_softmax(x, axis=-1), [(300, 40)]),
    "logsumexp": (lambda x: ag.logsumexp(x, axis=1), [(300, 40)]),
    "cross_entropy": (lambda x: ag.softmax_cross_entropy(x, labels), [(300, 40)]),
    "layer_norm": (lambda x, w, b: ag.normalize(x, -1, w, b), [(300, 40), (40,), (40,)]),
    "batch_norm": (lambda x, w, b: ag.normalize(x, (0, 2, 3), w, b), [(6, 4, 12, 12), (4, 1, 1), (4, 1, 1)]),
    "rms_norm": (lambda x, w: ag.normalize(x, -1, w, centre=False), [(300, 40), (40,)]),
    "matmul": (ag.matmul, [(90, 70), (70, 80)]),
    "linear": (ag.linear, [(64, 50), (30, 50), (30,)]),
    "conv2d": (ag.conv2d, [(6, 4, 12, 12), (8, 4, 3, 3), (8,)]),
    "max_pool2d": (lambda x: ag.max_pool2d(x, 2), [(6, 4, 12, 12)]),
    "avg_pool2d": (lambda x: ag.avg_pool2d(x, 3, padding=1), [(6, 4, 12, 12)]),
    "sums": (lambda x: ag.sum(x, axis=0) * ag.mean(x, axis=1) * ag.max(x, axis=1) * ag.std(x), [(100, 100)]),
    "embedding": (lambda table: table[labels] * 2.0, [(40, 30)]),
    "cumulative_sum": (lambda x: ag.cumulative_sum(x, axis=1), [(100, 100)]),
    "sort": (lambda x: ag.sort(x, axis=1), [(100, 100)]),
    "broadcast": (lambda x, row, column: x * row + ag.tanh(x - column), [(100, 100), (100,), (100, 1)]),
}


def assert_gradients_are_equal(function, inputs):
    def gradients(create_graph):
        leaves = [ag.tensor(x, requires_grad=True) for x in inputs]
        y = function(*leaves)
        u = np.random.default_rng(0).standard_normal(y.shape).astype(y.dtype)
        return ag.gradients(y, leaves, ag.tensor(u), create_graph=create_graph)

    for plain, recorded in zip(gradients(False), gradients(True), strict=True):
        assert (plain is None) == (recorded is None)
        if plain is not None:
            assert plain.dtype == recorded.dtype
            np.testing.assert_array_equal(plain.numpy(), recorded.numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "function", "inputs"), CHECKS)
def test_every_op(name, function, inputs, dtype):
    assert_gradients_are_equal(function, [np.asarray(x, dtype) for x in inputs])


# Kernels of local gradients take a second each to compile, and all ops go through the same code: some of each kind do.
LONG = ["multiply", "divide", "pow", "exp", "tanh", "sigmoid", "gelu", "silu", "softplus", "leaky_relu", "clip", "erf"]


@pytest.mark.parametrize("name", LONG)
def test_elementwise_ops_on_long_arrays(name):
    op = registry[name]
    draw = np.random.default_rng(2)
    assert isinstance(op, Elementwise)
    assert_gradients_are_equal(op, [draw.random(2 * kernels.LONG, np.float32) + 0.1 for _ in op.inputs])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LARGE)
def test_kernels(name, dtype):
    function, shapes = LARGE[name]
    draw = np.random.default_rng(1)
    assert_gradients_are_equal(function, [draw.standard_normal(shape).astype(dtype) for shape in shapes])


def test_recorded_gradients_of_layers_are_the_plain_ones():
    x, w = (ag.tensor(a.astype(np.float32), requires_grad=True) for a in (images, filters))
    y = ag.softmax(ag.reshape(ag.max_pool2d(ag.relu(ag.conv2d(x, w, ag.zeros(8))), 2), (6, -1)), axis=1)
    loss = ag.sum(ag.gelu(y) * y)
    plain = ag.gradients(loss, [x, w], retain_graph=True)
    for a, b in zip(plain, ag.gradients(loss, [x, w], create_graph=True), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
