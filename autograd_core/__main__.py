"""The command line: `python -m autograd_core "(x+y)*z" x=-2 y=5 z=-4` shows a formula's values and gradients.

`python -m autograd_core warmup` compiles all kernels ahead, so that no later program has to.

Exit status: 0 for a table, 2 and one line on the standard error stream for bad input.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
import unicodedata
from collections.abc import Container, Mapping, Sequence
from typing import NoReturn

from autograd_core import kernels
from autograd_core.errors import AutogradError, ExpressionError
from autograd_core.expression import Expression, check_name
from autograd_core.show import Drawing, Stepper, draw, explain, latex, step
from autograd_core.show.curvature import explain_hessian
from autograd_core.value import Value

PROGRAM = "python -m autograd_core"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with `arguments` (by default the process's own) and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["warmup"]:
        kernels.warmup.warm_up(say=print)
        return 0
    options = _parser().parse_args(_shielded(given))
    try:
        expression = Expression(options.expression)
        variables = {name: Value(number, label=name) for name, number in _values(options.assignments).items()}
        result = expression.record(variables)
        result.label = result.label or _free_name(variables)
        result.backward()
        if options.svg is not None:
            _save(draw(result), options.svg)
        if options.html is not None:
            whole = f"{result.label} = {expression.text}"
            _save(step(result, title=whole if expression.text != result.label else ""), options.html)
        _print(_report(expression, result, variables, options))
    except AutogradError as error:
        return _fail(str(error))
    return 0


class OutputError(AutogradError, OSError):
    """A file or a stream that cannot be written to."""


class _Parser(argparse.ArgumentParser):
    """argparse, but one line for an error, without the usage."""

    def error(self, message: str) -> NoReturn:
        sys.exit(_fail(f"{message[:200]}; see {PROGRAM} --help"))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        allow_abbrev=False,
        description="Show the values, the local gradients and the gradients of every node of a formula's graph.",
        epilog=f'example: {PROGRAM} "(x+y)*z" x=-2 y=5 z=-4; or {PROGRAM} warmup, to compile all kernels ahead',
    )
    parser.add_argument("expression", help="numbers, names, + - * / ** ( ) and functions such as sigmoid(x)")
    parser.add_argument("assignments", nargs="*", metavar="name=number", help="the value of each name")
    parser.add_argument("--wrt", metavar="NAME", help="show the derivative by NAME as a sum over paths instead")
    parser.add_argument("--symbols", action="store_true", help="with the local gradients in symbols")
    parser.add_argument("--check", action="store_true", help="with the derivatives by finite differences")
    parser.add_argument("--hessian", action="store_true", help="with all second derivatives")
    parser.add_argument("--latex", action="store_true", help="with the chain rule of each step in LaTeX")
    parser.add_argument("--svg", metavar="FILE", help="also draw the graph into FILE, .svg, .png, .html, .dot or .mmd")
    parser.add_argument("--html", metavar="FILE", help="also write a page into FILE that steps through the graph")
    return parser


def _shielded(arguments: Sequence[str]) -> list[str]:
    """An expression such as -x*y is no option: a space before it tells argparse so."""
    return [
        f" {argument}" if argument[:1] == "-" and argument[1:2] != "-" and argument != "-h" else argument
        for argument in arguments
    ]


def _values(assignments: Sequence[str]) -> dict[str, float]:
    """From "x=-2" and the like. Errors: ExpressionError."""
    values: dict[str, float] = {}
    for assignment in assignments:
        name, equals, number = map(str.strip, assignment.partition("="))
        name = unicodedata.normalize("NFKC", name)  # as Python does with the names in the expression
        if not equals or not name.isidentifier():
            raise ExpressionError(f"{assignment!r} is no assignment; write one as in x=1.5")
        check_name(name)
        if name in values:
            raise ExpressionError(f"{name!r} is given a value twice")
        try:
            values[name] = float(number)
        except ValueError:
            raise ExpressionError(f"{assignment!r}: {number!r} is no number") from None
        if math.isinf(values[name]) and any(map(str.isdigit, number)):
            raise ExpressionError(f"{assignment!r}: too large for a 64-bit float")
    return values


def _free_name(variables: Container[str]) -> str:
    """What to call the result: f, as in the lectures, unless a variable is called that."""
    name = "f"
    while name in variables:
        name += "_"
    return name


def _report(expression: Expression, result: Value, variables: Mapping[str, Value], options: argparse.Namespace) -> str:
    if options.wrt is not None and options.wrt not in variables:
        raise ExpressionError(f"--wrt {options.wrt}: there is no such name in the expression")
    wrt = None if options.wrt is None else variables[options.wrt]
    parts = [] if result.label == expression.text else [f"{result.label} = {expression.text}"]
    parts.append(explain(result, wrt=wrt, symbols=options.symbols, check=options.check))
    if options.latex:
        parts.append(latex(result))
    if options.hessian:
        # Of a graph of its own, for gradients that are recorded are gradients of a larger one.
        again = {name: Value(variable.data, label=name) for name, variable in variables.items()}
        parts.append(explain_hessian(expression.record(again), list(again.values())))
    return "\n\n".join(parts)


def _save(shown: Drawing | Stepper, path: str) -> None:
    try:
        shown.save(path)
    except OSError as error:
        raise OutputError(f"cannot write {path!r}: {error.strerror}") from None


def _print(text: str) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no ∂ shows ? for it
    try:
        print(text, flush=True)
    except OSError as error:
        # Else Python tries once more at exit, and complains in its own words.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # who closes the pipe has seen enough
            raise OutputError(f"cannot write the output: {error.strerror}") from None


def _fail(message: str) -> int:
    print(f"{PROGRAM}: error: {' '.join(message.split())}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
