"""What lets a backward hook see the gradients on their way through a module: ops that do nothing but tell.

A forward with such hooks passes its inputs and its outputs through one identity each. Several tensors go through
together, as one vector, so that their gradients come together, too.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn.arguments import kind_of

Hook = Callable[[Any, tuple[Any, ...], tuple[Any, ...]], Any]


class Passage:
    """One call of a module, from its inputs to its outputs, and the gradients that come back through it."""

    def __init__(self, module: Any, hooks: Sequence[Hook]) -> None:
        self._module, self._hooks = module, hooks
        self._has_input_gradients = False
        self._inputs = 0
        self._output_gradients: tuple[Any, ...] = ()

    def into(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs, to be given to `forward`."""
        self._inputs = len(inputs)
        watched = {i: x for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad}
        self._has_input_gradients = bool(watched)

        def tell(gradients: list[Tensor]) -> list[Tensor]:
            given: list[Any] = [None] * len(inputs)
            for place, gradient in zip(watched, gradients, strict=True):
                given[place] = gradient
            answer = self._ask(tuple(given))
            return [_fitting(answer[place], x) for place, x in watched.items()]

        passed = dict(zip(watched, _watched(list(watched.values()), tell), strict=True))
        return tuple([passed.get(i, x) for i, x in enumerate(inputs)])

    def out_of(self, output: Any) -> Any:
        """The output, to be given to the caller; a tensor, or tuples and lists of such."""
        tensors = _tensors(output)
        watched = [i for i, y in enumerate(tensors) if y.requires_grad]

        def tell(gradients: list[Tensor]) -> list[Tensor]:
            given: list[Any] = [None] * len(tensors)
            for place, gradient in zip(watched, gradients, strict=True):
                given[place] = gradient
            self._output_gradients = tuple(given)
            if not self._has_input_gradients:
                self._ask((None,) * self._inputs)
            return gradients

        passed = iter(_watched([tensors[i] for i in watched], tell))
        return _with_tensors(output, iter([next(passed) if y.requires_grad else y for y in tensors]))

    def _ask(self, input_gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of the inputs, as the hooks leave them."""
        output_gradients, self._output_gradients = self._output_gradients, ()
        for hook in self._hooks:
            answer = hook(self._module, input_gradients, output_gradients)
            if answer is not None:
                answer = tuple(answer) if isinstance(answer, (tuple, list)) else (answer,)
                if len(answer) != len(input_gradients):
                    raise ArgumentError(
                        f"a backward hook returns None, or a gradient for each of {len(input_gradients)} inputs,"
                        f" got {len(answer)}"
                    )
                input_gradients = answer
        return input_gradients


@ag.array_op
def _told(x: Any, /, tell: Callable[[Any], Any]) -> Any:
    return x


@_told.vjp("x")
def _(g: Any, tell: Callable[[Any], Any]) -> Any:
    if isinstance(g, Tensor):  # this backward pass is recorded
        return tell(g)
    return tell(ag.tensor(g)).numpy().astype(g.dtype, copy=False)


def _watched(tensors: list[Any], tell: Callable[[list[Tensor]], list[Tensor]]) -> list[Any]:
    """The same tensors, of whose gradients `tell` is told, and which it may change."""
    if not tensors:
        return []
    if len(tensors) == 1:
        return [_told(tensors[0], tell=lambda g: tell([g])[0])]
    shapes = [x.shape for x in tensors]
    passed = _told(_joined(tensors), tell=lambda g: _joined(tell(_apart(g, shapes))))
    return [part.astype(x.dtype) for part, x in zip(_apart(passed, shapes), tensors, strict=True)]


def _joined(tensors: list[Any]) -> Any:
    return ag.concat([ag.reshape(x, (-1,)) for x in tensors])


def _apart(vector: Any, shapes: list[tuple[int, ...]]) -> list[Any]:
    sizes = [math.prod(shape) for shape in shapes]
    ends = list(itertools.accumulate(sizes))
    return [ag.reshape(vector[end - size : end], shape) for end, size, shape in zip(ends, sizes, shapes, strict=True)]


def _fitting(gradient: Any, of: Tensor) -> Tensor:
    if not isinstance(gradient, Tensor):
        raise ArgumentError(f"a backward hook returns tensors for gradients, got {kind_of(gradient)}")
    if gradient.shape != of.shape:
        raise ShapeError(f"a backward hook returned a gradient of shape {gradient.shape} for an input {of.shape}")
    return gradient


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, (tuple, list)):
        return [tensor for part in output for tensor in _tensors(part)]
    return [output] if isinstance(output, Tensor) else []


def _with_tensors(output: Any, tensors: Any) -> Any:
    """The output with other tensors in the places of its own."""
    if isinstance(output, (tuple, list)):
        parts = [_with_tensors(part, tensors) for part in output]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    return next(tensors) if isinstance(output, Tensor) else output
