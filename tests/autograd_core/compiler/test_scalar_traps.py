"""What a compiled function of Values cannot do, it says, with the line; and then it leaves everything as it was."""

import itertools
import math
import numbers
import random

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import CompileError, Value

w = Value(0.5, "w")
outside = Value(2.0) * Value(3.0)
net = ag.tensor([1.0, 2.0], requires_grad=True)


@pytest.fixture(autouse=True)
def _as_it_was():
    w.data, w.grad = 0.5, 0.0


def reads_a_gradient(x):
    (x * w).backward()
    return 1.0 if w.grad > 0 else 2.0


def assigns_a_computed_number(x):
    y = x * 2.0
    y.data = 3.0
    return y


def stores_a_number_for_later(x, kept=[]):  # noqa: B006
    kept.append(w.data)
    return x * kept[0]


TRAPS = [
    (lambda x: x if x > 0 else -x, "if, while"),
    (lambda x: x if x else -x, "if, while"),
    (lambda x: 1.0 if x.data < 1.0 and x.data > 0.0 else 2.0, "if, while"),
    (lambda x: max(x, w), "if, while"),
    (reads_a_gradient, "if, while"),
    (lambda x: x * math.exp(w.data), "a function of math"),
    (lambda x: x * float(w.data), r"float\(\)"),
    (lambda x: x * int(w.data), r"int\(\)"),
    (lambda x: x * round(w.data), "rounding"),
    (lambda x: x * (w.data // 2.0), "//"),
    (lambda x: print(x), "the text"),
    (lambda x: f"{x.data:.3f}", "the text"),
    (lambda x: x * outside, "computed outside"),
    (lambda x: (x + outside).backward(), "computed outside"),
    (assigns_a_computed_number, "setting .data"),
    (stores_a_number_for_later, "a number from an earlier call"),
    (lambda x: ag.softmax([x, w])[0], "softmax of these lists of Values"),
    (lambda x: x * (net * 2).sum().item(), "work with Tensors"),
    (lambda x: ag.hypot(x, 2.0), "no kernel for hypot"),
    (lambda x: x * (w.data & 1), "&, | or"),
    (lambda x: x * {0.5: 3.0}.get(w.data, 1.0), "a place in a dictionary or set"),
    (lambda x: x if w.data in {0.5, 1.0} else -x, "a place in a dictionary or set"),
    (lambda x: x if w.data.is_integer() else -x, "what is whole"),
    (lambda x: x * divmod(w.data, 2.0)[1], "what is whole"),
    (lambda x: x * w.data.real, "complex number"),
    (lambda x: x * (w.data + np.arange(2.0))[0], "arithmetic of a number that it computes with a ndarray"),
]


@pytest.mark.parametrize(("function", "what"), TRAPS)
def test_it_is_refused_with_its_line(function, what):
    compiled = ag.compile(function)
    x, before = Value(0.75), (w.data, w.grad)
    with pytest.raises(CompileError, match=what) as caught:
        for _ in range(3):
            compiled(x)
    assert "test_scalar_traps.py:" in str(caught.value)
    assert (x.data, x.grad) == (0.75, 0.0)
    assert (w.data, w.grad) == before


def by_match(x):
    match x:
        case float():
            return w * x
    return w * x * 100


@pytest.mark.parametrize(
    "function",
    [
        lambda x: w * x if isinstance(x, float) else w * x * 100,
        lambda x: w * x if isinstance(x, numbers.Real) else w * x * 100,
        lambda x: w * x if np.isscalar(x) else w * x * 100,
        lambda x: w * x if isinstance(w.data, (int, float)) else w * x * 100,
        lambda x: w * x if hasattr(x, "is_integer") else w * x * 100,
        by_match,
    ],
)
def test_numbers_are_floats_to_whom_asks(function):
    compiled = ag.compile(function)
    for x in (0.5, 0.7, 1.5, 2.5):
        assert compiled(x).data == function(x).data


@pytest.mark.parametrize(
    ("number", "what"),
    [(itertools.count(3).__next__, "3.0 has become 4.0"), (random.Random(0).random, "0.84.* has become 0.75")],
)
def test_what_changes_unseen_is_found_by_the_second_call(number, what):
    def step(x):
        w.data = w.data - 0.1 * x.data * float(number())
        return w.data

    compiled = ag.compile(step)
    with pytest.raises(CompileError, match=f"something else when it was called again: {what}"):
        for _ in range(3):
            start = w.data
            compiled(Value(1.0))
    assert w.data == start


def test_another_number_of_ops_is_found_by_the_second_call():
    lengths = iter([2, 3])
    chain = ag.compile(lambda x: sum([x * 2.0 for _ in range(next(lengths))]))
    chain(Value(1.0))
    with pytest.raises(CompileError, match=r"it computed .* numbers, then"):
        chain(Value(1.0))


def test_numbers_around_the_function_make_another_program():
    rate = 2.0
    scaled = ag.compile(lambda x: x * rate)
    for rate in (2.0, 3.0, 2.0, 3.0, 2.0, 3.0):
        assert scaled(Value(1.0)).data == rate


def test_an_error_of_the_functions_own_leaves_what_it_leaves_without():
    class Mine(Exception):
        pass

    @ag.compile
    def fails(x):
        w.grad = 0.0
        (x * w).backward()
        w.data -= w.grad
        raise Mine

    with pytest.raises(Mine):
        fails(Value(0.25))
    assert (w.data, w.grad) == (0.25, 0.25)
    assert type(w.data) is type(w.grad) is float


def test_a_gradient_that_is_a_graph_is_refused():
    compiled = ag.compile(lambda x: (x * w).backward())
    for _ in range(3):
        compiled(1.0)
    (w * w).backward(create_graph=True)
    with pytest.raises(CompileError, match="grad that is a Value"):
        compiled(1.0)


def test_many_inputs_at_once_want_arrays_of_one_shape_and_a_function_that_changes_nothing():
    product = ag.compile(lambda x, y: x * y)
    with pytest.raises(ag.ShapeError, match=r"one shape \(n,\)"):
        product.batched([1.0, 2.0], 3.0)

    @ag.compile
    def step(x):
        w.data = w.data * 0.5
        return x * w

    with pytest.raises(CompileError, match="not for many inputs at once"):
        step.batched(ag.arange(3.0).numpy())
    assert w.data == 0.5
