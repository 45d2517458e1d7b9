"""Indexing, writing at places and sorting: numpy's answers, gradients that are exactly the transpose; refusals."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_core as ag

drawn = settings(max_examples=150, deadline=None, derandomize=True)


def numbered(shape):
    """1, 2, 3, ... read backwards, so that strides are negative."""
    return np.asarray(np.flip(np.arange(float(np.prod(shape)), 0, -1).reshape(shape)))


@st.composite
def places(draw):
    """A shape and an index into it: numbers, slices, None, ..., and arrays of integers or bools, mixed at will."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    together = draw(st.sampled_from([(), (1,), (3,), (2, 3), (0,), (1, 3)]))  # all advanced parts broadcast to this
    parts, ellipsis = [], False
    sides = list(shape)
    while sides:
        kind = draw(st.sampled_from(["number", "slice", "array", "list", "mask", "none", "...", "stop"]))
        if kind == "stop":
            break
        if kind == "none":
            parts.append(None)
        elif kind == "...":
            if not ellipsis:
                parts.append(...)
                sides = sides[draw(st.integers(0, len(sides))) :]
                ellipsis = True
        else:
            n = sides.pop(0)
            if kind == "slice":
                parts.append(draw(st.slices(n)))
                continue
            assume(n > 0)
            if kind == "number":
                parts.append(draw(st.integers(-n, n - 1)))
            elif kind == "mask":
                mask = np.zeros(n, bool)
                mask[draw(st.integers(0, n - 1))] = True  # one place, which broadcasts with everything
                parts.append(mask)
            else:
                indices = draw(hnp.arrays(np.int64, together, elements=st.integers(-n, n - 1)))
                parts.append(indices.tolist() if kind == "list" else indices)
    if ellipsis:  # what the ellipsis left over must come from the end
        try:
            numbered(shape)[tuple(parts)]
        except IndexError:
            assume(False)
    return shape, parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


def with_tensors(index):
    if isinstance(index, tuple):
        return tuple(map(with_tensors, index))
    return ag.tensor(index) if isinstance(index, np.ndarray) else index


@drawn
@given(places())
def test_reading_equals_numpy_and_its_gradient_counts_the_reads(place):
    shape, index = place
    x = numbered(shape)
    t = ag.tensor(x, requires_grad=True)
    y = t[with_tensors(index)]
    np.testing.assert_array_equal(y.numpy(), x[index], strict=True)
    u = numbered(y.shape)
    y.backward(u)
    expected = np.zeros(shape)
    np.add.at(expected, index, u)
    np.testing.assert_array_equal(t.grad.numpy(), expected)


@drawn
@given(places(), st.data())
def test_writing_equals_numpy_and_its_gradients_go_where_the_numbers_went(place, data):
    shape, index = place
    x = numbered(shape)
    part = x[index].shape
    v_shape = data.draw(hnp.broadcastable_shapes(part, min_side=0, max_dims=len(part)))
    assume(np.broadcast_shapes(v_shape, part) == part)
    v = -numbered(v_shape)
    for add in (False, True):
        t, s = ag.tensor(x, requires_grad=True), ag.tensor(v, requires_grad=True)
        y = t.at[with_tensors(index)].add(s) if add else t.at[with_tensors(index)].set(s)
        expected = x.copy()
        if add:
            np.add.at(expected, index, v)
        else:
            expected[index] = v
        np.testing.assert_array_equal(y.numpy(), expected, strict=True)
        u = numbered(shape) + 1000.0
        y.backward(u)
        # The function is linear in x and v together, so that its gradient is its transpose.
        assert np.sum(u * expected) == np.sum(t.grad.numpy() * x) + np.sum(s.grad.numpy() * v)
        written = np.zeros(shape, bool)
        written[index] = True
        np.testing.assert_array_equal(t.grad.numpy(), u if add else np.where(written, 0.0, u))


