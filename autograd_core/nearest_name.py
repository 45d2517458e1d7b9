"""The name that somebody meant who typed another: how it is called here, or the one that is spelt most alike."""

from __future__ import annotations

import functools
from collections.abc import Iterable

_CALLED = {
    "lr": ("learning_rate", "step_size", "rate", "eta"),
    "p": ("prob", "probability", "rate", "drop_prob", "dropout_rate"),
    "weight_decay": ("l2", "wd", "decay"),
    "eps": ("epsilon",),
    "negative_slope": ("slope", "alpha"),
}
"""What other libraries, too, call a setting of this name."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message, "; did you mean 'lr'?", or nothing where none of the `known` names is near.

    >>> did_you_mean("learning_rate", ["lr", "momentum"]), did_you_mean("colour", ["lr", "momentum"])
    ("; did you mean 'lr'?", '')
    """
    nearest = nearest_name(name, tuple(known))
    return f"; did you mean {nearest!r}?" if nearest else ""


@functools.lru_cache(maxsize=1024)  # for many ask whether there is an attribute, and one that is not takes a while
def nearest_name(name: str, known: tuple[str, ...]) -> str:
    """The one of the `known` names that is meant by this one, or nothing."""
    if name.startswith("_"):
        return ""
    for own in known:
        if name in _CALLED.get(own, ()):
            return own
    import difflib  # which takes longer to import than a program that mistypes nothing should wait

    by_lower = {own.lower(): own for own in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else ""
