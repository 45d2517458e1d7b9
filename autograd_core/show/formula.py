"""A row, or its rule, as a formula to read: from its own Python source to text such as y·(1 − y), or to LaTeX.

What a rule calls its inputs is replaced by what they are called in the graph. Names that a function assigns to are
put in where they are used once, and explained after the formula ("where r = ...") elsewhere. Python that is no formula
(loops, exceptions) has none.
"""

from __future__ import annotations

import ast
import inspect
import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from autograd_core.kernels.function_source import NoSourceError, definition
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import Op
from autograd_core.show.notation import ATOM, POWER, PRODUCT, SIGN, SUM, TEXT, Notation, Term, number


class NoFormulaError(Exception):
    """A function that is written as no formula."""


def formula(function: Callable[..., Any], names: Mapping[str, Term], notation: Notation = TEXT, which: int = 0) -> Term:
    """What `function` returns, as a formula in which its parameters are called `names`. Raises NoFormulaError.

    Of a rule that returns gradients for several inputs it is the one at `which`.

    >>> from autograd_core import sigmoid
    >>> formula(sigmoid.rules[0].function, {"y": Term("a", ATOM)}).text
    'a·(1 − a)'
    """
    explained: dict[str, Term] = {}
    term = _Writer(notation, function, names, explained).result(which)
    if not explained:
        return term
    text = term.text
    needed: list[str] = []
    for name, value in reversed(explained.items()):
        if re.search(rf"(?<![a-z_0-9]){re.escape(notation.name(name))}(?![a-z_0-9])", " ".join([text, *needed])):
            needed.append(f"{notation.name(name)} = {value.text}")
    return Term(text + notation.where + ", ".join(reversed(needed)), SUM) if needed else term


