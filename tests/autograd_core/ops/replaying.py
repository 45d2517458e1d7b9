"""Programs captured and run again: whether all that depends on the inputs went through ops.

What a function computes from its inputs by numpy, beside ops, is a constant to whoever sees the ops alone, such as a
compiler. Here the ops that a function executes on Tensors are noted and executed again with other inputs: unless the
results are those of the function itself, to the bit, something went another way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor


class Program:
    """The ops that were executed, in order, with the arrays that went in and came out."""

    def __init__(self) -> None:
        self._calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], list[Any]]] = []

    @contextlib.contextmanager
    def captured(self) -> Iterator[None]:
        """Note all that is executed within."""
        record = Tensor.record
        known: set[int] = set()

        def noted(op: Any, args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
            y = record(op, args, attributes)
            made = [part.array for part in _parts(y)]
            if known.isdisjoint(map(id, made)):  # else it has called itself, with inputs brought to one dtype
                known.update(map(id, made))
                held = tuple([Held(x.array) if isinstance(x, Tensor) else x for x in args])
                self._calls.append((op, held, dict(attributes), made))
            return y

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Tensor, "record", staticmethod(noted))
            patch.setattr(Tensor, "record_two", staticmethod(lambda op, a, b: noted(op, (a, b), {})))
            yield

    def run(self, given: Sequence[Any], instead: Sequence[Any], wanted: Sequence[Any]) -> list[Any]:
        """The arrays that come instead of the `wanted` ones if others come in `instead` of those that were `given`."""
        now = {id(old): new for old, new in zip(given, instead, strict=True)}
        with ag.no_grad():
            for op, args, attributes, made in self._calls:
                found = [Tensor.of(now.get(id(x.array), x.array)) if isinstance(x, Held) else x for x in args]
                parts = _parts(Tensor.record(op, tuple(found), attributes))
                now.update({id(old): new.array for old, new in zip(made, parts, strict=True)})
        return [now.get(id(x), x) for x in wanted]


class Held:
    """The array of a Tensor that went into an op."""

    def __init__(self, array: Any) -> None:
        self.array = array


def _parts(y: Any) -> list[Any]:
    return list(y) if isinstance(y, tuple) else [y]


def check_data_flows_through_ops(
    function: Callable[..., Any], inputs: Sequence[Any], others: Sequence[Any], seed: int = 0
) -> None:
    """That `function` of Tensors, and its recorded gradients, run again on `others`, are those that it has there.

    With `others` it draws random numbers from `seed` on, when it is captured from another state.
    """

    def run(numbers: Sequence[Any], seed: int) -> tuple[list[Any], list[Any]]:
        ag.manual_seed(seed)
        tensors = [ag.tensor(x, requires_grad=x.dtype.kind == "f") for x in numbers]
        given = [x.array for x in tensors]
        leaves = [x for x in tensors if x.requires_grad]
        made = []
        for y in [y for y in _parts(function(*tensors)) if isinstance(y, Tensor)]:
            made.append(y.array)
            if y.requires_grad:
                u = ag.tensor(np.random.default_rng(0).standard_normal(y.shape).astype(y.dtype))
                found = ag.gradients(y, leaves, u, create_graph=True)
                made += [g.array for g in found if g is not None]
        return given, made

    program = Program()
    with program.captured():
        given, made = run(inputs, seed + 7)
    instead, expected = run(others, seed)
    ag.manual_seed(seed)
    found = program.run(given, instead, made)
    assert len(found) == len(expected) > 0
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
