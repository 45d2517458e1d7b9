"""What happens at a node, in formulas: what its op computes, and the derivative by each input, in the graph's names."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import Any

from autograd_core import ops, value_list
from autograd_core.kernels.function_source import NoSourceError, definition
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import Op, Rule
from autograd_core.show.formula import ATOM, SIGN, SUM, TEXT, NoFormulaError, Notation, Term, formula, number
from autograd_core.show.snapshot import Entry, Snapshot

LONGEST = 60
"""Characters of a formula of a whole row; of a longer one the call alone is written."""


def names_of(entry: Entry, snapshot: Snapshot, notation: Notation = TEXT) -> tuple[list[Term], Term]:
    """What the inputs of a node and the node itself are called in formulas; constants go by their number."""
    return [name_of(snapshot.entries[i], notation) for i in entry.inputs], name_of(entry, notation)


def name_of(entry: Entry, notation: Notation = TEXT) -> Term:
    """What a node is called in formulas."""
    if entry.role == "constant" and isinstance(entry.value, float):
        return number(entry.value, notation)
    return Term(notation.name(entry.name), ATOM)


def expression(snapshot: Snapshot) -> str:
    """The whole graph as one formula of its leaves, if that is short; else empty."""
    terms: list[Term] = []
    for entry in snapshot.entries:
        inputs = [terms[i] for i in entry.inputs]
        term = name_of(entry) if entry.op is None else result(entry.op, inputs, entry.attributes)
        if len(term.text) > LONGEST:
            return ""
        terms.append(term)
    return terms[-1].text


def derivative(entry: Entry, position: int, snapshot: Snapshot, notation: Notation = TEXT) -> str:
    """∂node/∂input; of an input that comes in twice, which of the two is written above it."""
    source = snapshot.entries[entry.inputs[position]]
    name = name_of(source, notation).text
    if entry.inputs.count(entry.inputs[position]) > 1:
        which = entry.inputs[: position + 1].count(entry.inputs[position])
        name = notation.marked(name, which)
    return notation.derivative(name_of(entry, notation).text, name)


def result(op: Any, inputs: Sequence[Term], attributes: str = "", notation: Notation = TEXT) -> Term:
    """What a node computes: as a formula if its row is a short one, else as a call."""
    if isinstance(op, value_list.WeightedSum):
        return _sum_of_products(op, inputs, notation)
    if isinstance(op, Elementwise):
        try:
            term = formula(op.row, dict(zip(op.inputs, inputs, strict=True)), notation)
            if len(term.text) <= LONGEST and not any(mark in term.text for mark in ("{", "cases", notation.where)):
                return term
        except NoFormulaError:
            pass
    name = op.name.lstrip("_")
    if name == "matmul" and len(inputs) == 2:
        return notation.product_of_matrices(*inputs)
    return notation.call(name, [x.text for x in inputs] + [attributes] * bool(attributes))


def _sum_of_products(op: value_list.WeightedSum, inputs: Sequence[Term], notation: Notation) -> Term:
    n = op.pairs
    products = [
        formula(ops.multiply.row, {"a": a, "b": b}, notation)
        for a, b in zip(inputs[:n], inputs[n : 2 * n], strict=True)
    ]
    text = " + ".join(term.text for term in [*products, *inputs[2 * n :]])
    return Term(text, SUM) if len(text) <= LONGEST else notation.call(op.name, [x.text for x in inputs])


def local_gradient(op: Any, position: int, inputs: Sequence[Term], y: Term, notation: Notation = TEXT) -> str:
    """The local gradient of an elementwise op in one input; empty where it is not written as a formula."""
    if isinstance(op, value_list.WeightedSum):
        n = op.pairs
        return number(1.0, notation).text if position >= 2 * n else inputs[(position + n) % (2 * n)].text
    if not isinstance(op, Elementwise) or op.rules[position] is None:
        return ""
    rule = op.rules[position]
    assert rule is not None
    by_name = dict(zip((*op.inputs, "y"), (*inputs, y), strict=True))
    try:
        return formula(rule.function, by_name, notation).text
    except NoFormulaError:
        return ""


def product(
    op: Op[Any], position: int, upstream: Term, inputs: Sequence[Term], y: Term, attributes: dict[str, Any]
) -> str:
    """What the rule for an input makes of the upstream gradient: a formula, or the rule's own Python."""
    rule = op.rules[0 if op.variadic else position]
    if rule is None:
        return ""
    if isinstance(op, Elementwise):
        local = local_gradient(op, position, inputs, y)
        if local in ("1", "−1"):
            return "−" * (local == "−1") + upstream.text
        return f"{upstream.text} · ({local})" if " " in local else f"{upstream.text} · {local or '∂'}"
    if isinstance(rule.function, Op):
        names = [_argument(op, name, inputs, y, attributes).text for name in rule.names]
        return TEXT.call(rule.function.name, [upstream.text, *names]).text
    return _written(op, rule, upstream, inputs, y, attributes)


def _written(
    op: Op[Any], rule: Rule, upstream: Term, inputs: Sequence[Term], y: Term, attributes: dict[str, Any]
) -> str:
    first, *_ = inspect.signature(rule.function).parameters
    names = {first: upstream} | {name: _argument(op, name, inputs, y, attributes) for name in rule.names}
    try:
        text = formula(rule.function, names).text
        if len(text) <= LONGEST:
            return text
    except NoFormulaError:
        pass
    return f"{op.name}'s rule for {rule.whose(op)}" + _source(rule)


def _source(rule: Rule) -> str:
    """The rule's own Python, if it is a line."""
    try:
        tree = definition(rule.function)
    except NoSourceError:
        return ""
    last = tree.body[-1]
    if len(tree.body) == 1 and isinstance(last, ast.Return) and last.value is not None:
        return f": {ast.unparse(last.value)}"
    return ""


def _argument(op: Op[Any], name: str, inputs: Sequence[Term], y: Term, attributes: dict[str, Any]) -> Term:
    """What a rule asks for, by what it is called in the graph."""
    if op.variadic or name == "wanted":
        return Term(name, ATOM)
    if name in op.inputs:
        return inputs[op.inputs.index(name)]
    if name == "y":
        return y
    stem = name.removesuffix("_shape")
    if stem in op.inputs:
        return Term(f"{inputs[op.inputs.index(stem)].text}.shape", ATOM)
    value = attributes.get(name, op.defaults.get(name))
    return Term(str(value), SIGN)
