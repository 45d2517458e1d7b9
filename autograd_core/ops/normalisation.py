"""Normalisation: numbers shifted and scaled to mean 0 and variance 1 over some axes.

One row for batch, layer, group and instance normalisation, which differ in the axes alone; without the shift it is
that of root mean square normalisation. What the forward pass finds out, the moments, the backward pass takes from it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError
from autograd_core.ops import elementwise, reduction
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op
from autograd_core.ops.shaping import as_array

__all__ = ["normalize", "normalize_with_moments"]

Axes = tuple[int, ...]
Shape = tuple[int, ...]


def _moments(x: Any, axes: Axes, centre: bool) -> tuple[Any, Any, Any]:
    """Mean and variance over `axes`, which stay with length 1, and x - mean; not shifted, the mean counts as 0."""
    n = reduction.count(x.shape, axes)
    mean = _sum(x, axes) / n if centre else np.zeros([1 if i in axes else k for i, k in enumerate(x.shape)], x.dtype)
    apart = x - mean if centre else x
    return mean, _sum_of_products(apart, apart, axes) / n, apart


def _sum(x: Any, axes: Axes) -> Any:
    """Σ x over `axes`, which stay with length 1."""
    return np.add.reduce(x, axis=axes, keepdims=True)


def _sum_of_products(a: Any, b: Any, axes: Axes) -> Any:
    """Σ a·b over `axes`, which stay with length 1; a and b have one shape."""
    kept = a.shape[: a.ndim - len(axes)]
    if axes != tuple(range(len(kept), a.ndim)) or a.size == 0:
        return _sum(a * b, axes)
    rows = (math.prod(kept), -1)
    return np.vecdot(a.reshape(rows), b.reshape(rows)).reshape(*kept, *[1] * len(axes))


class _Layout(NamedTuple):
    """How a kernel sees an array: as `slices`, (N, K, M), with weights of shape `weights`, a table (P, Q) to it."""

    slices: Shape
    weights: Shape
    table: Shape
    moments: Shape

    def tabulate(self, weight: Any) -> Any:
        if weight.size != self.table[0] * self.table[1]:
            weight = np.broadcast_to(weight, self.weights)
        return kernels.plan.contiguous(weight).reshape(self.table)

    def untabulate(self, gradient: Any, shape: Shape) -> Any:
        """Of the weights' own shape where they did not broadcast; else the engine sums."""
        return gradient.reshape(shape if gradient.size == math.prod(shape) else self.weights)


def _layout_for_kernel(axes: Axes, weights: Shape, *arrays: Any) -> _Layout | None:
    """The layout of arrays that a kernel takes, or None: that depends on their sizes and dtypes alone."""
    x = arrays[0]
    if (
        x.dtype not in kernels.FLOATS
        or not kernels.plan.is_long(x.size, kernels.LONG_FOR_SEVERAL)
        or any(a.dtype != x.dtype for a in arrays)
    ):
        return None
    return _layout(x.shape, axes, weights)


@lru_cache(maxsize=1024)
def _layout(shape: Shape, axes: Axes, weights: Shape) -> _Layout | None:
    """None if the axes that stay do not lie together, or the weights do not repeat as a table does."""
    ndim = len(shape)
    seen = reduction.slices_of(shape, axes)
    weights = (*[1] * (ndim - len(weights)), *weights)
    if seen is None or len(weights) > ndim:
        return None
    *slices, first, last = seen
    if slices[0] > 1 and math.prod(weights[last:]) == 1:  # each channel has a weight of its own
        weights = (*weights[:first], *np.broadcast_shapes(weights[first:last], shape[first:last]), *weights[last:])
    rows = next((i for i in range(first, last) if weights[i] != 1), last)
    width = next((i for i in range(ndim, last, -1) if weights[i - 1] != 1), last)
    fits = (*[1] * rows, *shape[rows:last], *shape[last:width], *[1] * (ndim - width))
    if weights != fits:
        return None
    table = (math.prod(weights[:last]), math.prod(weights[last:]))
    return _Layout(tuple(slices), weights, table, tuple([1 if i in axes else n for i, n in enumerate(shape)]))


@array_op(outputs=("y", "mean", "var"))
def _normalize(x: Any, weight: Any, bias: Any, /, axes: Axes, eps: float, centre: bool) -> Any:
    """(x - mean)/√(var + eps) over `axes`, times weight, plus bias, both of which broadcast; and the mean and var."""
    layout = _layout_for_kernel(axes, np.broadcast_shapes(weight.shape, bias.shape), x, weight, bias)
    if layout is None:
        mean, var, apart = _moments(x, axes, centre)
        scale = 1 / np.sqrt(var + eps)
        return np.multiply(apart, scale, out=apart if centre else None) * weight + bias, mean, var
    y, mean, var = kernels.normalisation.normalize(
        kernels.plan.contiguous(x), layout.tabulate(weight), layout.tabulate(bias), layout.slices, eps, centre
    )
    return y, mean.reshape(layout.moments), var.reshape(layout.moments)


