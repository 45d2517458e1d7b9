"""Reading parts of an array, and new arrays with parts written or added to.

The arrays in an index are inputs of the op, for they may have been computed; its attribute `index` says where they go:
x[i, 2:, j] is _getitem(x, i, j, index=(Input(0), slice(2, None), Input(1))).
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError, OutOfRangeError, ShapeError
from autograd_core.gradient_parts import Parts
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op
from autograd_core.ops.shaping import as_array, flatten, single_axis
from autograd_core.recording import Recorded, thread

__all__ = ["add_at", "getitem", "scatter_add", "set_at", "take", "take_along_axis"]

# Places for each value that is added, up to which it pays to number them all: numpy adds up along one axis far faster.
_FEW_PLACES = 4


class Input(int):
    """The number of an array that stands in this place of an index."""

    def __repr__(self) -> str:
        return f"input {int(self)}"


@array_op
def _getitem(x: Any, /, *arrays: Any, index: Any) -> Any:
    """x[index]."""
    index = _filled(index, arrays)
    try:
        return _rows(x, index) if _names_rows(x, index) else x[index]
    except IndexError as error:
        raise OutOfRangeError(f"indexing an array of shape {np.shape(x)}: {error}") from None


@_getitem.vjp("x")
def _(g, x_shape, arrays, index):
    if arrays or thread.recording.level is not None:
        return _scatter_add(g, *arrays, shape=x_shape, index=index)
    return Parts(x_shape, index, g, _put_together)


_getitem.may_view = True


def getitem(x: Any, /, index: Any) -> Any:
    """x[index], with numpy's rules: numbers, slices, None, ..., and arrays or lists of integers or bools.

    Integer and bool Tensors are arrays too. Gradient: upstream, added up at the places that were read; a place read
    twice gets both.
    """
    index, arrays = _taken_apart(index)
    return _getitem(x, *arrays, index=index)


@array_op
def _scatter_add(g: Any, /, *arrays: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros with g added at index."""
    index = _filled(index, arrays)
    out = kernels.memory.empty(shape, g.dtype)
    out.fill(0)
    if _names_each_place_once(index):
        out[index] = g
    else:
        _add_all(out, index, g)
    return out


@_scatter_add.vjp("g")
def _(g, arrays, index):
    return _getitem(g, *arrays, index=index)


@array_op
def _put_together(*arrays: Any, shape: tuple[int, ...], indices: tuple[Any, ...]) -> Any:
    """Zeros with each of the arrays added at its index, without arrays in it; `...` is everywhere."""
    out = kernels.memory.empty(shape, arrays[0].dtype)
    if len(arrays) == 1:
        out.fill(0)
        out[indices[0]] = arrays[0]
        return out
    pieces = [*zip(indices, arrays, strict=True)]
    if _cover(indices, shape):
        for index, g in pieces:
            out[index] = g
        return out
    if arrays[0].shape == shape:
        out[indices[0]] = arrays[0]
        del pieces[0]
    else:
        out.fill(0)
    for index, g in pieces:
        out[index] += g
    return out


@_put_together.vjp("arrays")
def _(g, index, indices):
    return _getitem(g, index=indices[index])


