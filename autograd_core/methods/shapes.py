"""Shapes as methods of a Tensor: the same numbers, arranged otherwise, repeated, or taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from autograd_core import ops
from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.methods.base import Axis, Methods, either
from autograd_core.ops.shaping import several_axes, single_axis

if TYPE_CHECKING:
    from autograd_core.tensor import Tensor


class Size(int):
    """The number of elements, as numpy's `size`; called, as PyTorch's `size()` is, the shape, or one length of it."""

    _shape: tuple[int, ...]

    @overload
    def __call__(self, dim: None = ...) -> tuple[int, ...]: ...
    @overload
    def __call__(self, dim: int) -> int: ...
    def __call__(self, dim: int | None = None) -> Any:
        """The shape, or its length along `dim`."""
        return self._shape if dim is None else self._shape[single_axis("size", self._shape, dim)]


class Shapes(Methods):
    """Nothing but `clone` copies numbers that it need not."""

    __slots__ = ()

    @property
    def size(self) -> Size:
        """The number of its elements; `size()` is its shape and `size(dim)` its length along an axis."""
        size = Size(self.array.size)
        size._shape = self.shape
        return size

    def numel(self) -> int:
        """The number of its elements."""
        return int(self.array.size)

    def dim(self) -> int:
        """The number of its axes, as `ndim`."""
        return self.ndim

    def ndimension(self) -> int:
        """The number of its axes, as `ndim`."""
        return self.ndim

    @property
    def T(self) -> Tensor:
        """The transposed matrix."""
        if self.ndim != 2:
            raise ShapeError(f"T: takes a matrix, got shape {self.shape}; use matrix_transpose or permute_dims")
        return ops.matrix_transpose(self)

    @property
    def mT(self) -> Tensor:
        """The matrices of the last two axes, transposed."""
        return ops.matrix_transpose(self)

    def t(self) -> Tensor:
        """The transposed matrix; of fewer axes the same numbers."""
        if self.ndim > 2:
            raise ShapeError(f"t: takes at most two axes, got shape {self.shape}; mT transposes the last two")
        return ops.matrix_transpose(self) if self.ndim == 2 else self.clone()

    def transpose(self, *axes: Any, dim0: int | None = None, dim1: int | None = None) -> Tensor:
        """Two axes swapped, as in PyTorch: `transpose(0, 1)`; or all in another order, as in numpy.

        numpy's way is any other number of axes: none, for all in reverse, one tuple, or more than two. On a matrix
        `transpose(0, 1)` is PyTorch's, the transposed one, where numpy's would be the matrix itself.
        """
        if dim0 is not None and dim1 is not None and not axes:
            axes = (dim0, dim1)
        elif dim0 is not None or dim1 is not None:
            raise ArgumentError("transpose: takes both dim0 and dim1, or axes by position")
        if len(axes) == 2:
            return self.swapaxes(*axes)
        order = tuple(range(self.ndim))[::-1] if axes in ((), (None,)) else _entries(axes)
        return ops.permute_dims(self, order)

    def swapaxes(self, axis1: int, axis2: int, /) -> Tensor:
        """Two axes swapped."""
        order = list(range(self.ndim))
        a, b = (single_axis("transpose", self.shape, axis) for axis in (axis1, axis2))
        order[a], order[b] = b, a
        return ops.permute_dims(self, tuple(order))

    @overload
    def permute(self, *axes: Any) -> Tensor: ...
    @overload
    def permute(self, *, dims: Sequence[int]) -> Tensor: ...
    def permute(self, *axes: Any, dims: Sequence[int] = ()) -> Tensor:
        """The axes in another order, which is given as numbers or as one tuple; see `autograd_core.permute_dims`."""
        return ops.permute_dims(self, several_axes("permute", self.shape, _entries(axes or (dims,))))

    def movedim(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """See `autograd_core.moveaxis`."""
        return ops.moveaxis(self, source, destination)

    def reshape(self, *shape: Any) -> Tensor:
        """See `autograd_core.reshape`; takes a shape, or its entries."""
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def reshape_as(self, other: Any) -> Tensor:
        """In the shape of another tensor."""
        return ops.reshape(self, other.shape)

    def view(self, *shape: Any) -> Tensor:
        """`reshape` by its PyTorch name: tensors are values, so nothing shows whether memory is shared."""
        if len(shape) == 1 and not isinstance(shape[0], (int, np.integer, tuple, list)):
            raise ArgumentError(f"view: takes a shape, got {shape[0]!r}; other dtypes are made by astype")
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def view_as(self, other: Any) -> Tensor:
        """In the shape of another tensor."""
        return ops.reshape(self, other.shape)

    def ravel(self) -> Tensor:
        """All elements along one axis; see `autograd_core.flatten`."""
        return ops.flatten(self)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """The axes from `start_dim` to `end_dim`, all unless given, made into one; see `autograd_core.flatten`."""
        return ops.flatten(self, start_dim, end_dim)

    def unflatten(self, dim: int, sizes: Sequence[int]) -> Tensor:
        """See `autograd_core.unflatten`."""
        return ops.unflatten(self, dim, sizes)

    def squeeze(self, dim: Axis = None, *, axis: Axis = None) -> Tensor:
        """Without these axes of length 1, or without all such.

        As in PyTorch, a `dim` that is longer stays; as in numpy, an `axis` that is longer is refused. See
        `autograd_core.squeeze`.
        """
        if dim is None or axis is not None:
            return ops.squeeze(self, axis=either("squeeze", dim, axis))
        return ops.squeeze(self, axis=[a for a in several_axes("squeeze", self.shape, dim) if self.shape[a] == 1])

    def unsqueeze(self, dim: int) -> Tensor:
        """A new axis of length 1; see `autograd_core.expand_dims`."""
        return ops.expand_dims(self, axis=dim)

    def expand(self, *sizes: Any) -> Tensor:
        """Repeated along axes of length 1 and new leading ones, uncopied; -1 keeps a length.

        See `autograd_core.broadcast_to`.
        """
        wanted = _entries(sizes)
        new = len(wanted) - self.ndim
        if new < 0 or -1 in wanted[:new]:
            raise ShapeError(f"expand: shape {self.shape} cannot be expanded to {wanted}")
        own = (*wanted[:new], *self.shape)
        return ops.broadcast_to(self, tuple([n if size == -1 else size for size, n in zip(wanted, own, strict=True)]))

    def expand_as(self, other: Any) -> Tensor:
        """Expanded to the shape of another tensor; see `expand`."""
        return ops.broadcast_to(self, other.shape)

    def repeat(self, *sizes: Any, axis: int | None = None) -> Tensor:
        """The whole repeated so many times along each axis, as in PyTorch; with `axis` each element, as in numpy.

        `x.repeat(2)` is PyTorch's [1, 2, 1, 2], where numpy's is [1, 1, 2, 2]: that is `x.repeat_interleave(2)`. See
        `autograd_core.tile` and `autograd_core.repeat`.
        """
        if axis is not None:
            if len(sizes) != 1:
                raise ArgumentError(f"repeat: with axis it takes one count, or one for each element; got {sizes}")
            return ops.repeat(self, sizes[0], axis=axis)
        times = _entries(sizes)
        if len(times) < self.ndim:
            raise ArgumentError(f"repeat: takes a number for each axis of shape {self.shape}, got {times}")
        return ops.tile(self, times)

    def repeat_interleave(self, repeats: Any, dim: int | None = None, *, axis: int | None = None) -> Tensor:
        """Each element repeated in place; see `autograd_core.repeat`."""
        return ops.repeat(self, repeats, axis=either("repeat_interleave", dim, axis))

    def tile(self, *repetitions: Any) -> Tensor:
        """The whole so many times along each axis, the last entry counting for the last; see `autograd_core.tile`."""
        return ops.tile(self, _entries(repetitions))

    def split(
        self, split_size: int | Sequence[int], dim: int | None = None, *, axis: int | None = None
    ) -> list[Tensor]:
        """Parts of this length along `dim`, the first axis unless given, or of these lengths, as in PyTorch.

        `autograd_core.split`, as numpy's, takes the number of parts, or the indices to cut at.
        """
        along = _or_first("split", self.shape, dim, axis)
        n = self.shape[along]
        if isinstance(split_size, (int, np.integer)):
            if split_size < 1:
                raise ArgumentError(f"split: parts have a length of at least 1, got {split_size}")
            cuts = list(range(int(split_size), n, int(split_size)))
        else:
            cuts = np.cumsum(split_size).tolist()
            if min(split_size, default=0) < 0 or not cuts or cuts[-1] != n:
                raise ArgumentError(
                    f"split: the lengths {list(split_size)} do not add up to the {n} of axis {along} of shape "
                    f"{self.shape}; autograd_core.split takes indices to cut at"
                )
            cuts.pop()
        return ops.split(self, cuts, axis=along)

    def chunk(self, chunks: int, dim: int | None = None, *, axis: int | None = None) -> list[Tensor]:
        """At most so many parts along `dim`, the first axis unless given, all of one length but perhaps the last."""
        along = _or_first("chunk", self.shape, dim, axis)
        if chunks < 1:
            raise ArgumentError(f"chunk: takes at least one part, got {chunks}")
        return self.split(max(1, -(-self.shape[along] // chunks)), along)

    def unbind(self, dim: int | None = None, *, axis: int | None = None) -> tuple[Tensor, ...]:
        """The tensors that lie along `dim`, the first axis unless given; see `autograd_core.unstack`."""
        return ops.unstack(self, axis=_or_first("unbind", self.shape, dim, axis))

    @overload
    def flip(self, *axes: Any) -> Tensor: ...
    @overload
    def flip(self, *, dims: int | Sequence[int]) -> Tensor: ...
    def flip(self, *axes: Any, dims: int | Sequence[int] | None = None) -> Tensor:
        """The elements in reverse order along these axes, given as numbers or one tuple; see `autograd_core.flip`."""
        return ops.flip(self, _entries(axes) if axes else dims)

    def roll(self, shifts: int | Sequence[int], dims: Axis = None, *, axis: Axis = None) -> Tensor:
        """See `autograd_core.roll`."""
        return ops.roll(self, shifts, either("roll", dims, axis))

    def contiguous(self) -> Self:
        """The tensor itself: how an array lies in memory does not show."""
        return self

    def is_contiguous(self) -> bool:
        """True: how an array lies in memory does not show."""
        return True

    def clone(self) -> Tensor:
        """A tensor of its own with the same numbers, recorded; what this one is given later does not change it."""
        return ops.reshape(self, self.shape)

    def copy(self) -> Tensor:
        """numpy's name of `clone`."""
        return self.clone()

    def tril(self, diagonal: int = 0) -> Tensor:
        """See `autograd_core.tril`."""
        return ops.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Tensor:
        """See `autograd_core.triu`."""
        return ops.triu(self, diagonal)

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        """The elements on a diagonal of the axes `dim1` and `dim2`, as the last axis.

        These are the first two unless given, as in PyTorch and numpy; `autograd_core.diagonal` takes the last two.
        """
        return ops.diagonal(ops.moveaxis(self, (dim1, dim2), (-2, -1)), offset)

    def diag(self, diagonal: int = 0) -> Tensor:
        """The matrix that has a vector on its diagonal, or a matrix's diagonal."""
        if self.ndim == 2:
            return ops.diagonal(self, diagonal)
        if self.ndim != 1:
            raise ShapeError(f"diag: takes a vector or a matrix, got shape {self.shape}; diagonal takes others")
        n = self.shape[0] + abs(diagonal)
        rows = np.arange(self.shape[0]) + max(0, -diagonal)
        return ops.set_at(np.zeros((n, n), self.dtype), self, (rows, rows + diagonal))

    def trace(self, offset: int = 0) -> Tensor:
        """The sum of a diagonal of the first two axes; `autograd_core.trace` takes the last two."""
        return self.diagonal(offset).sum(-1)


def _entries(numbers: tuple[Any, ...]) -> tuple[Any, ...]:
    """Numbers that were given one by one, or in one tuple or list."""
    if len(numbers) == 1 and not isinstance(numbers[0], (int, np.integer)):
        return tuple(numbers[0])
    return numbers


def _or_first(function: str, shape: tuple[int, ...], dim: int | None, axis: int | None) -> int:
    along = either(function, dim, axis)
    return single_axis(function, shape, 0 if along is None else along)
