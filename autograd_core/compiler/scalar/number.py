"""Number: what `v.data` and `v.grad` give while a function is captured, in the place of Python's floats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd_core import ops
from autograd_core.errors import CompileError
from autograd_core.operators import Operators
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import Op
from autograd_core.recording import thread, users_line
from autograd_core.value import Value

if TYPE_CHECKING:
    from autograd_core.compiler.scalar.tape import Tape


class Number(Operators["Number", Any, Any]):
    """A number of Python's, while a function is captured: `number` now, and that of `slot` in every run."""

    __slots__ = ("number", "slot", "tape")

    def __init__(self, number: Any, slot: int, tape: Tape) -> None:
        self.number = number
        self.slot = slot
        self.tape = tape

    @staticmethod
    def record(op: Op[Any], args: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Compute `op` of numbers, or record it where a Value is among them."""
        if any(isinstance(x, Value) for x in args):
            return Value.record(op, args, attributes)
        if not isinstance(op, Elementwise):
            refuse(f"{op.name} of numbers that the function computes", "use Values, and ops on single numbers")
        args, _ = op.split(args, attributes)
        tape = thread.recording.tape
        return _tape_of(args).number(op, args) if tape is None else tape.number(op, args)

    @staticmethod
    def record_one(op: Op[Any], x: Any) -> Any:
        """`record` of an op with one input."""
        return x.tape.number(op, (x,))

    @staticmethod
    def record_two(op: Op[Any], a: Any, b: Any) -> Any:
        """`record` of an op with two inputs."""
        if type(a) is Value or type(b) is Value:
            return Value.record_two(op, a, b)
        return (a if type(a) is Number else b).tape.number(op, (a, b))

    def update_in_place(self, sign: str, result: Callable[[Any, Any], Any], other: Any) -> Any:
        """A new number, as of any float."""
        return result(self, other)

    # What gradients do most, without a detour.

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Value):
            return NotImplemented
        tape = self.tape
        number = other.number if type(other) is Number else other
        return Number(self.number + number, tape.added(self.slot, tape.slot_of(other)), tape)

    def __radd__(self, other: Any) -> Any:
        tape = self.tape
        return Number(other + self.number, tape.added(tape.slot_of(other), self.slot), tape)

    __iadd__ = __add__

    # Where Python's floats are no numbers of IEEE 754, and an op is.

    def __truediv__(self, other: Any) -> Any:
        return self.tape.divided(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.tape.divided(other, self)

    def __pow__(self, other: Any) -> Any:
        return self.tape.to_the_power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.tape.to_the_power(other, self)

    # Python's bools know "and" as &, and its floats do not.

    def __and__(self, other: Any) -> Any:
        return self.tape.of_bools(ops.logical_and, self, other)

    def __or__(self, other: Any) -> Any:
        return self.tape.of_bools(ops.logical_or, self, other)

    def __xor__(self, other: Any) -> Any:
        return self.tape.of_bools(ops.logical_xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def _refused(what: str, instead: str) -> Callable[..., Any]:  # type: ignore[misc]
        def refused(self: Number, *args: Any) -> Any:
            """Nothing: it is refused, and the line is named."""
            if isinstance(args[0] if args else None, Value):
                return NotImplemented
            return refuse(f"{what} of a number that the function computes", instead)

        return refused

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What isinstance and match ask for: this is a float, to whoever did not capture it."""
        return float

    _ROUNDING = "take ag.floor, ag.round, ag.floor_divide, ag.remainder, ... of the Value (import autograd_core as ag)"
    _AFTERWARDS = "return it, and look at it outside of the compiled function"
    __floordiv__ = __rfloordiv__ = _refused("//", _ROUNDING)
    __mod__ = __rmod__ = _refused("%", _ROUNDING)
    __round__ = __floor__ = __ceil__ = __trunc__ = _refused("rounding", _ROUNDING)
    __bool__ = _refused("if, while, and, or, or not", "choose by ag.where(condition, a, b), ag.maximum and the like")
    __float__ = __complex__ = _refused(
        "float(), or a function of math,", "take ag.exp, ag.log, ... (import autograd_core as ag)"
    )
    __hash__ = _refused("a place in a dictionary or set", "choose by ag.where(condition, a, b)")
    __divmod__ = __rdivmod__ = is_integer = as_integer_ratio = _refused("what is whole", _ROUNDING)
    hex = _refused("the text", _AFTERWARDS)
    real = imag = property(_refused("its part as of a complex number", "use the number as it is"))
    __int__ = __index__ = _refused("int()", "make it an argument that is an int")
    __repr__ = __str__ = __format__ = item = __reduce__ = _refused("the text", _AFTERWARDS)
    del _refused, _ROUNDING, _AFTERWARDS


def _tape_of(args: Sequence[Any]) -> Tape:
    return next(x for x in args if type(x) is Number).tape


def refuse(what: str, instead: str) -> Any:
    """Stop a capture: in a compiled function there is no Python that could do this."""
    raise CompileError(
        f"compile: {what} was asked for {users_line()}; a compiled function is run again without Python, so it cannot "
        f"depend on it: {instead}"
    )
