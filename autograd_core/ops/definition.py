"""How an op is defined: one row, and everything else follows from it.

There are two kinds of row. An elementwise op is a function of numbers and, for each input, its
local gradient as the lectures give it:

    @elementwise
    def mul(a, b):
        return a * b

    @mul.local_gradient("a")
    def _(b):
        return b

An op on whole arrays is a function of arrays and, for each input, a vector-Jacobian product,
written with ops so that it can be differentiated again:

    @array_op
    def matmul(a, b, /):
        return kernels.gemm.matmul(a, b)

    @matmul.vjp("a")
    def _(g, b):
        return matmul(g, matrix_transpose(b))

A rule names what it needs as its parameters: an input by its name, the output as `y`, the
shape of input x as `x_shape`, an argument of the op (`axis`) by its name, and in a vjp `g`,
the upstream gradient. The graph keeps just that, and runs only the rules of the inputs that
want a gradient. There is one rule an input, rather than one that returns all gradients,
because the first layer of every network wants no gradient of its (large) input. Where the
gradients share most of their work, as when a recurrent net is gone through backwards in time,
one rule may serve several inputs: `@op.vjp("x", "w")` returns as many gradients, and may leave
out (None) those that `wanted`, if it names that, says are not asked for.

An input without a rule has no gradient to give, and dropping it silently would make wrong
numbers: where it wants one, recording raises. Where the gradient is known to be none, as that
of a comparison or of a condition, the row says so: `less.not_differentiable()`,
`where.not_differentiable("condition")`.

What rows would otherwise repeat is done here once: recording, summing a gradient over
broadcast axes, casting it to its input's dtype.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, overload

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError
from autograd_core.kernels.memory import LARGE_RESULT
from autograd_core.ops.argument_names import under_own_names
from autograd_core.ops.op import (
    F,
    Op,
    P,
    Rule,
    differentiated,
    parameter_names,
    parameters_of,
    recorded_within,
    refuse_misuse,
)
from autograd_core.recording import Recorded

_LONG = kernels.LONG
_is_number = (float, int, bool).__contains__
_Array = np.ndarray


class Elementwise(Op[P]):
    """An op on numbers, applied to every element; inputs broadcast against each other."""

    takes_numbers = True
    rule_decorator = "local_gradient"

    def __init__(self, function: Callable[P, Any], array_function: Callable[..., Any] | None) -> None:
        super().__init__(function, parameter_names(function), {})
        self.row: Callable[..., Any] = function  # what numbers are given to, and Numba compiles
        self._guarded_row = self.guarded(function)
        self.on_arrays = array_function or self.by_kernel
        if isinstance(array_function, np.ufunc) and "f" * array_function.nin + "->f" in array_function.types:
            self.on_large_arrays = partial(kernels.memory.compute, array_function)

    def __call__(self, *args: P.args, **named: P.kwargs) -> Any:
        """Compute and, if an argument is a Value or a Tensor, record."""
        numbers = True
        for argument in args:
            if not _is_number(type(argument)):
                if isinstance(argument, Recorded):
                    return argument.record(self, args, named)
                numbers = False
        if numbers and len(args) == self.arity:  # in another op's row: many are made of others
            return self.on_numbers(*args)  # type: ignore[arg-type]
        return self.compute(*args, **named)

    def compute(self, *args: Any, **named: Any) -> Any:
        """The op on plain numbers (giving a number) or arrays (giving an array)."""
        if named or len(args) != len(self.inputs):
            args, _ = self.split(args, named)
        if all(map(_is_number, map(type, args))):
            return self.on_numbers(*args)
        for x in args:
            if not hasattr(x, "ndim") and not isinstance(x, (int, float)):
                return self._of_lists(args)
        return self.on_arrays(*args)

    def _of_lists(self, args: tuple[Any, ...]) -> Any:
        """The op on lists, which stand for arrays; with Values or Tensors in them they say what to do."""
        found = recorded_within(args)
        if found is not None:
            return found.record_elements(self, args)
        arrays = [np.asarray(x) if isinstance(x, (list, tuple)) else x for x in args]
        for x in arrays:
            if getattr(x, "dtype", np.dtype(type(x))).kind not in "fiub":
                raise DTypeError(f"{self.name}: takes numbers, arrays and lists of numbers, got {x!r}")
        return self.on_arrays(*arrays)

    def part(self, arguments: Sequence[Any]) -> Any:
        """The row as a part of a kernel, unless it gives whole numbers, as floor does, which of inf there are none."""
        if not (self.differentiable or self._gives_bool):
            return None
        conditions = tuple([i in self.constants for i in range(self.arity)])
        return kernels.fused.Part(self.row, _kinds(arguments), conditions, gives_bool=self._gives_bool)

    @cached_property
    def _gives_bool(self) -> bool:
        return not self.differentiable and isinstance(self.on_numbers(*[1.0] * self.arity), bool)

    def by_kernel(self, *args: Any) -> Any:
        """The row on arrays: by a kernel if they are long, else as numpy's functions compute it."""
        if _is_long(args, kernels.LONG_FOR_SEVERAL):
            try:
                return kernels.elementwise.run(self.row, args)
            except kernels.elementwise.NoKernelError:
                pass  # a row without source, or beyond what Numba compiles, still is a function of arrays
        try:
            return self._guarded_row(*args)
        except (TypeError, ValueError) as error:
            refuse_misuse(self.name, error)
            raise

    def by_threads(self, *args: Any) -> Any:
        """The row on large arrays, in memory that earlier ones left: by a kernel if they are alike, else by numpy."""
        if _is_long(args, _LONG):
            with contextlib.suppress(kernels.elementwise.NoKernelError):
                return kernels.elementwise.run(self.row, args)
        return kernels.memory.compute(self.on_arrays, *args)

    def on_numbers(self, *args: float) -> Any:
        """The op on Python numbers, with the results of IEEE 754 where Python would raise: 1/0 is inf, log(-1) nan."""
        try:
            return self.row(*args)
        except (ArithmeticError, ValueError):
            with np.errstate(all="ignore"):
                return self.on_arrays(*map(np.float64, args)).item()

    def split(self, args: tuple[Any, ...], attributes: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """An elementwise op has inputs only; those left out get their defaults."""
        if len(args) == len(self.inputs) and not attributes:
            return args, attributes
        bound = self.bound(args, attributes)
        bound.apply_defaults()
        return tuple(bound.arguments.values()), {}

    def local_gradient(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator for the local gradient ∂y/∂(input `name`), a function of what it names."""

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            rule = self._add_rule((name,), function, list(parameter_names(function)))
            rule.on_arrays = rule.on_tensors = partial(self._first_product, rule)
            return function

        return add

    def _first_product(self, rule: Rule, g: Any, *arguments: Any) -> Any:
        """g times the local gradient, for the first time: most programs use few of the ops."""
        if rule.names:
            product = LocalProduct(self, rule)
            rule.on_arrays, rule.on_tensors = product.on_arrays, product
        else:
            check_local_gradient(self, rule, rule.function())
            rule.on_arrays = rule.on_tensors = partial(_times_constant, rule.function)
        return (rule.on_tensors if isinstance(g, Recorded) else rule.on_arrays)(g, *arguments)

    @cached_property
    def local_gradients(self) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        """All local gradients as one function of (*inputs, y): numbers for numbers, graph values for graph values.

        Raises ArithmeticError where Python does, and not IEEE 754; `ieee_local_gradients` does not.
        """
        rules: list[tuple[Callable[..., Any], list[int]]]
        rules = [(rule.function, rule.arrays) if rule else (lambda: 0.0, []) for rule in self.rules]
        if not any(needs or f.__code__.co_names or f.__code__.co_freevars for f, needs in rules):  # nor reads a global
            constant = tuple([function() for function, _ in rules])
            return lambda at: constant
        if all(len(needs) == 1 for _, needs in rules):
            if len(rules) == 1:
                ((f, (i,)),) = rules
                return lambda at: (f(at[i]),)
            if len(rules) == 2:
                (f, (i,)), (g, (j,)) = rules
                return lambda at: (f(at[i]), g(at[j]))
        return lambda at: tuple([function(*[at[i] for i in needs]) for function, needs in rules])

    def ieee_local_gradients(self, at: Sequence[float]) -> tuple[float, ...]:
        """The local gradients at numbers as IEEE 754 has them: at 0, that of log is inf."""
        with np.errstate(all="ignore"):
            return tuple(map(float, self.local_gradients([np.float64(x) for x in at])))

    def gradient(self, g: Any, *arguments: Any) -> Any:
        """g times the local gradient of the only input, whose rule names these; for rules of ops that end in this."""
        (rule,) = self.rules
        assert rule is not None
        return (rule.on_tensors if isinstance(g, Recorded) else rule.on_arrays)(g, *arguments)


def check_local_gradient(op: Op[Any], rule: Rule, local: Any) -> None:
    """Refuse what a rule for a local gradient returned and that is none: an array or a number."""
    if not (isinstance(local, (float, int)) or hasattr(local, "shape")):
        raise rule.refused(op, local, "the local gradient, an array or a number")


def _times_constant(local_gradient: Callable[[], float], g: Any) -> Any:
    local = local_gradient()
    return (g if local > 0 else -g) if abs(local) == 1.0 else g * local


class LocalProduct(Op[Any]):
    """The op g · ∂y/∂x that the rule for the input x of an elementwise op is in a backward pass.

    It is elementwise itself. Its own gradient is found by differentiating the formula, so no rule is written for it.
    """

    promotes = False
    takes_numbers = True

    def __init__(self, op: Elementwise[Any], rule: Rule) -> None:
        (index,) = rule.inputs
        self.name = f"∂{op.name}/∂{op.inputs[index]}"
        self.inputs = ("g", *rule.names)
        self.arity = len(self.inputs)
        self.last = self.arity - 1
        self.variadic = False
        self.defaults = {}
        self._local = rule.function
        self._local_of_arrays = op.guarded(rule.function)
        self._check = partial(check_local_gradient, op, rule)
        self.rules = [Rule(self, self._pulled_back(i), list(self.inputs), (i,)) for i in range(self.arity)]
        self.lacking, self.constants, self.differentiable = (), frozenset(), True
        self._savings, self.saves, self.needs_shapes = {}, True, False

    def _pulled_back(self, index: int) -> Callable[..., Any]:
        if index == 0:
            return lambda u, g, *arguments: self(u, *arguments)  # linear in g, and elementwise
        return lambda u, *inputs: differentiated(self.formula, inputs, index, u)

    def formula(self, g: Any, *arguments: Any) -> Any:
        """What it computes, written with ops."""
        return g * self._local(*arguments)

    def __call__(self, g: Any, *arguments: Any) -> Any:
        """Compute and, if an argument is a Tensor, record."""
        return g.record(self, (g, *arguments), {}) if isinstance(g, Recorded) else self.on_arrays(g, *arguments)

    def part(self, arguments: Sequence[Any]) -> Any:
        """The product as a part of a kernel."""
        return kernels.fused.Part(self._local, _kinds(arguments), (False,) * self.arity, gradient=True)

    def on_arrays(self, g: Any, *arguments: Any) -> Any:
        """g · ∂y/∂x of arrays and numbers."""
        if g.size >= _LONG and _is_long((g, *arguments), _LONG):
            try:
                return kernels.elementwise.run(self._local, (g, *arguments), gradient=True)
            except kernels.elementwise.NoKernelError:
                pass  # as in by_kernel
        try:
            local = self._local_of_arrays(*arguments)
        except ArithmeticError:  # is Python's, of numbers, as for x / 0.0
            local = self._local(*[np.float64(x) if _is_number(type(x)) else x for x in arguments])
            local = float(local) if isinstance(local, np.float64) else local
        if type(local) is _Array:
            # Where it is large, g is not, but spread over it, as after a sum: else there was a kernel.
            share = g * local if local.nbytes < LARGE_RESULT else kernels.memory.compute(np.multiply, local, g)
        else:
            self._check(local)
            share = g * local
        # numpy makes float64 of a bool and a number, and so perhaps of the local gradient.
        return share if share.dtype is g.dtype else share.astype(g.dtype)


def _kinds(arguments: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    return tuple([("array" if isinstance(x, _Array) else "number", i) for i, x in enumerate(arguments)])


def _is_long(args: Sequence[Any], least: int) -> bool:
    """Whether a kernel is worth it, and able to take these arrays and numbers in one pass."""
    first = args[0]
    if type(first) is not _Array or first.size < least or first.dtype not in kernels.FLOATS:
        return False
    for x in args:
        if type(x) is _Array:
            if x.shape != first.shape or x.dtype != first.dtype or not x.flags.c_contiguous:
                return False
        elif type(x) is not float and type(x) is not int:
            return False
    return True


class ArrayOp(Op[P]):
    """An op on whole arrays. Its inputs are its positional-only parameters; the rest are arguments such as `axis`.

    An op on any number of arrays takes them as `*arrays`; it has one rule, which may ask for `index`, the input to
    differentiate, for `shapes`, those of all inputs, and for `arrays`, all of them; one that does not ask for `index`
    returns the gradients of all of them. Named inputs may stand before those.

    An op with several `outputs` returns a tuple of arrays, and rules know them by these names. The g of a rule is then
    a tuple of the gradient of each; if all but one were declared `not_differentiable`, it is the gradient of that one.

    An op without inputs has nothing but keyword-only arguments. It is not differentiable; called as it stands it gives
    an array, and by `Tensor.record(op, (), arguments)` a Tensor.
    """

    rule_decorator = "vjp"

    def __init__(self, function: Callable[P, Any], outputs: tuple[str, ...] = ("y",)) -> None:
        self.outputs, self.several = outputs, len(outputs) > 1
        self.has_one_gradient = not self.several
        kinds = inspect.Parameter
        parameters = parameters_of(function)
        inputs = tuple([name for name, kind, _ in parameters if kind in (kinds.POSITIONAL_ONLY, kinds.VAR_POSITIONAL)])
        defaults = {name: default for name, _, default in parameters if name not in inputs}
        variadic = any(kind is kinds.VAR_POSITIONAL for _, kind, _ in parameters)
        if not inputs and any(kind is not kinds.KEYWORD_ONLY for _, kind, _ in parameters):
            raise ArgumentError(
                f"{function.__name__}: an array op's inputs stand before a slash, and there are none; write "
                f"def {function.__name__}(x, /) in place of def {function.__name__}(x)"
            )
        super().__init__(function, inputs, defaults, variadic)
        self.on_arrays = self.guarded(function)
        self.differentiable = bool(inputs)

    @overload
    def __call__(self, *args: P.args, **attributes: P.kwargs) -> Any: ...
    @overload  # for axes have two names
    def __call__(self, *args: Any, dim: Any, **attributes: Any) -> Any: ...
    @overload
    def __call__(self, *args: Any, keepdim: bool, **attributes: Any) -> Any: ...
    def __call__(self, *args: Any, **attributes: Any) -> Any:
        """Compute and, if an argument is a Value or a Tensor, record."""
        for x in args:
            if type(x) is not _Array:
                return super().__call__(*args, **attributes)
        try:
            return self.on_arrays(*args, **attributes)  # in a rule: of all calls with arrays, most
        except (TypeError, ValueError):
            return self.compute(*args, **attributes)  # which says what is wrong

    def compute(self, *args: Any, **attributes: Any) -> Any:
        """The op on plain arrays, or on what becomes one: numbers and lists."""
        for x in args if self.variadic else args[: self.arity]:
            if not hasattr(x, "ndim"):
                inputs, attributes = self.split(args, attributes)
                found = recorded_within(inputs)
                if found is not None:
                    return found.record(self, inputs, attributes)
                args = tuple(map(np.asarray, inputs))
                break
        try:
            return self.on_arrays(*args, **attributes)
        except (TypeError, ValueError) as error:
            if not attributes.keys() <= self.defaults.keys():
                renamed = under_own_names(self.name, self.defaults, attributes)
                if renamed is not attributes:
                    return self.compute(*args, **renamed)
            refuse_misuse(self.name, error)
            raise

    def vjp(self, *names: str) -> Callable[[F], F]:
        """Decorator for the vector-Jacobian product of the input `names`: upstream gradient `g` and what it names.

        With several inputs it returns a gradient for each, or None. It may be an op itself.
        """

        def add(function: F) -> F:
            if "g" in self.inputs and names != ("g",):
                raise ArgumentError(
                    f"{self.name}: an input is named 'g', which in a vjp is the upstream gradient, so the rule for "
                    f"{' and '.join(names)} cannot ask for it; rename the input"
                )
            first, *needs = parameter_names(function)
            if first != "g":
                raise ArgumentError(f"{self.name}: a vjp takes g, the upstream gradient, first, not {first}")
            self._add_rule(names, function, needs)
            return function

        return add

    def formula(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator for what the op computes, written with ops: its rules for all inputs follow from that.

        For an op that is a gradient, and a kernel: what is differentiated rarely needs no kernel of its own.
        """
        count = len(self.inputs)

        def rule_for(index: int) -> Callable[..., Any]:
            def rule(g: Any, *values: Any) -> Any:
                return differentiated(lambda *inputs: function(*inputs, *values[count:]), values[:count], index, g)

            return rule

        for index, name in enumerate(self.inputs):
            if index not in self.constants:
                self._add_rule((name,), rule_for(index), [*self.inputs, *self.defaults])
        self.made_of = function
        return function


@overload
def elementwise(function: Callable[P, Any], /) -> Elementwise[P]: ...
@overload
def elementwise(*, array: Callable[..., Any]) -> Callable[[Callable[P, Any]], Elementwise[P]]: ...
def elementwise(function: Any = None, /, *, array: Any = None) -> Any:
    """Define an elementwise op by its function of numbers.

    `array` is numpy's own function for arrays, where there is one; without it the function must
    be arithmetic and other ops, free of `if`, and is called with the arrays themselves.
    """
    if function is None:
        return lambda function: Elementwise(function, array)
    return Elementwise(function, array)


@overload
def array_op(function: Callable[P, Any], /) -> ArrayOp[P]: ...
@overload
def array_op(*, outputs: tuple[str, ...]) -> Callable[[Callable[P, Any]], ArrayOp[P]]: ...
def array_op(function: Any = None, /, *, outputs: tuple[str, ...] = ("y",)) -> Any:
    """Define an op on arrays by its function; positional-only parameters are its inputs.

    A function that returns several arrays says what they are called: `@array_op(outputs=("q", "r"))`.
    """
    if function is None:
        return lambda function: ArrayOp(function, outputs)
    return ArrayOp(function, outputs)
