"""Softmax and its kin: probabilities from numbers of any size, and the logarithm of what normalises them."""

import math
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.ops import elementwise, reduction
from autograd_core.ops.definition import array_op

__all__ = ["log_softmax", "logsumexp", "masked_softmax", "softmax"]


@array_op
def logsumexp(x: Any, /, axis: reduction.Axis = -1, keepdims: bool = False) -> Any:
    """log Σ exp(x) along `axis`, without overflow.

    Shapes: (..., n, ...) -> (..., ...).  Gradient: upstream · softmax(x).
    A slice that is all -inf gives -inf, with gradient 0.

    >>> from autograd_core import logsumexp, tensor
    >>> round(float(logsumexp(tensor([0.0, 0.0]))), 4)
    0.6931
    """
    x, axes = reduction.floating(x), reduction.reduced_axes("logsumexp", np.shape(x), axis)
    if _rows_for_kernel(axes, x):
        total = kernels.softmax.logsumexp(_rows(x, axes))
        return total.reshape([1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes])
    shift = _finite_max(x, axes)
    with np.errstate(divide="ignore"):
        total = np.log(np.sum(np.exp(x - shift), axis=axes, keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis=axes)


@logsumexp.vjp("x")
@array_op
def logsumexp_gradient(g: Any, x: Any, y: Any, /, axis: reduction.Axis) -> Any:
    """g · softmax(x), where y = logsumexp(x); 0 in a slice that is all -inf."""
    axes = reduction.reduced_axes("logsumexp", x.shape, axis)
    if _rows_for_kernel(axes, x) and g.dtype == y.dtype == x.dtype:
        g, y = (kernels.plan.contiguous(a).reshape(-1) for a in (g, y))
        return kernels.softmax.logsumexp_gradient(g, _rows(x, axes), y).reshape(x.shape)
    return _logsumexp_gradient(g, x, y, axis)


@logsumexp_gradient.formula
def _logsumexp_gradient(g, x, y, axis):
    y = reduction.keep("logsumexp", y, x.shape, axis)
    y = elementwise.where(y == -math.inf, 0.0, y)
    return reduction.keep("logsumexp", g, x.shape, axis) * elementwise.exp(x - y)


@array_op
def softmax(x: Any, /, axis: reduction.Axis = -1) -> Any:
    """exp(x) / Σ exp(x) along `axis`: positive numbers that add to 1 (deck C). Gradient: y(g - Σ g·y)."""
    x, axes = reduction.floating(x), reduction.reduced_axes("softmax", np.shape(x), axis)
    if _rows_for_kernel(axes, x):
        return kernels.softmax.softmax(_rows(x, axes)).reshape(x.shape)
    e = np.exp(x - _finite_max(x, axes))
    return e / np.sum(e, axis=axes, keepdims=True)


@softmax.vjp("x")
@array_op
def softmax_gradient(g: Any, y: Any, /, axis: reduction.Axis) -> Any:
    """y(g - Σ g·y), where y = softmax(x)."""
    axes = reduction.reduced_axes("softmax", y.shape, axis)
    if _rows_for_kernel(axes, g, y):
        return kernels.softmax.softmax_gradient(_rows(g, axes), _rows(y, axes)).reshape(y.shape)
    return _softmax_gradient(g, y, axis)


@softmax_gradient.formula
def _softmax_gradient(g, y, axis):
    return y * (g - reduction.sum(g * y, axis=axis, keepdims=True))


@array_op
def masked_softmax(x: Any, bias: Any, /, axis: reduction.Axis = -1) -> Any:
    """softmax(x + bias) along `axis`, and 0 where the bias, which broadcasts, is -inf, also if it is so all along.

    Gradient to x and to the bias: y(g - Σ g·y), softmax's.
    """
    blocked = np.isneginf(bias)
    if not blocked.any():
        return softmax.function(x + bias, axis)
    # As good as -inf, for exp of it is 0; but a row of -inf would make softmax 0/0.
    y = softmax.function(x + np.where(blocked, float(np.finfo(x.dtype).min) / 2, bias), axis)
    nowhere = np.all(blocked, axis=axis, keepdims=True)
    return np.where(nowhere, y.dtype.type(0), y) if nowhere.any() else y


@masked_softmax.vjp("x", "bias")
def _(g, y, axis):
    share = softmax_gradient(g, y, axis)
    return share, share


@array_op
def log_softmax(x: Any, /, axis: reduction.Axis = -1) -> Any:
    """log softmax(x), without the loss of taking one after the other (deck E). Gradient: g - softmax(x)·Σ g."""
    x, axes = reduction.floating(x), reduction.reduced_axes("log_softmax", np.shape(x), axis)
    if _rows_for_kernel(axes, x):
        return kernels.softmax.log_softmax(_rows(x, axes)).reshape(x.shape)
    shifted = x - _finite_max(x, axes)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axes, keepdims=True))


@log_softmax.vjp("x")
@array_op
def log_softmax_gradient(g: Any, y: Any, /, axis: reduction.Axis) -> Any:
    """g - softmax(x)·Σ g, where y = log_softmax(x)."""
    axes = reduction.reduced_axes("log_softmax", y.shape, axis)
    if _rows_for_kernel(axes, g, y):
        return kernels.softmax.log_softmax_gradient(_rows(g, axes), _rows(y, axes)).reshape(y.shape)
    return _log_softmax_gradient(g, y, axis)


@log_softmax_gradient.formula
def _log_softmax_gradient(g, y, axis):
    return g - elementwise.exp(y) * reduction.sum(g, axis=axis, keepdims=True)


def _rows_for_kernel(axes: tuple[int, ...], *arrays: Any) -> bool:
    """Whether a kernel takes these arrays of one shape as rows along `axes`; sizes and dtypes decide, nothing else."""
    first = arrays[0]
    return (
        all(a.dtype == first.dtype for a in arrays)
        and first.dtype in kernels.FLOATS
        and kernels.plan.is_long(first.size, kernels.LONG_FOR_SEVERAL)
        and set(axes) == set(range(first.ndim - len(axes), first.ndim))
    )


def _rows(x: Any, axes: tuple[int, ...]) -> Any:
    """x with the last axes as one, C-contiguous."""
    return kernels.plan.contiguous(x).reshape(-1, reduction.count(x.shape, axes))


def _finite_max(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest element, kept as an axis of length 1, or 0 where it is infinite: ±inf - ±inf would be nan."""
    largest = np.max(x, axis=axes, keepdims=True, initial=-math.inf)
    return np.where(np.isinf(largest), np.zeros_like(largest), largest)
