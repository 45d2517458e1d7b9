"""Normalisation: numbers shifted and scaled to mean 0 and variance 1 over some axes.

One row for batch, layer, group and instance normalisation, which differ in the axes alone; without the shift it is
that of root mean square normalisation. What the forward pass finds out, the moments, the backward pass takes from it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError
from autograd_core.ops import elementwise, reduction
from autograd_core.ops.definition import array_op
from autograd_core.ops.shaping import as_array

Axes = tuple[int, ...]


class _Moments:
    """Mean and variance of an array over some axes, which stay with length 1. Without the shift the mean counts as 0.

    The row fills in an empty one, for its caller and for the backward pass: arrays are values, so it stays true.
    """

    __slots__ = ("mean", "var")

    mean: Any
    var: Any

    def __init__(self) -> None:
        self.mean = 0.0
        self.var = None


def _apart(x: Any, axes: Axes, eps: float, centre: bool, moments: _Moments | None) -> tuple[Any, Any]:
    """x - mean in an array of its own, or x itself if it is not to be shifted, and the scale 1/√(var + eps)."""
    found = moments or _Moments()
    known = found.var is not None
    if centre and not known:
        found.mean = _sum(x, axes) / _count(x, axes)
    apart = x - found.mean if centre else x
    if not known:
        found.var = _sum_of_products(apart, apart, axes) / _count(x, axes)
    return apart, 1 / np.sqrt(found.var + eps)


def _times(x: Any, factor: Any, own: bool) -> Any:
    """x·factor, written into x if it is an array of our own."""
    return np.multiply(x, factor, out=x) if own else x * factor


def _count(x: Any, axes: Axes) -> int:
    return math.prod([x.shape[axis] for axis in axes])


def _sum(x: Any, axes: Axes) -> Any:
    """Σ x over `axes`, which stay with length 1."""
    if x.ndim > 2 and x.size >= kernels.LONG and axes == (0, *range(2, x.ndim)):  # what numpy does entry by entry
        return kernels.reduction.sum_of_channels(x).reshape(1, -1, *[1] * (x.ndim - 2))
    return np.add.reduce(x, axis=axes, keepdims=True)


def _sum_of_products(a: Any, b: Any, axes: Axes) -> Any:
    """Σ a·b over `axes`, which stay with length 1; a and b have one shape."""
    kept = a.shape[: a.ndim - len(axes)]
    if axes != tuple(range(len(kept), a.ndim)) or a.size == 0:
        return _sum(a * b, axes)
    rows = (math.prod(kept), -1)
    return np.vecdot(a.reshape(rows), b.reshape(rows)).reshape(*kept, *[1] * len(axes))


@array_op
def _standardize(x: Any, /, axes: Axes, eps: float, centre: bool, moments: _Moments | None = None) -> Any:
    """(x - mean)/√(var + eps) over `axes`."""
    apart, scale = _apart(x, axes, eps, centre, moments)
    return _times(apart, scale, centre)


@_standardize.vjp("x")
def _(g, x, axes, eps, centre, moments):
    return _standardize_gradient(g, x, axes=axes, eps=eps, centre=centre, moments=moments)


@array_op
def _normalize(
    x: Any, weight: Any, bias: Any, /, axes: Axes, eps: float, centre: bool, moments: _Moments | None = None
) -> Any:
    """(x - mean)/√(var + eps) over `axes`, times weight, plus bias, both of which broadcast."""
    apart, scale = _apart(x, axes, eps, centre, moments)
    if _is_constant(weight, x, axes):
        y = _times(apart, scale * weight, centre)
    else:
        y = _times(apart, scale, centre)
        y *= weight
    y += bias
    return y


def _is_constant(weight: Any, x: Any, axes: Axes) -> bool:
    """Whether a weight that broadcasts against x is the same all along `axes`, so that it goes with the scale."""
    missing = x.ndim - weight.ndim
    return all(axis < missing or weight.shape[axis - missing] == 1 for axis in axes)


@_normalize.vjp("x")
def _(g, x, weight, axes, eps, centre, moments):
    same = {"axes": axes, "eps": eps, "centre": centre, "moments": moments}
    if _is_constant(weight, x, axes):
        return _standardize_gradient(g, x, **same) * weight
    return _standardize_gradient(g * weight, x, **same)


@_normalize.vjp("weight")
def _(g, x, axes, eps, centre, moments):
    return g * _standardize(x, axes=axes, eps=eps, centre=centre, moments=moments)


@_normalize.vjp("bias")
def _(g):
    return g


@array_op
def _standardize_gradient(
    u: Any, x: Any, /, axes: Axes, eps: float, centre: bool, moments: _Moments | None = None
) -> Any:
    """u passed back to x through y = standardize(x): scale·(u - mean u - y·mean(u·y)), a symmetric map of u."""
    n = _count(x, axes)
    apart, scale = _apart(x, axes, eps, centre, moments)
    y = _times(apart, _sum_of_products(u, apart, axes) * scale * scale / n, centre)
    np.subtract(u, y, out=y)
    if centre:
        y -= _sum(u, axes) / n
    y *= scale
    return y


@_standardize_gradient.vjp("u")
def _(g, x, axes, eps, centre, moments):
    return _standardize_gradient(g, x, axes=axes, eps=eps, centre=centre, moments=moments)


@_standardize_gradient.vjp("x")
def _(g, u, x, y, axes, eps, centre, moments):
    # Σ g·scale·(u - mean u - s·mean(u·s)) depends on x through s = standardize(x) and through the scale, whose
    # derivative is -scale²·s/n.
    same = {"axes": axes, "eps": eps, "centre": centre, "moments": moments}
    s = _standardize(x, **same)
    mean_square = reduction.var(x, axis=axes, keepdims=True) if centre else _mean(x * x, axes)
    scale = elementwise.rsqrt(mean_square + eps)
    through_s = scale * (g * _mean(u * s, axes) + u * _mean(g * s, axes))
    return -(_standardize_gradient(through_s, x, **same) + scale * s * _mean(g * y, axes))


def _mean(x: Any, axes: Axes) -> Any:
    return reduction.mean(x, axis=axes, keepdims=True)


def normalize(
    x: Any, /, axis: reduction.Axis, weight: Any = None, bias: Any = None, eps: float = 1e-5, centre: bool = True
) -> Any:
    """(x - mean)/√(var + eps) over `axis`, times `weight` and plus `bias` where they are given, which broadcast.

    With `centre=False` the mean is not subtracted, and instead of the variance there is the mean of x². Gradient, with
    s for the normalised x and u = upstream·weight: (u - mean u - s·mean(u·s))/√(var + eps); to the weight upstream·s.

    >>> from autograd_core import normalize, tensor
    >>> normalize(tensor([1.0, 3.0]), axis=-1, eps=0.0)
    Tensor([-1.,  1.])
    """
    return normalize_with_moments(x, axis, weight, bias, eps, centre)[0]


def normalize_with_moments(
    x: Any, /, axis: reduction.Axis, weight: Any = None, bias: Any = None, eps: float = 1e-5, centre: bool = True
) -> tuple[Any, Any, Any]:
    """`normalize`, and the mean and the variance that it found: arrays without a gradient, `axis` kept with length 1.

    Batch normalisation remembers them for evaluation.
    """
    x = as_array(x, "normalize")
    axes = reduction.reduced_axes("normalize", x.shape, axis)
    if not eps >= 0:
        raise ArgumentError(f"normalize: eps is a small number that is not negative, got {eps}")
    same: dict[str, Any] = {"axes": axes, "eps": float(eps), "centre": centre, "moments": _Moments()}
    if weight is not None and bias is not None:
        y = _normalize(x, weight, bias, **same)
    else:
        y = _standardize(x, **same)
        y = y * weight if weight is not None else y + bias if bias is not None else y
    return y, same["moments"].mean, same["moments"].var