_COMPARISONS: dict[type[ast.AST], str] = {ast.Lt: " < ", ast.Gt: " > ", ast.Eq: " = "}
_COMPARE: dict[type[ast.AST], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_LONGEST, _LONGEST_OFTEN = 40, 8
"""Characters of what is put in where it is used: once, or more often."""


class _Writer:
    """One function."""

    def __init__(
        self,
        notation: Notation,
        function: Callable[..., Any],
        names: Mapping[str, Term],
        explained: dict[str, Term],
    ) -> None:
        self._notation = notation
        self._function = function
        self._explained = explained  # names that the formula uses, and what they stand for
        try:
            self._tree = definition(function)
            closure = inspect.getclosurevars(function)
        except (NoSourceError, TypeError, ValueError) as error:
            raise NoFormulaError(str(error)) from error
        self._outer: dict[str, Any] = {**closure.builtins, **closure.globals, **closure.nonlocals}
        loaded = (n for n in ast.walk(self._tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
        self._uses = Counter(n.id for n in loaded)
        self._names = dict(names)

    def result(self, which: int = 0) -> Term:
        """What it returns; of several, the one at `which`."""
        statements = self._tree.body[1:] if ast.get_docstring(self._tree) is not None else self._tree.body
        for statement in statements:
            match statement:
                case ast.Assign([ast.Name(name)], ast.Tuple() as value):
                    self._names[name] = self._term(value)
                case ast.Assign([ast.Name(name)], value):
                    self._assign(name, self._term(value))
                case ast.Return(ast.Tuple(values)):
                    value = values[which]
                    wanted = value.body if isinstance(value, ast.IfExp) and _asks_if_wanted(value.test) else value
                    return self._term(wanted)
                case ast.Return(ast.expr() as value):
                    return self._term(value)
                case _:
                    break
        raise NoFormulaError(f"{self._function.__name__}: is more than a formula")

    def _assign(self, name: str, value: Term) -> None:
        """From here on `name` stands for `value`, which is put in for it, or gets a name that nothing else has."""
        if len(value.text) <= _LONGEST_OFTEN or (self._uses[name] <= 1 and len(value.text) <= _LONGEST):
            self._names[name] = value
            return
        label = name
        taken = {term.text for term in self._names.values()}
        while (
            self._explained.get(label, value) != value
            or self._notation.name(label) in taken
            or label in self._notation.reserved
        ):
            label += "′"
        self._explained[label] = value
        self._names[name] = Term(self._notation.name(label), ATOM)

    def _term(self, node: ast.expr) -> Term:
        notation = self._notation
        match node:
            case ast.Constant(bool() as value):
                return number(float(value), notation)
            case ast.Constant(int() | float() as value):
                return number(value, notation)
            case ast.Name(name) if name in self._names:
                return self._names[name]
            case ast.Constant(None | str() as value):
                return Term(repr(value), ATOM)
            case ast.Attribute(ast.Name(name), attribute) if name in self._names:
                x = self._names[name]
                return (
                    notation.transposed(x)
                    if attribute == "mT"
                    else Term(f"{notation.at_least(x, ATOM)}.{attribute}", ATOM)
                )
            case ast.Tuple(parts):
                return Term(notation.brackets(", ".join(self._term(part).text for part in parts)), ATOM)
            case ast.Name() | ast.Attribute():
                return self._constant(node)
            case ast.UnaryOp(ast.USub(), operand):
                x = self._term(operand)
                if x.value is not None:
                    return number(-x.value, notation)
                return Term(notation.minus + notation.at_least(x, PRODUCT), SIGN)
            case ast.BinOp(left, ast.Add() | ast.Sub() as sign_of, right):
                a, b = self._term(left), self._term(right)
                if a.value is not None and b.value is not None:
                    return number(a.value + b.value if isinstance(sign_of, ast.Add) else a.value - b.value, notation)
                sign = "+" if isinstance(sign_of, ast.Add) else notation.minus
                signed = b.binds == SIGN or b.text.startswith(notation.minus)
                return Term(
                    f"{a.text} {sign} {notation.brackets(b.text) if signed else notation.at_least(b, PRODUCT)}", SUM
                )
            case ast.BinOp(left, ast.Mult(), right):
                return self._product(node)
            case ast.BinOp(left, ast.Div(), right):
                return notation.quotient(self._term(left), self._term(right))
            case ast.BinOp(left, ast.Pow(), right):
                return self._power(left, right)
            case ast.BinOp(left, ast.FloorDiv(), right):
                return notation.rounded_down(notation.quotient(self._term(left), self._term(right)).text)
            case ast.BinOp(left, ast.Mod(), right):
                sides = [notation.at_least(self._term(side), POWER) for side in (left, right)]
                return Term(" mod ".join(sides) if notation is TEXT else r" \bmod ".join(sides), PRODUCT)
            case ast.BinOp(left, ast.MatMult(), right):
                return self._called("matmul", [left, right])
            case ast.Compare() | ast.BoolOp():
                known = self._truth(node)
                return notation.indicator(self._condition(node)) if known is None else number(known, notation)
            case ast.IfExp(test, body, otherwise):
                return self._choice(test, body, otherwise)
            case ast.Call(ast.Name() | ast.Attribute() as function, arguments, named):
                return self._call(function, arguments, named)
        raise self._no_formula(node)

    def _product(self, node: ast.expr) -> Term:
        """A product; of one factor by itself, a power."""
        factors: list[Term] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            factors.append(self._term(node.right))
            node = node.left
        factors.append(self._term(node))
        factors.reverse()
        notation = self._notation
        numbers = [factor.value for factor in factors]
        if None not in numbers:
            return number(math.prod(filter(None, numbers)) if all(numbers) else 0.0, notation)
        factors = [factor for factor in factors if factor.value != 1.0]
        if len(factors) == 1:
            return factors[0]
        if len(set(factors)) == 1 and factors[0].binds == ATOM:
            return notation.power(factors[0], number(len(factors), notation))
        first, *others = factors
        return Term(
            notation.times.join(
                [first.text if first.binds >= PRODUCT else notation.brackets(first.text)]
                + [notation.at_least(factor, POWER) for factor in others]
            ),
            SIGN if first.binds == SIGN else PRODUCT,
        )

    def _power(self, base: ast.expr, exponent: ast.expr) -> Term:
        a, b = self._term(base), self._term(exponent)
        return a if b.value == 1.0 else self._notation.power(a, b)

    def _choice(self, condition: ast.expr, a: ast.expr, b: ast.expr) -> Term:
        """Of a condition on the constants of a graph alone only what was chosen is worth reading."""
        known = self._truth(condition)
        if known is not None:
            return self._term(a if known else b)
        first, second = self._term(a), self._term(b)
        if first == second:  # for the reader, as of products that are written alike
            return first
        return self._notation.choice(self._condition(condition), first.text, second.text)

    def _truth(self, node: ast.expr) -> bool | None:
        """Of a condition on numbers alone, whether it holds."""
        match node:
            case ast.Compare(left, [relation], [right]) if type(relation) in _COMPARE:
                a, b = self._term(left).value, self._term(right).value
                return None if a is None or b is None else _COMPARE[type(relation)](a, b)
            case ast.BoolOp(joined_by, values):
                parts = list(map(self._truth, values))
                decisive = isinstance(joined_by, ast.Or)
                return decisive if decisive in parts else None if None in parts else not decisive
        value = self._term(node).value
        return None if value is None else bool(value)

    def _condition(self, node: ast.expr) -> str:
        notation = self._notation
        match node:
            case ast.Compare(left, [relation], [right]):
                others = {ast.LtE: "less_equal", ast.GtE: "greater_equal", ast.NotEq: "not_equal"}
                if type(relation) in _COMPARISONS or type(relation) in others:
                    sign = _COMPARISONS.get(type(relation)) or getattr(notation, others[type(relation)])
                    return f"{self._term(left).text}{sign}{self._term(right).text}"
            case ast.BoolOp(joined_by, values):
                word = notation.conjunction if isinstance(joined_by, ast.And) else notation.disjunction
                return word.join(map(self._condition, values))
            case ast.BinOp(left, ast.Mult(), right) if isinstance(left, ast.Compare) and isinstance(right, ast.Compare):
                return notation.conjunction.join([self._condition(left), self._condition(right)])
        text = self._term(node).text
        before, after = notation.indicator("\n").text.split("\n")
        inner = text.removeprefix(before).removesuffix(after)
        alone = len(inner) == len(text) - len(before) - len(after) and before not in inner
        return inner if alone else f"{text}{notation.not_equal}0"

    def _constant(self, node: ast.Name | ast.Attribute) -> Term:
        found = self._found(node)
        if found is math.pi:
            return Term(self._notation.pi, ATOM)
        if type(found) not in (int, float):
            raise self._no_formula(node)
        return number(found, self._notation)

    def _call(self, function: ast.Name | ast.Attribute, arguments: list[ast.expr], named: list[ast.keyword]) -> Term:
        if isinstance(function, ast.Attribute) and function.attr == "gradient" and isinstance(function.value, ast.Name):
            return self._times_local_gradient(function.value, arguments)
        found = self._found(function)
        name = found.name if isinstance(found, Op) else getattr(found, "__name__", "")
        inner = found.row if isinstance(found, Elementwise) else found
        if inspect.isfunction(inner) and not named and _is_private(function):
            try:
                return self._put_in(inner, arguments)
            except NoFormulaError:
                name = name.strip("_")
        if not name:
            raise self._no_formula(function)
        if named:
            parts = self._arguments(arguments) + [f"{x.arg}={self._term(x.value).text}" for x in named]
            return self._notation.call(name, parts)
        return self._called("abs" if name == "fabs" else name, arguments)

    def _put_in(self, function: Callable[..., Any], arguments: list[ast.expr]) -> Term:
        """The formula of a function that has no name in the field."""
        parameters = inspect.signature(function).parameters
        if any(isinstance(argument, ast.Starred) for argument in arguments):
            raise NoFormulaError(f"{function.__name__}: is called with a tuple")
        if len(parameters) != len(arguments):
            raise NoFormulaError(f"{function.__name__}: is called with defaults")
        writer = _Writer(self._notation, function, {}, self._explained)
        for parameter, argument in zip(parameters, arguments, strict=True):
            writer._assign(parameter, self._term(argument))
        return writer.result()

    def _times_local_gradient(self, op: ast.Name, arguments: list[ast.expr]) -> Term:
        """What relu.gradient(g, y) is: g times the local gradient of relu."""
        found = self._found(op)
        if not isinstance(found, Elementwise) or found.rules[0] is None:
            raise self._no_formula(op)
        g, *others = map(self._term, arguments)
        names = dict(zip(found.rules[0].names, others, strict=True))
        local = _Writer(self._notation, found.rules[0].function, names, self._explained).result()
        return Term(
            f"{self._notation.at_least(g, PRODUCT)}{self._notation.dot}{self._notation.at_least(local, POWER)}", PRODUCT
        )

    def _called(self, name: str, arguments: list[ast.expr]) -> Term:
        notation = self._notation
        match name, arguments:
            case "where", [condition, a, b]:
                return self._choice(condition, a, b)
            case "pow", [a, b]:
                return self._power(a, b)
            case "float", [x]:
                return self._term(x)
            case "matmul", [a, b]:
                return notation.product_of_matrices(self._term(a), self._term(b))
            case "matrix_transpose", [x]:
                return notation.transposed(self._term(x))
        return notation.call(name, self._arguments(arguments))

    def _arguments(self, arguments: list[ast.expr]) -> list[str]:
        """As written out; those of a starred tuple one by one."""
        return [
            self._term(x.value).text.removeprefix("(").removesuffix(")")
            if isinstance(x, ast.Starred)
            else self._term(x).text
            for x in arguments
        ]

    def _found(self, node: ast.Name | ast.Attribute) -> Any:
        match node:
            case ast.Name(name) if name in self._outer:
                return self._outer[name]
            case ast.Attribute(ast.Name(name), attribute) if isinstance(self._outer.get(name), ModuleType):
                return getattr(self._outer[name], attribute, None)
        raise self._no_formula(node)

    def _no_formula(self, node: ast.AST) -> NoFormulaError:
        return NoFormulaError(f"{self._function.__name__}: {ast.unparse(node)} is no formula")


def _asks_if_wanted(test: ast.expr) -> bool:
    return isinstance(test, ast.Subscript) and isinstance(test.value, ast.Name) and test.value.id == "wanted"


def _is_private(node: ast.Name | ast.Attribute) -> bool:
    """Whether what is called has no name of its own in the field, as _difference(a, b) has not."""
    return (node.id if isinstance(node, ast.Name) else node.attr).startswith("_")
