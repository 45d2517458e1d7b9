"""Arguments under either name: numpy's and the array API's `axis`, `axes`, `keepdims`, or PyTorch's `dim`, `keepdim`.

And PyTorch's `p` of a norm for `ord`, its `unbiased` and numpy's `ddof` for `correction`, its `steps` for `num`.

A call with a function's own names pays nothing for the others: ops look at them where a name was not found.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

from autograd_core.errors import ArgumentError

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)

LEAVE_INPLACE_OUT = (
    "tensors are values, and none is changed in place: leave inplace out, and where the input is read again afterwards "
    "read the result"
)
_OTHER = {"dim": "axis", "dims": "axis", "keepdim": "keepdims", "axis": "dim", "keepdims": "keepdim"}
_OTHER |= {"p": "ord", "unbiased": "correction", "ddof": "correction"}  # of norms; of std and var, where true is 1
_OTHER |= {"steps": "num"}  # of linspace


class AxisOrDim(Protocol[P, T_co]):
    """A function that takes its axes under either name."""

    @overload
    def __call__(self, *args: P.args, **named: P.kwargs) -> T_co: ...
    @overload
    def __call__(self, *args: Any, dim: Any, **named: Any) -> T_co: ...
    @overload
    def __call__(self, *args: Any, axis: Any, **named: Any) -> T_co: ...
    @overload
    def __call__(self, *args: Any, keepdim: bool, **named: Any) -> T_co: ...
    @overload
    def __call__(self, *args: Any, keepdims: bool, **named: Any) -> T_co: ...


def under_own_names(function: str, own: Collection[str], named: dict[str, Any]) -> dict[str, Any]:
    """Arguments under the names that a function has for them; `named` itself if there is nothing to rename.

    A list of axes, as PyTorch takes it, becomes a tuple then.
    Errors: ArgumentError for one that is given under both of its names.
    """
    renamed = {}
    for name, value in named.items():
        mine = _OTHER.get(name)
        if mine == "axis" and mine not in own:
            mine = "axes"  # of a function that takes several, such as permute_dims
        if name in own or mine is None or mine not in own:
            renamed[name] = value
            continue
        if mine in named:
            raise given_twice(function, mine, name)
        value = int(value) if name == "unbiased" else value
        renamed[mine] = tuple(value) if isinstance(value, list) else value
    return named if renamed.keys() == named.keys() else renamed


def given_twice(function: str, name: str, other: str) -> ArgumentError:
    """What to raise for two names of one argument."""
    return ArgumentError(f"{function}: {name} and {other} are two names of one argument; got both, give one")


def axis_or_dim(function: Callable[P, T_co]) -> AxisOrDim[P, T_co]:
    """Decorator: the function takes `dim` for its `axis`, `keepdim` for its `keepdims`, or the other way round.

    >>> @axis_or_dim
    ... def last(x, axis=-1):
    ...     return axis
    >>> last(None, dim=0)
    0
    """
    code = function.__code__
    own = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])  # as inspect finds in 30 µs

    @functools.wraps(function)
    def call(*args: P.args, **named: P.kwargs) -> T_co:
        if named and not named.keys() <= own:
            return function(*args, **under_own_names(function.__name__, own, named))
        return function(*args, **named)

    return cast("AxisOrDim[P, T_co]", call)
