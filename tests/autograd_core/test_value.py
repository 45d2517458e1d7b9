"""The scalar engine, on the lectures' graphs (decks A, B, C, D) and at the edges."""

import math
import pickle

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Value


def test_lecture_d_x_plus_y_times_z():
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    f.backward()
    assert (q.data, f.data) == (3.0, -12.0)
    assert [v.grad for v in (f, q, z, x, y)] == [1.0, -4.0, 3.0, -4.0, -4.0]
    assert f.local_gradients == (-4.0, 3.0)
    assert q.local_gradients == (1.0, 1.0)


def test_lecture_c_branches_add():
    x, y, z = Value(2.0), Value(3.0), Value(2.0)
    w, n = x + y, y - z
    f = w * n
    f.backward()
    assert (w.data, n.data, f.data) == (5.0, 1.0, 5.0)
    assert (x.grad, y.grad, z.grad) == (1.0, 6.0, -5.0)


def test_lecture_a_difference_of_a_sum():
    x1, x3, x4 = Value(1.0), Value(2.0), Value(3.0)
    (x1 - (x3 + x4)).backward()
    assert (x1.grad, x3.grad, x4.grad) == (1.0, -1.0, -1.0)


def test_lecture_b_exercise_network():
    x, t, eta = 0.7, 1.0, 0.1
    w = Value(1.0)
    y1 = ag.sigmoid(0.5 * Value(x) + 1)
    u2 = w * x + 0.5
    y2 = ag.sigmoid(u2)
    u = 0.5 * y1 + 0.5 * y2 + 0.25
    z = ag.sigmoid(u)
    error = 0.5 * (z - t) ** 2
    error.backward()

    def slope(v):
        s = 1 / (1 + math.exp(-v))
        return s * (1 - s)

    expected = (z.data - t) * slope(u.data) * 0.5 * slope(u2.data) * x
    assert w.grad == pytest.approx(expected, rel=1e-14)
    w.data -= eta * w.grad
    assert w.data == pytest.approx(1.0 - eta * expected, rel=1e-15)


def test_addition_copies_and_multiplication_switches():
    a, b = Value(3.0), Value(-5.0)
    (a + b).backward()
    assert (a.grad, b.grad) == (1.0, 1.0)
    a, b = Value(3.0), Value(-5.0)
    (a * b).backward()
    assert (a.grad, b.grad) == (-5.0, 3.0)


def test_maximum_routes_and_shares_at_a_tie():
    a, b = Value(2.0), Value(1.0)
    ag.maximum(a, b).backward()
    assert (a.grad, b.grad) == (1.0, 0.0)
    a, b = Value(2.0), Value(2.0)
    ag.maximum(a, b).backward()
    assert (a.grad, b.grad) == (0.5, 0.5)


@pytest.mark.parametrize(("x", "gradient"), [(2.0, 1.0), (-2.0, 0.0), (0.0, 0.0)])
def test_relu_stops_the_gradient_of_what_is_not_positive(x, gradient):
    v = Value(x)
    v.relu().backward()
    assert v.grad == gradient


def test_a_value_used_twice_gets_both_gradients():
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0


def test_leaves_accumulate_and_inner_values_are_set_anew():
    x = Value(3.0)
    q = x * 2
    f = q * q
    f.backward()
    f.backward()
    assert (q.grad, x.grad, f.grad) == (12.0, 48.0, 1.0)


def test_every_operator_in_both_directions():
    x = Value(2.0)
    f = (1 + x) * (3 - x) / (4 / x) - x**3 + 2**x + (-x) + abs(x) + (+x)
    g = (1 + 2.0) * (3 - 2.0) / (4 / 2.0) - 2.0**3 + 2**2.0 - 2.0 + 2.0 + 2.0
    assert f.data == g
    ag.gradcheck(lambda x: (1 + x) * (3 - x) / (4 / x) - x**3 + 2**x + (-x) + abs(x), 2.0, order=2)


def test_a_variable_exponent_is_differentiated():
    ag.gradcheck(lambda x, y: x**y, 2.0, 3.0, order=2)


def test_higher_derivatives_by_create_graph():
    x = Value(2.0)
    (x**4).backward(create_graph=True)
    first, x.grad = x.grad, 0.0
    first.backward(create_graph=True)
    second, x.grad = x.grad, 0.0
    second.backward()
    assert (first.data, second.data, x.grad) == (32.0, 48.0, 48.0)


def test_a_chain_of_a_million_needs_no_recursion():
    x = y = Value(1.0)
    for _ in range(1_000_000):
        y = y + 1.0
    y.backward()
    assert (y.data, x.grad) == (1_000_001.0, 1.0)
    del y


def test_division_by_zero_and_the_like_give_ieee_numbers():
    zero, one = Value(0.0), Value(1.0)
    assert (one / zero).data == math.inf
    assert math.isnan((zero / zero).data)
    assert ag.log(zero).data == -math.inf
    assert math.isnan(ag.log(-one).data)
    assert ag.exp(Value(1000.0)).data == math.inf
    assert math.isnan(((-one) ** 0.5).data)
    root = ag.sqrt(zero)
    root.backward()
    assert zero.grad == math.inf


def test_no_grad_records_nothing_and_can_decorate():
    x = Value(2.0)
    with ag.no_grad():
        y = x * x
        with ag.enable_grad():
            z = x * x
    assert (y.parents, len(z.parents)) == ((), 2)

    @ag.no_grad()
    def square(v):
        return square(v - 1) if v.data > 2 else v * v

    assert square(Value(4.0)).parents == ()
    assert (x * x).parents == (x, x)


def test_comparisons_compare_numbers_and_sets_go_by_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert a == 1.0
    assert a < 2
    assert a >= 1
    assert len({a, b}) == 2
    assert not Value(0.0)


