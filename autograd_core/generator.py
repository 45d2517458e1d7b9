"""Where random numbers come from: one generator, seeded with `manual_seed`, or your own passed as an argument."""

from __future__ import annotations

import contextlib
import reprlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core.errors import ArgumentError
from autograd_core.recording import refuse_to_compile

_shared: dict[str, np.random.Generator] = {}  # the process's generator, once it has been asked for


class _Own(threading.local):
    generator: np.random.Generator | None = None


_own = _Own()


def default_generator() -> np.random.Generator:
    """The generator that initialisers and random ops use unless they are given one.

    It is one for all threads; within `seeded`, the thread has its own.
    """
    if _own.generator is not None:
        return _own.generator
    # Made on first use, for numpy.random takes longer to import than all of this package. Philox has a fixed stream,
    # and a state of a few integers. Of threads that get here at once, all are given what the first has made.
    return _shared.get("generator") or _shared.setdefault("generator", np.random.Generator(np.random.Philox()))


def manual_seed(seed: int) -> None:
    """Start the default generator anew: the same seed gives the same numbers.

    All threads draw from it, each whatever comes next; where several are to draw reproducibly, each needs `seeded`.
    Errors: ArgumentError for anything but a whole number of at least 0.
    """
    _refuse_to_compile()
    default_generator().bit_generator.state = philox("manual_seed", seed).state


def _refuse_to_compile() -> None:
    refuse_to_compile("setting a seed", "set it before the call: random numbers go on from call to call")


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[np.random.Generator]:
    """Within it, this thread draws from a generator of its own, which starts from `seed`; also what is called there.

    What other threads draw makes no difference, nor do they notice; threads that are started within have the
    process's generator. Afterwards everything goes on as it was. The generator of its own is what `manual_seed`,
    `get_random_state` and `set_random_state` mean there.
    Errors: ArgumentError for anything but a whole number of at least 0.

    >>> def draw():
    ...     return float(default_generator().random())
    >>> with seeded(3):
    ...     first = draw()
    >>> with seeded(3):
    ...     draw() == first, draw() == first
    (True, False)
    """
    _refuse_to_compile()
    before, generator = _own.generator, np.random.Generator(philox("seeded", seed))
    _own.generator = generator
    try:
        yield generator
    finally:
        _own.generator = before


def philox(function: str, seed: int) -> np.random.Philox:
    """The source of random bits that starts from this seed."""
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ArgumentError(f"{function}: takes a whole number of at least 0, got {seed!r}")
    return np.random.Philox(int(seed))


def get_random_state() -> str:
    """The state of the default generator, as text to be stored."""
    state = default_generator().bit_generator.state
    import json  # here and below, for few programs keep the state, and all import this module

    return json.dumps(state, default=lambda array: array.tolist())


def set_random_state(text: str) -> None:
    """Continue the default generator from a state that `get_random_state` gave.

    Errors: ArgumentError for any other text, which names the field that is wrong; the generator is left alone then.
    """
    default_generator().bit_generator.state = _state_of(text)


def random_words() -> NDArray[np.uint64]:
    """The state of the default generator as the numbers that it consists of."""
    state: Any = default_generator().bit_generator.state
    last = [state["buffer_pos"], state["has_uint32"], state["uinteger"]]
    return np.concatenate([*state["state"].values(), state["buffer"], np.array(last, np.uint64)])


def set_random_words(words: NDArray[np.uint64]) -> None:
    """Continue the default generator from a state that `random_words` gave."""
    default_generator().bit_generator.state = {
        "bit_generator": "Philox",
        "state": {"counter": words[:4], "key": words[4:6]},
        "buffer": words[6:10],
        **dict(zip(("buffer_pos", "has_uint32", "uinteger"), words[10:].tolist(), strict=True)),
    }


def _state_of(text: str) -> dict[str, Any]:
    """The state of a Philox, checked field by field: numpy's C code believes what it is given, and would crash."""
    import json

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