@given(hnp.array_shapes(max_dims=3, max_side=3).flatmap(lambda shape: hnp.arrays(bool, shape)), st.integers(0, 2))
@drawn
def test_masks_of_any_number_of_axes(mask, more):
    x = numbered((*mask.shape, *[2] * more))
    t = ag.tensor(x, requires_grad=True)
    (t[mask] * 2.0).sum().backward()
    np.testing.assert_array_equal(t[ag.tensor(mask)].numpy(), x[mask])
    np.testing.assert_array_equal(t.grad.numpy()[mask], np.full(x[mask].shape, 2.0))
    np.testing.assert_array_equal(t.grad.numpy()[~mask], 0.0)


def test_two_masks_broadcast_and_may_name_a_place_twice():
    x = ag.tensor(numbered((2, 2)), requires_grad=True)
    only = np.array([False, True])
    x[only, [1, 1]].sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, 2.0]]


@pytest.mark.parametrize("index", [True, False, np.True_, np.array(1), np.array(True), [], [[]], np.int8(-1), (), ...])
def test_rare_indices(index):
    x = numbered((2, 3))
    t = ag.tensor(x, requires_grad=True)
    y = t[index]
    np.testing.assert_array_equal(y.numpy(), x[index], strict=True)
    y.sum().backward()
    expected = np.zeros((2, 3))
    np.add.at(expected, index, 1.0)
    np.testing.assert_array_equal(t.grad.numpy(), expected)


def test_tensors_index_alone_in_lists_and_as_bounds_of_slices():
    x = ag.tensor(numbered((3, 4)))
    two, pair = ag.tensor(np.array(2)), ag.tensor(np.array([0, 2]))
    assert x[two].tolist() == x[2].tolist()
    assert x[[two, two]].tolist() == x[[2, 2]].tolist()
    assert x[[pair, pair]].shape == (2, 2, 4)
    assert x[pair, [two, two]].tolist() == x[[0, 2], [2, 2]].tolist()
    assert x[:two].shape == (2, 4)
    assert ag.getitem(numbered((3, 4)), pair).tolist() == numbered((3, 4))[[0, 2]].tolist()
    assert x.numpy()[pair].tolist() == x[pair].tolist()


def test_an_index_changed_after_the_read_does_not_change_the_gradient():
    x = ag.zeros(3, requires_grad=True)
    index, rows = np.array([0, 1]), [0, 1]
    y = x[index] + x[rows]
    index[:] = 2
    rows[:] = [2, 2]
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 0.0]


def test_a_repeated_place_keeps_its_last_value_and_only_that_has_a_gradient():
    x, v = ag.zeros(2, requires_grad=True), ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.at[[1, 1, 0]].set(v)
    assert y.tolist() == [3.0, 2.0]
    y.sum().backward()
    assert v.grad.tolist() == [0.0, 1.0, 1.0]
    assert x.grad.tolist() == [0.0, 0.0]


def test_at_keeps_the_dtype_and_its_argument():
    x = ag.zeros(3)
    assert x.at[0].set(1.0).dtype == x.at[0].add(np.float64(1)).dtype == np.float32
    assert x.at[1:].set(2).tolist() == [0.0, 2.0, 2.0]
    assert x.at[...].get().tolist() == x.tolist() == [0.0, 0.0, 0.0]
    plain = np.zeros(2)
    assert ag.set_at(plain, 1.0, 0).tolist() == [1.0, 0.0]
    assert ag.add_at(plain, [1.0, 2.0], [1, 1]).tolist() == [0.0, 3.0]
    assert plain.tolist() == [0.0, 0.0]


def test_gradients_of_gradients_through_at():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 2))
    for place in (([0, 0, 2],), (slice(None), slice(1, None)), ([1, 1], [0, 0])):
        value = rng.standard_normal(x[place].shape)
        ag.gradcheck(lambda a, b, place=place: a.at[place].set(b) ** 3, x, value, order=2)
        ag.gradcheck(lambda a, b, place=place: a.at[place].add(b * b) ** 2, x, value, order=2)


