"""One signal, image or volume in place of a batch of them, as PyTorch's functions take it."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

import autograd_core as ag
from autograd_core import ShapeError
from nn.arguments import as_tensor

F = TypeVar("F", bound=Callable[..., Any])


def unbatched(axes: int) -> Callable[[F], F]:
    """Decorator for a function of (N, C, ...), with so many axes after C: (C, ...) is taken, and given, as well."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(x: Any, *args: Any, **named: Any) -> Any:
            if (x.ndim if hasattr(x, "ndim") else np.ndim(x)) != axes + 1:
                return function(x, *args, **named)
            try:
                y = function(ag.expand_dims(as_tensor(x), axis=0), *args, **named)
            except ShapeError as error:
                error.add_note(f"{np.shape(x)} was taken as (C, ...), of one example; a batch has another axis")
                raise
            return tuple([ag.squeeze(part, axis=0) for part in y]) if isinstance(y, tuple) else ag.squeeze(y, axis=0)

        return cast(F, call)

    return decorate
