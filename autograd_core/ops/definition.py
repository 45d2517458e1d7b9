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
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, Generic, ParamSpec, overload

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ArgumentError, DTypeError, GraphError, ShapeError
from autograd_core.graph import Node, Recorded, backpropagate, enable_grad, recording
from autograd_core.kernels.memory import LARGE_RESULT

P = ParamSpec("P")

registry: dict[str, Op[Any]] = {}
"""Every op by its name."""

_is_number = (float, int, bool).__contains__
_Array = np.ndarray
_new_node = Node.__new__


class Rule:
    """The derivative with respect to one input, or several: the function, and where its arguments come from."""

    __slots__ = (
        "all_inputs",
        "arrays",
        "fetch",
        "function",
        "inputs",
        "names",
        "needs_shapes",
        "on_arrays",
        "on_tensors",
        "only_arrays",
    )

    def __init__(self, op: Op[Any], function: Callable[..., Any], names: list[str], inputs: tuple[int, ...]) -> None:
        self.function = function
        self.inputs = inputs
        self.names = tuple(names)
        # What a backward pass calls with g, the upstream gradient, and the arguments: a vector-Jacobian product as it
        # stands, a local gradient as the op that multiplies g by it.
        self.on_tensors = function
        self.on_arrays = op.guarded(function)
        self.fetch: list[tuple[str, Any]] = []
        for name in names:
            if name in op.inputs:
                self.fetch.append(("inputs", None) if op.variadic else ("saved", op.inputs.index(name)))
            elif name == "y":
                self.fetch.append(("saved", -1))
            elif name.removesuffix("_shape") in op.inputs:
                self.fetch.append(("shape", op.inputs.index(name.removesuffix("_shape"))))
            elif op.variadic and name == "shapes":
                self.fetch.append(("shapes", None))
            elif op.variadic and name == "index":
                self.fetch.append(("index", None))
            elif name == "wanted" and len(inputs) > 1:
                self.fetch.append(("wanted", None))
            elif name in op.defaults:
                self.fetch.append(("attribute", name))
            else:
                raise ArgumentError(
                    f"{op.name}: a rule asks for {name!r}, which is none of its inputs {op.inputs}, "
                    f"'y', an input's '_shape', nor one of its arguments {tuple(op.defaults)}"
                )
        kinds = [kind for kind, _ in self.fetch]
        self.arrays = [where for kind, where in self.fetch if kind == "saved"]
        self.only_arrays = len(self.arrays) == len(self.fetch)
        self.all_inputs = "inputs" in kinds
        self.needs_shapes = "shape" in kinds or "shapes" in kinds

    def arguments(self, node: Node, saved: Sequence[Any], index: int) -> list[Any]:
        """What the function asks for, taken from the recorded `node`, to differentiate its input `index`."""
        if self.only_arrays:
            return [saved[where] for where in self.arrays]
        values = []
        for kind, where in self.fetch:
            if kind == "saved":
                values.append(saved[where])
            elif kind == "shape":
                values.append(node.shapes[where])  # type: ignore[index]
            elif kind == "inputs":
                values.append(saved[:-1])
            elif kind == "shapes":
                values.append(node.shapes)
            elif kind == "index":
                values.append(index)
            elif kind == "wanted":
                values.append(tuple([node.parents[i] is not None for i in self.inputs]))
            else:
                values.append(node.attributes.get(where, node.op.defaults[where]))
        return values

    def whose(self, op: Op[Any]) -> str:
        """The inputs that it is for, by name."""
        return " and ".join([op.inputs[i] for i in self.inputs])

    def refused(self, op: Op[Any], returned: Any, instead: str) -> GraphError:
        """What to raise where it `returned` what is no gradient."""
        came = "None" if returned is None else f"a {type(returned).__name__}"
        came += f" of {len(returned)}" if isinstance(returned, (tuple, list)) else ""
        return GraphError(f"{op.name}: the rule for {self.whose(op)} returned {came}; it must return {instead}")


def refuse_misuse(where: str, error: Exception) -> None:
    """Raise an error with advice instead of numpy's, if that is of what only fails with an array: `if`, math.sin."""
    if "truth value of an array" in str(error):
        raise ArgumentError(
            f"{where}: `if`, `and`, `or` and `not` cannot choose for each element of an array; write "
            "ag.where(condition, a, b), &, | and ~ instead (import autograd_core as ag)"
        ) from error
    if "converted to Python scalars" in str(error):
        raise DTypeError(
            f"{where}: float() and math's functions take one number, not an array; write ag.sin for math.sin, and so on"
            " (import autograd_core as ag)"
        ) from error