@given(
    hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, min_side=0), elements=st.integers(-3, 3).map(float)), st.data()
)
@drawn
def test_sorting_equals_numpy(x, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    np.testing.assert_array_equal(ag.argsort(ag.tensor(x), axis=axis).numpy(), np.argsort(x, axis, stable=True))
    np.testing.assert_array_equal(ag.sort(ag.tensor(x), axis=axis).numpy(), np.sort(x, axis))
    # Equal elements keep their order when it goes down, too, as sorting what is upside down shows.
    down = ag.argsort(ag.tensor(x), axis=axis, descending=True).numpy()
    np.testing.assert_array_equal(down, np.argsort(-x, axis, stable=True))
    k = data.draw(st.integers(0, x.shape[axis]))
    for largest in (True, False):
        values, indices = ag.topk(ag.tensor(x), k, axis=axis, largest=largest)
        order = np.sort(-x if largest else x, axis).take(range(k), axis)
        np.testing.assert_array_equal(values.numpy(), -order if largest else order)
        np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, indices.numpy(), axis))


def test_sorting_gives_each_equal_element_its_own_gradient():
    x = ag.tensor([2.0, 1.0, 2.0], requires_grad=True)
    (ag.sort(x) * ag.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [2.0, 1.0, 3.0]


def test_nan_sorts_as_larger_than_any_number():
    x = ag.tensor([1.0, np.nan, np.inf])
    assert ag.argsort(x).tolist() == [0, 2, 1]
    assert ag.argsort(x, descending=True).tolist() == [1, 2, 0]


@given(hnp.array_shapes(max_dims=3, max_side=4), st.data())
@drawn
def test_taking_equals_numpy(shape, data):
    x = numbered(shape)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    n = shape[axis]
    indices = data.draw(
        hnp.arrays(np.int64, hnp.array_shapes(min_dims=0, max_dims=2, min_side=0), elements=st.integers(-n, n - 1))
    )
    np.testing.assert_array_equal(ag.take(ag.tensor(x), ag.tensor(indices), axis=axis), np.take(x, indices, axis))
    np.testing.assert_array_equal(ag.take(ag.tensor(x), indices % n), np.take(x, indices % n))
    # Along the other axes the indices are as long as x, or have length 1.
    sides = [data.draw(st.sampled_from([1, side])) for side in shape]
    sides[axis] = data.draw(st.integers(0, 3))
    along = data.draw(hnp.arrays(np.int64, sides, elements=st.integers(-n, n - 1)))
    expected = np.take_along_axis(x, along, axis)
    np.testing.assert_array_equal(ag.take_along_axis(ag.tensor(x), along, axis=axis), expected, strict=True)


def test_take_along_axis_reads_what_argmax_found():
    x = ag.tensor([[1.0, 5.0, 2.0], [7.0, 0.0, 3.0]], requires_grad=True)
    best = ag.take_along_axis(x, ag.argmax(x, axis=1, keepdims=True), axis=1)
    assert best.tolist() == [[5.0], [7.0]]
    best.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]


