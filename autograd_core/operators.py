"""Python's operators, and the methods that Value and Tensor share, each delegating to the op of that name.

What they give is said to type checkers once, for both: `Operators[Same, Truth, Other]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

import numpy as np

from autograd_core import ops
from autograd_core.recording import Recorded

if TYPE_CHECKING:
    from autograd_core.show import Drawing, Stepper

Same = TypeVar("Same")  # what an operator gives: of a Value a Value, of a Tensor a Tensor
Truth = TypeVar("Truth")  # what a comparison gives: of a Value a bool, of a Tensor a Tensor of them
Other = TypeVar("Other", contravariant=True)  # what may stand on the other side

_COMPARABLE = (Recorded, int, float, list, tuple, np.ndarray, np.generic)


class Operators(Recorded, Generic[Same, Truth, Other]):
    """What makes `(x + y) * z` an expression that records itself."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        from autograd_core import numpy_protocol  # it knows every op; here they are looked up one by one

        return numpy_protocol.array_ufunc(ufunc, method, inputs, named)

    def __array_function__(self, function: Any, types: Any, args: Any, named: Any) -> Any:
        from autograd_core import numpy_protocol

        return numpy_protocol.array_function(function, args, named)

    draw: ClassVar[Callable[..., Any]]  # by __init__.py, for what draws stands above all that can be drawn

    def show(
        self,
        limit: int | None = None,
        *,
        module: Any = None,
        depth: int | None = None,
        width: float | None = None,
        local_gradients: bool = False,
    ) -> Drawing:
        """Draw the graph that leads here: values above each edge, gradients below. See `autograd_core.draw`."""
        options = {"module": module, "depth": depth, "width": width, "local_gradients": local_gradients}
        return Operators.draw(self, **options) if limit is None else Operators.draw(self, limit, **options)

    stepper: ClassVar[Callable[..., Any]]  # likewise

    def step(self, title: str = "", *, module: Any = None) -> Stepper:
        """A page to step through the graph that leads here, forward and back. See `autograd_core.show.step`."""
        return Operators.stepper(self, title, module=module)

    # Equality compares numbers, sets and dictionaries go by identity: nodes must not be merged because they are equal.
    __hash__ = object.__hash__

    def __add__(self, other: Other) -> Same:
        return self.record_two(ops.add, self, other)

    def __radd__(self, other: Other) -> Same:
        return self.record_two(ops.add, other, self)

    def __sub__(self, other: Other) -> Same:
        return self.record_two(ops.subtract, self, other)

    def __rsub__(self, other: Other) -> Same:
        return self.record_two(ops.subtract, other, self)

    def __mul__(self, other: Other) -> Same:
        return self.record_two(ops.multiply, self, other)

    def __rmul__(self, other: Other) -> Same:
        return self.record_two(ops.multiply, other, self)

    def __truediv__(self, other: Other) -> Same:
        return self.record_two(ops.divide, self, other)

    def __rtruediv__(self, other: Other) -> Same:
        return self.record_two(ops.divide, other, self)

    def __floordiv__(self, other: Other) -> Same:
        return self.record_two(ops.floor_divide, self, other)

    def __rfloordiv__(self, other: Other) -> Same:
        return self.record_two(ops.floor_divide, other, self)

    def __mod__(self, other: Other) -> Same:
        return self.record_two(ops.remainder, self, other)

    def __rmod__(self, other: Other) -> Same:
        return self.record_two(ops.remainder, other, self)

    def __pow__(self, other: Other) -> Same:
        return self.record_two(ops.pow, self, other)

    def __rpow__(self, other: Other) -> Same:
        return self.record_two(ops.pow, other, self)

    def __and__(self, other: Other) -> Same:
        return ops.bitwise_and(self, other)

    def __rand__(self, other: Other) -> Same:
        return ops.bitwise_and(other, self)

    def __or__(self, other: Other) -> Same:
        return ops.bitwise_or(self, other)

    def __ror__(self, other: Other) -> Same:
        return ops.bitwise_or(other, self)

    def __xor__(self, other: Other) -> Same:
        return ops.bitwise_xor(self, other)

    def __rxor__(self, other: Other) -> Same:
        return ops.bitwise_xor(other, self)

    def __lshift__(self, other: Other) -> Same:
        return ops.bitwise_left_shift(self, other)

    def __rlshift__(self, other: Other) -> Same:
        return ops.bitwise_left_shift(other, self)

    def __rshift__(self, other: Other) -> Same:
        return ops.bitwise_right_shift(self, other)

    def __rrshift__(self, other: Other) -> Same:
        return ops.bitwise_right_shift(other, self)

    def __invert__(self) -> Same:
        return ops.bitwise_invert(self)

    def __neg__(self) -> Same:
        return self.record_one(ops.negative, self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Same:
        return self.record_one(ops.abs, self)

    @overload
    def __round__(self, digits: None = None) -> Same: ...
    @overload
    def __round__(self, digits: int) -> float: ...
    def __round__(self, digits: int | None = None) -> Any:
        if digits is not None:  # for printing; only whole numbers are an op
            return round(float(self.item()), digits)  # type: ignore[attr-defined]
        return self.record_one(ops.round, self)

    def __floor__(self) -> Same:
        return self.record_one(ops.floor, self)

    def __ceil__(self) -> Same:
        return self.record_one(ops.ceil, self)

    def __trunc__(self) -> Same:
        return self.record_one(ops.trunc, self)

    def __lt__(self, other: Other) -> Truth:
        return self.record_two(ops.less, self, other)

    def __le__(self, other: Other) -> Truth:
        return self.record_two(ops.less_equal, self, other)

    def __gt__(self, other: Other) -> Truth:
        return self.record_two(ops.greater, self, other)

    def __ge__(self, other: Other) -> Truth:
        return self.record_two(ops.greater_equal, self, other)

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        if not isinstance(other, _COMPARABLE):
            return NotImplemented  # Python then answers by identity: x == None is False
        return self.record_two(ops.equal, self, other)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        if not isinstance(other, _COMPARABLE):
            return NotImplemented
        return self.record_two(ops.not_equal, self, other)

    # p -= u, and the like: a leaf is updated, unless the result is recorded; then the name gets the new value.

    def update_in_place(self, sign: str, result: Callable[[Any, Any], Any], other: Other) -> Any:
        """What `self` stands for after `self sign= other`, where `result` computes its new value."""
        raise NotImplementedError

    def __iadd__(self, other: Other) -> Self:
        return self.update_in_place("+", ops.add, other)

    def __isub__(self, other: Other) -> Self:
        return self.update_in_place("-", ops.subtract, other)

    def __imul__(self, other: Other) -> Self:
        return self.update_in_place("*", ops.multiply, other)

    def __itruediv__(self, other: Other) -> Self:
        return self.update_in_place("/", ops.divide, other)

    def __ifloordiv__(self, other: Other) -> Self:
        return self.update_in_place("//", ops.floor_divide, other)

    def __imod__(self, other: Other) -> Self:
        return self.update_in_place("%", ops.remainder, other)

    def __ipow__(self, other: Other) -> Self:
        return self.update_in_place("**", ops.pow, other)

    def exp(self) -> Same:
        """See `autograd_core.exp`."""
        return self.record_one(ops.exp, self)

    def log(self) -> Same:
        """See `autograd_core.log`."""
        return self.record_one(ops.log, self)

    def sqrt(self) -> Same:
        """See `autograd_core.sqrt`."""
        return self.record_one(ops.sqrt, self)

    def square(self) -> Same:
        """See `autograd_core.square`."""
        return self.record_one(ops.square, self)

    def sin(self) -> Same:
        """See `autograd_core.sin`."""
        return self.record_one(ops.sin, self)

    def cos(self) -> Same:
        """See `autograd_core.cos`."""
        return self.record_one(ops.cos, self)

    def tanh(self) -> Same:
        """See `autograd_core.tanh`."""
        return self.record_one(ops.tanh, self)

    def sigmoid(self) -> Same:
        """See `autograd_core.sigmoid`."""
        return self.record_one(ops.sigmoid, self)

    def relu(self) -> Same:
        """See `autograd_core.relu`."""
        return self.record_one(ops.relu, self)

    def clip(self, min: Other | None = None, max: Other | None = None) -> Same:
        """See `autograd_core.clip`."""
        return ops.clip(self, min, max)