class Op(Generic[P]):
    """An op that can be recorded; called with plain numbers or arrays it just computes."""

    on_arrays: Callable[..., Any]
    """The op on arrays and numbers, at least one an array: nothing is checked, nothing recorded."""
    on_large_arrays: Callable[..., Any] | None = None
    """The same, if the first is an array of LARGE bytes and so worth a look for memory to put the result in."""
    promotes: bool = True
    """Whether inputs meet in one dtype (`promotion.py`); else the op says what it does with several."""
    takes_numbers: bool = False
    """Whether Python's numbers stay such among its inputs, so that they do not decide the result's dtype."""

    def __init__(
        self, function: Callable[P, Any], inputs: tuple[str, ...], defaults: dict[str, Any], variadic: bool = False
    ) -> None:
        self.function = function
        self.signature = inspect.signature(function)
        self.inputs = inputs
        self.variadic = variadic
        self.arity = -1 if variadic else len(inputs)
        self.defaults = defaults
        self.name = self.__name__ = function.__name__.removeprefix("_")  # rows behind a public function have one
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__
        self.__wrapped__ = function  # for help(), doctest and inspect.signature
        self.rules: list[Rule | None] = [None] * len(inputs)
        self.lacking = inputs  # the inputs that have no rule, and were not declared to need none
        self.constants: frozenset[int] = frozenset()  # the inputs that were,
        self.differentiable = True  # and whether there are others
        self.saves = False  # whether a rule asks for an array,
        self.needs_shapes = False  # or for a shape
        existing = registry.get(self.name)
        if existing is not None and existing.__module__ != self.__module__:  # the same cell may be run again
            where = existing.__module__ or "code that was run without a __name__"
            raise ArgumentError(f"an op named {self.name!r} exists in {where}; choose another name")
        registry[self.name] = self

    def guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` of arrays, or, if it is not this project's own, one that cannot change those that it is given."""
        if self.__module__ is not None and self.__module__.partition(".")[0] in ("autograd_core", "nn", "optim"):
            return function

        def of_read_only(*args: Any, **attributes: Any) -> Any:
            return function(*map(_read_only, args), **attributes)

        return of_read_only

    def __reduce__(self) -> Any:
        return _registered, (self.name,)

    def __repr__(self) -> str:
        return f"<op {self.name}({', '.join(self.inputs)})>"

    def __call__(self, *args: P.args, **attributes: P.kwargs) -> Any:
        """Compute and, if an argument is a Value or a Tensor, record."""
        for argument in args:
            if isinstance(argument, Recorded):
                return argument.record(self, args, attributes)
        return self.compute(*args, **attributes)

    def compute(self, *args: Any, **attributes: Any) -> Any:
        """The op on plain numbers and arrays."""
        raise NotImplementedError

    def execute(self, arrays: Sequence[Any], attributes: dict[str, Any]) -> Any:
        """The op on arrays and numbers, at least one an array: the one place where what is recorded is computed.

        numpy's warnings are off, and a large result goes into memory that an earlier one has left.
        """
        compute = self.on_arrays
        if self.on_large_arrays is not None and type(arrays[0]) is _Array and arrays[0].nbytes >= LARGE_RESULT:
            compute = self.on_large_arrays
        try:
            if attributes:
                return recording.quiet.run(compute, *arrays, **attributes)
            return recording.quiet.run(compute, *arrays)
        except RuntimeError as error:
            if "cannot enter context" not in str(error):
                raise
            return self.on_arrays(*arrays, **attributes)  # called by a user's own op: it is quiet already

    def split(self, args: tuple[Any, ...], attributes: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call's arguments into inputs, in order, and attributes, by name."""
        if (self.variadic or len(args) == self.arity) and attributes.keys() <= self.defaults.keys():
            return args, attributes
        if self.arity < len(args) <= self.arity + len(self.defaults):
            by_position = dict(zip(self.defaults, args[self.arity :], strict=False))
            if attributes.keys() <= self.defaults.keys() - by_position.keys():
                return args[: self.arity], by_position | attributes
        given = self.signature.bind(*args, **attributes).arguments
        return (
            tuple(given[name] for name in self.inputs if name in given),
            {name: given[name] for name in self.defaults if name in given},
        )

    def _add_rule(self, names: tuple[str, ...], function: Callable[..., Any], needs: list[str]) -> Rule:
        for name in names:
            if name not in self.inputs:
                slash = f"; inputs stand before a slash: def {self.name}({name}, /, ...)" * (name in self.defaults)
                raise ArgumentError(
                    f"{self.name}: a rule for {name!r}, which is none of its inputs {self.inputs}{slash}"
                )
            if self.rules[self.inputs.index(name)] is not None:
                raise ArgumentError(
                    f"{self.name}: a second rule for {name!r}; to replace a rule, define the op again as well "
                    "(in a notebook, run its cell and then the rule's)"
                )
            if name not in self.lacking:
                raise ArgumentError(f"{self.name}: {name!r} was declared to have no gradient, and now gets a rule")
        rule = Rule(self, function, needs, tuple(map(self.inputs.index, names)))
        for index in rule.inputs:
            self.rules[index] = rule
        self.lacking = tuple([name for name in self.lacking if name not in names])
        self.saves = self.saves or bool(rule.arrays) or rule.all_inputs
        self.needs_shapes = self.needs_shapes or rule.needs_shapes
        return rule

    def not_differentiable(self, *names: str) -> None:
        """Declare that the inputs `names`, or all, have no gradient: a result of such inputs alone is a constant."""
        for name in names:
            if name not in self.inputs:
                raise ArgumentError(f"{self.name}: has no input {name!r}, only {self.inputs}")
            if self.rules[self.inputs.index(name)] is not None:
                raise ArgumentError(f"{self.name}: {name!r} has a rule for its gradient")
        self.lacking = tuple([name for name in self.lacking if names and name not in names])
        self.constants |= {self.inputs.index(name) for name in names or self.inputs}
        self.differentiable = len(self.constants) < len(self.inputs)

    def check_rules(self, parents: Sequence[Any]) -> None:
        """Refuse to record a call with an input that wants a gradient, so that it has a parent, and is `lacking`."""
        for index, parent in enumerate(parents):
            name = self.inputs[0 if self.variadic else index]
            if parent is not None and name in self.lacking:
                decorator = "local_gradient" if isinstance(self, Elementwise) else "vjp"
                raise GraphError(
                    f"{self.name}: its input {name!r} requires a gradient, and there is no rule for it; add one with "
                    f"@{self.name}.{decorator}({name!r}), say {self.name}.not_differentiable({name!r}) where there is "
                    f"none to give, or pass {name}.detach()"
                )

    def node(self, parents: Sequence[Any], arrays: Sequence[Any], output: Any, attributes: dict[str, Any]) -> Node:
        """Record this call, keeping only what the rules of the inputs with a parent name."""
        if self.lacking:
            self.check_rules(parents)
        node = _new_node(Node)  # and slots set one by one: a call of __init__ takes as long as all of them
        node.op = self
        node.parents = tuple(parents)
        node.attributes = attributes
        node.shape = output.shape
        node.dtype = output.dtype
        node.retained = None
        node.hooks = None
        node.line = None
        node.shapes = tuple([getattr(x, "shape", ()) for x in arrays]) if self.needs_shapes else None
        if not self.saves:
            node.saved = ()
            return node
        node.saved = saved = [None] * (len(arrays) + 1)
        for parent, rule in zip(parents, self.rules * len(parents) if self.variadic else self.rules, strict=True):
            if parent is not None and rule is not None:
                if rule.all_inputs:
                    saved[:-1] = arrays
                for where in rule.arrays:
                    saved[where] = output if where == -1 else arrays[where]
        return node

    def pull_back(self, node: Node, index: int, parent: Any, g: Any, create_graph: bool, found: dict[Rule, Any]) -> Any:
        """The gradient for input `index` of `node` when the gradient of its output is `g`.

        `found` keeps what a rule that serves several inputs has returned for this node and `g`.
        """
        rule = self.rules[0 if self.variadic else index]
        if rule is None:
            return None
        saved = node.saved
        assert saved is not None
        several = len(rule.inputs) > 1
        if several and rule in found:
            share = found[rule]
        else:
            try:
                if create_graph:
                    recorded = [self._as_recorded(node, where) for where in range(len(saved))]
                    with _numbers_of(node.dtype):
                        share = rule.on_tensors(g, *rule.arguments(node, recorded, index))
                else:
                    share = rule.on_arrays(g, *rule.arguments(node, saved, index))
            except (TypeError, ValueError) as error:
                where = f"{self.name}: the rule for {rule.whose(self)}"
                refuse_misuse(where, error)
                error.add_note(f"in {where}")
                raise
        if several:
            if not isinstance(share, (tuple, list)) or len(share) != len(rule.inputs):
                raise rule.refused(self, share, f"{len(rule.inputs)} gradients, each of them may be None if not wanted")
            found[rule] = share
            share = share[rule.inputs.index(index)]
        if share is None:
            name = self.inputs[0 if self.variadic else index]
            raise GraphError(f"{self.name}: the rule for {name} returned None, and {name} requires a gradient")
        try:
            shape = share.shape
        except AttributeError:
            raise rule.refused(self, share, f"an array of shape {parent.shape}, the input's") from None
        if shape != parent.shape:
            try:
                share = given.sum_to(share, parent.shape)
            except ShapeError as error:
                name = self.inputs[0 if self.variadic else index]
                raise GraphError(f"{self.name}: the rule for {name} returned {error}") from None
        if share.dtype != parent.dtype:
            share = share.astype(parent.dtype)
        return share

    def _as_recorded(self, node: Node, where: int) -> Any:
        """A saved array as the Tensor that it was, so that what is computed from it is recorded."""
        array = node.saved[where]  # type: ignore[index]
        if where == len(node.parents):
            return None if array is None else given.tensor(array, node)
        parent = node.parents[where]
        if parent is None or array is None:
            return given.tensor(array) if isinstance(array, np.ndarray) else array  # numbers stay numbers
        if type(parent) is Node:
            return given.tensor(array, parent)
        if parent.array is not array:
            raise GraphError(
                f"{node.op.name}: a leaf of shape {parent.shape} was given a new value after it was used here; "
                "differentiate with create_graph before updating it"
            )
        return parent


class _Given:
    """What the engine needs of modules above this one, which they put here when they are imported."""

    tensor: Callable[..., Any]  # an array, and its node if it was recorded, as a Tensor: by tensor.py
    leaf: Callable[[Any], Any]  # an array as a Tensor that requires a gradient: by tensor.py
    sum_to: Callable[[Any, tuple[int, ...]], Any]  # a gradient summed over broadcast axes: by ops/reduction.py
    reshape: Callable[[Any, tuple[int, ...]], Any]  # the op: by ops/shaping.py


given = _Given()


@contextlib.contextmanager
def _numbers_of(dtype: Any) -> Iterator[None]:
    """Within it Python's floats have this dtype where nothing else says one: 0.01 stays that in float64."""
    before, recording.number_dtype = recording.number_dtype, dtype
    try:
        yield
    finally:
        recording.number_dtype = before


def differentiated(formula: Callable[..., Any], inputs: Sequence[Any], index: int, g: Any) -> Any:
    """The vector-Jacobian product of a formula made of ops, in its input `index`, found by recording it.

    For ops that compute in one pass what the formula says, such as a gradient that is a kernel: theirs is wanted only
    for derivatives of higher order. It is recorded itself if `g` is a Tensor.
    """
    create_graph = isinstance(g, Recorded)
    x = inputs[index]
    with enable_grad():
        # A stand-in, for other inputs may depend on x too, and so may x on what is differentiated elsewhere.
        x = given.reshape(x, x.shape) if create_graph else given.leaf(x)
        others = [given.tensor(other) if isinstance(other, np.ndarray) else other for other in inputs]
        with _numbers_of(g.dtype):
            y = formula(*others[:index], x, *others[index + 1 :])
    target = x.node or x
    if getattr(y, "requires_grad", False):
        found = backpropagate(y.node or y, g, create_graph=create_graph, wanted=[target])
        if target in found:
            return found[target]
    zeros = np.zeros(x.shape, x.dtype)
    return given.tensor(zeros) if create_graph else zeros


def _read_only(x: Any) -> Any:
    """A view of an array that refuses to be written to; the rest as it is."""
    if isinstance(x, np.ndarray):
        x = x.view()
        x.flags.writeable = False
    return x


def _registered(name: str) -> Op[Any]:
    """An op by its name, as pickle keeps it."""
    if name not in registry:
        raise ArgumentError(f"there is no op named {name!r} here; import what defines it first")
    return registry[name]


class Elementwise(Op[P]):
    """An op on numbers, applied to every element; inputs broadcast against each other."""

    takes_numbers = True

    def __init__(self, function: Callable[P, Any], array_function: Callable[..., Any] | None) -> None:
        parameters = inspect.signature(function).parameters
        super().__init__(function, tuple(parameters), {})
        self.row: Callable[..., Any] = function  # what numbers are given to, and Numba compiles
        self._guarded_row = self.guarded(function)
        self.on_arrays = array_function or self._row_on_arrays
        if isinstance(array_function, np.ufunc):
            self.on_large_arrays = partial(kernels.memory.compute, array_function)

    def __call__(self, *args: P.args, **named: P.kwargs) -> Any:
        """Compute and, if an argument is a Value or a Tensor, record."""
        for argument in args:
            if not _is_number(type(argument)):
                return super().__call__(*args, **named)
        # Numbers, in another op's row: many are made of others.
        return self.on_numbers(*args) if len(args) == self.arity else self.compute(*args, **named)  # type: ignore[arg-type]

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

    def _row_on_arrays(self, *args: Any) -> Any:
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
        bound = self.signature.bind(*args, **attributes)
        bound.apply_defaults()
        return tuple(bound.arguments.values()), {}

    def local_gradient(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator for the local gradient ∂y/∂(input `name`), a function of what it names."""

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            rule = self._add_rule((name,), function, list(inspect.signature(function).parameters))
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
        if not any(needs for _, needs in rules):
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
        self.variadic = False
        self.defaults = {}
        self._local = rule.function
        self._local_of_arrays = op.guarded(rule.function)
        self._check = partial(check_local_gradient, op, rule)
        self.rules = [Rule(self, self._pulled_back(i), list(self.inputs), (i,)) for i in range(self.arity)]
        self.lacking, self.constants, self.differentiable = (), frozenset(), True
        self.saves, self.needs_shapes = True, False

    def _pulled_back(self, index: int) -> Callable[..., Any]:
        if index == 0:
            return lambda u, g, *arguments: self(u, *arguments)  # linear in g, and elementwise
        return lambda u, *inputs: differentiated(self._formula, inputs, index, u)

    def _formula(self, g: Any, *arguments: Any) -> Any:
        return g * self._local(*arguments)

    def __call__(self, g: Any, *arguments: Any) -> Any:
        """Compute and, if an argument is a Tensor, record."""
        return g.record(self, (g, *arguments), {}) if isinstance(g, Recorded) else self.on_arrays(g, *arguments)

    def on_arrays(self, g: Any, *arguments: Any) -> Any:
        """g · ∂y/∂x of arrays and numbers."""
        if _is_long((g, *arguments), kernels.LONG):
            try:
                return kernels.elementwise.run(self._local, (g, *arguments), gradient=True)
            except kernels.elementwise.NoKernelError:
                pass  # as in _row_on_arrays
        try:
            local = self._local_of_arrays(*arguments)
        except ArithmeticError:  # is Python's, of numbers, as for x / 0.0
            local = self._local(*[np.float64(x) if _is_number(type(x)) else x for x in arguments])
            local = float(local) if isinstance(local, np.float64) else local
        if type(local) is _Array and local.nbytes >= LARGE_RESULT:  # and g spread over it, as after a sum
            share = kernels.memory.compute(np.multiply, local, g)
        else:
            if not isinstance(local, (float, np.generic, _Array)):
                self._check(local)
            share = g * local
        # numpy makes float64 of a bool and a number, and so perhaps of the local gradient.
        return share if share.dtype is g.dtype else share.astype(g.dtype)


def _is_long(args: tuple[Any, ...], least: int) -> bool:
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
    differentiate, for `shapes`, those of all inputs, and for `arrays`, all of them.
    """

    def __init__(self, function: Callable[P, Any]) -> None:
        parameters = inspect.signature(function).parameters.values()
        inputs = tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL))
        defaults = {p.name: p.default for p in parameters if p.name not in inputs}
        variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        if variadic and len(inputs) > 1:
            raise ArgumentError(f"{function.__name__}: takes either named inputs or any number of them, not both")
        if not inputs:
            raise ArgumentError(
                f"{function.__name__}: an array op's inputs stand before a slash, and there are none; write "
                f"def {function.__name__}(x, /) in place of def {function.__name__}(x)"
            )
        super().__init__(function, inputs, defaults, variadic)
        self.on_arrays = self.guarded(function)

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
            refuse_misuse(self.name, error)
            raise

    def vjp(self, *names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator for the vector-Jacobian product of the input `names`: upstream gradient `g` and what it names.

        With several inputs it returns a gradient for each, or None.
        """

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            if "g" in self.inputs and names != ("g",):
                raise ArgumentError(
                    f"{self.name}: an input is named 'g', which in a vjp is the upstream gradient, so the rule for "
                    f"{' and '.join(names)} cannot ask for it; rename the input"
                )
            first, *needs = inspect.signature(function).parameters
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
        return function


def recorded_within(argument: Any) -> Recorded | None:
    """The first Value or Tensor in nested lists, which numpy would make an array of, and so lose what it remembers."""
    if isinstance(argument, (list, tuple)):
        for part in argument:
            found = recorded_within(part)
            if found is not None:
                return found
    return argument if isinstance(argument, Recorded) else None


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


def array_op(function: Callable[P, Any]) -> ArrayOp[P]:
    """Define an op on arrays by its function; positional-only parameters are its inputs."""
    return ArrayOp(function)
