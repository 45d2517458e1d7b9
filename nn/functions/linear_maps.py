"""What the fully connected layers compute."""

import math
from typing import Any

import autograd_core as ag
from autograd_core import ShapeError, Tensor
from nn.arguments import as_tensor

__all__ = ["bilinear", "linear"]


def linear(x: Any, weight: Any, bias: Any = None) -> Tensor:
    """x Wᵀ + b. Shapes: x (..., in), weight (out, in), bias (out,) -> (..., out)."""
    x = as_tensor(x)
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear: expects {weight.shape[1]} features in the last axis, got shape {x.shape}"
            + ("; flatten the images first" if math.prod(x.shape[1:]) == weight.shape[1] else "")
        )
    if bias is not None:
        return ag.linear(x, weight, bias)
    ag.check_one_float("linear", x, weight)
    return x @ weight.T


def bilinear(x1: Any, x2: Any, weight: Any, bias: Any = None) -> Tensor:
    """x1ᵀ W_k x2 + b_k for each k. Shapes: x1 (..., m), x2 (..., n), weight (out, m, n), bias (out,) -> (..., out).

    Gradient to W_k: Σ upstream_k·x1 x2ᵀ.
    """
    x1, x2 = as_tensor(x1), as_tensor(x2)
    if x1.shape[:-1] != x2.shape[:-1] or (x1.shape[-1:], x2.shape[-1:]) != (weight.shape[1:2], weight.shape[2:]):
        raise ShapeError(
            f"bilinear: expects x1 (..., {weight.shape[1]}) and x2 (..., {weight.shape[2]}) that are alike before, "
            f"got shapes {x1.shape} and {x2.shape}"
        )
    y = ag.einsum("...i,kij,...j->...k", x1, weight, x2)
    return y if bias is None else y + bias
