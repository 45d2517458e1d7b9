"""Formulas as text: what is read, and what is refused."""

import math

import pytest

from autograd_core import DTypeError, ExpressionError, Value
from autograd_core.expression import DEEPEST, LONGEST, Expression


def value_of(text, **numbers):
    return Expression(text).record({name: Value(number) for name, number in numbers.items()}).data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(x+y)*z", -12.0),
        ("x - y / z", -0.75),
        ("-x", 2.0),
        ("+x", -2.0),
        ("2**-1", 0.5),
        ("-2**2", -4.0),
        ("2**3**2", 512.0),
        ("0x10 + 1_000 + 1e3 + .5", 2016.5),
        ("maximum(x, y)", 5.0),
        ("exp(log(y))", 5.0),
        ("sigmoid(x - x)", 0.5),
        (" ( x\n + y ) ", 3.0),
        ("tanh(relu(x))", 0.0),
    ],
)
def test_arithmetic_comes_out_as_in_python(text, expected):
    numbers = {"x": -2.0, "y": 5.0, "z": -4.0}
    assert value_of(text, **{name: numbers[name] for name in Expression(text).variables}) == pytest.approx(expected)


def test_every_operation_is_a_node():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    f = Expression("x*y + x").record({"x": x, "y": y})
    product, last = f.parents
    assert (f.op.name, product.op.name) == ("add", "multiply")
    assert last is x
    assert product.parents[0] is x
    f.backward()
    assert (x.grad, y.grad) == (3.0, 3.0)


def test_negative_number_is_a_leaf_and_negative_variable_an_op():
    assert Expression("-2").record({}).parents == ()
    assert Expression("-x").record({"x": Value(2.0)}).op.name == "negative"


def test_variables_come_in_order_of_appearance_and_once():
    assert Expression("b*a + b + η").variables == ("b", "a", "η")


def test_where_python_would_raise_the_result_is_ieee754():
    assert value_of("1/x", x=0.0) == math.inf
    assert math.isnan(value_of("log(x)", x=-1.0))
    assert value_of("x**x**x", x=1e10) == math.inf


@pytest.mark.parametrize(
    "text",
    [
        "x.real", "x.__class__", "x[0]", "f'{x}'", "'x'", '"x"', "lambda: x", "lambda x: x", "x if y else z", "x < y",
        "x == y", "x and y", "not x", "~x", "x // y", "x % y", "x @ y", "x | y", "x << y", "[x]", "{x}", "(x, y)", "x,",
        "x := 1", "x = 1", "f(x=1)", "sin(x=1)", "sin(*x)", "sin(**x)", "(yield)", "await x", "True", "None", "...",
        "1j", "x; y", "x\ny", "x # y", "import os", "__import__('os')", "[i for i in x]", "x!", "x?", "x$y", "`x`",
        "\\", "x\x00", "\ud800", "2x", "x y", "(x", "x)", "x+", "*x", "()", "sin()", "1 if x else 2", "x\\\n+y",
        "0777", "1__0",
    ],
)  # fmt: skip
def test_everything_but_arithmetic_is_refused(text):
    with pytest.raises(ExpressionError) as caught:
        Expression(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_empty_text_is_refused(text):
    with pytest.raises(ExpressionError, match="empty"):
        Expression(text)


@pytest.mark.parametrize(
    "text", ["open(x)", "eval(x)", "max(x, y)", "matmul(x, y)", "greater(x, y)", "x(y)", "(x+y)(z)"]
)
def test_only_elementwise_ops_with_a_gradient_can_be_called(text):
    with pytest.raises(ExpressionError):
        Expression(text)


def test_unknown_function_is_answered_with_those_there_are():
    with pytest.raises(ExpressionError, match=r"no function 'sine' here; there are abs, .*sigmoid"):
        Expression("sine(x)")


def test_wrong_number_of_arguments_is_refused():
    with pytest.raises(ExpressionError, match=r"maximum takes 2 \(a, b\), not 1"):
        Expression("maximum(x)")


def test_op_is_no_variable():
    with pytest.raises(ExpressionError, match="'exp' is the name of an op"):
        Expression("exp + 1")


def test_power_sign_of_other_languages_gets_a_hint():
    with pytest.raises(ExpressionError, match=r"a power is written \*\*"):
        Expression("x^2")


@pytest.mark.parametrize(
    "text", ["9**9**9**9", "1/0", "0*x + 1/0", "log(0)", "1e999", "-1e999", "9" * 400, "(-1)**0.5", "9" * 1900]
)
def test_parts_that_are_never_finite_are_refused(text):
    with pytest.raises(ExpressionError, match="not a finite number"):
        Expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "(" * 900 + "x" + ")" * 900,
        "x" + "-" * 1900 + "x",
        "x" + "+x" * (DEEPEST + 1),
        "x" + "**x" * (DEEPEST + 1),
        "relu(" * (DEEPEST - 1) + "x" + ")" * (DEEPEST - 1) + "+x" * 5,
        "x" * (LONGEST + 1),
    ],
)
def test_bombs_are_refused_at_once(text):
    with pytest.raises(ExpressionError, match=r"nest|characters"):
        Expression(text)


def test_long_sums_are_not_bombs():
    assert value_of("x" + "+x" * (DEEPEST - 1), x=1.0) == DEEPEST


def test_variables_and_values_have_to_match():
    with pytest.raises(ExpressionError, match="no value for y, z"):
        value_of("x+y+z", x=1.0)
    with pytest.raises(ExpressionError, match="'w': given a value, but not in the expression"):
        value_of("x", x=1.0, w=2.0)


@pytest.mark.parametrize("text", ["x\n+y", "(x +\n  y)", "\nx+y\n", "x\t+\r\ny"])
def test_a_formula_may_go_over_several_lines(text):
    assert value_of(text, x=1.0, y=2.0) == 3.0
    assert "\n" not in Expression(text).text


def test_what_is_wrong_in_several_lines_is_found_in_one():
    with pytest.raises(ExpressionError, match=r"^'x \+ \) y' is no expression: .* at character 5$"):
        Expression("x +\n) y")


@pytest.mark.parametrize("text", [None, 3.0, b"x+y", ["x"], Value(1.0)])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(DTypeError, match=f"takes a formula as text, .* not a {type(text).__name__}"):
        Expression(text)


def test_variables_are_values():
    with pytest.raises(DTypeError, match=r"takes Values, got a float for y; wrap it: Value\(1.5\)"):
        Expression("x*y").record({"x": Value(1.0), "y": 2.0})
