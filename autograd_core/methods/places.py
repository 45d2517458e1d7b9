"""Reading and writing by index or by mask as methods of a Tensor; what writes gives a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core import ops
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.methods.base import Methods
from autograd_core.ops.indexing import At, places_along
from autograd_core.ops.shaping import as_array, single_axis

if TYPE_CHECKING:
    from autograd_core.tensor import Tensor


class Places(Methods):
    """`x[index]` reads, too; `x.at[index].set(v)` and `.add(v)` write anywhere."""

    __slots__ = ()

    @property
    def at(self) -> At:
        """Its places: `x.at[index].set(v)` and `x.at[index].add(v)` are new tensors, differentiable in x and v."""
        return At(self)

    def take(self, indices: Any, axis: int | None = None) -> Tensor:
        """See `autograd_core.take`."""
        return ops.take(self, indices, axis=axis)

    def index_select(self, dim: int, index: Any) -> Tensor:
        """The slices that an index names along `dim`; see `autograd_core.take`."""
        return ops.take(self, index, axis=dim)

    def select(self, dim: int, index: int) -> Tensor:
        """One slice along `dim`, without that axis."""
        return self[(*_before("select", self.shape, dim), index)]

    def narrow(self, dim: int, start: int, length: int) -> Tensor:
        """So many slices along `dim`, from `start` on."""
        before = _before("narrow", self.shape, dim)
        n = self.shape[len(before)]
        first = start + n if start < 0 else start
        if not 0 <= first <= first + length <= n:
            raise ArgumentError(f"narrow: there are no {length} from {start} on along axis {dim} of shape {self.shape}")
        return self[(*before, slice(first, first + length))]

    def gather(self, dim: int, index: Any) -> Tensor:
        """For every place of `index` the element that it names along `dim`, as in PyTorch.

        Shapes: x and index have as many axes, and index is nowhere longer but along `dim`; where it is shorter only the
        first elements are read, and nothing broadcasts, as it does in `autograd_core.take_along_axis`.
        """
        axis, index = self._along("gather", dim, index)
        start = tuple([slice(None if i == axis else n) for i, n in enumerate(index.shape)])
        return ops.take_along_axis(self[start], index, axis=axis)

    def take_along_dim(self, indices: Any, dim: int | None = None) -> Tensor:
        """See `autograd_core.take_along_axis`; without `dim` of the flattened tensor."""
        if dim is None:
            return ops.take(self, ops.reshape(as_array(indices, "take_along_dim"), (-1,)))
        return ops.take_along_axis(self, indices, axis=dim)

    def scatter(self, dim: int, index: Any, src: Any) -> Tensor:
        """A new tensor with the numbers of `src`, a tensor or one number, where `index` names places along `dim`.

        Shapes: as of `gather`, and src is nowhere shorter than index. Gradients as of `autograd_core.set_at`.
        """
        axis, index = self._along("scatter", dim, index)
        return ops.set_at(self, _first_of(src, index.shape), places_along(index, axis))

    def scatter_add(self, dim: int, index: Any, src: Any) -> Tensor:
        """A new tensor with `src` added where `index` names places along `dim`; see `scatter`.

        `autograd_core.scatter_add` adds to zeros.
        """
        axis, index = self._along("scatter_add", dim, index)
        return ops.add_at(self, _first_of(src, index.shape), places_along(index, axis))

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
        """A new tensor with the slices of `source` along `dim` added where `index` says; see `autograd_core.add_at`."""
        place = (*_before("index_add", self.shape, dim), index)
        return ops.add_at(self, source if alpha == 1 else source * alpha, place)

    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """A new tensor with `value` where `mask` is true; see `autograd_core.where`."""
        return ops.where(_mask("masked_fill", mask), value, self)

    def masked_select(self, mask: Any) -> Tensor:
        """The elements where `mask` is true, along one axis."""
        x, mask = ops.broadcast_arrays(self, _mask("masked_select", mask))
        return x[mask]

    def where(self, condition: Any, other: Any) -> Tensor:
        """The elements where `condition` is true, those of `other` elsewhere; see `autograd_core.where`."""
        return ops.where(condition, self, other)

    def _along(self, function: str, dim: int, index: Any) -> tuple[int, Any]:
        """The axis, and an index that names places along it."""
        axis, index = single_axis(function, self.shape, dim), as_array(index, function)
        if index.dtype.kind not in "iu":
            raise DTypeError(f"{function}: an index is made of whole numbers, got {index.dtype}")
        lengths = zip(index.shape, self.shape, strict=False)
        if index.ndim != self.ndim or any(m > n for i, (m, n) in enumerate(lengths) if i != axis):
            raise ShapeError(
                f"{function}: an index of shape {index.shape} does not name places of shape {self.shape} along axis "
                f"{dim}; it has as many axes, and is nowhere longer but there"
            )
        return axis, index


def _before(function: str, shape: tuple[int, ...], dim: int) -> tuple[slice, ...]:
    """The index that takes everything along the axes before `dim`."""
    return (slice(None),) * single_axis(function, shape, dim)


def _first_of(src: Any, shape: tuple[int, ...]) -> Any:
    """So many elements of each axis; a number as it is."""
    if not np.ndim(src):
        return src
    if np.ndim(src) != len(shape) or any(m > n for m, n in zip(shape, np.shape(src), strict=True)):
        raise ShapeError(f"scatter: a source of shape {np.shape(src)} is shorter than the index, {shape}")
    return as_array(src, "scatter")[tuple([slice(n) for n in shape])]


def _mask(function: str, mask: Any) -> Any:
    mask = as_array(mask, function)
    if mask.dtype.kind != "b":
        raise DTypeError(f"{function}: a mask is made of bools, got {mask.dtype}; compare, as in mask != 0")
    return mask
