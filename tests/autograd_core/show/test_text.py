"""The table of a graph, with the lectures' numbers."""

import textwrap

import numpy as np
import pytest

from autograd_core import Value, maximum, relu, sigmoid, tensor
from autograd_core.show import explain


def table(text):
    """What `explain` printed, as it should look."""
    return textwrap.dedent(text).strip("\n")


def test_sum_times_number_of_deck_d():
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    f.backward()
    assert explain(f) == table("""
        node  op        value  gradient  input  local gradient  · upstream  = passed on
        x                  -2        -4
        y                   5        -4
        q     add           3        -4  x                   1          -4           -4
                                         y                   1          -4           -4
        z                  -4         3
        f     multiply    -12         1  q                  -4           1           -4
                                         z                   3           1            3
    """)


def test_branches_add_up_in_deck_c():
    x, y, z = Value(2.0, "x"), Value(3.0, "y"), Value(2.0, "z")
    w, n = x + y, y - z
    w.label, n.label = "W", "N"
    f = w * n
    f.label = "f"
    f.backward()
    assert explain(f) == table("""
        node  op        value  gradient  input  local gradient  · upstream  = passed on
        x                   2         1
        y                   3         6
        W     add           5         1  x                   1           1            1
                                         y                   1           1            1
        z                   2        -5
        N     subtract      1         5  y                   1           5            5
                                         z                  -1           5           -5
        f     multiply      5         1  W                   1           1            1
                                         N                   5           1            5
    """)


def test_difference_of_deck_a():
    x1, x3, x4 = Value(1.0, "x1"), Value(2.0, "x3"), Value(3.0, "x4")
    x2 = x3 + x4
    x2.label = "x2"
    f = x1 - x2
    f.backward()
    lines = {line.split()[0]: line.split() for line in explain(f).splitlines() if not line.startswith(" ")}
    assert lines["x1"] == ["x1", "1", "1"]
    assert lines["x3"] == ["x3", "2", "-1"]
    assert lines["x4"] == ["x4", "3", "-1"]
    assert lines["x2"][:4] == ["x2", "add", "5", "-1"]


def test_network_of_deck_b_passes_the_error_back_along_the_formula():
    x, t = Value(1.0, "x"), Value(0.0, "t")
    w = Value(1.0, "w")  # from x to y2
    y1, u2 = sigmoid(0.5 * x + 1.0), w * x + 0.5
    y2 = sigmoid(u2)
    u = 0.5 * y1 + 0.5 * y2 + 0.25
    z = sigmoid(u)
    error = 0.5 * (z - t) ** 2
    error.backward()

    def derivative(y):
        return y * (1 - y)

    expected = (z.data - t.data) * derivative(z.data) * 0.5 * derivative(y2.data) * x.data
    row = next(line.split() for line in explain(error).splitlines() if line.startswith("w "))
    assert row == ["w", "1", f"{expected:.6g}"]


def test_gradient_flow_of_max_and_relu():
    a, b = Value(3.0, "a"), Value(-1.0, "b")
    f = maximum(a, b) + relu(b)
    f.backward()
    rows = [line.split() for line in explain(f).splitlines()]
    assert ["a", "3", "1"] in rows
    assert ["b", "-1", "0"] in rows
    assert ["v1", "maximum", "3", "1", "a", "1", "1", "1"] in rows
    assert ["v2", "relu", "0", "1", "b", "0", "1", "0"] in rows


def test_constants_have_a_local_gradient_but_are_passed_nothing():
    y = 2.0 * Value(-3.0, "x")
    y.backward()
    assert explain(y).splitlines()[-2].split()[-2:] == ["2", "-3"]


@pytest.mark.parametrize("label", ["x", ""])
def test_a_constant_exponent_has_no_derivative_that_is_nan(label):
    y = (Value(-3.0, label) - 1) ** 2
    y.backward()
    assert explain(y).splitlines()[-1].split() == ["2"]  # (-4)^b has no derivative in b
    assert "nan" not in explain(y)


def test_of_several_results_each_shows_its_own_gradients():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    f, g = x * y, x * x
    f.backward()
    g.backward()
    f.backward()
    assert (x.grad, y.grad) == (3.0 + 4.0 + 3.0, 4.0)
    assert explain(f) == table("""
        node  op        value  gradient  input  local gradient  · upstream  = passed on
        x                   2         3
        y                   3         2
        v1    multiply      6         1  x                   3           1            3
                                         y                   2           1            2
    """)
    assert explain(g) == table("""
        node  op        value  gradient  input  local gradient  · upstream  = passed on
        x                   2         4
        v1    multiply      4         1  x                   2           1            2
                                         x                   2           1            2
    """)
    assert (x.grad, y.grad, f.grad) == (10.0, 4.0, 1.0)


def test_another_results_backward_is_not_this_ones():
    x = Value(2.0, "x")
    f, g = x * 3.0, x * x
    f.backward()
    assert "no gradients yet: call backward() on the result" in explain(g)


def test_an_inner_result_shows_its_own_gradients():
    x = Value(2.0, "x")
    q = x * x
    (q * 10.0).backward()
    assert q.grad == 10.0
    assert explain(q).splitlines()[1].split() == ["x", "2", "4"]


def test_gradients_that_were_set_back_to_zero_are_shown_still():
    x = Value(2.0, "x")
    f = x * x
    f.backward()
    x.grad = 0.0
    assert explain(f).splitlines()[1].split() == ["x", "2", "4"]


def test_before_backward_it_says_what_to_do():
    assert explain(Value(2.0, "x") * 3.0) == table("""
        node  op        value  input  local gradient
        x                   2
        v1    multiply      6  x                   3
                               3                   2

        no gradients yet: call backward() on the result
    """)


def test_leaf_alone():
    x = Value(2.0, "x")
    assert explain(x).splitlines()[1].split() == ["x", "2"]


def test_tensors_tell_their_shapes():
    w = tensor(np.ones((3, 2)), dtype=np.float64, requires_grad=True, label="w")
    loss = (tensor(np.ones((4, 3))) @ w).sum(axis=0)
    loss.backward(np.ones(2))
    rows = explain(loss).splitlines()
    assert rows[0].split() == ["node", "op", "inputs", "shape", "dtype", ".grad"]
    assert rows[1].split() == ["w", "(3,", "2)", "float64", "(3,", "2)"]
    assert rows[2].split() == ["v1", "matmul", "const,", "w", "(4,", "2)", "float64"]


def test_a_graph_of_tensors_that_backward_has_freed_says_so():
    w = tensor([1.0, 2.0], requires_grad=True, label="w")
    loss = (w * w).sum()
    assert "no gradients yet: call backward()" in explain(loss)
    loss.backward()
    w.grad = None
    assert explain(loss).splitlines()[-1] == (
        "no gradients are kept; backward() has freed this graph: for another, compute the result again"
    )


def test_larger_graphs_say_what_was_left_out():
    x = y = Value(1.0, "x")
    for _ in range(100):
        y = y + x
    assert "only what is nearest to the result, of 101 nodes" in explain(y, limit=5)


@pytest.mark.parametrize("label", ["a\nb", "a\rb", "a\x1b[31mb"])
def test_labels_cannot_break_the_table(label):
    assert len(explain(Value(1.0, label) * 2.0).splitlines()) == 6


def test_a_table_of_values_that_were_changed_since_says_so():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    f = x * y + x
    f.backward()
    assert "do not belong together" not in explain(f)
    x.data = 10.0
    assert explain(f).endswith(
        "\n\nvalues do not belong together: an input was given another one after v1, v2 had been computed; "
        "local gradients and gradients are those of before. Compute the result again"
    )