x23, n23 = ag.zeros((2, 3)), ag.tensor(np.zeros((2, 3), int))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: x23[5], r"indexing an array of shape \(2, 3\): index 5 is out of bounds for axis 0 with size 2"),
        (lambda: x23[0, 0, 0], "indexing an array of shape .*too many indices"),
        (lambda: x23[np.array([True, False, True])], "boolean index did not match"),
        (lambda: x23[[[0, 1], [0]]], "indexing: the lists of an index must have one length"),
        (
            lambda: x23[ag.tensor([0.0, 1.0])],
            r"indexing: .* got float32 of shape \(2,\); convert it with astype\(int\)",
        ),
        (lambda: x23[[0.5]], "indexing: an index is made of whole numbers.* got float64"),
        (lambda: x23["a"], "indexing: an index is made of whole numbers"),
        (lambda: x23[ag.Value(1.0)], "indexing: an index is made of .*a Value"),
        (lambda: x23.__setitem__(0, 1.0), r"cannot be changed in place; make a new one: y = x.at\[index\].set\(v\)"),
        (lambda: x23.at.set(1.0), r"at: name the place first, as in x.at\[index\].set\(v\)"),
        (lambda: x23.at[7].set(1.0), r"at\[...\].set: indexing an array of shape \(2, 3\): index 7 is out of bounds"),
        (lambda: x23.at[0].set([1.0, 2.0]), r"at\[...\].set: a value of shape \(2,\) does not broadcast to \(3,\)"),
        (lambda: x23.at[0].add([1.0, 2.0]), r"at\[...\].add: a value of shape \(2,\) does not broadcast to \(3,\)"),
        (lambda: n23.at[0].set(0.5), r"at\[...\].set: float64 numbers do not fit into an array of int64; convert"),
        (lambda: ag.take(x23, [0.5], axis=0), "indexing: an index is made of"),
        (lambda: ag.take(x23, [True, False], axis=0), r"take: indices are integers, got bool; .* x\[mask\]"),
        (lambda: ag.take(x23, [0], axis=2), "take: axis 2 is not one of the 2 axes"),
        (lambda: ag.take(x23, [3], axis=1), "index 3 is out of bounds for axis 1 with size 3"),
        (
            lambda: ag.take_along_axis(x23, np.array([0])),
            r"take_along_axis: indices of shape \(1,\) do not name places",
        ),
        (lambda: ag.take_along_axis(x23, np.zeros((3, 1), int)), r"take_along_axis: indices of shape \(3, 1\)"),
        (lambda: ag.argsort(x23, axis=2), "argsort: axis 2 is not"),
        (lambda: ag.topk(x23, 4), r"topk: there are no 4 elements along axis 1 of shape \(2, 3\)"),
    ],
)
def test_refused_calls_say_why(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (0,)])
@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: (rows,)])
def test_rows_named_several_times_and_from_both_ends_are_all_added(shape, wrap):
    rng = np.random.default_rng(0)
    rows = rng.integers(-3, 3, shape)
    values = rng.standard_normal((*shape, 2, 2))
    expected = np.ones((3, 2, 2))
    np.add.at(expected, rows, values)
    np.testing.assert_allclose(ag.ones((3, 2, 2), dtype=np.float64).at[wrap(rows)].add(values).numpy(), expected)
    np.testing.assert_allclose(ag.scatter_add(values, (3, 2, 2), wrap(rows)), expected - 1, atol=1e-12)
    broadcast = ag.zeros((3, 2, 2)).at[wrap(rows)].add(2.0).numpy()
    np.testing.assert_array_equal(broadcast[:, 0, 0], 2 * np.bincount(np.ravel(rows) % 3, minlength=3))


@pytest.mark.parametrize("shape", [3, [3], (3,)])
def test_the_shape_to_add_to_may_be_a_number_or_a_list(shape):
    np.testing.assert_array_equal(ag.scatter_add(np.ones(3), shape, [0, -1, 0]), [2, 0, 1])


@pytest.mark.parametrize("row", [3, -4])
def test_rows_out_of_range_are_refused_when_added_to(row):
    with pytest.raises(IndexError, match="out of bounds"):
        ag.scatter_add(np.ones((1, 2)), (3, 2), np.array([row]))


def test_parts_that_are_read_apart_have_one_gradient():
    x = ag.tensor(np.arange(24.0).reshape(2, 3, 4), requires_grad=True)
    weights = np.random.default_rng(0).normal(size=(2, 3, 4))
    a, b = x.split((1, 3), dim=2)
    steps = [x[:, t] for t in range(3)]
    total = ((x * weights).sum() + (a * 2.0).sum() + (b**2).sum() + x[::-1, 1:, -1].sum()) + sum(
        ((t + 1.0) * step).sum() for t, step in enumerate(steps)
    )
    total.backward()
    expected = weights + np.array([1.0, 2.0, 3.0])[:, None]
    expected[..., :1] += 2.0
    expected[..., 1:] += 2.0 * x.detach().numpy()[..., 1:]
    expected[:, 1:, -1] += 1.0
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-12)
    (gradient,) = ag.gradients((x[:, :1] ** 3).sum(), [x], create_graph=True)
    assert gradient.node.op.name == "put_together"
