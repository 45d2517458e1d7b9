"""Several functions in one pass: the same numbers as one after the other, however arrays lie."""

import numpy as np
import pytest

from autograd_core import ops
from autograd_core.kernels import fused, plan
from autograd_core.kernels.fused import Layout, Part, layout_of

TIMES = Part(ops.multiply.row, (("array", 0), ("array", 1)), (False, False))
PLUS = Part(ops.add.row, (("part", 0), ("array", 2)), (False, False))


def numbers(*shape):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


def test_arrays_that_lie_as_the_result_does_need_no_layout():
    layout, lines = layout_of((2, 3, 4), [numbers(2, 3, 4), numbers(2, 3, 4)])
    assert layout is None
    assert [line.shape for line in lines] == [(24,), (24,)]


def test_axes_along_which_all_arrays_go_on_are_one():
    images, channels = numbers(5, 3, 4, 4), numbers(3, 1, 1)
    assert layout_of(images.shape, [images, channels])[0] == Layout(3, 16, (None, (0, 1, False)))
    row, column = numbers(7), numbers(6, 1)
    assert layout_of((6, 7), [row, column])[0] == Layout(6, 7, ((0, 0, True), (0, 1, False)))
    assert layout_of((6, 7), [numbers(6, 7), numbers()])[0] == Layout(1, 42, (None, (0, 0, False)))


def test_memory_is_shared_and_never_copied():
    x = numbers(4, 10)
    for part in (x, x[1:], x[:, 2:5], x[::2], x[0], np.broadcast_to(x[:, :1], (4, 10))):
        _, (line,) = layout_of(part.shape, [part])
        assert np.shares_memory(line, x)
        assert line.ctypes.data == part.ctypes.data
        assert plan.owner(line) is x


@pytest.mark.parametrize("x", [numbers(4, 5).T, numbers(9)[::-1], numbers(9)[::2], np.asfortranarray(numbers(3, 4))])
def test_what_rows_cannot_follow_is_left_alone(x):
    assert layout_of(x.shape, [x]) is None


def test_five_axes_are_too_many():
    x, y = numbers(2, 1, 2, 1, 2), numbers(1, 2, 1, 2, 1)
    assert layout_of((2,) * 5, [x, y]) is None


SHAPES = [
    ((6, 7), (7,), ()),
    ((6, 7), (6, 1), (6, 7)),
    ((1, 7), (6, 1), (1, 1)),
    ((5, 3, 4, 4), (3, 1, 1), (5, 1, 1, 1)),
    ((300, 300), (300,), (300, 1)),  # several rows a task
    ((3, 50_000), (50_000,), (3, 1)),  # a piece of a row a task
    ((70_000,), (), (70_000,)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_a_pass_computes_what_numpy_does_with_arrays_that_broadcast(shapes):
    arrays = [numbers(*shape) for shape in shapes]
    shape = np.broadcast_shapes(*shapes)
    layout, lines = layout_of(shape, arrays)
    product, total = np.empty(shape, np.float32), np.empty(shape, np.float32)
    fused.run([TIMES, PLUS], lines, [], layout, [(0, product.reshape(-1)), (1, total.reshape(-1))])
    a, b, c = arrays
    np.testing.assert_array_equal(product, a * b)
    np.testing.assert_array_equal(total, a * b + c)


def test_parts_of_arrays_are_read_where_they_are():
    x = numbers(6, 20)
    arrays = [x[:, 2:7], x[1:2, 10:15], x[:, 19:]]
    layout, lines = layout_of((6, 5), arrays)
    total = np.empty((6, 5), np.float32)
    fused.run([TIMES, PLUS], lines, [], layout, [(1, total.reshape(-1))])
    np.testing.assert_array_equal(total, arrays[0] * arrays[1] + arrays[2])


def test_truth_values_are_conditions_or_count_as_0_or_1():
    x, y = numbers(50), numbers(50) * 2
    less = Part(ops.less.row, (("array", 0), ("array", 1)), (True, True), gives_bool=True)
    chosen = Part(ops.where.row, (("part", 0), ("array", 0), ("number", 0)), (True, False, False))
    counted = Part(ops.multiply.row, (("part", 0), ("array", 1)), (False, False))
    outputs = [np.empty(50, bool), np.empty(50, np.float32), np.empty(50, np.float32)]
    fused.run([less, chosen, counted], [x, y], [0.1], None, list(enumerate(outputs)))
    np.testing.assert_array_equal(outputs[0], x < y)
    np.testing.assert_array_equal(outputs[1], np.where(x < y, x, np.float32(0.1)))
    np.testing.assert_array_equal(outputs[2], (x < y) * y)
