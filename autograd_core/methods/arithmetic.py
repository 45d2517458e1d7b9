"""Functions of every element, and products, as methods of a Tensor.

A line of the table `name = of_every_element(ops.name)` is a method without arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core import ops
from autograd_core.errors import ArgumentError, ShapeError
from autograd_core.methods.base import Methods
from autograd_core.ops.definition import Elementwise
from autograd_core.recording import refuse_to_compile

if TYPE_CHECKING:
    from autograd_core.argument_types import TensorLike
    from autograd_core.tensor import Tensor


def of_every_element(op: Elementwise[Any]) -> Callable[[Any], Tensor]:
    """The method that computes this op."""

    def method(self: Any) -> Tensor:
        return self.record_one(op, self)

    method.__name__ = op.name
    method.__qualname__ = f"Tensor.{op.name}"
    method.__doc__ = f"See `autograd_core.{op.name}`: {op.__doc__}"
    return method


def of_two(op: Elementwise[Any]) -> Callable[[Any, TensorLike], Tensor]:
    """The method that computes this op of the tensor and another, or a number."""

    def method(self: Any, other: Any) -> Tensor:
        return self.record_two(op, self, other)

    method.__name__ = op.name
    method.__qualname__ = f"Tensor.{op.name}"
    method.__doc__ = f"See `autograd_core.{op.name}`: {op.__doc__}"
    return method


class Arithmetic(Methods):
    """exp, log, sqrt, tanh and others that a Value has, too, are in `operators.py`."""

    __slots__ = ()

    abs = of_every_element(ops.abs)
    acos = of_every_element(ops.acos)
    acosh = of_every_element(ops.acosh)
    asin = of_every_element(ops.asin)
    asinh = of_every_element(ops.asinh)
    atan = of_every_element(ops.atan)
    atanh = of_every_element(ops.atanh)
    ceil = of_every_element(ops.ceil)
    cosh = of_every_element(ops.cosh)
    digamma = of_every_element(ops.digamma)
    erf = of_every_element(ops.erf)
    erfc = of_every_element(ops.erfc)
    expm1 = of_every_element(ops.expm1)
    floor = of_every_element(ops.floor)
    isfinite = of_every_element(ops.isfinite)
    isinf = of_every_element(ops.isinf)
    isnan = of_every_element(ops.isnan)
    lgamma = of_every_element(ops.lgamma)
    log10 = of_every_element(ops.log10)
    log1p = of_every_element(ops.log1p)
    log2 = of_every_element(ops.log2)
    logical_not = of_every_element(ops.logical_not)
    neg = negative = of_every_element(ops.negative)
    reciprocal = of_every_element(ops.reciprocal)
    rsqrt = of_every_element(ops.rsqrt)
    sign = of_every_element(ops.sign)
    sinh = of_every_element(ops.sinh)
    tan = of_every_element(ops.tan)
    trunc = of_every_element(ops.trunc)

    mul = multiply = of_two(ops.multiply)
    pow = of_two(ops.pow)
    remainder = of_two(ops.remainder)
    floor_divide = of_two(ops.floor_divide)
    atan2 = of_two(ops.atan2)
    hypot = of_two(ops.hypot)
    maximum = of_two(ops.maximum)
    minimum = of_two(ops.minimum)
    logaddexp = of_two(ops.logaddexp)
    eq = of_two(ops.equal)
    ne = of_two(ops.not_equal)
    lt = of_two(ops.less)
    le = of_two(ops.less_equal)
    gt = of_two(ops.greater)
    ge = of_two(ops.greater_equal)
    logical_and = of_two(ops.logical_and)
    logical_or = of_two(ops.logical_or)
    logical_xor = of_two(ops.logical_xor)

    def add(self, other: Any, *, alpha: float = 1) -> Tensor:
        """x + alpha·other."""
        return self + (other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Tensor:
        """x - alpha·other."""
        return self - (other if alpha == 1 else other * alpha)

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """x / other; with `rounding_mode` rounded towards 0 ("trunc") or down ("floor")."""
        if rounding_mode not in (None, "trunc", "floor"):
            raise ArgumentError(f"div: rounding_mode must be None, 'trunc' or 'floor', got {rounding_mode!r}")
        if rounding_mode == "floor":
            return self // other
        return self / other if rounding_mode is None else ops.trunc(self / other)

    def round(self, decimals: int = 0) -> Tensor:
        """Rounded to so many decimals, halves to the even one; see `autograd_core.round`."""
        return ops.round(self * 10**decimals) / 10**decimals if decimals else self.record_one(ops.round, self)

    def clamp(self, min: TensorLike | None = None, max: TensorLike | None = None) -> Tensor:
        """PyTorch's name of `clip`; see `autograd_core.clip`."""
        return ops.clip(self, min, max)

    def equal(self, other: Any) -> bool:
        """Whether both have one shape and the same numbers; `eq`, `==` and `autograd_core.equal` say where.

        Errors: CompileError in a step that is compiled, which cannot ask for numbers.
        """
        refuse_to_compile("equal()", "compare with == and reduce with all()")
        return np.array_equal(np.asarray(self.detach()), _numbers(other))

    def allclose(self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """Whether |x - other| ≤ atol + rtol·|other| everywhere.

        Errors: CompileError in a step that is compiled, which cannot ask for numbers.
        """
        refuse_to_compile("allclose()", "compare with abs(x - y) <= tolerance and reduce with all()")
        return np.allclose(np.asarray(self.detach()), _numbers(other), rtol, atol, equal_nan)

    def matmul(self, other: Any) -> Tensor:
        """See `autograd_core.matmul`."""
        return ops.matmul(self, other)

    def mm(self, other: Any) -> Tensor:
        """The product of two matrices: (m, n), (n, k) -> (m, k)."""
        return self._product("mm", other, 2, 2)

    def bmm(self, other: Any) -> Tensor:
        """The products of many pairs of matrices: (b, m, n), (b, n, k) -> (b, m, k)."""
        return self._product("bmm", other, 3, 3)

    def mv(self, other: Any) -> Tensor:
        """The product of a matrix and a vector: (m, n), (n,) -> (m,)."""
        return self._product("mv", other, 2, 1)

    def dot(self, other: Any) -> Tensor:
        """The product of vectors, Σ x·other: (n,), (n,) -> (); of a matrix and a matrix or a vector as numpy's."""
        if self.ndim == 2 and np.ndim(other) in (1, 2):
            return ops.matmul(self, other)
        return self._product("dot", other, 1, 1)

    def outer(self, other: Any) -> Tensor:
        """See `autograd_core.outer`."""
        return ops.outer(self, other)

    def _product(self, name: str, other: Any, ndim: int, of_other: int) -> Tensor:
        if (self.ndim, np.ndim(other)) != (ndim, of_other):
            raise ShapeError(
                f"{name}: takes tensors with {ndim} and {of_other} axes, got shapes {self.shape} and "
                f"{np.shape(other)}; matmul, or @, takes others"
            )
        return ops.matmul(self, other)


def _numbers(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, Methods) else np.asarray(x)
