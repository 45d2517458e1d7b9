"""Arguments: what a compiled function of numbers is called with, and what of it decides which program is run."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.compiler.kinds import PLAIN, Same, plain_kind
from autograd_core.errors import CompileError
from autograd_core.tensor import Tensor
from autograd_core.transforms import map_tree
from autograd_core.value import Value


class OfArraysError(CompileError):
    """A function of Values and floats was called with arrays or Tensors."""


def is_float(x: Any) -> bool:
    """Whether x is an input: a float of Python's or numpy's."""
    return isinstance(x, (float, np.floating))


class Arguments:
    """The floats and the Values in (nested) arguments, each Value once, and a `key` that is alike for programs' kinds.

    Ints, bools, strings and all objects are a part of the function, and so of the key. With `lanes`, arrays of one
    axis may stand in place of floats; else there is an OfArraysError for them, as there is for Tensors.
    """

    def __init__(self, name: str, args: Any, named: Any, lanes: bool = False) -> None:
        self.args = args
        self.named = named
        self.inputs: list[Any] = []
        self.values: list[Value] = []
        self._places: dict[int, int] = {}
        self._name = name
        self._lanes = lanes
        self.key = self._kind(args), self._kind(named) if named else ()

    def with_inputs(self, inputs: Any) -> tuple[Any, Any]:
        """The arguments with other floats, in order."""
        rest = iter(inputs)

        def filled(x: Any) -> Any:
            return next(rest) if self._is_input(x) else x

        return map_tree(filled, self.args), map_tree(filled, self.named)

    def _is_input(self, x: Any) -> bool:
        return is_float(x) or (self._lanes and isinstance(x, np.ndarray))

    def _kind(self, tree: Any) -> Any:
        if isinstance(tree, (list, tuple)):
            return type(tree), tuple([self._kind(part) for part in tree])
        if isinstance(tree, dict):
            return dict, tuple([(key, self._kind(part)) for key, part in tree.items()])
        if self._is_input(tree):
            self.inputs.append(np.asarray(tree, np.float64) if isinstance(tree, np.ndarray) else float(tree))
            return float
        if type(tree) is Value:
            place = self._places.setdefault(id(tree), len(self.values))
            if place == len(self.values):
                self.values.append(tree)
            return "Value", place
        if isinstance(tree, (np.ndarray, Tensor)):
            raise OfArraysError(
                f"compile: {self._name} is a function of Values and floats, and was given an array of shape "
                f"{tree.shape}; for many numbers at once call its .batched(...) or .value_and_grad(...)"
            )
        return plain_kind(tree) if type(tree) in PLAIN or isinstance(tree, np.generic) else Same(tree)
