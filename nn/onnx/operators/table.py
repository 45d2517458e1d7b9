"""The table of operators: ONNX operator -> what computes it with ops of `autograd_core`.

A row is a function of a `Node`. It reads the node's attributes, once and before anything is computed, refuses what
there is no op for, and returns a function of the node's inputs, where None stands for one that is left out. Inputs are
tensors, or numpy arrays: constants and shapes, of which shapes are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd_core import Tensor
from nn.errors import OnnxError

Compute = Callable[..., Any]
Row = Callable[["Node"], Compute]

OPERATORS: dict[str, Row] = {}


class Node(NamedTuple):
    """One node of a file."""

    kind: str
    name: str
    inputs: tuple[str, ...]  # "" for one that is left out
    outputs: tuple[str, ...]
    attributes: dict[str, Any]  # numbers, texts and arrays
    opset: int

    def get(self, attribute: str, default: Any = None) -> Any:
        """An attribute, or its default."""
        return self.attributes.get(attribute, default)

    def refused(self, why: str) -> OnnxError:
        """The error for a node that is not supported."""
        called = f" {self.name!r}" if self.name else ""
        return OnnxError(f"load: the node{called} ({self.kind}) is not supported: {why}")

    def only(self, attribute: str, *allowed: Any) -> Any:
        """An attribute, the first of those allowed by default. Errors: OnnxError for another value."""
        value = self.get(attribute, allowed[0])
        if value not in allowed:
            raise self.refused(f"{attribute} must be {' or '.join(map(repr, allowed))}, and is {value!r}")
        return value


def reads(*kinds: str) -> Callable[[Row], Row]:
    """Decorator for the row of these operators."""

    def add(function: Row) -> Row:
        for kind in kinds:
            OPERATORS[kind] = function
        return function

    return add


def whole_numbers(x: Any) -> list[int]:
    """The numbers of a shape, of axes or of indices, which Python needs to know."""
    array = x.numpy() if isinstance(x, Tensor) else np.asarray(x)
    return [int(n) for n in array.reshape(-1)]


def kind_of_number(x: Any) -> str:
    """ "f", "i", "u" or "b"."""
    return str(x.dtype.kind)


Array = npt.NDArray[Any]
