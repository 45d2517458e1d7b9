"""Rows translated to JavaScript compute what the engine does."""

import itertools
import json
import math

import pytest

import autograd_core as ag
from autograd_core import ops
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry
from autograd_core.show.javascript import RUNTIME, Translator, UntranslatableError

POINTS = [-2.5, -1.0, -0.0, 0.0, 0.4, 2.0, 7.5, 1e10, math.inf, -math.inf, math.nan]
NO_JAVASCRIPT = {"lgamma", "digamma", "polygamma", "nextafter"}  # which has no gamma function, nor neighbours
NO_JAVASCRIPT |= {f"bitwise_{of}" for of in ("and", "or", "xor", "invert", "left_shift", "right_shift")}


def literal(x):
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(float(x)), repr(float(x)))


def cases(translator):
    """Every row and local gradient of the package, by the names of its translation, at points with special ones."""
    for op in list(registry.values()):
        if (
            not isinstance(op, Elementwise)
            or op.name in NO_JAVASCRIPT
            or not op.__module__.startswith("autograd_core.")
        ):
            continue
        name = translator.add(op.row)
        rules = [(i, rule, translator.add(rule.function)) for i, rule in enumerate(op.rules) if rule]
        for at in itertools.product(POINTS if op.arity < 3 else POINTS[::2], repeat=op.arity):
            y = float(op.on_numbers(*at))
            yield name, at, y
            try:
                local = op.local_gradients((*at, y)) if rules else ()
            except ArithmeticError:
                local = op.ieee_local_gradients((*at, y))
            for i, rule, rule_name in rules:
                yield rule_name, [(*at, y)[where] for where in rule.arrays], float(local[i])


def test_every_row_and_local_gradient_computes_the_same(browser, tmp_path):
    translator = Translator()
    found = list(cases(translator))
    calls = ",\n".join(f"{name}({', '.join(map(literal, at))})" for name, at, _ in found)
    page = tmp_path / "rows.html"
    page.write_text(
        f"<script>{RUNTIME}{translator.text}\nconst got = [{calls}].map((x) => String(Number(x)));</script>"
    )
    browser.open(page)
    got = [float(text.replace("Infinity", "inf")) for text in browser.run("got")]
    assert len(got) > 5000
    wrong = [
        (*case, x)
        for case, x in zip(found, got, strict=True)
        if not (math.isclose(case[2], x, rel_tol=1e-14, abs_tol=1e-300) or (x != x and case[2] != case[2]))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(NO_JAVASCRIPT))
def test_what_is_not_translated_is_refused(name):
    op, translator = registry[name], Translator()
    with pytest.raises(UntranslatableError):
        for function in (op.row, *(rule.function for rule in op.rules if rule)):
            translator.add(function)


def test_the_reason_is_said():
    with pytest.raises(UntranslatableError, match=r"^lgamma: JavaScript has no math\.lgamma$"):
        Translator().add(ops.lgamma.row)


def test_the_error_function_is_the_c_librarys(browser, tmp_path):
    page = tmp_path / "erf.html"
    page.write_text(f"<script>{RUNTIME}</script>")
    browser.open(page)
    points = [x / 16 for x in range(-100, 420)]
    for name, exact in (("erf", math.erf), ("erfc", math.erfc)):
        for x, got in zip(points, browser.run(f"{points}.map({name})"), strict=True):
            assert got == pytest.approx(exact(x), rel=4e-15, abs=1e-300), (name, x)


def outside(x):
    return json.dumps(x)


def text(x):
    return "</script>"


def loop(x):
    return loop(x)


def keyword(x):
    return outside(x=x)


def listed(x):
    return [x][0]


@pytest.mark.parametrize("function", [outside, text, loop, keyword, listed, print, lambda x: x])
def test_only_numbers_and_rows_become_javascript(function):
    with pytest.raises(UntranslatableError):
        Translator().add(function)


def with_statements(x, least=1.0):
    total = 0.0
    while total < least:
        total += x
    if not total:
        return -total
    total = total if total > 2 and x < 9 else +total
    return total // 2 % ag.maximum(x, 3) + math.isinf(x)


def test_statements_and_defaults_are_translated():
    translator = Translator()
    name = translator.add(with_statements)
    assert "function with_statements_1(x_, least_ = 1.0) {" in translator.text
    assert "while (truth((total_ < least_))) {" in translator.text
    assert translator.text.splitlines()[-2:] == [
        "  return (modulo(floorDivide(total_, 2.0), maximum_0(x_, 3.0)) + (Math.abs(x_) == Infinity));",
        "}",
    ]
    assert translator.add(with_statements) == name
