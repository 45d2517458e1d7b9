"""How formulas are written: as plain text, y·(1 − y), and as LaTeX. What is written, `formula.py` says."""

from __future__ import annotations

import math
import unicodedata
from typing import NamedTuple

from autograd_core.show.labels import ACCENTS, CAPITALS, GREEK


class Term(NamedTuple):
    """A piece of a formula, and how tightly it holds together: what binds looser needs brackets around it."""

    text: str
    binds: int
    value: float | None = None  # of a number


SUM, PRODUCT, SIGN, POWER, ATOM = range(5)


class Notation:
    """How formulas are written in plain text."""

    minus, times, infinity, pi = "−", "·", "∞", "π"
    less_equal, greater_equal, not_equal, conjunction, disjunction = " ≤ ", " ≥ ", " ≠ ", " and ", " or "
    where = ", where "
    reserved: tuple[str, ...] = ()  # names that mean something already
    involved = "{", where  # what a formula has that is no plain one
    longest = 60  # characters of a formula of a whole row; of a longer one the call alone is written
    dot = " · "

    def name(self, name: str) -> str:
        """A variable."""
        return name

    def brackets(self, text: str) -> str:
        """Around a looser term."""
        return f"({text})"

    def quotient(self, a: Term, b: Term) -> Term:
        """a over b."""
        return Term(f"{self.at_least(a, PRODUCT)}/{self.at_least(b, POWER)}", PRODUCT)

    def power(self, base: Term, exponent: Term) -> Term:
        """base to the exponent."""
        text = exponent.text
        if text.isdecimal() or (text[:1] == "−" and text[1:].isdecimal()):
            return Term(self.at_least(base, ATOM) + text.translate(_SUPERSCRIPTS), POWER)
        return Term(f"{self.at_least(base, ATOM)}^{self.at_least(exponent, ATOM)}", POWER)

    def call(self, name: str, arguments: list[str]) -> Term:
        """A function of what is written out already."""
        match name, arguments:
            case "abs", [x]:
                return Term(f"|{x}|", ATOM)
            case "sqrt", [x]:
                return Term(f"√({x})" if len(x) > 1 else f"√{x}", ATOM)
            case "exp", [x]:
                return Term(f"exp({x})", ATOM)
        return Term(f"{_SPOKEN.get(name, name)}({', '.join(arguments)})", ATOM)

    def transposed(self, x: Term) -> Term:
        """A matrix, its last two axes exchanged."""
        return Term(self.at_least(x, ATOM) + "ᵀ", POWER)

    def choice(self, condition: str, a: str, b: str) -> Term:
        """a if the condition holds, else b."""
        return Term(f"{{{a} if {condition}, else {b}}}", ATOM)

    def indicator(self, condition: str) -> Term:
        """1 if the condition holds, else 0 (Iverson's brackets)."""
        return Term(f"[{condition}]", ATOM)

    def derivative(self, of: str, by: str) -> str:
        """∂of/∂by, both names."""
        return f"∂{of}/∂{by}"

    def marked(self, name: str, which: int) -> str:
        """The same input for the first, second, ... time."""
        return f"{name}⁽{str(which).translate(_SUPERSCRIPTS)}⁾"

    def product_of_matrices(self, a: Term, b: Term) -> Term:
        """a times b."""
        return Term(f"{self.at_least(a, POWER)} @ {self.at_least(b, POWER)}", PRODUCT)

    def rounded_down(self, text: str) -> Term:
        """The largest whole number not above it."""
        return Term(f"⌊{text}⌋", ATOM)

    def at_least(self, term: Term, binds: int) -> str:
        """A term, in brackets if it binds looser."""
        return term.text if term.binds >= binds else self.brackets(term.text)


