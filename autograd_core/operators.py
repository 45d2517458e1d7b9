"""Python's operators, and the methods that Value and Tensor share, each delegating to the op of that name."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import ops
from autograd_core.graph import Recorded

_COMPARABLE = (Recorded, int, float, list, tuple, np.ndarray, np.generic)


class Operators(Recorded):
    """What makes `(x + y) * z` an expression that records itself."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        from autograd_core import numpy_protocol  # it knows every op; here they are looked up one by one

        return numpy_protocol.array_ufunc(ufunc, method, inputs, named)

    def __array_function__(self, function: Any, types: Any, args: Any, named: Any) -> Any:
        from autograd_core import numpy_protocol

        return numpy_protocol.array_function(function, args, named)

    # Equality compares numbers, sets and dictionaries go by identity: nodes must not be merged because they are equal.
    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Any:
        return self.record(ops.add, (self, other), {})

    def __radd__(self, other: Any) -> Any:
        return self.record(ops.add, (other, self), {})

    def __sub__(self, other: Any) -> Any:
        return self.record(ops.subtract, (self, other), {})

    def __rsub__(self, other: Any) -> Any:
        return self.record(ops.subtract, (other, self), {})

    def __mul__(self, other: Any) -> Any:
        return self.record(ops.multiply, (self, other), {})

    def __rmul__(self, other: Any) -> Any:
        return self.record(ops.multiply, (other, self), {})

    def __truediv__(self, other: Any) -> Any:
        return self.record(ops.divide, (self, other), {})

    def __rtruediv__(self, other: Any) -> Any:
        return self.record(ops.divide, (other, self), {})

    def __floordiv__(self, other: Any) -> Any:
        return self.record(ops.floor_divide, (self, other), {})

    def __rfloordiv__(self, other: Any) -> Any:
        return self.record(ops.floor_divide, (other, self), {})

    def __mod__(self, other: Any) -> Any:
        return self.record(ops.remainder, (self, other), {})

    def __rmod__(self, other: Any) -> Any:
        return self.record(ops.remainder, (other, self), {})

    def __pow__(self, other: Any) -> Any:
        return self.record(ops.pow, (self, other), {})

    def __rpow__(self, other: Any) -> Any:
        return self.record(ops.pow, (other, self), {})

    def __neg__(self) -> Any:
        return self.record(ops.negative, (self,), {})

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.record(ops.abs, (self,), {})

    def __round__(self, digits: int | None = None) -> Any:
        if digits is not None:  # for printing; only whole numbers are an op
            return round(float(self), digits)  # type: ignore[arg-type]
        return self.record(ops.round, (self,), {})

    def __floor__(self) -> Any:
        return self.record(ops.floor, (self,), {})

    def __ceil__(self) -> Any:
        return self.record(ops.ceil, (self,), {})

    def __trunc__(self) -> Any:
        return self.record(ops.trunc, (self,), {})

    def __lt__(self, other: Any) -> Any:
        return self.record(ops.less, (self, other), {})

    def __le__(self, other: Any) -> Any:
        return self.record(ops.less_equal, (self, other), {})

    def __gt__(self, other: Any) -> Any:
        return self.record(ops.greater, (self, other), {})

    def __ge__(self, other: Any) -> Any:
        return self.record(ops.greater_equal, (self, other), {})

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, _COMPARABLE):
            return NotImplemented  # Python then answers by identity: x == None is False
        return self.record(ops.equal, (self, other), {})

    def __ne__(self, other: object) -> Any:
        if not isinstance(other, _COMPARABLE):
            return NotImplemented
        return self.record(ops.not_equal, (self, other), {})

    def exp(self) -> Any:
        """See `autograd_core.exp`."""
        return self.record(ops.exp, (self,), {})

    def log(self) -> Any:
        """See `autograd_core.log`."""
        return self.record(ops.log, (self,), {})

    def sqrt(self) -> Any:
        """See `autograd_core.sqrt`."""
        return self.record(ops.sqrt, (self,), {})

    def square(self) -> Any:
        """See `autograd_core.square`."""
        return self.record(ops.square, (self,), {})

    def sin(self) -> Any:
        """See `autograd_core.sin`."""
        return self.record(ops.sin, (self,), {})

    def cos(self) -> Any:
        """See `autograd_core.cos`."""
        return self.record(ops.cos, (self,), {})

    def tanh(self) -> Any:
        """See `autograd_core.tanh`."""
        return self.record(ops.tanh, (self,), {})

    def sigmoid(self) -> Any:
        """See `autograd_core.sigmoid`."""
        return self.record(ops.sigmoid, (self,), {})

    def relu(self) -> Any:
        """See `autograd_core.relu`."""
        return self.record(ops.relu, (self,), {})

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """See `autograd_core.clip`."""
        return ops.clip(self, min, max)
