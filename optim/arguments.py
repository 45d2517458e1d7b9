"""What several parts of this package ask of what they are given, in the same words."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, Tensor


def listed(caller: str, parameters: Any) -> list[Any]:
    """`parameters` as a list. Raises `ArgumentError` for what is no collection, such as a module."""
    if isinstance(parameters, Tensor):
        raise ArgumentError(f"{caller}: takes a list of tensors, got a single one; write [tensor]")
    if not isinstance(parameters, Iterable):
        raise ArgumentError(f"{caller}: takes tensors, such as model.parameters(), got a {type(parameters).__name__}")
    return list(parameters)


def described(tensor: Any) -> str:
    """What is wrong with it as a parameter, in one line."""
    if not isinstance(tensor, Tensor):
        return f"a {type(tensor).__name__}"
    if not tensor.is_leaf:
        return f"a tensor of shape {tensor.shape} that was computed from others"
    return f"a tensor of shape {tensor.shape} and dtype {tensor.dtype}"


def check_leaves(caller: str, parameters: Iterable[Any]) -> None:
    """Raise `ArgumentError` unless all are what can be learned; frozen ones, which require no gradient, are."""
    for parameter in parameters:
        if not (isinstance(parameter, Tensor) and parameter.is_leaf and parameter.dtype.kind == "f"):
            raise ArgumentError(f"{caller}: takes leaf tensors of floats, got {described(parameter)}")


def check_parts(caller: str, state_dict: Mapping[str, Any], expected: Iterable[str]) -> None:
    """Raise `ArgumentError` unless the state has these parts and no others."""
    if not isinstance(state_dict, Mapping):
        raise ArgumentError(f"{caller}: a state is a dictionary, got a {type(state_dict).__name__}")
    if state_dict.keys() != set(expected):
        raise ArgumentError(f"{caller}: a state has the parts {sorted(expected)}, got {sorted(map(str, state_dict))}")


def loaded_dictionary(caller: str, name: str, value: Any) -> Mapping[str, Any]:
    """A part of a state that is a dictionary. Raises `ArgumentError` otherwise."""
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{caller}: {name} must be a dictionary, got {value!r}")
    return value


def loaded_number(caller: str, name: str, value: Any, like: float) -> Any:
    """A number of a state, of the kind that `like` is: a count from 0 on if that is whole, or any but nan.

    Raises `ArgumentError` otherwise.
    """
    if isinstance(like, int):
        if type(value) is not int or not 0 <= value <= _LARGEST_COUNT:
            raise ArgumentError(f"{caller}: {name} must be a whole number from 0 to {_LARGEST_COUNT}, got {value!r}")
        return value
    if type(value) not in (int, float) or value != value:
        raise ArgumentError(f"{caller}: {name} must be a number, got {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise ArgumentError(f"{caller}: {name} must be a number of float's range, got {value!r}") from None


def loaded_array(caller: str, name: str, value: Any, like: Tensor) -> Tensor:
    """An array of a state as a tensor of the shape and dtype of `like`. Raises `ArgumentError` if it does not fit."""
    if type(value) in (int, float) and like.shape == ():  # as what is read from files may be
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu" or value.shape != like.shape:
        came = f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)
        raise ArgumentError(f"{caller}: {name} must be numbers of shape {like.shape}, got {came}")
    return ag.tensor(value, dtype=like.dtype)


_LARGEST_COUNT = 2**53  # so far floats count
