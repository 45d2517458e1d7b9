"""Ops that move numbers: equal to numpy over drawn shapes and strides, gradients exactly their transpose; refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag

drawn = settings(max_examples=60, deadline=None, derandomize=True)
# Whole numbers, so that sums of them are exact in any order.
numbers = st.integers(-9, 9).map(float)


@st.composite
def arrays(draw, min_dims=0, max_dims=3, min_side=0):
    """Arrays of all kinds of strides: reversed, with gaps, transposed, broadcast."""
    shape = draw(hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=4))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    if draw(st.booleans()):
        x = draw(hnp.arrays(dtype, shape[::-1], elements=numbers)).T
    else:
        step = draw(st.sampled_from([1, -1, 2, -2]))
        wide = draw(hnp.arrays(dtype, [n * abs(step) for n in shape], elements=numbers))
        x = wide[(slice(None, None, step),) * len(shape)]
    return np.broadcast_to(x, (2, *x.shape)) if max_dims > x.ndim > 0 and draw(st.booleans()) else x


def check(function, expected, *xs):
    """The values are numpy's; and the gradient of a linear function is its transpose: Σ u·f(d) = Σ gradient·d."""
    leaves = [ag.tensor(x, requires_grad=True) for x in xs]
    y = function(*leaves)
    assert y.dtype == expected.dtype
    assert y.shape == expected.shape
    np.testing.assert_array_equal(y.numpy(), expected)
    np.testing.assert_array_equal(function(*xs), expected)  # and on plain arrays, they are computed as they are
    u = (np.arange(expected.size) % 7 - 3.0).reshape(expected.shape).astype(expected.dtype)
    if y.requires_grad:
        y.backward(u)
    slope = sum(np.sum(x.grad.numpy() * x.numpy(), dtype=np.float64) for x in leaves if x.grad is not None)
    assert slope == np.sum(u * expected, dtype=np.float64)


def an_axis(data, x):
    return data.draw(st.integers(-x.ndim, x.ndim - 1))


@drawn
@given(arrays(), st.data())
def test_reshape_squeeze_and_flatten(x, data):
    check(lambda t: ag.reshape(t, x.shape[::-1]), x.reshape(x.shape[::-1]), x)
    check(ag.flatten, x.reshape(-1), x)
    check(lambda t: ag.unflatten(ag.flatten(t), 0, x.shape), x, x)
    check(ag.squeeze, np.squeeze(x), x)
    at = data.draw(st.integers(-x.ndim - 1, x.ndim))
    check(lambda t: ag.squeeze(ag.expand_dims(t, axis=at), axis=at), x, x)


@drawn
@given(arrays(min_dims=1), st.data())
def test_moving_axes(x, data):
    a, b = an_axis(data, x), an_axis(data, x)
    check(lambda t: ag.moveaxis(t, a, b), np.moveaxis(x, a, b), x)
    order = data.draw(st.permutations(range(x.ndim)))
    check(lambda t: ag.moveaxis(t, range(x.ndim), order), np.moveaxis(x, range(x.ndim), order), x)
    check(lambda t: ag.permute_dims(t, tuple(order)), np.transpose(x, order), x)


@drawn
@given(arrays(), st.data())
def test_broadcasting(x, data):
    shape = data.draw(hnp.broadcastable_shapes(x.shape, max_dims=4, max_side=3))
    y = np.ones(shape, x.dtype)
    for i, expected in enumerate(np.broadcast_arrays(x, y)):
        check(lambda *ts, i=i: ag.broadcast_arrays(*ts)[i], expected, x, y)
    if np.broadcast_shapes(x.shape, shape) == shape:
        check(lambda t: ag.broadcast_to(t, shape), np.broadcast_to(x, shape), x)


