"""What several parts of this package ask of what they are given, in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

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
    if state_dict.keys() != set(expected):
        raise ArgumentError(f"{caller}: a state has the parts {sorted(expected)}, got {sorted(state_dict)}")
