"""Ops that change the shape of an array and leave its numbers alone, named as in the array API standard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core.devices import check_device
from autograd_core.errors import ArgumentError, DTypeError, OutOfRangeError, ShapeError
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op
from autograd_core.ops.op import given, recorded_within
from autograd_core.recording import Recorded

__all__ = [
    "astype",
    "broadcast_arrays",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flatten",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "reshape",
    "squeeze",
    "unflatten",
]

Shape = tuple[int, ...]


@array_op
def reshape(x: Any, /, shape: int | Sequence[int], copy: bool | None = None) -> Any:
    """The same elements, in the same (row-major) order, in another shape; one entry may be -1 and is worked out.

    Gradient: upstream, in the old shape. Tensors are values, so a copy shows in memory alone; with copy=False that
    which cannot do without one is an ArgumentError.
    """
    try:
        return x.reshape(shape) if copy is None else x.reshape(shape, copy=copy)
    except ValueError as error:
        if "copy" in str(error):
            raise ArgumentError(f"reshape: shape {np.shape(x)} to {shape} needs a copy; leave out copy=False") from None
        raise ShapeError(f"reshape: {np.size(x)} elements of shape {np.shape(x)} do not fit shape {shape}") from None


@reshape.vjp("x")
def _(g, x_shape):
    return reshape(g, x_shape)


given.reshape = reshape


@array_op
def permute_dims(x: Any, /, axes: Sequence[int]) -> Any:
    """The axes in another order: axis i of the result is axis axes[i] of x. Gradient: upstream, permuted back."""
    try:
        return x.transpose(axes)
    except ValueError:
        raise ArgumentError(f"permute_dims: axes {axes} must name each axis of shape {x.shape} once") from None


@permute_dims.vjp("x")
def _(g, axes):
    return permute_dims(g, tuple(np.argsort([a % len(axes) for a in axes]).tolist()))


def matrix_transpose(x: Any, /) -> Any:
    """The last two axes swapped: (..., m, n) -> (..., n, m)."""
    ndim = (x := as_array(x, "matrix_transpose")).ndim
    if ndim < 2:
        raise ShapeError(f"matrix_transpose: needs at least two axes, got shape {x.shape}")
    return permute_dims(x, (*range(ndim - 2), ndim - 1, ndim - 2))


@array_op
def broadcast_to(x: Any, /, shape: Sequence[int]) -> Any:
    """x repeated along axes of length 1, and along new leading ones, uncopied. Gradient: upstream, summed back."""
    try:
        return np.broadcast_to(x, shape)
    except ValueError:
        raise ShapeError(f"broadcast_to: shape {np.shape(x)} does not broadcast to {tuple(shape)}") from None


@broadcast_to.vjp("x")
def _(g):
    return g  # the engine sums it back, as it does for every op that broadcasts


@array_op
def expand_dims(x: Any, /, axis: int = 0) -> Any:
    """A new axis of length 1 at `axis`. Gradient: upstream without it."""
    if not -np.ndim(x) - 1 <= axis <= np.ndim(x):
        raise OutOfRangeError(f"expand_dims: axis {axis} is out of range for shape {np.shape(x)}")
    return np.expand_dims(x, axis)


@expand_dims.vjp("x")
def _(g, x_shape):
    return reshape(g, x_shape)


for _op in (reshape, permute_dims, broadcast_to, expand_dims):
    _op.may_view = True


def as_array(x: Any, op: str, beside: Any = None) -> Any:
    """A number or list as the array it stands for; what has axes, as arrays and Tensors have, stays what it is.

    Floats in a list take the dtype of the array or Tensor that they stand `beside`.
    """
    if hasattr(x, "ndim"):
        return x
    if isinstance(x, Recorded):
        raise DTypeError(f"{op} works on arrays and a Value is a single number; use a Tensor")
    if recorded_within(x) is not None:
        raise DTypeError(f"{op}: takes a tensor, not a list of them; join them with stack or concat first")
    array = np.asarray(x)
    if hasattr(beside, "ndim") and array.dtype.kind == beside.dtype.kind == "f":
        array = array.astype(beside.dtype)
    return array


def as_arrays(arrays: Sequence[Any], op: str) -> list[Any]:
    """`as_array` of what is to be joined: floats in lists take the dtype of the first array or Tensor."""
    beside = next((x for x in arrays if hasattr(x, "ndim")), None)
    return [as_array(x, op, beside) for x in arrays]


def check_one_float(op: str, x: Any, weights: Any) -> None:
    """Refuse a layer's inputs whose floats are wider than its weights': all that follows would be float64 as well."""
    if x.dtype.kind == weights.dtype.kind == "f" and x.dtype.itemsize > weights.dtype.itemsize:
        raise DTypeError(
            f"{op}: the input is {x.dtype} and the weights are {weights.dtype}; bring the input to theirs with "
            f"x.astype({str(weights.dtype)!r}), or the model to the input's with model.astype({str(x.dtype)!r})"
        )


def in_native_order(array: Any) -> Any:
    """The array, its bytes in the machine's own order: files may have the other, kernels and LAPACK have not."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def single_axis(name: str, shape: Shape, axis: int) -> int:
    """An axis of this shape, not negative."""
    if not isinstance(axis, (int, np.integer)) or not -len(shape) <= axis < len(shape):
        raise OutOfRangeError(f"{name}: axis {axis} is not one of the {len(shape)} axes of shape {shape}")
    return int(axis) % len(shape)