@drawn
@given(arrays(min_dims=1), st.data())
def test_joining_and_cutting(x, data):
    axis = an_axis(data, x)
    y = x[::-1]
    check(lambda s, t: ag.concat([s, t, s], axis=axis), np.concatenate([x, y, x], axis), x, y)
    check(lambda s, t: ag.concat([s, t], axis=None), np.concatenate([x, y], None), x, y)
    check(lambda s, t: ag.stack([s, t], axis=axis), np.stack([x, y], axis), x, y)
    if x.shape[axis]:
        check(lambda t: ag.stack(ag.unstack(t, axis=axis), axis=axis), x, x)
        check(lambda t: ag.concat(ag.split(t, x.shape[axis], axis=axis), axis=axis), x, x)
    cuts = sorted(data.draw(st.lists(st.integers(0, 5), max_size=3)))
    for i, part in enumerate(np.split(x, cuts, axis)):
        check(lambda t, i=i: ag.split(t, cuts, axis=axis)[i], part, x)


@drawn
@given(arrays(), st.data())
def test_flip_roll_tile_and_repeat(x, data):
    axis = an_axis(data, x) if x.ndim else None
    check(lambda t: ag.flip(t, axis=axis), np.flip(x, axis), x)
    shift = data.draw(st.integers(-5, 5))
    check(lambda t: ag.roll(t, shift, axis=axis), np.roll(x, shift, axis), x)
    check(lambda t: ag.roll(t, shift), np.roll(x, shift), x)
    times = data.draw(st.lists(st.integers(0, 3), max_size=4))
    check(lambda t: ag.tile(t, times), np.tile(x, times), x)
    count = data.draw(st.integers(0, 3))
    check(lambda t: ag.repeat(t, count, axis=axis), np.repeat(x, count, axis), x)
    if x.ndim:
        counts = data.draw(st.lists(st.integers(0, 3), min_size=x.shape[axis], max_size=x.shape[axis]))
        counts = np.array(counts, dtype=int)
        check(lambda t: ag.repeat(t, counts, axis=axis), np.repeat(x, counts, axis), x)


@drawn
@given(arrays(min_dims=1, min_side=1), st.data())
def test_pad(x, data):
    widths = [tuple(data.draw(st.lists(st.integers(0, 5), min_size=2, max_size=2))) for _ in x.shape]
    for mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
        check(lambda t, mode=mode: ag.pad(t, widths, mode=mode), np.pad(x, widths, mode), x)


@drawn
@given(arrays(min_dims=2), st.integers(-5, 5))
def test_triangles_and_diagonals(x, k):
    check(lambda t: ag.tril(t, k=k), np.tril(x, k), x)
    check(lambda t: ag.triu(t, k=k), np.triu(x, k), x)
    if -x.shape[-2] <= k <= x.shape[-1]:
        check(lambda t: ag.diagonal(t, offset=k), np.diagonal(x, k, -2, -1), x)
        check(lambda t: ag.trace(t, offset=k), np.asarray(np.trace(x, k, -2, -1)), x)


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("lengths", [(), (3,), (2, 3), (2, 3, 4), (2, 0)])
def test_meshgrid(lengths, indexing):
    xs = [np.arange(n) + 1.0 for n in lengths]
    for i, expected in enumerate(np.meshgrid(*xs, indexing=indexing)):
        check(lambda *ts, i=i: ag.meshgrid(*ts, indexing=indexing)[i], expected, *xs)


def test_an_infinity_outside_the_triangle_leaves_no_nan():
    x = ag.tensor([[1.0, np.inf], [2.0, 3.0]], requires_grad=True)
    assert ag.tril(x).tolist() == [[1.0, 0.0], [2.0, 3.0]]


def test_integers_and_bools_stay_what_they_are():
    n = ag.tensor(np.array([[1, 2], [3, 4]]))
    assert ag.pad(n, 1).dtype == ag.tril(n).dtype == ag.tile(n, 2).dtype == ag.flip(n).dtype == np.int64
    assert ag.roll(n > 2, 1).dtype == bool


x23 = ag.zeros((2, 3))