def test_numpy_numbers_and_arrays_beside_a_value():
    x = Value(2.0)
    assert (np.float64(3.0) * x).data == 6.0
    assert (x + np.float32(1.5)).data == 3.5
    with pytest.raises(ag.DTypeError, match="multiply: a Value goes with numbers and other Values, not with a ndarray"):
        np.ones(3) * x
    with pytest.raises(ag.DTypeError, match="sum works on arrays"):
        ag.sum(x)
    with pytest.raises(ag.DTypeError, match="add"):
        x + "1"


def test_a_value_shows_number_gradient_and_label():
    assert repr(Value(1.5, label="w")) == "Value(1.5, grad=0.0, label='w')"


def test_a_value_is_made_of_a_number():
    with pytest.raises(ag.DTypeError, match="takes a number"):
        Value(Value(1.0))
    assert Value(True).data == 1.0
    assert Value(np.array(2.0)).data == 2.0


@pytest.mark.parametrize(
    ("wrong", "came"),
    [
        (np.array([1.0, 2.0]), r"a ndarray of shape \(2,\); a Tensor holds arrays"),
        ([1.0, 2.0], r"a list, \[1\.0, 2\.0\].*\[Value\(x\) for x in"),
        ("one", "a str, 'one'"),
        (None, "a NoneType, None"),
        (1j, "a complex, 1j"),
    ],
)
def test_what_is_no_number_makes_no_value(wrong, came):
    with pytest.raises(ag.DTypeError, match=f"Value takes a number, not {came}"):
        Value(wrong)


def test_leaves_can_be_pickled():
    assert pickle.loads(pickle.dumps(Value(2.0))).data == 2.0


def test_numpys_numbers_are_constants():
    a, b = Value(1.0), Value(2.0)
    y = ag.where(np.False_, a, b) * np.float64(3.0)
    y.backward()
    assert (y.data, a.grad, b.grad) == (6.0, 0.0, 3.0)
    assert all(isinstance(parent, Value) for parent in y.parents[0].parents)
    y = ag.heaviside(a, np.float64(0.5))
    y.backward()
    assert y.data == 1.0


def test_whole_division_remainder_and_rounding_are_those_of_python():
    x, y = Value(-7.5), Value(2.0)
    assert [(x // y).data, (x % y).data, (5 // y).data, (5 % y).data] == [-7.5 // 2, -7.5 % 2, 5 // 2, 5 % 2]
    assert [round(x).data, math.floor(x).data, math.ceil(x).data, math.trunc(x).data] == [-8.0, -8.0, -7.0, -7.0]
    z = x % y
    z.backward()
    assert (x.grad, y.grad) == (1.0, 4.0)


@pytest.mark.parametrize("function", [math.exp, math.isnan, float, complex, np.float64, "%f".__mod__])
def test_what_would_silently_leave_the_graph_is_refused(function):
    with pytest.raises(TypeError, match=r"take v\.data for its number, and ag\.exp\(v\)"):
        function(Value(2.0))


def test_the_number_of_a_value_is_its_data():
    x = Value(2.5)
    assert (x.item(), int(x), f"{x:.2f}", round(x, 1), math.floor(x).data) == (2.5, 2, "2.50", 2.5, 2.0)
    y = ag.exp(x)
    assert (y.data, y.parents) == (math.exp(x.data), (x,))


def test_constants_go_into_further_formulas_as_they_are():
    x = Value(3.0)
    (two,) = (parent for parent in (x**2).parents if parent is not x)
    (two * x).backward()
    assert (two.data, x.grad) == (2.0, 2.0)
    assert type(pickle.loads(pickle.dumps(two))) is Value


def test_clip_takes_one_bound_or_two():
    x = Value(3.0)
    assert [x.clip(max=1.0).data, x.clip(4.0).data, x.clip(0.0, 5.0).data] == [1.0, 4.0, 3.0]


def test_a_gradient_reset_to_none_is_zero():
    v = Value(2.0)
    (v * v).backward()
    v.grad = None
    (v * v).backward()
    assert v.grad == 4.0


def test_a_computed_value_refuses_to_be_pickled():
    with pytest.raises(ag.GraphError, match="only leaves can be pickled"):
        pickle.dumps(Value(1.0) + 1)


def test_augmented_assignment_within_no_grad_updates_a_leaf():
    w = Value(3.0, label="w")
    y = w * w
    y.backward()
    parameters = [w]
    for p in parameters:
        with ag.no_grad():
            p -= 0.5 * p.grad
    assert (w.data, w.label) == (0.0, "w")
    y.backward()
    assert w.grad == 12.0  # 6 twice: what was computed from 3 keeps it


def test_augmented_assignment_while_recording_is_refused_on_a_leaf_with_a_gradient():
    w = Value(3.0)
    (w * w).backward()
    with pytest.raises(ag.GraphError, match=r"v -= u: this leaf has a gradient.*v\.data -= u"):
        w -= 0.1 * w.grad
    assert w.data == 3.0


def test_augmented_assignment_while_recording_makes_a_new_value():
    total = zero = Value(0.0)
    total += Value(2.0) * 3.0
    assert (zero.data, total.data) == (0.0, 6.0)
    assert total.parents
    with ag.no_grad():
        other = total
        other += 1.0
    assert (total.data, other.data) == (6.0, 7.0)


def test_functions_that_are_no_methods_take_values():
    a, b = Value(3.0), Value(4.0)
    (ag.hypot(a, b) + ag.lgamma(a) + ag.erf(b)).backward()
    assert (a.grad, b.grad) == pytest.approx((0.6 + ag.digamma(3.0), 0.8 + 2 / math.pi**0.5 * math.exp(-16)))
