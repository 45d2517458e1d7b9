"""Update rules: how an optimiser changes parameters, written as its formula on numbers.

    @update_rule
    def momentum(g, /, p, v, *, rate, beta):
        v = beta * v - rate * g
        return p + v, v

Positional-only parameters are read, the others are updated with what is returned, in order, and
keyword-only parameters are numbers that are the same for all elements.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.tensor import Tensor


class UpdateRule:
    """Calls a formula with the arrays of tensors, and gives the tensors it updates their new values."""

    def __init__(self, function: Callable[..., Any]) -> None:
        parameters = inspect.signature(function).parameters.values()
        self.function = function
        self.name = self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.read = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
        self.updated = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)

    def __call__(self, *tensors: Tensor, **numbers: float) -> None:
        """Update the last of `tensors`, all of one shape, by the rule."""
        names = (*self.read, *self.updated)
        if len(tensors) != len(names):
            raise ArgumentError(f"{self.name}: takes the tensors {names}, got {len(tensors)} of them")
        shapes = [tensor.shape for tensor in tensors]
        if len(set(shapes)) > 1:
            raise ShapeError(f"{self.name}: tensors of one shape for {names}, got {shapes}")
        with np.errstate(all="ignore"):
            new = self.function(*[tensor.data for tensor in tensors], **numbers)
        for tensor, value in zip(tensors[len(self.read) :], new if isinstance(new, tuple) else (new,), strict=True):
            tensor.assign(value)


def update_rule(function: Callable[..., Any]) -> UpdateRule:
    """Make an optimiser's step of a formula: see this module's description for an example."""
    return UpdateRule(function)