def _cover(indices: Sequence[Any], shape: tuple[int, ...]) -> bool:
    """Whether these are slices along one axis, which name each place once."""
    places = [index if type(index) is tuple else (index,) for index in indices]
    axis = len(places[0]) - 1
    before = (slice(None),) * axis
    if axis < 0 or any(len(place) != axis + 1 or place[:-1] != before for place in places):
        return False
    if any(type(place[-1]) is not slice or place[-1].step not in (None, 1) for place in places):
        return False
    spans = sorted(place[-1].indices(shape[axis])[:2] for place in places)
    return spans[0][0] == 0 and spans[-1][1] == shape[axis] and all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def scatter_add(g: Any, /, shape: int | Sequence[int], index: Any) -> Any:
    """Zeros of this shape with g added at `index`, the transpose of reading there. Gradient: upstream[index]."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    index, arrays = _taken_apart(index)
    return _scatter_add(g, *arrays, shape=shape, index=index)


@array_op
def _set_at(x: Any, v: Any, /, *arrays: Any, index: Any) -> Any:
    """x with v at index."""
    index = _filled(index, arrays)
    out = np.array(x)
    out[index] = _fitting("set", out, v, index)
    return out


@_set_at.vjp("x")
def _(g, arrays, index):
    return _set_at(g, 0.0, *arrays, index=index)


@_set_at.vjp("v")
def _(g, arrays, x_shape, index):
    share = _getitem(g, *arrays, index=index)
    return share * _is_written_last(*arrays, shape=x_shape, index=index) if arrays else share


@array_op
def _is_written_last(*arrays: Any, shape: tuple[int, ...], index: Any) -> Any:
    """For each value written at `index`, whether it stays: a place named several times keeps one of them."""
    index = _filled(index, arrays)
    written = np.zeros(shape, np.intp)
    numbers = np.arange(written[index].size).reshape(written[index].shape)
    written[index] = numbers
    return written[index] == numbers


def set_at(x: Any, v: Any, /, index: Any) -> Any:
    """A copy of x with x[index] = v, in x's dtype; v broadcasts. As a method: `x.at[index].set(v)`.

    A place that the index names several times gets the last of its values. Gradients: to x upstream, 0 where v was
    written; to v upstream[index], 0 for values that were written over.
    """
    index, arrays = _taken_apart(index)
    return _set_at(x, _whole("set", x, v), *arrays, index=index)


@array_op
def _add_at(x: Any, v: Any, /, *arrays: Any, index: Any) -> Any:
    """x with v added at index."""
    index = _filled(index, arrays)
    out = np.array(x)
    v = _fitting("add", out, v, index)
    if _names_each_place_once(index):
        out[index] += v
    else:
        _add_all(out, index, v)
    return out


@_add_at.vjp("x")
def _(g):
    return g


@_add_at.vjp("v")
def _(g, arrays, index):
    return _getitem(g, *arrays, index=index)


def add_at(x: Any, v: Any, /, index: Any) -> Any:
    """A copy of x with v added at `index`, in x's dtype; v broadcasts. As a method: `x.at[index].add(v)`.

    A place that the index names several times gets all of its values. Gradients: upstream to x, upstream[index] to v.
    """
    index, arrays = _taken_apart(index)
    return _add_at(x, _whole("add", x, v), *arrays, index=index)


for _op in (_getitem, _scatter_add, _set_at, _add_at, _is_written_last):
    _op.promotes = False  # the result has the dtype of the first
    _op.not_differentiable("arrays")


class At:
    """The places of an array: `x.at[index].set(v)` and `.add(v)` are new arrays, and `.get()` is x[index].

    >>> from autograd_core import zeros
    >>> zeros(3).at[[0, 2, 2]].add(1.0)
    Tensor([1., 0., 2.])
    """

    __slots__ = ("_index", "_x")

    def __init__(self, x: Any, index: Any = None) -> None:
        self._x = x
        self._index = index

    def __getitem__(self, index: Any) -> At:
        return At(self._x, (index,))

    def _place(self) -> Any:
        if self._index is None:
            raise ArgumentError("at: name the place first, as in x.at[index].set(v); x.at[...] is all of x")
        return self._index[0]

    def get(self) -> Any:
        """x[index]."""
        return getitem(self._x, self._place())

    def set(self, v: Any) -> Any:
        """See `autograd_core.set_at`."""
        return set_at(self._x, v, self._place())

    def add(self, v: Any) -> Any:
        """See `autograd_core.add_at`."""
        return add_at(self._x, v, self._place())


@axis_or_dim
def take(x: Any, indices: Any, /, axis: int | None = None) -> Any:
    """The elements at these indices along an axis; without an axis, of the flattened array.

    Shapes: x (..., n, ...), indices of shape s -> (..., *s, ...). Gradient: upstream, added up where it was read.
    """
    x = as_array(x, "take")
    if axis is None:
        x, axis = flatten(x), 0
    axis = single_axis("take", x.shape, axis)
    return getitem(x, (*[slice(None)] * axis, _whole_numbers("take", indices)))


@axis_or_dim
def take_along_axis(x: Any, indices: Any, /, axis: int = -1) -> Any:
    """For every place the element that its index names along an axis, as argsort and argmax(keepdims=True) name it.

    Shapes: x (..., n, ...), indices (..., k, ...) with as many axes -> (..., k, ...); the other axes broadcast.
    Gradient: upstream, added up where it was read. With `axis=1` this is PyTorch's gather.
    """
    x, indices = as_array(x, "take_along_axis"), _whole_numbers("take_along_axis", indices)
    axis = single_axis("take_along_axis", x.shape, axis)
    others = [1 if i == axis else n for i, n in enumerate(x.shape)]
    apart = [1 if i == axis else n for i, n in enumerate(indices.shape)]
    if indices.ndim != x.ndim or any(1 not in (m, n) and m != n for m, n in zip(others, apart, strict=True)):
        raise ShapeError(
            f"take_along_axis: indices of shape {indices.shape} do not name places of shape {x.shape} along axis {axis}"
        )
    # Along an axis of length 1 every index is 0, so that it broadcasts.
    return getitem(x, places_along(indices, axis, x.shape))


def places_along(indices: Any, axis: int, shape: tuple[int, ...] | None = None) -> tuple[Any, ...]:
    """The index of these places along an axis, and 0, 1, ... along the others, as many as `shape` or they have."""
    ndim = indices.ndim
    shape = indices.shape if shape is None else shape
    place: list[Any] = [np.arange(n).reshape([-1 if i == j else 1 for j in range(ndim)]) for i, n in enumerate(shape)]
    place[axis] = indices
    return tuple(place)


def _taken_apart(index: Any) -> tuple[Any, list[Any]]:
    """An index with an Input in place of each of its arrays, and these: Tensors, or arrays of the index's own."""
    arrays: list[Any] = []
    if isinstance(index, tuple) and len(index) != 1:
        return tuple([_part(part, arrays) for part in index]), arrays
    return _part(index[0] if isinstance(index, tuple) else index, arrays), arrays


