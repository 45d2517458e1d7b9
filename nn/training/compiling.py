"""Which steps of a training are compiled, and what stops one in the middle."""

import functools
import math
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
    if not (math.isfinite(loss) if loss.ndim == 0 else np.isfinite(loss).all()):  # numpy takes five microseconds
        raise DivergenceError(f"the loss is {loss}")
    return loss.copy()


@finite.vjp("loss")
def _(g: Any) -> Any:
    return g


def can_be_compiled(model: Module, optimizer: Any, functions: Iterable[Any]) -> bool:
    """Whether these are this project's own, which do nothing in Python but compute, and nobody looks in by hooks.

    Nor may parameters get gradients that the optimiser does not forget before each step: they add up.
    """
    if not all(map(_is_our_own, (optimizer, *functions))):
        return False
    updated = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    for module in model.modules():
        if module._hooks or not _is_our_own(type(module)):
            return False
        for part in vars(module).values():
            if callable(part) and not isinstance(part, Module) and not _is_our_own(part):  # a forward, say
                return False
        for parameter in module.own_parameters():
            if parameter.hooks or (parameter.requires_grad and id(parameter) not in updated):
                return False
    return True


def are_arrays(batches: Iterable[Iterable[Any]]) -> bool:
    """Whether mini-batches consist of arrays alone; of anything else each would be compiled apart."""
    return all(isinstance(x, (np.ndarray, ag.Tensor)) for batch in batches for x in batch)


def _is_our_own(used: Any) -> bool:
    while isinstance(used, functools.partial):
        used = used.func
    defined = used if hasattr(used, "__name__") else type(used)  # a function, or the class of an object
    return (getattr(defined, "__module__", None) or "").partition(".")[0] in _OUR_OWN