@pytest.mark.parametrize("function", [ag.flip, ag.tile, ag.stack, ag.tril, ag.sort, ag.matmul, ag.linalg.qr, ag.conv1d])
def test_a_value_and_a_list_of_tensors_are_no_array(function):
    t = ag.tensor(1.0, requires_grad=True)
    more = (2,) if function is ag.tile else (t,) if function in (ag.matmul, ag.conv1d) else ()
    for argument in ([[t, t]], ag.Value(1.0)):
        # What it is made of must not be lost unnoticed.
        with pytest.raises(ag.DTypeError, match=f"{function.__name__}.*(takes a tensor, not a list|works on arrays)"):
            function([argument] if function is ag.stack else argument, *more)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.squeeze(x23, axis=0), r"squeeze: axis 0 of shape \(2, 3\) is longer than 1"),
        (lambda: ag.squeeze(x23, axis=2), r"squeeze: axis 2 is not one of the 2 axes of shape \(2, 3\)"),
        (lambda: ag.squeeze(ag.zeros((1, 1)), axis=(0, -2)), "squeeze: axes .* name an axis of shape .* twice"),
        (lambda: ag.moveaxis(x23, 0, (0, 1)), r"moveaxis: 1 axes 0 cannot move to 2 places \(0, 1\)"),
        (lambda: ag.broadcast_arrays(x23, ag.zeros(2)), r"broadcast_arrays: shapes \(2, 3\), \(2,\) do not broadcast"),
        (lambda: ag.concat([]), "concat: needs at least one array"),
        (lambda: ag.concat([x23, ag.zeros((3, 2))]), r"concat: shapes \(2, 3\), \(3, 2\) differ elsewhere.* use stack"),
        (lambda: ag.concat([x23, x23], axis=2), "concat: axis 2 is not one of the 2 axes"),
        (lambda: ag.stack([]), "stack: needs at least one array"),
        (lambda: ag.stack([x23, ag.zeros(2)]), r"stack: takes arrays of one shape, got \(2, 3\), \(2,\)"),
        (lambda: ag.unstack(ag.zeros(())), "unstack: axis 0 is not one of the 0 axes"),
        (lambda: ag.split(x23, 2, axis=1), "split: axis 1 of shape .* cannot be cut into 2 parts.*give the indices"),
        (lambda: ag.flip(x23, axis=-3), "flip: axis -3 is not"),
        (lambda: ag.roll(x23, (1, 2, 3), axis=(0, 1)), "roll: 3 shifts .* for 2 axes .*; give one for each"),
        (lambda: ag.tile(x23, (2, -1)), "tile: repetitions must not be negative"),
        (lambda: ag.repeat(x23, [1, 2], axis=1), "repeat: repeats must be a count .* one for each of the 3 elements"),
        (lambda: ag.repeat(x23, 1.5), "repeat: repeats must be a count"),
        (lambda: ag.pad(x23, -1), "pad: pad_width must be a whole number that is not negative"),
        (lambda: ag.pad(x23, ((1, 2), (3, 4), (5, 6))), "pad: pad_width .* for each of the 2 axes"),
        (lambda: ag.pad(x23, 1, mode="mean"), "pad: mode must be constant, edge, reflect, symmetric or wrap"),
        (lambda: ag.pad(ag.zeros((2, 0)), 1, mode="edge"), r"pad: axis 1 of shape \(4, 0\) is empty"),
        (lambda: ag.meshgrid(x23), r"meshgrid: takes arrays with one axis .* got shapes \(2, 3\)"),
        (lambda: ag.meshgrid(ag.zeros(2), indexing="yx"), "meshgrid: takes .* 'xy' or 'ij'.* 'yx'"),
        (lambda: ag.tril(ag.zeros(3)), r"tril: takes a matrix, or several in the last two axes; got shape \(3,\)"),
        (lambda: ag.triu(ag.zeros(3)), "triu: takes a matrix"),
        (lambda: ag.diagonal(ag.zeros(3)), "diagonal: takes a matrix"),
        (lambda: ag.trace(ag.zeros(3)), "trace: takes a matrix"),
    ],
)
def test_refused_calls_say_why(call, message):
    with pytest.raises((ag.ShapeError, ag.ArgumentError), match=message):
        call()
