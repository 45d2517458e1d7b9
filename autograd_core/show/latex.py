"""The chain rule through a graph of numbers as LaTeX, to put on a slide or into a paper."""

from __future__ import annotations

import re
from typing import Any

from autograd_core.errors import DTypeError
from autograd_core.show import wording
from autograd_core.show.notation import LATEX, Term, number
from autograd_core.show.snapshot import LIMIT, Snapshot, take
from autograd_core.show.summaries import number_text


class LatexText(str):
    """Text in LaTeX, which notebooks show as formulas."""

    __slots__ = ()

    def _repr_latex_(self) -> str:
        return str(self)


def latex(root: Any, limit: int = LIMIT) -> LatexText:
    """What each node behind `root`, a Value, computes, and its derivative by each input, as an align* environment.

    Local gradients are the rows' own, in the graph's names, and then in numbers; no backward pass is needed before.

    >>> from autograd_core import Value
    >>> x, y = Value(-2.0, "x"), Value(5.0, "y")
    >>> f = x * y
    >>> f.label = "f"
    >>> print(latex(f))
    \\begin{align*}
    x &= -2 \\\\
    y &= 5 \\\\
    f &= x \\cdot y = -10 \\\\
    \\frac{\\partial f}{\\partial x} &= \\frac{\\partial f}{\\partial f} \\cdot y = 1 \\cdot 5 = 5 \\\\
    \\frac{\\partial f}{\\partial y} &= \\frac{\\partial f}{\\partial f} \\cdot x = 1 \\cdot \\left(-2\\right) = -2
    \\end{align*}

    Errors: DTypeError for what is no Value.
    """
    snapshot = take(root, limit, differentiated=True)
    if not snapshot.of_numbers:
        raise DTypeError("latex: writes graphs of Values; for Tensors, explain(t) has each rule")
    lines = _forward(snapshot) + _backward(snapshot)
    return LatexText("\n".join([r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}"]))


def _forward(snapshot: Snapshot) -> list[str]:
    lines = []
    for entry in snapshot.entries:
        if entry.role == "node" and (entry.op is not None or entry.name != number_text(float(entry.value))):
            inputs, y = wording.names_of(entry, snapshot, LATEX)
            assert isinstance(entry.value, float)
            written = [] if entry.op is None else [wording.result(entry.op, inputs, "", LATEX).text]
            lines.append(f"{y.text} &= {' = '.join([*written, number(entry.value, LATEX).text])}")
    return lines


def _backward(snapshot: Snapshot) -> list[str]:
    """A line for each edge, and where branches add up, one for the sum."""
    result = wording.name_of(snapshot.result, LATEX).text
    shares: dict[int, list[float]] = {}
    uses = [i for entry in snapshot.entries for i in entry.inputs]
    lines = []
    for n in range(len(snapshot.entries) - 1, -1, -1):
        entry = snapshot.entries[n]
        for position, (i, local) in enumerate(zip(entry.inputs, entry.local_gradients, strict=True)):
            source = snapshot.entries[i]
            if source.role != "node" or not isinstance(entry.gradient, float):
                continue
            total = LATEX.derivative(result, wording.name_of(source, LATEX).text)
            upstream = LATEX.derivative(result, wording.name_of(entry, LATEX).text)
            symbols = wording.local_gradient_of(snapshot, n, position, LATEX)
            derivative = symbols or wording.derivative(entry, position, snapshot, LATEX)
            share = local * entry.gradient
            shares.setdefault(i, []).append(share)
            several = uses.count(i) > 1
            numbers = rf"{number(entry.gradient, LATEX).text} \cdot {_bracketed(number(local, LATEX))}"
            left = rf"\text{{share of }} {total}" if several else total
            factor = LATEX.brackets(derivative) if re.search(r"^-| [+-] ", derivative) else derivative
            lines.append(rf"{left} &= {upstream} \cdot {factor} = {numbers} = {number(share, LATEX).text}")
            if several and len(shares[i]) == uses.count(i):
                parts = [number(x, LATEX) for x in reversed(shares[i])]
                added = " + ".join([parts[0].text, *map(_bracketed, parts[1:])])
                assert isinstance(source.gradient, float)
                lines.append(f"{total} &= {added} = {number(source.gradient, LATEX).text}")
    return lines


def _bracketed(term: Term) -> str:
    return LATEX.brackets(term.text) if term.text.startswith(LATEX.minus) else term.text
