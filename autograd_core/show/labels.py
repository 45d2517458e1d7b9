r"""Labels as formulas write them: `x_1` has a subscript, `\hat y` an accent, `\alpha` is a letter. All else is text."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
"""What LaTeX calls small letters; of capitals it has only those that no Latin letter looks like."""
CAPITALS = {
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
ACCENTS = {
    "\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot", "\u20d7": "vec",
    "\u030c": "check", "\u0306": "breve",
}  # fmt: skip
"""Marks that Unicode sets on the letter before them."""

_LETTERS = {name: letter for letter, name in (GREEK | CAPITALS).items()}
_LETTERS |= {name.removeprefix("var"): letter for name, letter in _LETTERS.items()}
_MARKS = {name: mark for mark, name in ACCENTS.items()}
_ACCENT = re.compile(rf"\\({'|'.join(_MARKS)})(?![a-zA-Z])\s*(?:\{{(\w)\}}|(\w))")


class Label(NamedTuple):
    """What stands on the line, and below it."""

    stem: str
    subscript: str

    @property
    def plain(self) -> str:
        """In one line of text."""
        return f"{self.stem}_{self.subscript}" if self.subscript else self.stem


def read(label: str) -> Label:
    r"""A label's parts.

    A subscript is what follows the one underscore behind a single letter, or is a number, or stands in braces.

    >>> read("x_1"), read("W_{hh}").plain, read("batch_size").stem
    (Label(stem='x', subscript='1'), 'W_hh', 'batch_size')
    >>> read(r"\hat y").stem == "\u0177"  # y with a circumflex
    True
    """
    text = re.sub(r"\\([a-zA-Z]+)", lambda found: _LETTERS.get(found[1], found[0]), label)
    text = unicodedata.normalize("NFC", _ACCENT.sub(lambda found: (found[2] or found[3]) + _MARKS[found[1]], text))
    stem, line, subscript = text.partition("_")
    found = (
        re.fullmatch(r"\{([^{}_]+)\}|([^{}_\s]+)", subscript) if line and re.fullmatch(r"[^\W\d_]\S*", stem) else None
    )
    if found and (found[1] or subscript.isdecimal() or _is_letter(stem)):
        return Label(stem, found[1] or found[2])
    return Label(text, "")


def _is_letter(text: str) -> bool:
    """Whether it is one letter, whatever it carries."""
    return sum(not unicodedata.combining(c) for c in unicodedata.normalize("NFD", text)) == 1
