"""Formulas as text, such as "(x+y)*z", recorded as a graph of Values without ever being run as Python.

The text is read with `ast`, and only what is listed here is let through: numbers, names,
+ - * / **, parentheses, and calls of the elementwise ops. Every number is a float from the
start, so none can grow without bound.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd_core import ops
from autograd_core.errors import DTypeError, ExpressionError
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import Op, registry
from autograd_core.value import Value, constant

LONGEST = 2000
"""Characters in an expression."""
DEEPEST = 200
"""Operations within operations; what follows recurses, and Python's stack ends at about a thousand calls."""

_OPERATORS: dict[type[ast.AST], Op[Any]] = {
    ast.Add: ops.add,
    ast.Sub: ops.subtract,
    ast.Mult: ops.multiply,
    ast.Div: ops.divide,
    ast.Pow: ops.pow,
}
_ALLOWED = "only numbers, names, + - * / ** ( ) and functions may be used"


class Expression:
    """A formula, checked and ready to be recorded.

    >>> formula = Expression("(x+y)*z")
    >>> formula.variables
    ('x', 'y', 'z')
    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> formula.record({"x": x, "y": y, "z": z}).data
    -12.0

    Errors: ExpressionError for text that is no such formula, and for one with a part that is
    no finite number whatever the variables are, such as 1/0 or 9**9**9**9; DTypeError for no text.
    """

    variables: tuple[str, ...]  # in the order in which they first stand in the formula

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise DTypeError(f"Expression: takes a formula as text, such as '(x+y)*z', not a {type(text).__name__}")
        self.text = " ".join(text.split())  # a formula may go over several lines
        names: dict[str, None] = {}
        self._formula = _Reader(self.text, names).read(_parsed(self.text))
        self.variables = tuple(names)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def record(self, values: Mapping[str, Value]) -> Value:
        """The result of the formula at `values`, one for each variable, with its graph.

        Errors: ExpressionError for a variable without a value, or a value without a variable; DTypeError for what is
        no Value.
        """
        if missing := [name for name in self.variables if name not in values]:
            raise ExpressionError(f"no value for {', '.join(missing)}; give one, as in {missing[0]}=1.5")
        if unused := [name for name in values if name not in self.variables]:
            raise ExpressionError(f"{', '.join(map(_quoted, unused))}: given a value, but not in the expression")
        if plain := [name for name, value in values.items() if not isinstance(value, Value)]:
            got = type(values[plain[0]]).__name__
            raise DTypeError(f"Expression: takes Values, got a {got} for {plain[0]}; wrap it: Value(1.5)")
        return self._formula.record(values)


@dataclass(frozen=True, slots=True)
class _Number:
    number: float

    def record(self, variables: Mapping[str, Value]) -> Value:
        return constant(self.number)


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    number: None = None

    def record(self, variables: Mapping[str, Value]) -> Value:
        return variables[self.name]


@dataclass(frozen=True, slots=True)
class _Operation:
    op: Op[Any]
    inputs: tuple[_Formula, ...]
    number: float | None  # what it comes to if there are no variables in it

    def record(self, variables: Mapping[str, Value]) -> Value:
        result: Value = self.op(*[part.record(variables) for part in self.inputs])
        return result


_Formula = _Number | _Variable | _Operation


class _Reader:
    """From Python's syntax tree to a formula; whatever is not in one is refused here."""

    def __init__(self, text: str, names: dict[str, None]) -> None:
        self.text = text
        self.names = names  # filled with the variables that are met

    def read(self, node: ast.expr, depth: int = 0) -> _Formula:
        if depth > DEEPEST:
            raise ExpressionError(f"the expression nests more than {DEEPEST} operations")
        match node:
            case ast.Constant(int() | float() as value) if not isinstance(value, bool):
                return _Number(self._finite(value, node))
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)) if not isinstance(value, bool):
                return _Number(-self._finite(value, node))  # -2 is a number, not the negative of one
            case ast.Name(name):
                return self._variable(name)
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.read(operand, depth + 1)
            case ast.UnaryOp(ast.USub(), operand):
                return self._operation(node, ops.negative, [operand], depth)
            case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
                return self._operation(node, _OPERATORS[type(operator)], [left, right], depth)
            case ast.Call(ast.Name(name), arguments, []):
                return self._operation(node, _function(name, len(arguments)), arguments, depth)
        raise ExpressionError(f"{self._source(node)} cannot stand in an expression: {_ALLOWED}")

    def _variable(self, name: str) -> _Variable:
        check_name(name)
        self.names[name] = None
        return _Variable(name)

    def _operation(self, node: ast.expr, op: Op[Any], inputs: list[ast.expr], depth: int) -> _Operation:
        parts = tuple(self.read(part, depth + 1) for part in inputs)
        numbers = [part.number for part in parts if part.number is not None]
        return _Operation(op, parts, self._finite(op(*numbers), node) if len(numbers) == len(parts) else None)

    def _finite(self, number: float, node: ast.expr) -> float:
        try:
            number = float(number)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ExpressionError(f"{self._source(node)} is {number}, not a finite number")
        return number

    def _source(self, node: ast.expr) -> str:
        return _quoted(ast.get_source_segment(self.text, node) or self.text)


def check_name(name: str) -> None:
    """Refuse a variable that is called as an op is.

    Errors: ExpressionError.
    """
    if name in registry:
        raise ExpressionError(f"{_quoted(name)} is the name of an op, so it cannot be a variable")


def _function(name: str, count: int) -> Elementwise[Any]:
    op = registry.get(name)
    if not isinstance(op, Elementwise) or not op.differentiable:
        names = sorted(op.name for op in registry.values() if isinstance(op, Elementwise) and op.differentiable)
        raise ExpressionError(f"no function {_quoted(name)} here; there are {', '.join(names)}")
    if count != len(op.inputs):
        raise ExpressionError(f"{name} takes {len(op.inputs)} ({', '.join(op.inputs)}), not {count}")
    return op


def _parsed(text: str) -> ast.expr:
    if not text:
        raise ExpressionError("the expression is empty")
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text)} characters; at most {LONGEST} are read")
    if foreign := re.search(r"[^\w\s+\-*/().,]", text):
        hint = "; a power is written **" if foreign[0] == "^" else ""
        raise ExpressionError(f"{foreign[0]!r} cannot stand in an expression: {_ALLOWED}{hint}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's about its own syntax: "2if" is refused below
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        raise ExpressionError(f"{_quoted(text)} is no expression: {error.msg}{where}") from None
    except (MemoryError, RecursionError, ValueError):  # what Python's parser says to thousands of nested signs
        raise ExpressionError(f"the expression nests more than {DEEPEST} operations") from None


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
