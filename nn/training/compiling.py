"""Which steps of a training are compiled, and what stops one in the middle."""

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd_core as ag
from nn.errors import DivergenceError
from nn.module import Module

_OUR_OWN = ("autograd_core", "nn", "optim")


@ag.array_op
def finite(loss: Any, /) -> Any:
    """The loss; where it is no finite number, a DivergenceError, in a compiled step as well. Gradient: upstream."""
    if not np.isfinite(loss).all():
        raise DivergenceError(f"the loss is {loss}")
    return loss.copy()


@finite.vjp("loss")
def _(g: Any) -> Any:
    return g


def can_be_compiled(model: Module, optimizer: Any, functions: Iterable[Any]) -> bool:
    """Whether these are this project's own, which do nothing in Python but compute, and nobody looks in by hooks.

    Nor may parameters get gradients that the optimiser does not forget before each step: they add up.
    """
    modules, parameters = list(model.modules()), list(model.parameters())
    if any(module._hooks for module in modules) or any(parameter.hooks for parameter in parameters):
        return False
    replaced = [x for module in modules for x in vars(module).values() if callable(x)]  # a forward, say
    if not all(map(_is_our_own, [*modules, *replaced, optimizer, *functions])):
        return False
    updated = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    return all(id(parameter) in updated for parameter in parameters if parameter.requires_grad)


def are_arrays(batches: Iterable[Iterable[Any]]) -> bool:
    """Whether mini-batches consist of arrays alone; of anything else each would be compiled apart."""
    return all(isinstance(x, (np.ndarray, ag.Tensor)) for batch in batches for x in batch)


def _is_our_own(used: Any) -> bool:
    while isinstance(used, functools.partial):
        used = used.func
    defined = used if hasattr(used, "__name__") else type(used)  # a function, or the class of an object
    return (getattr(defined, "__module__", None) or "").partition(".")[0] in _OUR_OWN
