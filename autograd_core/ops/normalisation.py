"""Normalisation: numbers shifted and scaled to mean 0 and variance 1 over some axes.

One row for batch, layer, group and instance normalisation, which differ in the axes alone; without the shift it is
that of root mean square normalisation. What the forward pass finds out, the moments, the backward pass takes from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError
from autograd_core.ops import elementwise, reduction
from autograd_core.ops.definition import array_op
from autograd_core.ops.shaping import as_array

Axes = tuple[int, ...]
Shape = tuple[int, ...]


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
        found.mean = _sum(x, axes) / reduction.count(x.shape, axes)
    apart = x - found.mean if centre else x
    if not known:
        found.var = _sum_of_products(apart, apart, axes) / reduction.count(x.shape, axes)
    return apart, 1 / np.sqrt(found.var + eps)


def _times(x: Any, factor: Any, own: bool) -> Any:
    """x·factor, written into x if it is an array of our own."""
    return np.multiply(x, factor, out=x) if own else x * factor


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
        return np.ascontiguousarray(weight).reshape(self.table)

    def untabulate(self, gradient: Any, shape: Shape) -> Any:
        """Of the weights' own shape where they did not broadcast; else the engine sums."""
        return gradient.reshape(shape if gradient.size == math.prod(shape) else self.weights)


def _layout_for_kernel(axes: Axes, weights: Shape, *arrays: Any) -> _Layout | None:
    """The layout of arrays that a kernel takes, or None: that depends on their sizes and dtypes alone."""
    x = arrays[0]
    if x.dtype not in kernels.FLOATS or x.size < kernels.LONG_FOR_SEVERAL or any(a.dtype != x.dtype for a in arrays):
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


@array_op
def _normalize(
    x: Any, weight: Any, bias: Any, /, axes: Axes, eps: float, centre: bool, moments: _Moments | None = None
) -> Any:
    """(x - mean)/√(var + eps) over `axes`, times weight, plus bias, both of which broadcast."""
    layout = _layout_for_kernel(axes, np.broadcast_shapes(weight.shape, bias.shape), x, weight, bias)
    if layout is None:
        apart, scale = _apart(x, axes, eps, centre, moments)
        return _times(apart, scale, centre) * weight + bias
    y, mean, var = kernels.normalisation.normalize(
        np.ascontiguousarray(x), layout.tabulate(weight), layout.tabulate(bias), layout.slices, eps, centre
    )
    if moments is not None:
        moments.mean = mean.reshape(layout.moments) if centre else 0.0
        moments.var = var.reshape(layout.moments)
    return y


@_normalize.vjp("x", "weight", "bias")
def _(g, x, weight, bias_shape, axes, eps, centre, moments, wanted):
    how = {"axes": axes, "eps": eps, "centre": centre, "moments": moments, "bias_shape": bias_shape}
    if isinstance(
        g, np.ndarray
    ):  # one pass of a kernel gives all three; recorded, each is an op with a pass of its own
        return _gradients(g, x, weight, wanted, **how)
    return tuple([normalize_gradient(g, x, weight, which=i, **how) if wanted[i] else None for i in range(3)])


@array_op
def normalize_gradient(
    g: Any,
    x: Any,
    weight: Any,
    /,
    which: int,
    axes: Axes,
    eps: float,
    centre: bool,
    moments: _Moments | None = None,
    bias_shape: Shape = (),
) -> Any:
    """The gradient of normalize to its input number `which`.

    To x: scale·(u - mean u - s·mean(u·s)) with u = g·weight, s the normalised x; to the weight Σ g·s, to the bias Σ g.
    """
    wanted = [i == which for i in range(3)]
    found = _gradients(g, x, weight, wanted, axes, eps, centre, moments, bias_shape)[which]
    return reduction.sum_to(found, (x.shape, weight.shape, bias_shape)[which])


@normalize_gradient.formula
def _(g, x, weight, which, axes, eps, centre, moments, bias_shape):
    return reduction.sum_to(
        _gradient_by_ops(g, x, weight, which, axes=axes, eps=eps, centre=centre, moments=moments),
        (x.shape, weight.shape, bias_shape)[which],
    )


def _gradients(
    g: Any,
    x: Any,
    weight: Any,
    wanted: Sequence[bool],
    axes: Axes,
    eps: float,
    centre: bool,
    moments: _Moments | None,
    bias_shape: Shape,
) -> tuple[Any, ...]:
    """The gradients of arrays to x, weight and bias, at least the wanted ones; they may still be to be summed."""
    how: dict[str, Any] = {"axes": axes, "eps": eps, "centre": centre, "moments": moments}
    layout = _layout_for_kernel(axes, np.broadcast_shapes(weight.shape, bias_shape), x, weight, g)
    if layout is not None:
        to_x, to_weight, to_bias = _gradients_by_kernel(g, x, weight, layout, **how)
        return to_x, layout.untabulate(to_weight, weight.shape), layout.untabulate(to_bias, bias_shape)
    return tuple([_gradient_by_ops(g, x, weight, i, **how) if wanted[i] else None for i in range(3)])


def _gradient_by_ops(g: Any, x: Any, weight: Any, which: int, **how: Any) -> Any:
    if which == 0:
        return _standardize_gradient(g * weight, x, **how)
    return g * _standardized(x, **how) if which == 1 else g


def _standardized(x: Any, **how: Any) -> Any:
    return _normalize(x, np.ones((), x.dtype), np.zeros((), x.dtype), **how)


def _gradients_by_kernel(
    g: Any, x: Any, weight: Any, layout: _Layout, axes: Axes, eps: float, centre: bool, moments: _Moments | None
) -> tuple[Any, Any, Any]:
    """The gradients to x, and to the tables of weights and biases."""
    found = moments or _Moments()
    if found.var is None:
        _apart(x, axes, eps, centre, found)
    mean = found.mean.reshape(-1) if centre else np.zeros(layout.slices[1], x.dtype)
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(x)
    to_x, to_weight, to_bias = kernels.normalisation.normalize_gradient(
        g, x, layout.tabulate(weight), mean, found.var.reshape(-1), layout.slices, eps, centre
    )
    return to_x, to_weight, to_bias


@array_op
def _standardize_gradient(
    u: Any, x: Any, /, axes: Axes, eps: float, centre: bool, moments: _Moments | None = None
) -> Any:
    """u passed back to x through y = (x - mean)·scale: scale·(u - mean u - y·mean(u·y)), a symmetric map of u."""
    layout = _layout_for_kernel(axes, (), x, u)
    if layout is not None:
        return _gradients_by_kernel(u, x, np.ones((), x.dtype), layout, axes, eps, centre, moments)[0]
    n = reduction.count(x.shape, axes)
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
    s = _standardized(x, **same)
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
    weight = np.ones((), x.dtype) if weight is None else weight
    bias = np.zeros((), x.dtype) if bias is None else bias
    return _normalize(x, weight, bias, **same), same["moments"].mean, same["moments"].var
