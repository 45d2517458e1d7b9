"""Ops that put the elements of arrays in other places: joined, cut apart, turned round, repeated, framed.

Each is a choice of elements, so its gradient is theirs, added up where one was chosen several times.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op
from autograd_core.ops.indexing import set_at, take
from autograd_core.ops.shaping import (
    as_array,
    as_arrays,
    broadcast_to,
    concat,
    expand_dims,
    flatten,
    reshape,
    several_axes,
    single_axis,
)

__all__ = ["flip", "meshgrid", "pad", "repeat", "roll", "split", "stack", "tile", "unstack"]

Axis = int | Sequence[int] | None


@axis_or_dim
def stack(arrays: Sequence[Any], /, axis: int = 0) -> Any:
    """Arrays of one shape joined along a new axis: n times (...,) -> (..., n, ...)."""
    arrays = as_arrays(arrays, "stack")
    if not arrays:
        raise ArgumentError("stack: needs at least one array")
    shapes = [x.shape for x in arrays]
    if len(set(shapes)) > 1:
        raise ShapeError(f"stack: takes arrays of one shape, got {', '.join(map(str, shapes))}")
    shape = shapes[0]
    axis = single_axis("stack", (len(arrays), *shape), axis)
    if axis == len(shape):
        return concat([expand_dims(x, axis) for x in arrays], axis=axis)
    return reshape(concat(arrays, axis=axis), (*shape[:axis], len(arrays), *shape[axis:]))  # two ops for any number


@axis_or_dim
def unstack(x: Any, /, axis: int = 0) -> tuple[Any, ...]:
    """The arrays that lie along an axis, which they lose: (..., n, ...) -> n times (...,)."""
    x = as_array(x, "unstack")
    before = _all(single_axis("unstack", x.shape, axis))
    return tuple([x[(*before, i)] for i in range(x.shape[axis])])


@axis_or_dim
def split(x: Any, indices_or_sections: int | Sequence[int], /, axis: int = 0) -> list[Any]:
    """x cut along an axis, into so many parts of one length, or before each of these indices."""
    x = as_array(x, "split")
    axis = single_axis("split", x.shape, axis)
    n = x.shape[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        sections = int(indices_or_sections)
        if sections < 1 or n % sections:
            raise ArgumentError(
                f"split: axis {axis} of shape {x.shape} cannot be cut into {sections} parts of one length; "
                "give the indices to cut at"
            )
        cuts = list(range(0, n + 1, n // sections)) if n else [0] * (sections + 1)
    else:
        cuts = [0, *indices_or_sections, n]
    return [x[(*_all(axis), slice(start, stop))] for start, stop in itertools.pairwise(cuts)]


@axis_or_dim
def flip(x: Any, /, axis: Axis = None) -> Any:
    """The elements in reverse order along these axes, or along all."""
    x = as_array(x, "flip")
    axes = range(x.ndim) if axis is None else several_axes("flip", x.shape, axis)
    return x[tuple([slice(None, None, -1 if i in axes else 1) for i in range(x.ndim)])]


@array_op
def _roll(x: Any, /, shift: Any, axis: Any) -> Any:
    """x shifted along its axes; what leaves at one end comes back at the other."""
    return np.roll(x, shift, axis)


@_roll.vjp("x")
def _(g, shift, axis):
    return _roll(g, tuple([-s for s in shift]), axis)


@axis_or_dim
def roll(x: Any, /, shift: int | Sequence[int], axis: Axis = None) -> Any:
    """x shifted by so many places along these axes, what leaves at one end coming back at the other.

    One shift serves for several axes; without an axis x is rolled as if it were flat. Gradient: upstream, rolled back.
    """
    x = as_array(x, "roll")
    if axis is None:
        return reshape(roll(flatten(x), shift, 0), x.shape)
    axes = several_axes("roll", x.shape, axis)
    shifts = (int(shift),) * len(axes) if isinstance(shift, (int, np.integer)) else tuple(map(int, shift))
    if len(shifts) != len(axes):
        raise ArgumentError(f"roll: {len(shifts)} shifts {shift} for {len(axes)} axes {axis}; give one for each")
    return _roll(x, shifts, axes)


def tile(x: Any, repetitions: Sequence[int], /) -> Any:
    """x laid side by side so many times along each axis, the last entry counting for the last axis.

    Shapes: (n, ...) -> (repetitions·n, ...). Gradient: upstream, summed over the copies.
    """
    x = as_array(x, "tile")
    times = (repetitions,) if isinstance(repetitions, (int, np.integer)) else tuple(repetitions)
    if any(t < 0 for t in times):
        raise ArgumentError(f"tile: repetitions must not be negative, got {repetitions}")
    ndim = max(x.ndim, len(times))
    shape = (1,) * (ndim - x.ndim) + x.shape
    times = (1,) * (ndim - len(times)) + times
    apart = reshape(x, tuple([m for n in shape for m in (1, n)]))
    copies = broadcast_to(apart, tuple([m for t, n in zip(times, shape, strict=True) for m in (t, n)]))
    return reshape(copies, tuple([t * n for t, n in zip(times, shape, strict=True)]))


@axis_or_dim
def repeat(x: Any, repeats: int | Sequence[int], /, axis: int | None = None) -> Any:
    """Every element along an axis repeated in place: so many times, or each as often as its entry says.

    Shapes: (..., n, ...) -> (..., Σ repeats, ...); without an axis x is flattened first. Gradient: upstream, summed
    over the copies.
    """
    x = as_array(x, "repeat")
    if axis is None:
        return repeat(flatten(x), repeats, axis=0)
    axis = single_axis("repeat", x.shape, axis)
    counts = np.asarray(repeats)
    n = x.shape[axis]
    if counts.dtype.kind not in "iu" or np.any(counts < 0) or counts.shape not in ((), (1,), (n,)):
        raise ArgumentError(
            f"repeat: repeats must be a count that is not negative, or one for each of the {n} elements along "
            f"axis {axis}; got {repeats}"
        )
    if counts.size != 1:
        return take(x, np.repeat(np.arange(n), counts), axis=axis)
    times = int(counts.reshape(()))
    before, after = x.shape[: axis + 1], x.shape[axis + 1 :]
    copies = broadcast_to(expand_dims(x, axis + 1), (*before, times, *after))
    return reshape(copies, (*before[:-1], n * times, *after))


def pad(
    x: Any,
    pad_width: int | Sequence[int] | Sequence[Sequence[int]],
    mode: str = "constant",
    constant_values: float = 0.0,
) -> Any:
    """x with a border along each axis, of `pad_width`: one number, (before, after), or such a pair for each axis.

    Modes, as numpy's: "constant", "edge" (the last element repeated), "reflect" (mirrored at it), "symmetric"
    (mirrored beyond it), "wrap" (from the other end). Gradient: upstream of x's own place, and of its copies.
    """
    x = as_array(x, "pad")
    widths = _widths(x.shape, pad_width)
    if mode == "constant":
        shape = tuple([before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)])
        inside = tuple([slice(before, before + n) for n, (before, _) in zip(x.shape, widths, strict=True)])
        return set_at(np.full(shape, constant_values, x.dtype), x, inside)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ArgumentError(f"pad: mode must be constant, edge, reflect, symmetric or wrap, got {mode!r}")
    for axis, width in enumerate(widths):
        if not any(width):
            continue
        if not x.shape[axis]:
            raise ShapeError(f"pad: axis {axis} of shape {x.shape} is empty and has nothing to fill a border with")
        x = take(x, np.pad(np.arange(x.shape[axis]), width, mode), axis=axis)  # type: ignore[call-overload]
    return x


def _widths(shape: tuple[int, ...], pad_width: Any) -> list[tuple[int, int]]:
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (len(shape), 2))
    except ValueError:
        widths = None
    if widths is None or widths.dtype.kind not in "iu" or np.any(widths < 0):
        raise ArgumentError(
            "pad: pad_width must be a whole number that is not negative, a pair (before, after), or a pair for each "
            f"of the {len(shape)} axes of shape {shape}; got {pad_width}"
        )
    return [(int(before), int(after)) for before, after in widths]


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """The coordinates of the points of a grid, from those along each of its n axes, each an array of one axis.

    Shapes: (n0,), (n1,), (n2,), ... -> n arrays (n0, n1, n2, ...) with indexing "ij", (n1, n0, n2, ...) with "xy".
    """
    arrays = tuple([as_array(x, "meshgrid") for x in arrays])
    if indexing not in ("xy", "ij") or any(x.ndim != 1 for x in arrays):
        raise ArgumentError(
            f"meshgrid: takes arrays with one axis and indexing 'xy' or 'ij', got shapes "
            f"{', '.join([str(x.shape) for x in arrays])} and {indexing!r}"
        )
    axes = list(range(len(arrays)))
    if indexing == "xy":
        axes[:2] = axes[:2][::-1]
    lengths = dict(zip(axes, [x.shape[0] for x in arrays], strict=True))
    shape = tuple([lengths[axis] for axis in range(len(arrays))])
    alone = [tuple([-1 if i == axis else 1 for i in range(len(arrays))]) for axis in axes]
    return [broadcast_to(reshape(x, where), shape) for x, where in zip(arrays, alone, strict=True)]


def _all(axes: int) -> tuple[slice, ...]:
    """The index that takes everything along the first axes."""
    return (slice(None),) * axes