def several_axes(name: str, shape: Shape, axes: int | Sequence[int]) -> tuple[int, ...]:
    """Axes of this shape, none negative, none twice."""
    axes = (axes,) if isinstance(axes, (int, np.integer)) else tuple(axes)
    found = tuple([single_axis(name, shape, axis) for axis in axes])
    if len(set(found)) != len(found):
        raise ArgumentError(f"{name}: axes {axes} name an axis of shape {shape} twice")
    return found


@axis_or_dim
def squeeze(x: Any, /, axis: int | Sequence[int] | None = None) -> Any:
    """x without these axes, which must have length 1; without all such axes if none is given."""
    x = as_array(x, "squeeze")
    ones = tuple([i for i, n in enumerate(x.shape) if n == 1])
    axes = ones if axis is None else several_axes("squeeze", x.shape, axis)
    if not set(axes) <= set(ones):
        raise ShapeError(f"squeeze: axis {axis} of shape {x.shape} is longer than 1, and only axes of length 1 can go")
    return reshape(x, tuple([n for i, n in enumerate(x.shape) if i not in axes]))


def flatten(x: Any, /, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from `start_dim` to `end_dim`, both included, made into one: all of them unless others are given.

    Shapes: (m, n, ...) -> (m·n·...,), the elements in row-major order; PyTorch's names, for the array API has none.
    """
    if start_dim == 0 and end_dim == -1:
        return reshape(x, (-1,))
    x = as_array(x, "flatten")
    first, last = single_axis("flatten", x.shape, start_dim), single_axis("flatten", x.shape, end_dim)
    if first > last:
        raise ArgumentError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in shape {x.shape}")
    return reshape(x, (*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


@axis_or_dim
def unflatten(x: Any, /, axis: int, sizes: Sequence[int]) -> Any:
    """One axis made into several; one of the sizes may be -1, for what is left. The inverse of `flatten`."""
    x = as_array(x, "unflatten")
    along = single_axis("unflatten", x.shape, axis)
    known = math.prod([size for size in sizes if size != -1])
    unknown = sum([size == -1 for size in sizes])
    n = x.shape[along]
    if any(size < -1 for size in sizes) or unknown > 1 or (n % known if unknown and known else n != known):
        raise ShapeError(f"unflatten: axis {axis} of shape {x.shape} cannot be made into {tuple(sizes)}")
    parts = [n // known if size == -1 else size for size in sizes]
    return reshape(x, (*x.shape[:along], *parts, *x.shape[along + 1 :]))


def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int], /) -> Any:
    """The axes `source` moved to the places `destination`; the others keep their order."""
    x = as_array(x, "moveaxis")
    here, there = several_axes("moveaxis", x.shape, source), several_axes("moveaxis", x.shape, destination)
    if len(here) != len(there):
        raise ArgumentError(f"moveaxis: {len(here)} axes {source} cannot move to {len(there)} places {destination}")
    order = [axis for axis in range(x.ndim) if axis not in here]
    for place, axis in sorted(zip(there, here, strict=True)):
        order.insert(place, axis)
    return permute_dims(x, tuple(order))


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """Arrays broadcast against each other to one shape, uncopied. Gradient: upstream, summed back."""
    arrays = tuple([as_array(x, "broadcast_arrays") for x in arrays])
    try:
        shape = np.broadcast_shapes(*[x.shape for x in arrays])
    except ValueError:
        shapes = ", ".join([str(x.shape) for x in arrays])
        raise ShapeError(f"broadcast_arrays: shapes {shapes} do not broadcast against each other") from None
    return [broadcast_to(x, shape) for x in arrays]


@array_op
def _concat(*arrays: Any, axis: int = 0) -> Any:
    """Arrays joined along an axis."""
    return np.concatenate(arrays, axis)


@_concat.vjp("arrays")
def _(g, index, shapes, axis):
    start = sum(shape[axis] for shape in shapes[:index])
    return g[(slice(None),) * (axis % g.ndim) + (slice(start, start + shapes[index][axis]),)]


@axis_or_dim
def concat(arrays: Sequence[Any], /, axis: int | None = 0) -> Any:
    """Arrays joined along an existing axis, or with axis=None flattened and joined.

    Shapes: alike but for that axis. Gradient: upstream, cut apart again.
    """
    arrays = as_arrays(arrays, "concat")
    if not arrays:
        raise ArgumentError("concat: needs at least one array")
    if axis is None:
        arrays, axis = [flatten(x) for x in arrays], 0
    shapes = [x.shape for x in arrays]
    axis = single_axis("concat", shapes[0], axis)
    if len({(*shape[:axis], *shape[axis + 1 :], len(shape)) for shape in shapes}) > 1:
        raise ShapeError(
            f"concat: shapes {', '.join(map(str, shapes))} differ elsewhere than along axis {axis}; to join arrays "
            "along a new axis use stack"
        )
    if len(arrays) == 1 and isinstance(arrays[0], Recorded):
        return arrays[0]  # as an array, which may be written to, is not
    return _concat(*arrays, axis=axis)


@array_op
def _astype(x: Any, /, dtype: Any) -> Any:
    """x converted to another dtype."""
    return in_native_order(np.asarray(x).astype(dtype))


@_astype.vjp("x")
def _(g):
    return g  # the engine casts every gradient to its input's dtype


def astype(x: Any, /, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
    """x converted to another dtype. Gradient: upstream, converted back; none through an integer or bool.

    With copy=False an x that has the dtype is returned as it is. `device` is the CPU, or left out.
    """
    if device is not None:
        check_device("astype", device)
    if not copy and getattr(x, "dtype", None) == dtype:
        return x
    return _astype(x, dtype)
