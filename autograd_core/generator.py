"""Where random numbers come from: one generator, seeded with `manual_seed`, or your own passed as an argument."""

from __future__ import annotations

import json
import reprlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    """Continue the default generator from a state that `get_random_state` gave.

    Errors: ArgumentError for any other text, which names the field that is wrong; the generator is left alone then.
    """
    default_generator().bit_generator.state = _state_of(text)


def _state_of(text: str) -> dict[str, Any]:
    """The state of a Philox, checked field by field: numpy's C code believes what it is given, and would crash."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        found = None
    state = _fields("the state", found, ("bit_generator", "state", "buffer", "buffer_pos", "has_uint32", "uinteger"))
    words = _fields("state", state["state"], ("counter", "key"))
    if state["bit_generator"] != "Philox":
        raise _wrong("bit_generator", '"Philox"', state["bit_generator"])
    return {
        "bit_generator": "Philox",
        "state": {name: _words(name, words[name], count) for name, count in (("counter", 4), ("key", 2))},
        "buffer": _words("buffer", state["buffer"], 4),
        "buffer_pos": _whole("buffer_pos", state["buffer_pos"], 4),
        "has_uint32": _whole("has_uint32", state["has_uint32"], 1),
        "uinteger": _whole("uinteger", state["uinteger"], 2**32 - 1),
    }


def _fields(name: str, found: Any, expected: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(found, dict) or found.keys() != set(expected):
        raise _wrong(name, f"an object with {', '.join(expected)}", found)
    return found


def _words(name: str, found: Any, count: int) -> NDArray[np.uint64]:
    if not isinstance(found, list) or len(found) != count:
        raise _wrong(name, f"a list of {count} numbers", found)
    return np.array([_whole(f"{name}[{index}]", word, 2**64 - 1) for index, word in enumerate(found)], np.uint64)


def _whole(name: str, found: Any, most: int) -> int:
    if type(found) is not int or not 0 <= found <= most:
        raise _wrong(name, f"a whole number from 0 to {most}", found)
    return found


def _wrong(name: str, expected: str, found: Any) -> ArgumentError:
    shown = reprlib.repr(found)
    return ArgumentError(
        f"set_random_state: this is no state that get_random_state gave: {name} must be {expected}, got {shown}"
    )
