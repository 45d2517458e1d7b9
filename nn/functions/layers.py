"""What the basic layers compute."""

from __future__ import annotations

import math
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError
from nn.arguments import as_tensor

Pair = int | tuple[int, int]


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b. Shapes: x (..., in), weight (out, in), bias (out,) -> (..., out)."""
    x = as_tensor(x)
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear: expects {weight.shape[1]} features in the last axis, got shape {x.shape}"
            + ("; flatten the images first" if math.prod(x.shape[1:]) == weight.shape[1] else "")
        )
    return x @ weight.T if bias is None else ag.linear(x, weight, bias)


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1
) -> Any:
    """Convolution with a bias for each output channel; see `autograd_core.conv2d`."""
    return ag.conv2d(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)


def flatten(x: Any, start_dim: int = 1) -> Any:
    """All axes from `start_dim` on made into one."""
    if not 0 <= start_dim <= x.ndim:
        raise ArgumentError(f"flatten: start_dim {start_dim} is out of range for shape {x.shape}")
    return ag.reshape(x, (*x.shape[:start_dim], math.prod(x.shape[start_dim:])))
