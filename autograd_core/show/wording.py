"""What happens at a node, in formulas: what its op computes, and the derivative by each input, in the graph's names."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Sequence
from typing import Any

from autograd_core import ops, value_list
from autograd_core.kernels.function_source import NoSourceError, definition
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import Op, Rule
from autograd_core.show.formula import NoFormulaError, formula
from autograd_core.show.notation import ATOM, SIGN, SUM, TEXT, Notation, Term, number
from autograd_core.show.snapshot import Entry, Snapshot

LONGEST_RULE = 100
"""Characters of a rule for arrays; of a longer one the docstring's words are."""


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
        if len(term.text) > TEXT.longest:
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
            if len(term.text) <= notation.longest and not any(mark in term.text for mark in notation.involved):
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
    return Term(text, SUM) if len(text) <= notation.longest else notation.call(op.name, [x.text for x in inputs])


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


def local_gradient_of(snapshot: Snapshot, node: int, position: int, notation: Notation = TEXT) -> str:
    """The local gradient of a node of a snapshot in one of its inputs, in the graph's names."""
    entry = snapshot.entries[node]
    inputs, y = names_of(entry, snapshot, notation)
    return local_gradient(entry.op, position, inputs, y, notation)


def factor(text: str) -> str:
    """A formula as a factor of a product: in brackets if it is a sum, or has a sign."""
    outside, inside = text, ""
    while outside != inside:  # without what is in brackets
        inside, outside = outside, re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|\|[^|]*\|", "", outside)
    return f"({text})" if " " in outside or text.startswith("−") else text


def product(op: Any, position: int, upstream: Term, inputs: Sequence[Term], y: Term, attributes: dict[str, Any]) -> str:
    """What the rule for an input makes of the upstream gradient: a formula, or the rule's own Python."""
    if not isinstance(op, Op):  # one of an op's several results
        return f"{upstream.text}, for this result"
    rule = op.rules[min(position, op.last)]
    if rule is None:
        return ""
    if isinstance(op, Elementwise):
        local = local_gradient(op, position, inputs, y)
        if local in ("1", "−1"):
            return "−" * (local == "−1") + upstream.text
        return f"{upstream.text} · {factor(local) or 'its local gradient'}"
    if isinstance(rule.function, Op):
        names = [_argument(op, name, inputs, y, attributes).text for name in rule.names]
        return TEXT.call(rule.function.name, [upstream.text, *names]).text
    return _written(op, rule, position, upstream, inputs, y, attributes)


def _written(
    op: Op[Any], rule: Rule, position: int, upstream: Term, inputs: Sequence[Term], y: Term, attributes: dict[str, Any]
) -> str:
    """The rule as a formula, else what the op's docstring says of its gradient, else the rule's own Python."""
    first, *_ = inspect.signature(rule.function).parameters
    names = {first: upstream} | {name: _argument(op, name, inputs, y, attributes) for name in rule.names}
    try:
        text = formula(rule.function, names, which=rule.inputs.index(min(position, op.last))).text
        if len(text) <= LONGEST_RULE:
            return text
    except NoFormulaError:
        pass
    return _documented(op) or f"{op.name}'s rule for {rule.whose(op)}" + _source(rule)


def _documented(op: Op[Any]) -> str:
    """The sentence on the gradient in an op's docstring, in which the upstream gradient is called so, or g."""
    text = " ".join((op.__doc__ or "").split())
    found = re.search(r"\bGradients?: (.+?)(?:\.(?: |$)|$)", text)
    return found[1] if found and len(found[1]) <= LONGEST_RULE else ""


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
    if name == "wanted" or (op.variadic and name in (op.inputs[-1], "shapes", "index")):
        return Term(name, ATOM)
    if name in op.inputs:
        return inputs[op.inputs.index(name)]
    if name in op.outputs:
        return y if len(op.outputs) == 1 else Term(name, ATOM)
    stem = name.removesuffix("_shape")
    if stem in op.inputs:
        return Term(f"{inputs[op.inputs.index(stem)].text}.shape", ATOM)
    value = attributes.get(name, op.defaults.get(name))
    return Term(str(value), SIGN)