def _part(part: Any, arrays: list[Any]) -> Any:
    if part is None or part is Ellipsis or isinstance(part, (int, np.integer)):
        return part
    if isinstance(part, slice):
        return slice(*[None if v is None else operator.index(v) for v in (part.start, part.stop, part.step)])
    arrays.append(_index_array(part))
    return Input(len(arrays) - 1)


def _index_array(part: Any) -> Any:
    """Whole numbers or bools, as a Tensor or an array."""
    try:
        array = part if hasattr(part, "dtype") and hasattr(part, "ndim") else np.array(part)
    except ValueError:
        raise ArgumentError(f"indexing: the lists of an index must have one length, got {part!r}") from None
    if array.size == 0 and isinstance(part, (list, tuple)):
        return array.astype(np.intp)  # numpy makes floats of []
    if array.dtype.kind not in "iub":
        what = "a Value" if isinstance(part, Recorded) and array.dtype.kind == "O" else f"{array.dtype}"
        raise DTypeError(
            f"indexing: an index is made of whole numbers, slices, None, ..., and arrays of integers or bools; "
            f"got {what} of shape {array.shape}; convert it with astype(int)"
        )
    return array


def _filled(index: Any, arrays: Sequence[Any]) -> Any:
    """The index with the arrays in their places."""
    if type(index) is tuple:
        return tuple([arrays[part] if type(part) is Input else part for part in index])
    return arrays[index] if type(index) is Input else index


def _whole_numbers(name: str, indices: Any) -> Any:
    array = _index_array(indices)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{name}: indices are integers, got {array.dtype}; for a mask of bools use x[mask]")
    return array


def _names_each_place_once(index: Any) -> bool:
    """Whether no place can be named twice: by no array of integers, and by one mask at most, for two broadcast."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [part for part in parts if isinstance(part, (np.ndarray, np.bool_))]
    return not arrays or (len(arrays) == 1 and arrays[0].dtype.kind == "b")


def _names_rows(x: Any, index: Any) -> bool:
    """Whether the index names whole rows of x, numbers enough to be worth a kernel."""
    if type(index) is not np.ndarray or index.dtype.kind not in "iu" or x.ndim < 2 or not index.size:
        return False
    return x.dtype in kernels.FLOATS and x.flags.c_contiguous and index.size * x[:1].size >= kernels.LONG_FOR_SEVERAL


def _rows(x: Any, index: Any) -> Any:
    """x[index] for an index that `_names_rows`, in memory that was used before."""
    if index.min() < -len(x) or index.max() >= len(x):
        return x[index]  # which says what is wrong
    out = kernels.memory.empty(index.shape + x.shape[1:], x.dtype)
    # With the mode "raise" numpy would fill a copy of `out`, in case it has to.
    return x.take(index.astype(np.intp, copy=False), 0, out, "wrap")


def _add_all(out: Any, index: Any, v: Any) -> None:
    """out[index] += v, but a place that is named several times gets all of its values."""
    if _names_rows(out, index):
        named = np.arange(len(out))[index.ravel()]  # none negative, and numpy's own error for one out of range
        values = np.ascontiguousarray(np.broadcast_to(v, index.shape + out.shape[1:]))
        kernels.scatter.add_rows(out.reshape(len(out), -1), named, values.reshape(named.size, -1))
    elif out.ndim > 1 and out.flags.c_contiguous and out.size <= _FEW_PLACES * v.size:
        named = np.arange(out.size).reshape(out.shape)[index]
        np.add.at(out.reshape(-1), named.ravel(), np.broadcast_to(v, named.shape).ravel())
    else:
        np.add.at(out, index, v)


def _whole(method: str, x: Any, v: Any) -> Any:
    """Whole numbers of Python in the dtype of x, an array of integers, as beside it in a sum; int64 may be too wide.

    So are one of numpy's, which numpy would bring to that dtype as well, but by wrapping.
    """
    v = int(v) if isinstance(v, np.integer) else v
    if not isinstance(v, (int, list, tuple)) or getattr(x, "dtype", np.dtype(bool)).kind not in "iu":
        return v
    try:
        return np.asarray(v, x.dtype) if isinstance(v, int) or np.asarray(v).dtype.kind in "iu" else v
    except ValueError:
        return v  # lists of several lengths, of which the op says so
    except OverflowError as error:
        raise OverflowError(f"at[...].{method}: {error}; convert the array with astype") from None


def _fitting(method: str, x: Any, v: Any, index: Any) -> Any:
    """v in the dtype of x, checked to fit into x[index]."""
    try:
        place = x[index].shape
    except IndexError as error:
        raise OutOfRangeError(f"at[...].{method}: indexing an array of shape {x.shape}: {error}") from None
    if not np.can_cast(v.dtype, x.dtype, "same_kind"):
        raise DTypeError(
            f"at[...].{method}: {v.dtype} numbers do not fit into an array of {x.dtype}; convert one with astype"
        )
    try:
        return np.broadcast_to(v.astype(x.dtype), place)
    except ValueError:
        raise ShapeError(
            f"at[...].{method}: a value of shape {v.shape} does not broadcast to {place}, the shape of the part of "
            f"{x.shape} that the index names"
        ) from None