class Latex(Notation):
    """How formulas are written in LaTeX."""

    minus, times, infinity, pi = "-", r" \cdot ", r"\infty", r"\pi"
    less_equal, greater_equal, not_equal = r" \le ", r" \ge ", r" \ne "
    conjunction, disjunction = r" \text{ and } ", r" \text{ or } "
    where = r", \quad "
    involved = "{cases}", where
    longest = 160
    dot = r" \cdot "
    reserved = ("e",)

    def name(self, name: str) -> str:
        """x_1 with its subscript; longer names upright."""
        name, marks = name.rstrip("′"), "'" * name.count("′")
        stem, _, index = name.partition("_")
        if not index and stem[:1].isalpha() and stem[1:].isdecimal():
            stem, index = stem[0], stem[1:]
        written = [_latex_word(part) for part in (stem, index) if part]
        return "_{".join(written) + "}" * (len(written) - 1) + marks

    def brackets(self, text: str) -> str:
        """Around a looser term."""
        return rf"\left({text}\right)"

    def quotient(self, a: Term, b: Term) -> Term:
        """a over b."""
        return Term(rf"\frac{{{a.text}}}{{{b.text}}}", POWER)

    def power(self, base: Term, exponent: Term) -> Term:
        """base to the exponent."""
        return Term(f"{self.at_least(base, ATOM)}^{{{exponent.text}}}", POWER)

    def call(self, name: str, arguments: list[str]) -> Term:
        """A function of what is written out already."""
        match name, arguments:
            case "abs", [x]:
                return Term(rf"\left|{x}\right|", ATOM)
            case "sqrt", [x]:
                return Term(rf"\sqrt{{{x}}}", ATOM)
            case "exp", [x]:
                return Term(f"e^{{{x}}}", POWER)
        spoken = _LATEX_FUNCTIONS.get(name) or rf"\operatorname{{{name.replace('_', ' ')}}}"
        return Term(rf"{spoken}\left({', '.join(arguments)}\right)", ATOM)

    def transposed(self, x: Term) -> Term:
        """A matrix, its last two axes exchanged."""
        return Term(f"{self.at_least(x, ATOM)}^{{\\top}}", POWER)

    def choice(self, condition: str, a: str, b: str) -> Term:
        """a if the condition holds, else b."""
        return Term(
            rf"\begin{{cases}} {a} & \text{{if }} {condition} \\ {b} & \text{{else}} \end{{cases}}",
            ATOM,
        )

    def indicator(self, condition: str) -> Term:
        """1 if the condition holds, else 0 (Iverson's brackets)."""
        return Term(rf"\left[{condition}\right]", ATOM)

    def derivative(self, of: str, by: str) -> str:
        """∂of/∂by, both names."""
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def marked(self, name: str, which: int) -> str:
        """The same input for the first, second, ... time."""
        return f"{name}^{{({which})}}"

    def product_of_matrices(self, a: Term, b: Term) -> Term:
        """a times b."""
        return Term(rf"{self.at_least(a, POWER)} \, {self.at_least(b, POWER)}", PRODUCT)

    def rounded_down(self, text: str) -> Term:
        """The largest whole number not above it."""
        return Term(rf"\left\lfloor {text} \right\rfloor", ATOM)


TEXT, LATEX = Notation(), Latex()

_SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SPOKEN = {"sigmoid": "σ", "maximum": "max", "minimum": "min", "log": "ln"}
_LATEX_FUNCTIONS = {
    "acos": r"\arccos",
    "asin": r"\arcsin",
    "atan": r"\arctan",
    "cos": r"\cos",
    "cosh": r"\cosh",
    "log": r"\ln",
    "max": r"\max",
    "maximum": r"\max",
    "min": r"\min",
    "minimum": r"\min",
    "sigmoid": r"\sigma",
    "sin": r"\sin",
    "sinh": r"\sinh",
    "tan": r"\tan",
    "tanh": r"\tanh",
}
_LATEX_SPECIAL = {**{c: "\\" + c for c in "&%$#_{}"}, "~": r"\sim ", "^": r"\hat{}", "\\": r"\backslash "}


_LETTERS = GREEK | CAPITALS
_LETTERS |= {name.removeprefix("var"): name for name in _LETTERS.values()}


def _latex_word(word: str) -> str:
    base, mark = unicodedata.normalize("NFD", word)[:1], unicodedata.normalize("NFD", word)[1:]
    if mark in ACCENTS:
        return rf"\{ACCENTS[mark]}{{{_latex_word(base)}}}"
    if word in _LETTERS:
        return f"\\{_LETTERS[word]}"
    safe = "".join(_LATEX_SPECIAL.get(c, c) for c in word)
    return safe if len(word) == 1 or word.isdecimal() else rf"\mathrm{{{safe}}}"


def number(value: float, notation: Notation = TEXT) -> Term:
    """A number, to six significant digits."""
    if math.isinf(value):
        return Term(notation.minus * (value < 0) + notation.infinity, ATOM if value > 0 else SIGN, value)
    text = f"{value + 0.0:.6g}".replace("-", notation.minus)
    return Term(text, SIGN if value < 0 else ATOM, value)
