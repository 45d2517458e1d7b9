"""What values arguments may have. A function calls `require`; an optimiser declares the kind of each of its settings.

It does so where the setting is, as the annotation of a parameter of `__init__`:

    def __init__(self, params: Iterable[Any], lr: NonNegative = 0.1, alpha: BelowOne = 0.9, centered: bool = False):

A type checker sees `float` and `bool`. A parameter whose annotation says nothing of this kind takes any number.
Annotations are evaluated, so what they name has to be imported in earnest, not for the type checker alone.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

from autograd_core import ArgumentError


class Kind(NamedTuple):
    """One demand on a value: in words, as a test, and as the form in which a value that fits is kept."""

    expected: str
    fits: Callable[[Any], bool]
    kept: Callable[[Any], Any] = lambda value: value


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _python_number(value: Any) -> float:
    """Python's, since a float64 of numpy would make float64 of all that it meets."""
    return value if type(value) in (int, float) else float(value)


def number(expected: str, fits: Callable[[Any], bool]) -> Kind:
    """Numbers of which something holds, such as that they are in a range."""
    return Kind(expected, lambda value: _is_number(value) and fits(value), _python_number)


def one_of(*values: Any) -> Kind:
    """These values and no others."""
    return Kind(" or ".join(map(repr, values)), lambda value: value in values)


NUMBER = Kind("a number", _is_number, _python_number)
RATE = number("a number of at least 0", lambda x: x >= 0)
AT_LEAST_0 = number("at least 0", lambda x: x >= 0)
AT_LEAST_1 = number("at least 1", lambda x: x >= 1)
ABOVE_0 = number("above 0", lambda x: x > 0)
BELOW_1 = number("at least 0 and below 1", lambda x: 0 <= x < 1)
FROM_0_TO_1 = number("from 0 to 1", lambda x: 0 <= x <= 1)
WHOLE = Kind("a whole number", lambda value: _is_number(value) and isinstance(value, Integral), int)
SCHEDULE = Kind("a schedule, a function of the step such as optim.schedules.cosine gives", callable)
SWITCH = Kind("true or false", lambda value: isinstance(value, bool))
TWO_DECAY_RATES = Kind(
    "two numbers of at least 0 and below 1",
    lambda pair: isinstance(pair, Sequence) and len(pair) == 2 and all(map(BELOW_1.fits, pair)),
    lambda pair: tuple(map(float, pair)),
)
TWO_NUMBERS = Kind(
    "two numbers",
    lambda pair: isinstance(pair, Sequence) and len(pair) == 2 and all(map(_is_number, pair)),
    lambda pair: tuple(map(float, pair)),
)

NonNegative = Annotated[float, NUMBER, AT_LEAST_0]
BelowOne = Annotated[float, NUMBER, BELOW_1]
Share = Annotated[float, NUMBER, FROM_0_TO_1]
Count = Annotated[int, WHOLE, AT_LEAST_1]
Betas = Annotated[tuple[float, float], TWO_DECAY_RATES]
Pair = Annotated[tuple[float, float], TWO_NUMBERS]


@functools.cache
def kinds_of(optimizer: type) -> Mapping[str, tuple[Kind, ...]]:
    """The kinds of each setting of a class, from the annotations of its `__init__` and of those that it calls."""
    kinds = {}
    for init in (vars(base).get("__init__", object.__init__) for base in reversed(optimizer.__mro__)):
        for name, hint in get_type_hints(init, include_extras=True).items():
            parts = (hint, *get_args(hint))  # of a Count | None, the Count
            declared = tuple(x for part in parts for x in getattr(part, "__metadata__", ()) if isinstance(x, Kind))
            kinds[name] = declared or ((SWITCH,) if hint is bool else (NUMBER,))
    return kinds


def checked(caller: str, name: str, value: Any, kinds: Sequence[Kind]) -> Any:
    """`value` as it is kept. Raises `ArgumentError` unless it is of all these kinds."""
    for kind in kinds:
        if not kind.fits(value):
            raise ArgumentError(f"{caller}: {name} must be {kind.expected}, got {value}")
        value = kind.kept(value)
    return value


def require(caller: str, kind: Kind, **values: Any) -> None:
    """Raise `ArgumentError` unless all of these arguments are of this kind."""
    for name, value in values.items():
        if not kind.fits(value):
            raise ArgumentError(f"{caller}: {name} must be {kind.expected}, got {value!r}")
