"""Rows as JavaScript, translated from their own Python source, so that a page computes by the one definition there is.

Only what is listed here is translated: arithmetic, comparisons, choices, `while`, calls of other rows and functions,
and those functions of `math` that JavaScript has. Everything else is refused, with a word why.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from autograd_core.kernels.function_source import NoSourceError, definition
from autograd_core.ops.definition import Elementwise

RUNTIME = """\
// Where Python's or C's arithmetic differs from JavaScript's.
const truth = (x) => x != 0; // nan is true
const pow = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b));
const hypot = (a, b) => (Math.abs(a) === Infinity || Math.abs(b) === Infinity ? Infinity : Math.hypot(a, b));
const copysign = (x, s) => (s < 0 || Object.is(s, -0) ? -Math.abs(x) : Math.abs(x));
const modulo = (a, b) => {
  const r = a % b;
  return r === 0 ? copysign(0, b) : r < 0 !== b < 0 ? r + b : r;
};
const floorDivide = (a, b) => {
  if (b === 0) return a / b;
  if (Math.abs(b) === Infinity && Number.isFinite(a)) return a !== 0 && a < 0 !== b < 0 ? -1 : copysign(0, a / b);
  const q = (a - modulo(a, b)) / b;
  const whole = Math.floor(q);
  return q === 0 ? copysign(0, a / b) : q - whole > 0.5 ? whole + 1 : whole;
};
const roundToEven = (x) => {
  const whole = Math.floor(x);
  const odd = x - whole > 0.5 || (x - whole === 0.5 && whole % 2 !== 0);
  return Number.isFinite(x) ? copysign(odd ? whole + 1 : whole, x) : x;
};
// Of math's functions, JavaScript lacks the error function: near 0 by its series (DLMF 7.6.2), else by its continued
// fraction (7.9.1). x is split so that its square is exact.
const erf = (x) => {
  if (!(Math.abs(x) < 1)) return Number.isNaN(x) ? x : copysign(1 - erfc(Math.abs(x)), x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 30; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
};
const erfc = (x) => {
  if (!(x >= 1)) return x <= -1 ? 2 - erfc(-x) : 1 - erf(x);
  if (x === Infinity) return 0;
  let tail = x;
  for (let n = 300; n > 0; n--) tail = x + n / 2 / tail;
  const near = Math.fround(x);
  return (Math.exp(-near * near) * Math.exp(-(x - near) * (x + near))) / (Math.sqrt(Math.PI) * tail);
};
"""
"""What translated functions call, to stand before them."""

_MATH = {
    **{name: f"Math.{name}" for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt")},
    **{name: f"Math.{name}" for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2")},
    **{name: f"Math.{name}" for name in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")},
    **{name: f"Math.{name}" for name in ("floor", "ceil", "trunc")},
    "copysign": "copysign",
    "erf": "erf",
    "erfc": "erfc",
    "fabs": "Math.abs",
    "hypot": "hypot",
    "isfinite": "Number.isFinite",
    "isnan": "Number.isNaN",
    "pow": "pow",
}
_NUMPY = {"floor": "Math.floor", "ceil": "Math.ceil", "trunc": "Math.trunc", "rint": "roundToEven"}
_BUILTINS = {abs: "Math.abs", float: "Number"}

_ARITHMETIC: dict[type[ast.AST], str] = {
    ast.Add: "({} + {})",
    ast.Sub: "({} - {})",
    ast.Mult: "({} * {})",
    ast.Div: "({} / {})",
    ast.Pow: "pow({}, {})",
    ast.Mod: "modulo({}, {})",
    ast.FloorDiv: "floorDivide({}, {})",
}
# Equality is the loose one: a comparison counts as 0 or 1.
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class UntranslatableError(Exception):
    """A function that uses what is not translated; the message says which and what."""


class Translator:
    """Functions of numbers as JavaScript functions, each once, after those that it calls.

    >>> from autograd_core import relu
    >>> translator = Translator()
    >>> translator.add(relu.row)
    'relu_1'
    >>> print(translator.text)
    function maximum_0(a_, b_) {
      return ((truth((a_ > b_)) || truth((a_ != a_))) ? a_ : b_);
    }
    function relu_1(x_) {
      return maximum_0(0.0, x_);
    }
    """

    def __init__(self) -> None:
        self._names: dict[Callable[..., Any], str] = {}
        self._texts: list[str] = []
        self._open: set[Callable[..., Any]] = set()  # being translated, to see a circle

    @property
    def text(self) -> str:
        """All functions that were added."""
        return "\n".join(self._texts)

    def add(self, function: Callable[..., Any]) -> str:
        """Translate `function` and what it calls; the name by which to call it. Raises UntranslatableError."""
        if function in self._names:
            return self._names[function]
        if function in self._open:
            raise UntranslatableError(f"{_called(function)}: it calls itself")
        self._open.add(function)
        try:
            body = _Body(self, function)
            parameters, lines = body.parameters(), body.lines()
        finally:
            self._open.remove(function)
        stem = "".join(c for c in _called(function) if c.isascii() and (c.isalnum() or c == "_")).strip("_") or "rule"
        name = self._names[function] = f"{stem}_{len(self._names)}"
        self._texts.append("\n".join([f"function {name}({', '.join(parameters)}) {{", *lines, "}"]))
        return name


def _called(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", repr(function))


class _Body:
    """One function."""

    def __init__(self, translator: Translator, function: Callable[..., Any]) -> None:
        self._translator = translator
        self._function = function
        try:
            self._tree = definition(function)
            closure = inspect.getclosurevars(function)
        except (NoSourceError, TypeError, ValueError) as error:
            raise UntranslatableError(str(error)) from error
        self._outer: dict[str, Any] = {**closure.builtins, **closure.globals, **closure.nonlocals}
        arguments = self._tree.args
        self._parameters = [*arguments.posonlyargs, *arguments.args]
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
            raise self._refused("it takes other than positional parameters")
        assigned = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name) and _is_stored(node)}
        self._locals = {argument.arg for argument in self._parameters} | assigned
        self._assigned = sorted(assigned - {argument.arg for argument in self._parameters})

    def _refused(self, why: str) -> UntranslatableError:
        return UntranslatableError(f"{_called(self._function).strip('_') or 'a rule'}: {why}")

    def parameters(self) -> list[str]:
        """Names with defaults, where there are any."""
        defaults = self._tree.args.defaults
        plain = len(self._parameters) - len(defaults)
        names = [_local(argument.arg) for argument in self._parameters]
        with_defaults = zip(names[plain:], defaults, strict=True)
        return names[:plain] + [f"{name} = {self._expression(default)}" for name, default in with_defaults]

    def lines(self) -> list[str]:
        """The statements, indented."""
        statements = self._tree.body[1:] if ast.get_docstring(self._tree) is not None else self._tree.body
        declared = [f"  let {', '.join(map(_local, self._assigned))};"] if self._assigned else []
        return declared + self._block(statements, "  ")

    def _block(self, statements: list[ast.stmt], indent: str) -> list[str]:
        return [line for statement in statements for line in self._statement(statement, indent)]

    def _statement(self, node: ast.stmt, indent: str) -> list[str]:
        match node:
            case ast.Return(ast.expr() as value):
                return [f"{indent}return {self._expression(value)};"]
            case ast.Assign([ast.Name(name)], value):
                return [f"{indent}{_local(name)} = {self._expression(value)};"]
            case ast.AugAssign(ast.Name(name), operator, value):
                result = self._operation(operator, _local(name), self._expression(value))
                return [f"{indent}{_local(name)} = {result};"]
            case ast.If(test, body, otherwise):
                lines = [f"{indent}if ({self._truth(test)}) {{", *self._block(body, indent + "  "), f"{indent}}}"]
                if otherwise:
                    lines[-1] += " else {"
                    lines += [*self._block(otherwise, indent + "  "), f"{indent}}}"]
                return lines
            case ast.While(test, body, []):
                return [f"{indent}while ({self._truth(test)}) {{", *self._block(body, indent + "  "), f"{indent}}}"]
            case ast.Pass():
                return []
        raise self._unknown(node)

    def _unknown(self, node: ast.AST) -> UntranslatableError:
        first = ast.unparse(node).splitlines()[0]
        return self._refused(f"{first!r} is not translated to JavaScript")

    def _expression(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(bool() as value):
                return "true" if value else "false"
            case ast.Constant(int() | float() as value):
                return _literal(value)
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.UnaryOp(ast.USub(), operand):
                return f"(-{self._expression(operand)})"
            case ast.UnaryOp(ast.UAdd(), operand):
                return f"(+{self._expression(operand)})"
            case ast.UnaryOp(ast.Not(), operand):
                return f"(!{self._truth(operand)})"
            case ast.BinOp(left, operator, right):
                return self._operation(operator, self._expression(left), self._expression(right))
            case ast.Compare(left, [operator], [right]) if type(operator) in _COMPARISONS:
                return f"({self._expression(left)} {_COMPARISONS[type(operator)]} {self._expression(right)})"
            case ast.BoolOp(operator, values):
                return f"({(' && ' if isinstance(operator, ast.And) else ' || ').join(map(self._truth, values))})"
            case ast.IfExp(test, body, otherwise):
                return f"({self._truth(test)} ? {self._expression(body)} : {self._expression(otherwise)})"
            case ast.Call(ast.Name() | ast.Attribute() as function, arguments, []):
                return self._call(function, arguments)
        raise self._unknown(node)

    def _truth(self, node: ast.expr) -> str:
        text = self._expression(node)
        return text if isinstance(node, ast.BoolOp) else f"truth({text})"

    def _operation(self, operator: ast.operator, left: str, right: str) -> str:
        if type(operator) not in _ARITHMETIC:
            raise self._refused(f"the operator {type(operator).__name__} is not translated to JavaScript")
        return _ARITHMETIC[type(operator)].format(left, right)

    def _call(self, function: ast.Name | ast.Attribute, arguments: list[ast.expr]) -> str:
        found = self._found(function)
        parts = [self._expression(argument) for argument in arguments]
        if found is math.isinf and len(parts) == 1:
            return f"(Math.abs({parts[0]}) == Infinity)"
        known = self._known(function, found)
        return f"{known or self._translator.add(_row(found))}({', '.join(parts)})"

    def _known(self, function: ast.Name | ast.Attribute, found: Any) -> str | None:
        """What JavaScript or the runtime have for a function of Python's; None for one with a `def` of its own."""
        name = getattr(found, "__name__", "")
        for module, names in ((math, _MATH), (np, _NUMPY)):
            if found is getattr(module, name, None):
                if name in names:
                    return names[name]
                raise self._refused(f"JavaScript has no {module.__name__}.{name}")
        if isinstance(found, type) or inspect.isbuiltin(found):
            if found in _BUILTINS:
                return _BUILTINS[found]
            raise self._unknown(function)
        if not inspect.isfunction(_row(found)):
            raise self._unknown(function)
        return None

    def _found(self, node: ast.Name | ast.Attribute) -> Any:
        """What a name from outside stands for now."""
        match node:
            case ast.Name(name) if name not in self._locals and name in self._outer:
                return self._outer[name]
            case ast.Attribute(ast.Name(name), attribute) if isinstance(self._outer.get(name), ModuleType):
                if name not in self._locals:
                    return getattr(self._outer[name], attribute, None)
        raise self._unknown(node)

    def _name(self, node: ast.Name | ast.Attribute) -> str:
        if isinstance(node, ast.Name) and node.id in self._locals:
            return _local(node.id)
        found = self._found(node)
        if type(found) not in (int, float):
            raise self._unknown(node)
        return _literal(found)


def _row(found: Any) -> Any:
    return found.row if isinstance(found, Elementwise) else found


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _local(name: str) -> str:
    return f"{name}_"  # so that none is a word of JavaScript's, or what the runtime calls its functions


def _literal(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    return f"({float(value)!r})" if math.copysign(1.0, value) < 0 else repr(float(value))
