"""The table of a graph, with the lectures' numbers."""

import textwrap

import numpy as np
import pytest

from autograd_core import ArgumentError, DTypeError, Value, maximum, relu, sigmoid, tensor
from autograd_core.show import explain, latex


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

        ∂f/∂x = -4
        ∂f/∂y = -4
        ∂f/∂z = 3
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

        ∂f/∂x = 1
        ∂f/∂y = 1 + 5 = 6
        ∂f/∂z = -5
    """)


def test_difference_of_deck_a():
    x1, x3, x4 = Value(1.0, "x1"), Value(2.0, "x3"), Value(3.0, "x4")
    x2 = x3 + x4
    x2.label = "x2"
    f = x1 - x2
    f.backward()
    lines = {line.split()[0]: line.split() for line in explain(f).splitlines() if line[:1].isalnum()}
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
    assert ["v1", "multiply", "-6", "1", "2", "-3"] in [line.split() for line in explain(y).splitlines()]


@pytest.mark.parametrize("label", ["x", ""])
def test_a_constant_exponent_has_no_derivative_that_is_nan(label):
    y = (Value(-3.0, label) - 1) ** 2
    y.backward()
    assert ["2"] in [line.split() for line in explain(y).splitlines()]  # (-4)^b has no derivative in b
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

        ∂v1/∂x = 3
        ∂v1/∂y = 2
    """)
    assert explain(g) == table("""
        node  op        value  gradient  input  local gradient  · upstream  = passed on
        x                   2         4
        v1    multiply      4         1  x                   2           1            2
                                         x                   2           1            2

        ∂v1/∂x = 2 + 2 = 4
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


def deck_c():
    x, y, z = Value(2.0, "x"), Value(3.0, "y"), Value(2.0, "z")
    w, n = x + y, y - z
    w.label, n.label = "W", "N"
    f = w * n
    f.label = "f"
    return f, y


def test_inner_nodes_that_several_use_have_a_sum_too():
    q = Value(2.0, "x") + 1.0
    q.label = "q"
    f = q * q - 2.0 * q
    f.backward()
    assert explain(f).splitlines()[-2:] == ["∂v3/∂x = 4", "∂v3/∂q = 3 + 3 + (-2) = 4"]


def test_a_derivative_is_the_sum_over_all_paths_to_its_input():
    f, y = deck_c()
    assert explain(f, wrt=y) == table("""
        ∂f/∂y is the sum over 2 paths of products of local gradients:

        f → W → y  ∂f/∂W · ∂W/∂y = N · 1 = 1 · 1 = 1
        f → N → y  ∂f/∂N · ∂N/∂y = W · 1 = 5 · 1 = 5

        ∂f/∂y = 1 + 5 = 6
    """)
    assert explain(f, wrt=f) == "∂f/∂f = 1"


def test_paths_are_counted_and_not_gone_through():
    x = y = Value(1.0, "x")
    for _ in range(300):
        y = y * y
    text = explain(y, wrt=x)
    assert f"is the sum over {2**300} paths" in text
    assert f"… and {2**300 - 20} paths more" in text


def test_a_product_along_one_path_is_no_sum():
    x = Value(2.0, "x")
    text = explain(sigmoid(3.0 * x), wrt=x)
    assert "over 1 path of products" in text
    assert text.splitlines()[2].startswith("v2 → v1 → x  ∂v2/∂v1 · ∂v1/∂x = v2·(1 − v2) · 3 = ")
    assert text.splitlines()[-1].count("=") == 1


def test_local_gradients_in_symbols():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    lines = explain(sigmoid(x) * y**2, symbols=True).splitlines()
    place = lines[0].index("in symbols")
    assert [line[place:].strip() for line in lines[1:8]] == ["", "v1·(1 − v1)", "", "2·y", "", "v2", "v1"]


def test_differences_stand_beside_the_gradients():
    f, _ = deck_c()
    f.backward()
    lines = explain(f, check=True).splitlines()
    assert lines[0].split()[:6] == ["node", "op", "value", "gradient", "by", "differences"]
    assert lines[2].split() == ["y", "3", "6", "6"]
    assert "the graph says" not in lines[-1]


def test_where_differences_say_another_thing_it_is_said():
    x = Value(0.0, "x")
    f = relu(x) * 3.0
    f.backward()
    assert explain(f, check=True).splitlines()[-1] == (
        "x: the graph says 0, differences 1.5; at a kink, a tie or an infinity they may, elsewhere a rule is wrong"
    )


def test_what_wrt_and_check_cannot_do_is_refused():
    f, _ = deck_c()
    with pytest.raises(ArgumentError, match=r"wrt=Value\(1\.0, grad=0\.0, label='q'\) is no node of the graph of f"):
        explain(f, wrt=Value(1.0, "q"))
    w = tensor([1.0], requires_grad=True)
    for options in ({"wrt": w}, {"check": True}):
        with pytest.raises(ArgumentError, match="wrt and check are for graphs of Values"):
            explain(w * w, **options)


def test_tensors_tell_each_rule_and_its_shapes():
    x, w = tensor(np.ones((4, 3))), tensor(np.ones((3, 2)), requires_grad=True, label="w")
    b = tensor([0.5, 1.0], requires_grad=True, label="b")
    loss = (relu(x @ w + b) ** 2).mean()
    loss.label = "loss"
    rules = explain(loss).split("\n\n")[1]
    assert rules == table("""
        gradient   vector-Jacobian product       shapes
        ∂loss/∂v4  upstream / n, copied to each  () -> (4, 2)
        ∂loss/∂v3  ∂loss/∂v4 · 2·v3              (4, 2) -> (4, 2)
        ∂loss/∂v2  ∂loss/∂v3 · [v3 > 0]          (4, 2) -> (4, 2)
        ∂loss/∂v1  ∂loss/∂v2                     (4, 2) -> (4, 2)
        ∂loss/∂b   ∂loss/∂v2                     (4, 2) -> (2,)
        ∂loss/∂w   constᵀ @ ∂loss/∂v1            (4, 2) -> (3, 2)
    """)


def test_latex_of_the_chain_rule():
    f, _ = deck_c()
    lines = latex(f).splitlines()
    assert lines[0] == r"\begin{align*}"
    assert r"W &= x + y = 5 \\" in lines
    upstream, local = r"\frac{\partial f}{\partial N}", r"\left(-1\right)"
    assert rf"\frac{{\partial f}}{{\partial z}} &= {upstream} \cdot {local} = 5 \cdot {local} = -5 \\" in lines
    assert lines[-2] == r"\frac{\partial f}{\partial y} &= 1 + 5 = 6"
    assert latex(f)._repr_latex_() == str(latex(f))
    with pytest.raises(DTypeError):
        latex(tensor([1.0]))