@_normalize.vjp("x", "weight", "bias")
def _(g, x, weight, mean, var, bias_shape, axes, eps, centre):
    return normalize_gradient(g, x, weight, mean, var, bias_shape=bias_shape, axes=axes, eps=eps, centre=centre)


_normalize.not_differentiable("mean", "var")


@array_op(outputs=("to_x", "to_weight", "to_bias"))
def normalize_gradient(
    g: Any, x: Any, weight: Any, mean: Any, var: Any, /, bias_shape: Shape, axes: Axes, eps: float, centre: bool
) -> Any:
    """The gradients of normalize, whose mean and variance are known, to x, weight and bias.

    To x: scale·(u - mean u - s·mean(u·s)) with u = g·weight, s the normalised x; to the weight Σ g·s, to the bias Σ g.
    """
    layout = _layout_for_kernel(axes, np.broadcast_shapes(weight.shape, bias_shape), x, weight, g)
    if layout is None:
        apart = x - mean if centre else x
        scale = 1 / np.sqrt(var + eps)
        u = g * weight
        n = reduction.count(x.shape, axes)
        to_x = u - apart * (_sum_of_products(u, apart, axes) * scale * scale / n)
        if centre:
            to_x -= _sum(u, axes) / n
        to_x *= scale
        to_weight, to_bias = g * (apart * scale), g
    else:
        to_x, to_weight, to_bias = kernels.normalisation.normalize_gradient(
            kernels.plan.contiguous(g),
            kernels.plan.contiguous(x),
            layout.tabulate(weight),
            mean.reshape(-1),
            var.reshape(-1),
            layout.slices,
            eps,
            centre,
        )
        to_weight, to_bias = layout.untabulate(to_weight, weight.shape), layout.untabulate(to_bias, bias_shape)
    return to_x, reduction.sum_to(to_weight, weight.shape), reduction.sum_to(to_bias, bias_shape)


normalize_gradient.not_differentiable("mean", "var")  # are functions of x, which counts them


@normalize_gradient.formula
def _(g, x, weight, mean, var, bias_shape, axes, eps, centre):
    how = {"axes": axes, "eps": eps, "centre": centre}
    to_weight = g * _standardized(x, **how)
    to_x = _standardize_gradient(g * weight, x, **how)
    return to_x, reduction.sum_to(to_weight, weight.shape), reduction.sum_to(g, bias_shape)


def _standardized(x: Any, **how: Any) -> Any:
    return _normalize(x, np.ones((), x.dtype), np.zeros((), x.dtype), **how)[0]


@array_op
def _standardize_gradient(u: Any, x: Any, /, axes: Axes, eps: float, centre: bool) -> Any:
    """u passed back to x through y = (x - mean)·scale: scale·(u - mean u - y·mean(u·y)), a symmetric map of u."""
    mean, var, _ = _moments(x, axes, centre)
    weight = np.ones((), x.dtype)
    return normalize_gradient(u, x, weight, mean, var, bias_shape=(), axes=axes, eps=eps, centre=centre)[0]


@_standardize_gradient.vjp("u")
def _(g, x, axes, eps, centre):
    return _standardize_gradient(g, x, axes=axes, eps=eps, centre=centre)


@_standardize_gradient.vjp("x")
def _(g, u, x, y, axes, eps, centre):
    # Σ g·scale·(u - mean u - s·mean(u·s)) depends on x through s = standardize(x) and through the scale, whose
    # derivative is -scale²·s/n.
    same = {"axes": axes, "eps": eps, "centre": centre}
    s = _standardized(x, **same)
    mean_square = reduction.var(x, axis=axes, keepdims=True) if centre else _mean(x * x, axes)
    scale = elementwise.rsqrt(mean_square + eps)
    through_s = scale * (g * _mean(u * s, axes) + u * _mean(g * s, axes))
    return -(_standardize_gradient(through_s, x, **same) + scale * s * _mean(g * y, axes))


def _mean(x: Any, axes: Axes) -> Any:
    return reduction.mean(x, axis=axes, keepdims=True)


@axis_or_dim
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


@axis_or_dim
def normalize_with_moments(
    x: Any, /, axis: reduction.Axis, weight: Any = None, bias: Any = None, eps: float = 1e-5, centre: bool = True
) -> tuple[Any, Any, Any]:
    """`normalize`, and the mean and the variance that it found: without a gradient, and with `axis` kept as length 1.

    Batch normalisation remembers them for evaluation.
    """
    x = as_array(x, "normalize")
    axes = reduction.reduced_axes("normalize", x.shape, axis)
    if not eps >= 0:
        raise ArgumentError(f"normalize: eps is a small number that is not negative, got {eps}")
    weight = np.ones((), x.dtype) if weight is None else weight
    bias = np.zeros((), x.dtype) if bias is None else bias
    found: tuple[Any, Any, Any] = _normalize(x, weight, bias, axes=axes, eps=float(eps), centre=centre)
    return found
