"""Rows and rules as formulas to read."""

import pytest

from autograd_core import ops
from autograd_core.ops.special import _digamma
from autograd_core.show.formula import NoFormulaError, formula
from autograd_core.show.notation import ATOM, LATEX, TEXT, Term, number


def by(op, position=0, notation=TEXT, **constants):
    """The local gradient of an op, in its row's own names."""
    names = {name: Term(notation.name(name), ATOM) for name in (*op.inputs, "y")}
    names |= {name: number(value, notation) for name, value in constants.items()}
    return formula(op.rules[position].function, names, notation).text


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (ops.add, "1"),
        (ops.multiply, "b"),
        (ops.divide, "1/b"),
        (ops.sigmoid, "y·(1 − y)"),
        (ops.tanh, "1 − y²"),
        (ops.relu, "[y > 0]"),
        (ops.sin, "cos(x)"),
        (ops.maximum, "1 − [a < b] − 0.5·[a = b]"),
        (ops.leaky_relu, "{1 if x > 0, else slope}"),
        (ops.asin, "1/√((1 − x)·(1 + x))"),  # 1 - x² is a row without a name in the field
        (ops.erf, "2/√π·exp(−x·x)"),
        (ops.soft_sign, "r², where r = 1/(1 + |x|)"),
        (ops.clip.__globals__["_clip"], "[x ≥ min]·[x ≤ max]"),
    ],
)
def test_local_gradients_as_text(op, text):
    assert by(op) == text


@pytest.mark.parametrize(
    ("op", "latex"),
    [
        (ops.sigmoid, r"y \cdot \left(1 - y\right)"),
        (ops.log, r"\frac{1}{x}"),
        (ops.sqrt, r"\frac{0.5}{y}"),
        (ops.leaky_relu, r"\begin{cases} 1 & \text{if } x > 0 \\ \mathrm{slope} & \text{else} \end{cases}"),
        (
            ops.elu,
            r"\begin{cases} 1 & \text{if } x > 0 \\ \alpha \cdot e^{\min\left(0, x\right)} & \text{else} \end{cases}",
        ),
    ],
)
def test_local_gradients_as_latex(op, latex):
    assert by(op, notation=LATEX) == latex


@pytest.mark.parametrize(("b", "text"), [(2.0, "2·a"), (3.0, "3·a²"), (1.0, "a⁰"), (0.0, "0"), (-1.0, "−1·a⁻²")])
def test_constants_decide_what_is_worth_reading(b, text):
    assert by(ops.pow, b=b) == text


def test_two_functions_that_call_their_own_by_one_name_do_not_mix_them_up():
    assert by(ops.atan2) == "b/r′/r′, where r = hypot(a, b), r′ = {1 if r = 0, else r}"


def test_a_parameter_that_is_given_another_value_gets_a_mark():
    assert "x′ = min(30, x)" in by(ops.mish)


def test_a_rows_own_e_is_not_taken_for_eulers():
    names = {"x": Term("x", ATOM)}
    assert formula(ops.sigmoid.row, names).text == "{1 if x ≥ 0, else e}/(1 + e), where e = exp(−|x|)"
    assert formula(ops.sigmoid.row, names, LATEX).text.endswith(r"{1 + e'}, \quad e' = e^{-\left|x\right|}")


def test_code_that_is_no_formula_is_none():
    with pytest.raises(NoFormulaError, match="more than a formula"):
        formula(_digamma, {"x": Term("x", ATOM)})


@pytest.mark.parametrize(
    ("name", "latex"),
    [("x", "x"), ("x_1", "x_{1}"), ("x12", "x_{12}"), ("alpha", r"\alpha"), ("β", r"\beta"), ("a%b", r"\mathrm{a\%b}")],
)
def test_names_in_latex(name, latex):
    assert LATEX.name(name) == latex
