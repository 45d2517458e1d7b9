"""Where random numbers come from: one generator, seeded with `manual_seed`, or your own passed as an argument."""

from __future__ import annotations

import json
from functools import cache

import numpy as np

from autograd_core.errors import ArgumentError


@cache  # made on first use, for numpy.random takes longer to import than all of this package
def default_generator() -> np.random.Generator:
    """The generator that initialisers and random ops use unless they are given one."""
    return np.random.Generator(np.random.Philox())  # whose stream is fixed, and whose state is a few integers


def manual_seed(seed: int) -> None:
    """Start the default generator anew: the same seed gives the same numbers."""
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ArgumentError(f"manual_seed: takes a whole number of at least 0, got {seed!r}")
    default_generator().bit_generator.state = np.random.Philox(int(seed)).state


def get_random_state() -> str:
    """The state of the default generator, as text to be stored."""
    state = default_generator().bit_generator.state
    return json.dumps(state, default=lambda array: array.tolist())


def set_random_state(text: str) -> None:
    """Continue the default generator from a state that `get_random_state` gave."""
    try:
        state = json.loads(text)
        state["state"] = {name: np.array(words, dtype=np.uint64) for name, words in state["state"].items()}
        state["buffer"] = np.array(state["buffer"], dtype=np.uint64)
        default_generator().bit_generator.state = state
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ArgumentError("set_random_state: this is no state that get_random_state gave") from None
