"""What all losses share: the target's shape, and one number made of many."""

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, GraphError, ShapeError, Tensor, get_default_dtype
from nn.arguments import as_tensor

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(name: str, reduction: str, allowed: tuple[str, ...] = REDUCTIONS) -> str:
    """That a loss's `reduction` is one that it has."""
    if reduction not in allowed:
        raise ArgumentError(f"{name}: reduction must be one of {', '.join(allowed)}; got {reduction!r}")
    return reduction


def reduced(name: str, losses: Any, reduction: str) -> Any:
    """The mean or the sum of the losses of all elements, or with "none" the losses themselves."""
    if check_reduction(name, reduction) == "none":
        return losses
    return ag.mean(losses) if reduction == "mean" else ag.sum(losses)


def same_shape(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Both as what losses compute with. They do not broadcast, for (N, 1) against (N,) would compare all with all."""
    input = as_floats(input)
    target = constant(target, input.dtype)
    if input.shape != target.shape:
        raise ShapeError(
            f"{name}: input and target must have one shape, got {input.shape} and {target.shape}; reshape one"
        )
    return input, target


def as_floats(x: Any) -> Any:
    """What a loss judges; whole numbers as floating ones, since they would make such of what they are compared with."""
    x = as_tensor(x)
    return x if x.dtype.kind == "f" else ag.astype(x, get_default_dtype())


def signs(name: str, target: Any, dtype: Any) -> Any:
    """Labels of -1 and 1 by which a loss chooses between formulas: in them it has no gradient."""
    if isinstance(target, Tensor) and target.requires_grad:
        raise GraphError(f"{name}: there is no gradient for the target, which requires one; pass target.detach()")
    return constant(target, dtype)


def constant(x: Any, dtype: Any) -> Any:
    """Numbers in the dtype of those they are computed with; a Tensor that is learned, or depends on one, as it is."""
    if not isinstance(x, Tensor):
        return np.asarray(x, dtype)
    return x if x.requires_grad or x.dtype == dtype else ag.astype(x, dtype)
