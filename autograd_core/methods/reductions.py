"""Reductions, order and running sums as methods of a Tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from autograd_core import ops
from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.methods.base import Axis, Methods, either
from autograd_core.ops.argument_names import given_twice
from autograd_core.ops.extremes import ValuesAndIndices
from autograd_core.ops.op import Op
from autograd_core.ops.reduction import _max, _min
from autograd_core.ops.shaping import single_axis

if TYPE_CHECKING:
    from autograd_core.tensor import Tensor


Pair: TypeAlias = "ValuesAndIndices[Tensor]"

_FORMS: Any = ops  # for type checkers, which ask each of an op's forms for what these methods hand on for all


class Reductions(Methods):
    """Each takes its axes as `dim` or as `axis`; a list of them is as good as a tuple."""

    __slots__ = ()

    def _reduced(self, op: Op[Any], dim: Axis, keepdim: bool, axis: Axis, keepdims: bool | None, **more: Any) -> Any:
        if dim is None and axis is None and keepdims is None and not (keepdim or more):
            return self.record_one(op, self)
        along, kept = either(op.name, dim, axis), _kept(op.name, keepdim, keepdims)
        return self.record(op, (self,), {"axis": along, "keepdims": kept, **more})

    def sum(
        self,
        dim: Axis = None,
        keepdim: bool = False,
        *,
        dtype: npt.DTypeLike | None = None,
        axis: Axis = None,
        keepdims: bool | None = None,
    ) -> Tensor:
        """See `autograd_core.sum`; with `dtype` that of the numbers in this dtype."""
        return _in_dtype(self, dtype)._reduced(ops.sum, dim, keepdim, axis, keepdims)

    def mean(
        self,
        dim: Axis = None,
        keepdim: bool = False,
        *,
        dtype: npt.DTypeLike | None = None,
        axis: Axis = None,
        keepdims: bool | None = None,
    ) -> Tensor:
        """See `autograd_core.mean`; with `dtype` that of the numbers in this dtype."""
        return _in_dtype(self, dtype)._reduced(ops.mean, dim, keepdim, axis, keepdims)

    def prod(
        self,
        dim: Axis = None,
        keepdim: bool = False,
        *,
        dtype: npt.DTypeLike | None = None,
        axis: Axis = None,
        keepdims: bool | None = None,
    ) -> Tensor:
        """See `autograd_core.prod`; with `dtype` that of the numbers in this dtype."""
        return _in_dtype(self, dtype)._reduced(ops.prod, dim, keepdim, axis, keepdims)

    def var(
        self,
        dim: Axis | bool = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
        ddof: float | None = None,
        axis: Axis = None,
        keepdims: bool | None = None,
    ) -> Tensor:
        """Σ(x - mean)² / (n - correction), with the correction 1 unless given, as in PyTorch.

        `autograd_core.var`, as numpy's, divides by n: its correction is 0 unless given. `ddof` is numpy's name for it;
        `unbiased`, PyTorch's older one, is 1 if true and 0 if false.
        """
        dim, by = _correction("var", dim, unbiased, correction, ddof)
        return self._reduced(ops.var, dim, keepdim, axis, keepdims, correction=by)

    def std(
        self,
        dim: Axis | bool = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
        ddof: float | None = None,
        axis: Axis = None,
        keepdims: bool | None = None,
    ) -> Tensor:
        """√var, with the correction 1 unless given, as in PyTorch; `autograd_core.std` has 0. See `var`."""
        dim, by = _correction("std", dim, unbiased, correction, ddof)
        return self._reduced(ops.std, dim, keepdim, axis, keepdims, correction=by)

    def norm(
        self,
        p: float | str | None = None,
        dim: Axis = None,
        keepdim: bool = False,
        *,
        ord: float | None = None,
        axis: Axis = None,
        keepdims: bool | None = None,
    ) -> Tensor:
        """The p-norm, 2 unless given, of all elements or over `dim`; see `autograd_core.norm`, which has p as `ord`."""
        if p is not None and ord is not None:
            raise given_twice("norm", "ord", "p")
        wanted = 2 if p in (None, "fro") and ord is None else ord if p is None else p
        if isinstance(wanted, str):
            raise ArgumentError(f"norm: p is a number or 'fro', got {p!r}; autograd_core.linalg.svd gives others")
        return self._reduced(ops.norm, dim, keepdim, axis, keepdims, ord=wanted)

    @overload
    def max(self, dim: int, keepdim: bool = ...) -> Pair: ...
    @overload
    def max(self, dim: Tensor | npt.NDArray[Any]) -> Tensor: ...
    @overload
    def max(self, dim: tuple[int, ...] | None = ..., *, axis: Axis = ..., keepdims: bool | None = ...) -> Tensor: ...
    def max(self, dim: Any = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None) -> Any:
        """The largest element of all or over `axis`; along one `dim` PyTorch's pair: the largest, and where they are.

        Of several largest the pair names the first, which gets the gradient; else they share it (see
        `autograd_core.max`). With a tensor it is `autograd_core.maximum` of the two.
        """
        return _FORMS.max(self, dim, keepdim, axis=axis, keepdims=keepdims)

    @overload
    def min(self, dim: int, keepdim: bool = ...) -> Pair: ...
    @overload
    def min(self, dim: Tensor | npt.NDArray[Any]) -> Tensor: ...
    @overload
    def min(self, dim: tuple[int, ...] | None = ..., *, axis: Axis = ..., keepdims: bool | None = ...) -> Tensor: ...
    def min(self, dim: Any = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None) -> Any:
        """The smallest element of all or over `axis`; along one `dim` the smallest and their places, as of `max`."""
        return _FORMS.min(self, dim, keepdim, axis=axis, keepdims=keepdims)

    def amax(
        self, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
    ) -> Tensor:
        """The largest element over one axis or several, whose gradient a tie shares; see `autograd_core.max`."""
        return self._reduced(_max, dim, keepdim, axis, keepdims)

    def amin(
        self, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
    ) -> Tensor:
        """The smallest element over one axis or several, whose gradient a tie shares; see `autograd_core.min`."""
        return self._reduced(_min, dim, keepdim, axis, keepdims)

    def argmax(
        self, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None, keepdims: bool | None = None
    ) -> Tensor:
        """See `autograd_core.argmax`."""
        return self._reduced(ops.argmax, dim, keepdim, axis, keepdims)

    def argmin(
        self, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None, keepdims: bool | None = None
    ) -> Tensor:
        """See `autograd_core.argmin`."""
        return self._reduced(ops.argmin, dim, keepdim, axis, keepdims)

    def any(
        self, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
    ) -> Tensor:
        """See `autograd_core.any`."""
        return self._reduced(ops.any, dim, keepdim, axis, keepdims)

    def all(
        self, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
    ) -> Tensor:
        """See `autograd_core.all`."""
        return self._reduced(ops.all, dim, keepdim, axis, keepdims)

    def logsumexp(
        self, dim: Axis = None, keepdim: bool = False, *, axis: Axis = None, keepdims: bool | None = None
    ) -> Tensor:
        """log Σ exp(x) over `dim`, the last axis unless given; see `autograd_core.logsumexp`."""
        last = -1 if dim is None and axis is None else dim
        return self._reduced(ops.logsumexp, last, keepdim, axis, keepdims)

    def softmax(self, dim: Axis = None, *, axis: Axis = None) -> Tensor:
        """e^x/Σe^x along `dim`, the last axis unless given; see `autograd_core.softmax`."""
        return ops.softmax(self, axis=_or_last("softmax", dim, axis))

    def log_softmax(self, dim: Axis = None, *, axis: Axis = None) -> Tensor:
        """log softmax(x) along `dim`, the last axis unless given; see `autograd_core.log_softmax`."""
        return ops.log_softmax(self, axis=_or_last("log_softmax", dim, axis))

    def cumsum(self, dim: int | None = None, *, axis: int | None = None) -> Tensor:
        """See `autograd_core.cumulative_sum`."""
        return ops.cumulative_sum(self, axis=either("cumsum", dim, axis))

    def cumprod(self, dim: int | None = None, *, axis: int | None = None) -> Tensor:
        """See `autograd_core.cumulative_prod`."""
        return ops.cumulative_prod(self, axis=either("cumprod", dim, axis))

    @overload
    def sort(self, dim: int = ..., descending: bool = ..., stable: bool = ...) -> Pair: ...
    @overload
    def sort(self, *, axis: int, descending: bool = ..., stable: bool = ...) -> Tensor: ...
    def sort(
        self, dim: int | None = None, descending: bool = False, stable: bool = True, *, axis: int | None = None
    ) -> Any:
        """PyTorch's pair: the elements in order along `dim`, the last unless given, and where they were.

        With `axis` in place of `dim` the elements alone; see `autograd_core.sort`.
        """
        along = _or_last("sort", dim, axis)
        if axis is not None:
            return ops.sort(self, axis=along, descending=descending, stable=stable)
        return ops.sort(self, along, descending, stable)

    def argsort(
        self, dim: int | None = None, descending: bool = False, stable: bool = True, *, axis: int | None = None
    ) -> Tensor:
        """The indices that put x in order along `dim`, the last axis unless given; see `autograd_core.argsort`."""
        along = _or_last("argsort", dim, axis)
        return ops.argsort(self, axis=along, descending=descending, stable=stable)

    @overload
    def median(self, dim: None = None, keepdim: bool = False) -> Tensor: ...
    @overload
    def median(self, dim: int, keepdim: bool = False) -> Pair: ...
    @overload
    def median(self, *, axis: int | None = None, keepdims: bool) -> Tensor: ...
    @overload
    def median(self, *, axis: int) -> Tensor: ...
    def median(
        self, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None, keepdims: bool | None = None
    ) -> Any:
        """The element in the middle of all, the lower of two; along one `dim` PyTorch's pair: it, and where it is.

        nan if there is one. The gradient goes to the element. With `axis` or `keepdims` it is numpy's median, the mean
        of two, which is `quantile(0.5)`.
        Errors: ShapeError where there are no elements.
        """
        if axis is not None or keepdims is not None:
            return self._quantile("median", 0.5, dim, keepdim, axis, keepdims)
        x: Any = ops.reshape(self, (-1,)) if dim is None else self
        along = -1 if dim is None else dim
        _at_least_one("median", x, along)
        order = ops.argsort(x, axis=along)
        n = x.shape[along]
        middle, last = (ops.take(order, np.array([place]), axis=along) for place in ((n - 1) // 2, n - 1))
        at = ops.where(ops.isnan(ops.take_along_axis(x, last, axis=along)), last, middle)  # nan stands behind all
        values = ops.take_along_axis(x, at, axis=along)
        if dim is None:
            return values[0].reshape((1,) * self.ndim) if keepdim else values[0]
        pair = ValuesAndIndices(values, at)
        return pair if keepdim else ValuesAndIndices(*[ops.squeeze(part, axis=along) for part in pair])

    def quantile(
        self,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        axis: int | None = None,
        keepdims: bool | None = None,
    ) -> Tensor:
        """What the share q of all elements, or of those along `dim`, lies below: between two of them linearly.

        nan if there is one. A q of one axis, shape (k,), gives k of them along a new first axis.
        Errors: ArgumentError for a q that is not from 0 to 1, ShapeError where there are no elements, DTypeError for
        whole numbers.
        """
        return self._quantile("quantile", q, dim, keepdim, axis, keepdims)

    def _quantile(
        self, name: str, q: Any, dim: int | None, keepdim: bool, axis: int | None, keepdims: bool | None
    ) -> Tensor:
        dim, keepdim = either(name, dim, axis), _kept(name, keepdim, keepdims)
        shares = np.asarray(q, np.float64)
        if shares.ndim > 1 or not ((shares >= 0) & (shares <= 1)).all():
            raise ArgumentError(f"quantile: q is a number from 0 to 1, or an array of such with one axis, got {q}")
        x: Any = ops.reshape(self, (-1,)) if dim is None else self
        along = -1 if dim is None else dim
        _at_least_one(name, x, along)
        if x.dtype.kind != "f":
            raise DTypeError(f"{name}: takes floating-point numbers, got {x.dtype}; use astype")
        x = ops.moveaxis(ops.sort(x, axis=along), along, 0)
        last = x.shape[0] - 1
        place = np.atleast_1d(shares) * last
        below = np.floor(place).astype(np.int64)
        part = (place - below).reshape(-1, *[1] * (x.ndim - 1))
        low, high = x[below], x[np.minimum(below + 1, last)]
        found = low + (high - low) * part.astype(x.dtype)
        found = ops.where(ops.isnan(x[-1:]), x[-1:], found)  # nan stands behind all
        if keepdim:
            ones = (1,) * self.ndim
            found = ops.reshape(found, (-1, *ones)) if dim is None else ops.expand_dims(found, axis=dim % self.ndim + 1)
        return found if shares.ndim else found[0]

    def topk(
        self, k: int, dim: int | None = None, largest: bool = True, sorted: bool = True, *, axis: int | None = None
    ) -> Pair:
        """The k largest along `dim`, the last unless given, best first (`sorted` or not), and where they are.

        See `autograd_core.topk`.
        """
        return ValuesAndIndices(*ops.topk(self, k, axis=_or_last("topk", dim, axis), largest=largest))


def _in_dtype(x: Any, dtype: npt.DTypeLike | None) -> Any:
    return x if dtype is None else x.to(dtype=dtype)


def _kept(name: str, keepdim: bool, keepdims: bool | None) -> bool:
    if keepdim and keepdims is not None:
        raise given_twice(name, "keepdims", "keepdim")
    return keepdim if keepdims is None else keepdims


def _at_least_one(name: str, x: Any, axis: int) -> None:
    if not x.shape[single_axis(name, x.shape, axis)]:
        raise ShapeError(f"{name}: there is none of no elements, and x has shape {x.shape}")


def _or_last(function: str, dim: Any, axis: Any) -> Any:
    along = either(function, dim, axis)
    return -1 if along is None else along


def _correction(
    function: str, dim: Any, unbiased: bool | None, correction: float | None, ddof: float | None
) -> tuple[Any, float]:
    """The axes, and what is subtracted from n, by whichever of its names it was given; 1 if by none."""
    if isinstance(dim, bool):  # std(unbiased)
        dim, unbiased = None, dim
    if not isinstance(unbiased, bool | None):
        raise ArgumentError(f"{function}: unbiased is true or false, got {unbiased!r}; give correction={unbiased!r}")
    given = [float(value) for value in (unbiased, correction, ddof) if value is not None]
    if len(given) > 1:
        raise ArgumentError(f"{function}: correction, ddof and unbiased are names of one argument; give one of them")
    return dim, given[0] if given else 1.0
