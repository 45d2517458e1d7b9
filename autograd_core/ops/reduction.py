"""Reductions over axes."""

# The rows are named as the Python array API standard names them, `sum` and `max` among them.

import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, OutOfRangeError, ShapeError
from autograd_core.kernels.plan import is_long
from autograd_core.kernels.thresholds import LONG_FOR_REDUCTION
from autograd_core.ops import cumulative, elementwise, shaping
from autograd_core.ops.definition import array_op
from autograd_core.ops.op import given

__all__ = ["mean", "norm", "prod", "std", "sum", "var"]

Axis = int | tuple[int, ...] | None

_add_up: Any = np.add.reduce  # what np.sum calls, after half a microsecond of its own


def reduced_axes(name: str, shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The axes that `axis` names, none negative, none twice."""
    if axis is None:
        return tuple(range(len(shape)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = len(shape)
    found = tuple([a + ndim if a < 0 else a for a in axes])
    if not all(0 <= a < ndim for a in found) or len(set(found)) != len(found):
        raise _bad_axis(name, shape, axis)
    return found


def _bad_axis(name: str, shape: tuple[int, ...], axis: Axis) -> OutOfRangeError:
    return OutOfRangeError(f"{name}: axis {axis} does not name distinct axes of shape {shape}")


def keep(name: str, reduced: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """A reduced array with its reduced axes back, of length 1, so that it broadcasts against the input."""
    axes = reduced_axes(name, shape, axis)
    return shaping.reshape(reduced, tuple([1 if i in axes else n for i, n in enumerate(shape)]))


@lru_cache(maxsize=1024)
def slices_of(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, int, int, int, int] | None:
    """An array as kernels see it: (N, K, M), of which K remains, and from which axis to which that is.

    None if axes that are not among `axes` do not lie together.
    """
    end = next((i for i in range(len(shape), 0, -1) if i - 1 not in axes), 0)
    first = next((i for i in range(end) if i not in axes), 0)
    if any(axis in axes for axis in range(first, end)):
        return None
    return math.prod(shape[:first]), math.prod(shape[first:end]), math.prod(shape[end:]), first, end


def _by_kernel(name: str, kernel: Any, x: Any, axis: Axis, keepdims: bool, fits: Any = None) -> Any:
    """kernel(x, (N, K, M)) in the reduced shape, or None if x is short, or nothing for a kernel: for numpy, then."""
    if not is_long(x.size, LONG_FOR_REDUCTION) or x.dtype not in kernels.FLOATS or not x.flags.c_contiguous:
        return None
    axes = reduced_axes(name, x.shape, axis)
    slices = slices_of(x.shape, axes)
    if slices is None or not axes or (fits is not None and not fits(*slices[:3])):
        return None
    shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
    reduced = kernel(x, slices[:3]).reshape(shape)
    return reduced if kernels.plan.current() is not None else reduced[()]  # a number where numpy would give one


@array_op
def sum(x: Any, /, axis: Axis = None, keepdims: bool = False, *, dtype: Any = None) -> Any:
    """Σ x over `axis` (an axis, several, or all). Gradient: upstream, copied to every summand.

    It is added up in `dtype`; by default that of x, and for narrower integers and bools int64, or uint64 if they are
    unsigned.
    """
    if dtype is None and is_long(x.size, LONG_FOR_REDUCTION):
        total = _by_kernel("sum", _sum_by_kernel, x, axis, keepdims)
        if total is not None:
            return total
    try:
        return _add_up(x, axis=axis, dtype=dtype, keepdims=keepdims)
    except np.exceptions.AxisError:
        raise _bad_axis("sum", x.shape, axis) from None


@sum.vjp("x")
def _(g, x_shape, axis):
    return shaping.broadcast_to(keep("sum", g, x_shape, axis), x_shape)


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """A gradient summed over the axes along which its input of this shape was broadcast.

    Errors: ShapeError if no input of this shape broadcasts to that of the gradient.
    """
    if g.shape == shape:
        return g
    extra = g.ndim - len(shape)
    if g.shape[extra:] == shape and extra > 0:  # a bias: new leading axes, and nothing else
        return sum(g, axis=tuple(range(extra)))
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, g.shape[extra:], strict=True)):
        raise ShapeError(f"a gradient of shape {g.shape} for an input of shape {shape}")
    axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1))
    return shaping.reshape(sum(g, axis=axes), shape)


given.sum_to = sum_to


@array_op
def mean(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """The arithmetic mean over `axis`. Gradient: upstream / n, copied to each. The mean of nothing is nan."""
    shape = np.shape(x)
    axes = reduced_axes("mean", shape, axis)
    n = count(shape, axes)
    if not n:
        return np.full_like(np.sum(x, axis=axes, keepdims=keepdims), np.nan)
    total = _by_kernel("mean", _sum_by_kernel, x, axis, keepdims)
    if total is None:
        return np.mean(x, axis=axes, keepdims=keepdims)
    # Which is the same, but numpy's work is no part of a plan.
    return total / n if kernels.plan.current() is None else kernels.elementwise.run(elementwise.divide.row, (total, n))


@mean.vjp("x")
def _(g, x_shape, axis):
    n = count(x_shape, reduced_axes("mean", x_shape, axis))
    return shaping.broadcast_to(keep("mean", g / n if n else g, x_shape, axis), x_shape)


@array_op
def prod(x: Any, /, axis: Axis = None, keepdims: bool = False, *, dtype: Any = None) -> Any:
    """Π x over `axis`; of nothing it is 1. Gradient: upstream · the product of all others, also where that is 0.

    It is multiplied in `dtype`, as `sum` adds.
    """
    return np.prod(x, axis=reduced_axes("prod", np.shape(x), axis), dtype=dtype, keepdims=keepdims)


@prod.vjp("x")
def _(g, x, x_shape, axis):
    # The product of those before times that of those after: dividing y by x would fail at zeros.
    axes = reduced_axes("prod", x_shape, axis)
    order = (*[a for a in range(len(x_shape)) if a not in axes], *axes)
    moved = shaping.permute_dims(x, order)
    flat = shaping.reshape(moved, (*moved.shape[: len(order) - len(axes)], count(x_shape, axes)))
    others = cumulative.product_before(flat) * cumulative.product_before(flat[..., ::-1])[..., ::-1]
    others = shaping.permute_dims(shaping.reshape(others, moved.shape), tuple(np.argsort(order).tolist()))
    return keep("prod", g, x_shape, axis) * others


@array_op
def var(x: Any, /, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance Σ (x - mean)² / (n - correction) over `axis`; correction=1 estimates that of a population.

    Gradient: upstream · 2(x - mean) / (n - correction). With n ≤ correction, so also of nothing, it is nan.
    """
    axes = reduced_axes("var", np.shape(x), axis)
    found = _by_kernel("var", _var_by_kernel, x, axis, keepdims, fits=lambda n, k, m: n == 1 or m > 1)
    if found is not None:
        return found * (count(np.shape(x), axes) / _degrees(np.shape(x), axes, correction))
    centred = x - mean(x, axis=axes, keepdims=True)
    return np.sum(centred * centred, axis=axes, keepdims=keepdims) / _degrees(np.shape(x), axes, correction)


@var.vjp("x")
def _(g, x, x_shape, axis, correction):
    degrees = _degrees(x_shape, reduced_axes("var", x_shape, axis), correction)
    return keep("var", g, x_shape, axis) * (x - mean(x, axis=axis, keepdims=True)) * (2.0 / degrees)


@array_op
def std(x: Any, /, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The standard deviation √var over `axis`. Gradient: upstream · (x - mean) / ((n - correction)·y), 0 where y is."""
    axis = reduced_axes("std", np.shape(x), axis)
    return np.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


@std.vjp("x")
def _(g, x, y, x_shape, axis, correction):
    degrees = _degrees(x_shape, reduced_axes("std", x_shape, axis), correction)
    y = keep("std", y, x_shape, axis)
    share = keep("std", g, x_shape, axis) / (elementwise.where(y == 0, 1.0, y) * degrees)
    return share * (x - mean(x, axis=axis, keepdims=True))


def _sum_by_kernel(x: Any, slices: tuple[int, int, int]) -> Any:
    return kernels.reduction.sum_of_slices(x, slices)


def _var_by_kernel(x: Any, slices: tuple[int, int, int]) -> Any:
    return kernels.normalisation.variance(x, slices)


def _max_by_kernel(x: Any, slices: tuple[int, int, int]) -> Any:
    return kernels.reduction.largest_of_rows(x.reshape(slices[1:]))


def _min_by_kernel(x: Any, slices: tuple[int, int, int]) -> Any:
    return kernels.reduction.smallest_of_rows(x.reshape(slices[1:]))


def count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    """How many entries are reduced to one."""
    return math.prod([shape[a] for a in axes])


def _degrees(shape: tuple[int, ...], axes: tuple[int, ...], correction: float) -> float:
    """Degrees of freedom, n less the correction; nan where none is left, so that what is divided by it is."""
    left = count(shape, axes) - correction
    return left if left > 0 else math.nan


@array_op
def _max(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over `axis`; nan if there is one. Gradient: to the largest, shared evenly at a tie."""
    return _extreme("max", "largest", _max_by_kernel, np.max, x, axis, keepdims)


@_max.vjp("x")
def _(g, x, y, x_shape, axis):
    return _share("max", g, x == keep("max", y, x_shape, axis), axis)


@array_op
def _min(x: Any, /, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element over `axis`; nan if there is one. Gradient: to the smallest, shared evenly at a tie."""
    return _extreme("min", "smallest", _min_by_kernel, np.min, x, axis, keepdims)


@_min.vjp("x")
def _(g, x, y, x_shape, axis):
    return _share("min", g, x == keep("min", y, x_shape, axis), axis)


def _extreme(name: str, which: str, by_kernel: Any, by_numpy: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    found = _by_kernel(name, by_kernel, x, axis, keepdims, fits=lambda n, k, m: n == 1 and k > 1 and m > 1)
    if found is not None:
        return found
    axes = reduced_axes(name, np.shape(x), axis)
    if not count(np.shape(x), axes):
        raise ShapeError(f"{name}: no {which} element over axes {axes} of shape {np.shape(x)}, which are empty")
    return by_numpy(x, axis=axes, keepdims=keepdims)


def _share(name: str, g: Any, chosen: Any, axis: Axis) -> Any:
    """The upstream gradient of each slice, shared evenly among the elements that were chosen from it."""
    ties = shaping.astype(sum(chosen, axis=axis, keepdims=True), g.dtype)
    return keep(name, g, chosen.shape, axis) / ties * chosen


@array_op
def norm(x: Any, /, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """The vector norm (Σ |x|^ord)^(1/ord) over `axis`: 2 is the length, inf the largest |x|, 0 the number not 0.

    Gradient: upstream · sign(x)·(|x|/y)^(ord-1), which is x/y for ord=2; for ±inf to the extreme elements, shared
    evenly; for 0, a count, it is 0. It is 0 at elements that are 0, so also where the norm is.
    """
    axes = reduced_axes("norm", np.shape(x), axis)
    if isinstance(ord, str):
        raise ArgumentError(f"norm: ord is a number, got {ord!r}; 'fro' is 2, and linalg.matrix_norm has others")
    x = floating(x)
    size = x if ord == 2 else np.abs(x)  # whose square is the same
    if ord == math.inf:
        return np.max(size, axis=axes, keepdims=keepdims, initial=0.0)
    if ord == -math.inf:
        return np.min(size, axis=axes, keepdims=keepdims, initial=math.inf)
    if ord == 0:
        return np.sum(size != 0, axis=axes, keepdims=keepdims).astype(size.dtype)
    if ord == 1:
        return np.sum(size, axis=axes, keepdims=keepdims)
    with np.errstate(all="ignore"):
        powers = _add_up(_to_the(size, ord), axis=axes, keepdims=True)
        if ((powers > _least_power(size.dtype)) & (powers < math.inf)).all():
            y = _to_the(powers, 1 / ord)
        else:  # a power may have over- or underflowed: measure in units of the largest
            size = np.abs(x)
            unit = np.max(size, axis=axes, keepdims=True, initial=0.0)
            unit = np.where((unit > 0) & (unit < math.inf), unit, np.ones_like(unit))
            unit = np.ldexp(np.ones_like(unit), np.frexp(unit)[1] - 1)  # a power of 2, which rounds nothing
            y = unit * _to_the(np.sum(_to_the(size / unit, ord), axis=axes, keepdims=True), 1 / ord)
    return y if keepdims else y.reshape([n for i, n in enumerate(y.shape) if i not in axes])


@lru_cache(maxsize=8)
def _least_power(dtype: Any) -> Any:
    """From where on what was lost of a sum of powers, because it underflowed, does not show."""
    limits = np.finfo(dtype)
    return limits.tiny / limits.eps**2


@norm.vjp("x")
def _(g, x, y, x_shape, axis, ord):
    if ord == 0:  # a count
        return keep("norm", g, x_shape, axis) * elementwise.where(x == 0, 0.0, 0.0)
    if ord == 1:
        return keep("norm", g, x_shape, axis) * elementwise.sign(x)
    y = keep("norm", y, x_shape, axis)
    if ord in (math.inf, -math.inf):
        return _share("norm", g, elementwise.abs(x) == y, axis) * elementwise.sign(x)
    share = keep("norm", g, x_shape, axis) * x / elementwise.where(y == 0, 1.0, y)
    if ord == 2:
        return share
    # sign(x)·(|x|/y)^(ord-1) = x/y·(|x|/y)^(ord-2), and at x = 0 the last factor, which may be infinite, is left out.
    part = elementwise.abs(elementwise.where(x == 0, y, x)) / elementwise.where(y == 0, 1.0, y)
    return share * elementwise.pow(elementwise.where(y == 0, 1.0, part), ord - 2)


def _to_the(x: Any, power: float) -> Any:
    return x * x if power == 2 else np.sqrt(x) if power == 0.5 else x**power


def floating(x: Any) -> Any:
    """Whole numbers as float64, which numpy's own exp and log make of them; floats as they are."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)
