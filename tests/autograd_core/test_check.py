"""gradcheck finds wrong gradients, and says where."""

import math

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.ops import definition
from autograd_core.ops.op import registry


@pytest.fixture
def wrong_op():
    @definition.elementwise(array=np.square)
    def wrong_square(x):
        return x * x

    @wrong_square.local_gradient("x")
    def _(x):
        return 2.1 * x

    yield wrong_square
    del registry["wrong_square"]


def test_right_gradients_pass_in_both_orders():
    ag.gradcheck(lambda x, y: ag.exp(x) * y / (1 + y * y), np.ones((2, 3)), np.arange(3.0), order=2)


def test_numbers_are_checked_as_values():
    ag.gradcheck(lambda x, y: (x * y).tanh() ** 2, 0.3, -0.7, order=2)


def test_a_wrong_local_gradient_is_named_with_input_entry_and_both_numbers(wrong_op):
    with pytest.raises(ag.GradcheckError, match=r"gradient for input 1 at entry \(2,\): the graph says .* differences"):
        ag.gradcheck(lambda a, b: a + ag.where(np.array([0, 0, 1]), wrong_op(b), b), np.ones(3), np.ones(3))


def test_a_wrong_second_gradient_is_found():
    @definition.elementwise(array=np.exp)
    def half_right(x):
        return math.exp(x)

    @half_right.local_gradient("x")
    def _(x):
        return ag.exp(x.detach()) if isinstance(x, ag.Tensor) else ag.exp(x)

    try:
        ag.gradcheck(half_right, [0.1, 0.2])
        with pytest.raises(ag.GradcheckError, match="second gradient"):
            ag.gradcheck(half_right, [0.1, 0.2], order=2)
    finally:
        del registry["half_right"]


def test_a_function_must_return_something_recorded():
    with pytest.raises(ag.ArgumentError, match="Value or a Tensor"):
        ag.gradcheck(lambda x: 3.0, np.ones(2))
