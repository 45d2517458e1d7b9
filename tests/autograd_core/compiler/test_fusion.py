"""Elementwise ops of a compiled step in one pass: what it leaves out, and that nobody notices but by the clock."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import convolution


def tensor(*shape, seed=0, **named):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32), **named)


def compiled(function, *arguments):
    """The function, compiled and called often enough to be checked against itself."""
    step = ag.compile(function)
    for _ in range(4):
        step(*arguments)
    return step


def test_a_run_of_elementwise_ops_is_one_launch():
    x, row = tensor(6, 8), tensor(8)
    step = compiled(lambda x: ag.where(x > row, ag.tanh(x * 0.5 + row), -x) / (1.0 + ag.square(x)), x)
    assert "9 ops: 1 launches, 0 calls of Python" in str(step)
    expected = ag.where(x > row, ag.tanh(x * 0.5 + row), -x) / (1.0 + ag.square(x))
    np.testing.assert_allclose(step(x).numpy(), expected.numpy(), rtol=1e-6)


def test_what_is_looked_at_later_is_kept():
    x = tensor(6, 8)

    def function(x):
        half = x * 0.5
        h = ag.tanh(half)
        top = h[:2]  # a view of what is not computed yet
        return h + 1.0, half, top.sum(), (h @ h.T).sum()

    for ours, expected in zip(compiled(function, x)(x), function(x), strict=True):
        np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=1e-5)


def test_what_nobody_looks_at_is_not_computed():
    def function(x):
        ag.exp(x) * 2.0
        return x + 1.0

    text = str(compiled(function, tensor(3)))
    assert text.count("# nobody needs it") == 0  # it waited with what is needed
    assert "3 ops: 1 launches" in text

    def other_shape(x):
        ag.exp(x[:2])
        return x + 1.0

    assert "exp((2,))  # nobody needs it" in str(compiled(other_shape, tensor(3)))


def test_the_backward_pass_is_fused_too():
    w = tensor(6, 8, requires_grad=True)

    def step(x):
        w.grad = None
        loss = (ag.tanh(w * x) * ag.sigmoid(x)).sum()
        loss.backward()
        return loss

    x = tensor(6, 8, seed=1)
    step(x)
    expected = w.grad.numpy().copy()
    text = str(compiled(step, x))
    np.testing.assert_allclose(w.grad.numpy(), expected, rtol=1e-5)
    assert "3 launches, 0 calls of Python" in text  # forward, the sum, backward


@ag.elementwise
def wrapped(x):
    return x - 3.0 * np.floor(x / 3.0)  # kernels have no np.floor


@wrapped.local_gradient("x")
def _():
    return 1.0


@ag.elementwise
def undefined_type(x):
    return x * float("{}".format(3))  # noqa: UP032 - has a source, and is beyond what Numba compiles


@undefined_type.local_gradient("x")
def _():
    return 3.0


def cube_of_itself(x):
    return x * x * x


cubed = ag.elementwise(cube_of_itself)


def test_a_function_that_belongs_to_no_module_takes_part_too(monkeypatch):
    monkeypatch.setattr(cube_of_itself, "__module__", None)  # as of one that is made in a namespace without a name
    step = compiled(lambda x: cubed(x) * 2.0, ag.ones(3))
    assert step(ag.full(3, 2.0)).tolist() == [16.0] * 3


@pytest.mark.parametrize("op", [wrapped, undefined_type])
def test_an_op_beyond_kernels_takes_part_all_the_same(op):
    x = tensor(6, 8)
    step = compiled(lambda x: ag.tanh(op(x * 2.0)) + 1.0, x)
    np.testing.assert_allclose(step(x).numpy(), (ag.tanh(op(x * 2.0)) + 1.0).numpy(), rtol=1e-5, atol=1e-6)
    assert ("numpy" in str(step)) and ("kernel" not in str(step) or op is wrapped)


def test_an_op_beyond_kernels_keeps_nothing_of_the_step_that_met_it():
    w = tensor(8, 4)

    def step(x):
        y = x * 2.0  # would be found to be kept, by a frame of the error that Numba remembers
        return ag.tanh(undefined_type(y)) @ w

    x = tensor(6, 8)
    np.testing.assert_allclose(compiled(step, x)(x).numpy(), step(x).numpy(), rtol=1e-5, atol=1e-6)


def test_leaves_are_read_before_they_change():
    w = tensor(5, requires_grad=True)

    @ag.no_grad
    def step(x):
        before = w * 2.0
        w.assign(w - x)
        return before + x, w * 1.0

    other = ag.tensor(w, requires_grad=True)
    run = ag.compile(step)
    for seed in range(6):
        x = tensor(5, seed=seed)
        ours = run(x)
        expected = other * 2.0 + x
        with ag.no_grad():
            other.assign(other - x)
        np.testing.assert_allclose(ours[0].numpy(), expected.detach().numpy(), rtol=1e-6)
        np.testing.assert_allclose(ours[1].numpy(), other.detach().numpy(), rtol=1e-6)


def test_more_ops_than_one_kernel_takes():
    x = tensor(7)

    def function(x):
        h = x
        for k in range(150):
            h = h * 0.99 + 0.01 * k
        return h

    np.testing.assert_allclose(compiled(function, x)(x).numpy(), function(x).numpy(), rtol=1e-5)


UNARY = [ag.tanh, ag.sigmoid, ag.relu, ag.square, lambda x: -x, lambda x: ag.exp(-ag.abs(x)), lambda x: x.T]
UNARY += [lambda x: x.sum(axis=0, keepdims=True), lambda x: x.mean(axis=1, keepdims=True), lambda x: x[:, ::2]]
UNARY += [lambda x: ag.softmax(x, axis=1), lambda x: x.reshape(-1, 1), lambda x: 0.3 * x + 1.0, lambda x: x[1:]]
BINARY = [lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x - y, ag.maximum, lambda x, y: x / (1.0 + y * y)]
BINARY += [lambda x, y: ag.where(x > y, x, y * 0.5), lambda x, y: x @ y]
INSTRUCTIONS = st.tuples(st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, 30), st.integers(0, 30))


def run_program(program, tensors):
    """Compute by each instruction that fits the shapes; all results together make the loss."""
    known = list(tensors)
    for which, i, j in program:
        x, y = known[i % len(known)], known[j % len(known)]
        try:
            new = UNARY[which](x) if which < len(UNARY) else BINARY[which - len(UNARY)](x, y)
        except ag.ShapeError:
            continue
        if new.size and new.size < 300:
            known.append(new)
    return sum([ag.tanh(x).sum() for x in known[-3:]], sum(x.sum() for x in tensors))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(INSTRUCTIONS, min_size=3, max_size=12))
def test_random_programs_leave_what_eager_ones_leave(program):
    shapes = [(4, 5), (1, 5), (4, 1), (5, 4)]
    ours = [tensor(*shape, seed=k, requires_grad=True) for k, shape in enumerate(shapes)]
    theirs = [ag.tensor(w, requires_grad=True) for w in ours]

    def step_of(leaves):
        def step(x):
            for leaf in leaves:
                leaf.grad = None
            loss = run_program(program, [x, *leaves])
            loss.backward()
            with ag.no_grad():
                for leaf in leaves:
                    if leaf.grad is not None:
                        leaf.assign(leaf - 0.01 * leaf.grad)
            return loss

        return step

    run, eager = ag.compile(step_of(ours)), step_of(theirs)
    for seed in range(5):
        x = tensor(4, 5, seed=10 + seed)
        np.testing.assert_allclose(run(x).numpy(), eager(x).detach().numpy(), rtol=1e-4, atol=1e-5)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-4, atol=1e-5)
            assert (a.grad is None) == (b.grad is None)


# --- an op that takes in the next ----------------------------------------------------------------


def same_to_the_bit(function, *arguments):
    """What is printed of the compiled function, if it gives what it gives uncompiled."""
    eager, step = function(*arguments), ag.compile(function)
    for _ in range(4):
        results = step(*arguments)
    for ours, expected in zip(results, eager, strict=True):
        np.testing.assert_array_equal(ours.numpy(), expected.numpy())
    return str(step)


@pytest.mark.parametrize("pool", [((2, 2),), ((3, 3), (1, 1), (1, 1)), ((3, 2), (2, 3)), ((2, 2), (3, 3))])
def test_pooling_takes_in_the_relu_before_it_on_the_way_back(pool):
    def function(x, w):
        z = ag.relu(ag.conv2d(x, w, padding=1))
        y = ag.max_pool2d(z, *pool)
        return y.detach(), *ag.gradients((y * y).sum(), [x, w])

    x, w = tensor(3, 2, 9, 11, requires_grad=True), tensor(4, 2, 3, 3, seed=1, requires_grad=True)
    # The convolution takes in the relu, and the gradient of pooling that of the relu.
    assert same_to_the_bit(function, x, w).count("with the op before") == 2


@pytest.mark.parametrize("way", ["on a lattice", "by lanes of images", "by Winograd"])
@pytest.mark.parametrize(("images", "channels", "size"), [(32, 16, (6, 7)), (3, 20, (9, 11)), (19, 5, (13, 18))])
def test_convolution_takes_in_the_relu_before_it_on_the_way_back(images, channels, size, way, monkeypatch):
    monkeypatch.setattr(convolution, "_lanes_are_images", lambda *sizes: way == "by lanes of images")
    monkeypatch.setattr(convolution, "_winograd_pays", lambda *sizes: way == "by Winograd")

    def function(x, w):
        with ag.allow_winograd():
            y = ag.conv2d(ag.relu(x), w, padding=1)
            return y.detach(), *ag.gradients((y * y).sum(), [x, w])

    x = tensor(images, channels, *size, requires_grad=True)
    w = tensor(channels, channels, 3, 3, seed=1, requires_grad=True)
    x.array[0, 0, 0, 0], x.array[1, 1, 0, 0] = np.nan, np.inf
    shown = same_to_the_bit(function, x, w)
    assert ("with the op before" in shown) == (way != "on a lattice")


def test_what_a_convolution_sends_back_is_computed_if_somebody_looks_at_it():
    def function(x, w):
        z = ag.relu(x)
        return ag.gradients(ag.square(ag.conv2d(z, w)).sum(), [x, z, w])

    x, w = tensor(32, 16, 6, 6, requires_grad=True), tensor(16, 16, 3, 3, seed=1, requires_grad=True)
    gx, gz, _ = function(x, w)
    assert np.any(gx.numpy() != gz.numpy())
    same_to_the_bit(function, x, w)


def test_what_pooling_sends_back_is_computed_if_somebody_looks_at_it():
    def function(x):
        z = ag.relu(x)
        return ag.gradients(ag.square(ag.max_pool2d(z, (2, 2)) + 1.0).sum(), [x, z])

    x = tensor(3, 2, 9, 11, requires_grad=True)
    gx, gz = function(x)
    assert np.any(gx.numpy() != gz.numpy())
    same_to_the_bit(function, x)


def test_another_relu_s_gradient_is_not_pooling_s():
    x, other = tensor(2, 2, 6, 6, requires_grad=True), tensor(2, 2, 6, 6, seed=3)

    def function(x):
        y = ag.max_pool2d(x + 0.0, (2, 2))  # of what is no relu
        (g,) = ag.gradients(y.sum(), [x])
        return g * (ag.relu(other) > 0)

    np.testing.assert_array_equal(compiled(function, x)(x).numpy(), function(x).numpy())
