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
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, GraphError, ShapeError
from autograd_core.tensor import Tensor

# Elements. A rule is some ten calls of numpy, or one of a kernel; but a toy should not have to load Numba.
_WORTH_A_KERNEL = 64


class UpdateRule:
    """Calls a formula with the arrays of tensors, and gives the tensors it updates their new values."""

    def __init__(self, function: Callable[..., Any]) -> None:
        parameters = inspect.signature(function).parameters.values()
        self.function = function
        self.name = self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.read = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
        self.updated = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
        self.numbers = tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
        self._positions = tuple(range(len(self.read), len(self.read) + len(self.updated)))
        self._compiles = True

    def __call__(self, *tensors: Tensor, **numbers: float) -> None:
        """Update the last of `tensors`, all of one shape, by the rule."""
        names = (*self.read, *self.updated)
        if len(tensors) != len(names):
            raise ArgumentError(f"{self.name}: takes the tensors {names}, got {len(tensors)} of them")
        if numbers.keys() != set(self.numbers):
            raise ArgumentError(f"{self.name}: takes the numbers {self.numbers}, got {tuple(numbers)}")
        shape = tensors[0].shape
        if any(tensor.shape != shape for tensor in tensors):
            raise ShapeError(f"{self.name}: tensors of one shape for {names}, got {[t.shape for t in tensors]}")
        updated = tensors[len(self.read) :]
        if any(tensor.node is not None for tensor in updated):
            raise GraphError(f"{self.name}: only leaves can be updated; one of {self.updated} was computed from others")
        arrays = [np.asarray(tensor.array, order="C") for tensor in tensors[: len(self.read)]]
        arrays += [_own_array(tensor) for tensor in updated]
        if self._kernel_takes(arrays):
            try:
                kernels.elementwise.run(
                    self.function, (*arrays, *[numbers[name] for name in self.numbers]), updated=self._positions
                )
            except kernels.elementwise.NoKernelError:
                self._compiles = False  # its source cannot be found, or is beyond Numba
            else:
                for tensor, array in zip(updated, arrays[len(self.read) :], strict=True):
                    tensor.array = array
                return
        with np.errstate(all="ignore"):
            new = self.function(*arrays, **numbers)
        for tensor, value in zip(updated, new if isinstance(new, tuple) else (new,), strict=True):
            tensor.assign(value)

    def _kernel_takes(self, arrays: list[Any]) -> bool:
        dtype = arrays[0].dtype
        if not (self._compiles and dtype.kind == "f" and all(x.dtype == dtype for x in arrays)):
            return False
        # By size alone, never by what happened before: a resumed training must round like one that was not stopped.
        return bool(arrays[0].size >= _WORTH_A_KERNEL)


def _own_array(tensor: Tensor) -> Any:
    """The tensor's array if nobody else holds it, so that it may be written to; else a copy."""
    array = tensor.array
    # Three: the tensor, the name above, and getrefcount's own argument. Views hold the array that they look at.
    if sys.getrefcount(array) == 3 and array.flags.owndata and array.flags.c_contiguous:
        return array
    return np.array(array, order="C")


def update_rule(function: Callable[..., Any]) -> UpdateRule:
    """Make an optimiser's step of a formula: see this module's description for an example."""
    return UpdateRule(function)
