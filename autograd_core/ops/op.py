"""What an op is: it computes, it is recorded, and it passes gradients back by its rules.

How one is defined, and read, says `definition.py`; here is what all ops have in common.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import operator
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from types import FunctionType, MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from autograd_core.backward import backpropagate
from autograd_core.errors import ArgumentError, DTypeError, GraphError, ShapeError
from autograd_core.gradient_parts import Parts
from autograd_core.graph import Node
from autograd_core.kernels.memory import LARGE_RESULT
from autograd_core.ops.argument_names import LEAVE_INPLACE_OUT, under_own_names
from autograd_core.own_packages import is_own
from autograd_core.recording import Recorded, enable_grad, thread

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])

registry: dict[str, Op[Any]] = {}
"""Every op by its name."""

_Array = np.ndarray
_new_node = Node.__new__
_BEFORE_SLASH, _EITHER = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
_ARRAYS, _BY_NAME = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.KEYWORD_ONLY


def parameters_of(function: Callable[..., Any]) -> Sequence[tuple[str, Any, Any]]:
    """The name, kind and default of all parameters of a function, as inspect has them.

    A signature says so too, ten times slower: 300 are asked at import.
    """
    if type(function) is not FunctionType or hasattr(function, "__wrapped__"):
        return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]
    code, by_name, none = function.__code__, function.__kwdefaults__ or {}, inspect.Parameter.empty
    names, count, first = code.co_varnames, code.co_argcount, code.co_posonlyargcount
    named = count + code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    defaults = (none,) * (count - len(defaults)) + defaults
    found: list[tuple[str, Any, Any]] = [
        (names[i], _BEFORE_SLASH if i < first else _EITHER, defaults[i]) for i in range(count)
    ]
    # In co_varnames *args stands behind the keyword-only parameters that follow it, and **named behind that.
    if code.co_flags & inspect.CO_VARARGS:
        found.append((names[named], _ARRAYS, none))
    found += [(name, _BY_NAME, by_name.get(name, none)) for name in names[count:named]]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        place = named + bool(code.co_flags & inspect.CO_VARARGS)
        found.append((names[place], inspect.Parameter.VAR_KEYWORD, none))
    return found


def parameter_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of all parameters of a function."""
    return tuple([name for name, _, _ in parameters_of(function)])


class Rule:
    """The derivative with respect to one input, or several: the function, and where its arguments come from."""

    __slots__ = (
        "arrays",
        "asks_for_rest",
        "at_once",
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
        self.on_arrays = function.on_arrays if isinstance(function, Op) else op.guarded(function)
        self.fetch: list[tuple[str, Any]] = []
        for name in names:
            if op.variadic and name == op.inputs[-1]:
                self.fetch.append(("rest", op.last))
            elif name in op.inputs:
                self.fetch.append(("saved", op.inputs.index(name)))
            elif name in op.outputs:
                self.fetch.append(("saved", op.outputs.index(name) - len(op.outputs)))
            elif name.removesuffix("_shape") in op.inputs:
                self.fetch.append(("shape", op.inputs.index(name.removesuffix("_shape"))))
            elif op.variadic and name == "shapes":
                self.fetch.append(("shapes", op.last))
            elif op.variadic and name == "index" and name not in op.defaults:
                self.fetch.append(("index", None))
            elif name == "wanted" and len(inputs) > 1:
                self.fetch.append(("wanted", None))
            elif name in op.defaults:
                self.fetch.append(("attribute", name))
            else:
                raise ArgumentError(
                    f"{op.name}: a rule asks for {name!r}, which is none of its inputs {op.inputs}, "
                    f"its outputs {op.outputs}, an input's '_shape', nor one of its arguments {tuple(op.defaults)}"
                )
        kinds = [kind for kind, _ in self.fetch]
        self.arrays = [where for kind, where in self.fetch if kind == "saved"]
        self.only_arrays = len(self.arrays) == len(self.fetch)
        self.asks_for_rest = "rest" in kinds
        self.at_once = len(inputs) > 1 or (op.variadic and inputs == (op.last,) and "index" not in kinds)
        self.needs_shapes = "shape" in kinds or "shapes" in kinds

    def arguments(self, node: Node, saved: Sequence[Any], index: int) -> list[Any]:
        """What the function asks for, taken from the recorded `node`, to differentiate its input `index`."""
        values = []
        for kind, where in self.fetch:
            if kind == "saved":
                values.append(saved[where])
            elif kind == "shape":
                values.append(node.shapes[where])  # type: ignore[index]
            elif kind == "rest":
                values.append(saved[where : len(node.parents)])
            elif kind == "shapes":
                values.append(node.shapes[where:])  # type: ignore[index]
            elif kind == "index":
                values.append(index - node.op.last)
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
    may_view: bool = False
    """Whether its result looks at the input's memory, or is a copy of numbers that it did not look at."""
    taken_in: Mapping[str, Callable[..., Any]] = MappingProxyType({})
    """By their names the ops that it computes with its own, if they come next: see `takes_in`."""
    takes_numbers: bool = False
    """Whether Python's numbers stay such among its inputs, so that they do not decide the result's dtype."""
    outputs: tuple[str, ...] = ("y",)
    """What rules call the arrays that it returns: one, or else a tuple of them."""
    several: bool = False
    """Whether there are more outputs than one."""
    constant_outputs: frozenset[str] = frozenset()
    """Those of several outputs that have no gradient to pass back."""
    made_of: Callable[..., Any] | None = None
    """What it computes, of its inputs and then its other arguments, written with ops, if that was said."""
    batched: Callable[[Any], Any] | None = None
    """What computes it for all examples of a vmap at once, if `batching_rule` was told."""
    has_one_gradient: bool = True
    """Whether only one of its outputs has a gradient, which then is its node's."""

    rule_decorator: str
    """The name of the method that adds a rule."""

    def __init__(
        self, function: Callable[P, Any], inputs: tuple[str, ...], defaults: dict[str, Any], variadic: bool = False
    ) -> None:
        self.function = function
        self.inputs = inputs
        self.variadic = variadic  # whether the last of its inputs stands for any number of them
        self.last = len(inputs) - 1
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
        self._savings: dict[tuple[bool, ...], Callable[[Sequence[Any]], tuple[Any, ...]]] = {}
        self.saves = False  # whether a rule asks for an array,
        self.needs_shapes = False  # or for a shape
        existing = registry.get(self.name)
        if existing is not None and existing.__module__ != self.__module__:  # the same cell may be run again
            where = existing.__module__ or "code that was run without a __name__"
            raise ArgumentError(f"an op named {self.name!r} exists in {where}; choose another name")
        registry[self.name] = self

    def takes_in(self, name: str) -> Callable[[F], F]:
        """Decorator for a function that computes in one pass what the elementwise op `name` makes of its result.

        For a compiled step, in which nobody looks at that result. The function is given this op's inputs, then the
        other inputs of op `name`, and this op's arguments; it returns None where it cannot do both.
        """

        def add(function: F) -> F:
            self.taken_in = {**self.taken_in, name: function}
            return function

        return add

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """Of the function, as a call is bound to it; made when first needed, as few programs call every op."""
        return inspect.signature(self.function)

    def guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` of arrays, or, if it is not this project's own, one that cannot change those that it is given."""
        if is_own(self.__module__):
            return function

        def of_read_only(*args: Any, **attributes: Any) -> Any:
            return function(*map(_read_only, args), **attributes)

        return of_read_only

    def __reduce__(self) -> Any:
        return _registered, (self.name, self.__module__)

    def __repr__(self) -> str:
        signature = self.signature.replace(
            parameters=[p.replace(annotation=p.empty) for p in self.signature.parameters.values()],
            return_annotation=inspect.Signature.empty,
        )
        return f"<op {self.name}{signature}>"

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
            return thread.recording.quiet.run(compute, *arrays, **attributes)
        except RuntimeError as error:
            if "cannot enter context" not in str(error):
                raise
            return self.on_arrays(*arrays, **attributes)  # called by a user's own op: it is quiet already

    def part(self, arguments: Sequence[Any]) -> Any:
        """The op as a part of a kernel that computes several (`kernels/fused.py`), if it is elementwise."""
        return None

    def split(self, args: tuple[Any, ...], attributes: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call's arguments into inputs, in order, and attributes, by name."""
        if (self.variadic or len(args) == self.arity) and attributes.keys() <= self.defaults.keys():
            return args, attributes
        if self.arity < len(args) <= self.arity + len(self.defaults):
            by_position = dict(zip(self.defaults, args[self.arity :], strict=False))
            if attributes.keys() <= self.defaults.keys() - by_position.keys():
                return args[: self.arity], by_position | attributes
        attributes = under_own_names(self.name, self.defaults, attributes)
        given = self.bound(args, attributes).arguments
        return (
            tuple(given[name] for name in self.inputs if name in given),
            {name: given[name] for name in self.defaults if name in given},
        )

    def bound(self, args: tuple[Any, ...], named: dict[str, Any]) -> inspect.BoundArguments:
        """A call's arguments by their names. Errors: TypeError, which says of which op."""
        try:
            return self.signature.bind(*args, **named)
        except TypeError as error:
            advice = f"; {LEAVE_INPLACE_OUT}" if "inplace" in named else ""
            raise TypeError(f"{self.name}: {error}{advice}") from None

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
        self.saves = self.saves or bool(rule.arrays) or rule.asks_for_rest
        self._savings.clear()
        self.needs_shapes = self.needs_shapes or rule.needs_shapes
        return rule

    def not_differentiable(self, *names: str) -> None:
        """Declare that the inputs `names`, or all, have no gradient: a result of such inputs alone is a constant.

        Of several outputs it may name some that are constants, whatever they were computed from.
        """
        if self.several:
            self.constant_outputs |= {name for name in names if name in self.outputs}
            self.has_one_gradient = len(self.outputs) - len(self.constant_outputs) == 1
            names = tuple([name for name in names if name not in self.outputs])
            if self.constant_outputs and not names:
                return
        for name in names:
            if name not in self.inputs:
                raise ArgumentError(f"{self.name}: has no input {name!r}, only {self.inputs}")
            if self.rules[self.inputs.index(name)] is not None:
                raise ArgumentError(f"{self.name}: {name!r} has a rule for its gradient")
        self.lacking = tuple([name for name in self.lacking if names and name not in names])
        self.constants |= {self.inputs.index(name) for name in names or self.inputs}
        self.differentiable = len(self.constants) < len(self.inputs)

    def batching_rule(self, rule: F) -> F:
        """Decorator for how the op computes all examples of a `vmap` at once; without, it goes one after the other.

        The rule is given a call, which has `values`, the inputs, each with one more axis over examples, the first, if
        its entry in `mapped` is True; `size`, how many examples there are; `attribute(name)`, an argument; `spread(i)`,
        an input with that axis in any case; `folded(i)`, the same with its own first axis and that of examples made
        one, and `unfolded(y)`, the inverse; and `run(values, **arguments)`, the op of others. It returns the result, or
        a tuple of several, with the axis over examples first; or NotImplemented for a call that is not for it.

        >>> import autograd_core as ag
        >>> @ag.array_op
        ... def total(x, /):
        ...     return x.sum(axis=-1)
        >>> @total.batching_rule
        ... def _(call):
        ...     return call.run(call.values)  # which sums the last axis, however many come before it
        >>> ag.vmap(total)(ag.ones((2, 3)))
        Tensor([3., 3.])
        """
        self.batched = rule
        return rule

    def check_rules(self, parents: Sequence[Any]) -> None:
        """Refuse to record a call with an input that wants a gradient, so that it has a parent, and is `lacking`."""
        for index, parent in enumerate(parents):
            name = self.inputs[min(index, self.last)]
            if parent is not None and name in self.lacking:
                raise GraphError(
                    f"{self.name}: its input {name!r} requires a gradient, and there is no rule for it; add one with "
                    f"@{self.name}.{self.rule_decorator}({name!r}), say {self.name}.not_differentiable({name!r}) where "
                    f"there is none to give, or pass {name}.detach()"
                )

    def node(self, parents: Sequence[Any], arrays: Sequence[Any], output: Any, attributes: dict[str, Any]) -> Node:
        """Record this call, keeping only what the rules of the inputs with a parent name."""
        if self.lacking:
            self.check_rules(parents)
        node = _new_node(Node)  # and slots set one by one: a call of __init__ takes as long as all of them
        node.op = self
        node.parents = tuple(parents)
        node.attributes = attributes
        if self.several:
            node.shape = output[0].shape if self.has_one_gradient else tuple([y.shape for y in output])
            node.dtype = output[0].dtype
        else:
            node.shape = output.shape
            node.dtype = output.dtype
        node.retained = node.hooks = node.line = None
        node.shapes = tuple([getattr(x, "shape", ()) for x in arrays]) if self.needs_shapes else None
        if not self.saves:
            node.saved = ()
            return node
        known = (*arrays, *output, None) if self.several else (*arrays, output, None)
        wanted: tuple[bool, ...]
        if self.arity == 1:
            wanted = (parents[0] is not None,)
        elif self.arity == 2:
            wanted = (parents[0] is not None, parents[1] is not None)
        else:  # the same; but a comprehension takes as long as all the rest of this method
            wanted = tuple([parent is not None for parent in parents])
        saving = self._savings.get(wanted)
        node.saved = self._saving(wanted)(known) if saving is None else saving(known)
        return node

    def _saving(self, wanted: tuple[bool, ...]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        """What chooses, from a call's inputs and outputs and a None, which to save if the inputs `wanted` have parents.

        An array that no rule asks for is not kept alive: the None stands in its place.
        """
        count = len(wanted) + len(self.outputs)
        places = [count] * count
        rules = self.rules + self.rules[-1:] * (len(wanted) - len(self.rules))
        for is_wanted, rule in zip(wanted, rules):  # noqa: B905 - of any number of inputs there may be none
            if is_wanted and rule is not None:
                for where in (*rule.arrays, *(range(self.last, len(wanted)) if rule.asks_for_rest else ())):
                    places[where] = where % count
        saving = operator.itemgetter(*places)
        if not self.variadic:
            self._savings[wanted] = saving
        return saving

    def as_output(self, array: Any, place: int, node: Node | None) -> Any:
        """An array that the op returned in this place as a Tensor; `node` is that of the call, if it was recorded."""
        if node is None or self.outputs[place] in self.constant_outputs:
            return given.tensor(array)
        return given.tensor(array, node if self.has_one_gradient else Output(self, place).node(node, array))

    def _with_zeros(self, node: Node, gradients: tuple[Any, ...], on_tensors: bool) -> tuple[Any, ...]:
        """The gradients of several outputs, zeros where nothing came; None of those that are constants."""
        complete: list[Any] = []
        for name, g, shape in zip(self.outputs, gradients, node.shape, strict=True):
            if g is None and name in self.constant_outputs:
                complete.append(None)
                continue
            zeros = np.zeros(shape, node.dtype) if g is None else None
            complete.append(g if zeros is None else given.tensor(zeros) if on_tensors else zeros)
        return tuple(complete)

    def pull_back(
        self, node: Node, g: Any, create_graph: bool, needed: Container[Any] | None, on_tensors: bool
    ) -> list[tuple[Any, Any]]:
        """Each parent of `node` that wants a gradient, among the `needed` ones, with its share of g, the output's."""
        saved: Any = node.saved
        if type(g) is tuple:
            g = self._with_zeros(node, g, on_tensors)
        if create_graph:
            saved = [self._as_recorded(node, where) for where in range(len(saved))]
        elif on_tensors:
            saved = [given.tensor(x) if type(x) is _Array else x for x in saved]
        shares = []
        returned: dict[Rule, Any] | None = None  # by rules that serve several inputs
        parents = node.parents
        # The first input's share comes last, right before what is done with it: most often that is what was computed
        # before, where others are parameters. So it is still in the cache, and a compiled step can do both in one pass.
        for index in range(len(parents) - 1, -1, -1):
            parent = parents[index]
            if parent is None or (needed is not None and parent not in needed):
                continue
            rule = self.rules[index if index < self.last else self.last]
            if rule is None:
                continue
            try:
                if returned is not None and rule in returned:
                    share = returned[rule]
                elif on_tensors:
                    with _numbers_of(node.dtype):
                        share = rule.on_tensors(g, *rule.arguments(node, saved, index))
                elif rule.only_arrays:
                    share = rule.on_arrays(g, *map(saved.__getitem__, rule.arrays))
                else:
                    share = rule.on_arrays(g, *rule.arguments(node, saved, index))
            except (TypeError, ValueError) as error:
                where = f"{self.name}: the rule for {rule.whose(self)}"
                refuse_misuse(where, error)
                error.add_note(f"in {where}")
                raise
            if rule.at_once:
                served = rule.inputs if len(rule.inputs) > 1 else range(self.last, len(node.parents))
                if not isinstance(share, (tuple, list)) or len(share) != len(served):
                    several = f"{len(served)} gradients, each of them may be None if not wanted"
                    raise rule.refused(self, share, several)
                returned = (returned or {}) | {rule: share}
                share = share[served.index(index)]
            if type(share) is not _Array or share.dtype is not parent.dtype or share.shape != parent.shape:
                share = self._fitted(rule, index, share, parent)
            shares.append((parent, share))
        return shares

    def _fitted(self, rule: Rule, index: int, share: Any, parent: Any) -> Any:
        """A share as a gradient of the `parent` at `index`: summed over broadcast axes, in its dtype."""
        if type(share) is Parts:
            return share
        name = self.inputs[min(index, self.last)]
        if share is None:
            raise GraphError(f"{self.name}: the rule for {name} returned None, and {name} requires a gradient")
        if not hasattr(share, "shape"):
            raise rule.refused(self, share, f"an array of shape {parent.shape}, the input's")
        if share.shape != parent.shape:
            try:
                share = given.sum_to(share, parent.shape)
            except ShapeError as error:
                raise GraphError(f"{self.name}: the rule for {name} returned {error}") from None
        return share if share.dtype == parent.dtype else share.astype(parent.dtype)

    def _as_recorded(self, node: Node, where: int) -> Any:
        """A saved array as the Tensor that it was, so that what is computed from it is recorded."""
        array = node.saved[where]  # type: ignore[index]
        if array is None:
            return None
        if where >= len(node.parents):
            return self.as_output(array, where - len(node.parents), node)
        parent = node.parents[where]
        if parent is None:
            return given.tensor(array) if isinstance(array, np.ndarray) else array  # numbers stay numbers
        if parent is array:  # within vmap tensors are saved, not their arrays
            return array
        if type(parent) is Node:
            return given.tensor(array, parent)
        if parent.array is not array:
            raise GraphError(
                f"{node.op.name}: a leaf of shape {parent.shape} was given a new value after it was used here; "
                "differentiate with create_graph before updating it"
            )
        return parent


class Output:
    """One of several results of an op: what is in the graph between the op's node and what is computed from it.

    Its gradient goes to the op's node as one of a tuple, with None for results through which nothing came.
    """

    def __init__(self, op: Op[Any], place: int) -> None:
        self.name = f"{op.name}.{op.outputs[place]}"
        self._place = place
        self._count = len(op.outputs)

    def node(self, call: Node, array: Any) -> Node:
        """The node of this result of a `call`."""
        node = _new_node(Node)
        node.op, node.parents, node.saved, node.attributes = self, (call,), (), {}  # type: ignore[assignment]
        node.shape, node.dtype, node.shapes = array.shape, array.dtype, None
        node.hooks = node.retained = node.line = None
        return node

    def pull_back(self, node: Node, g: Any, create_graph: bool, needed: Any, on_tensors: bool) -> list[tuple[Any, Any]]:
        """The only share: g in its place."""
        return [(node.parents[0], tuple([g if i == self._place else None for i in range(self._count)]))]


class _Given:
    """What the engine needs of modules above this one, which they put here when they are imported."""

    tensor: Callable[..., Any]  # an array, and its node if it was recorded, as a Tensor: by tensor.py
    leaf: Callable[[Any], Any]  # an array as a Tensor that requires a gradient: by tensor.py
    stand_in: Callable[..., Any]  # a tensor to differentiate by in place of another: by tensor.py
    sum_to: Callable[[Any, tuple[int, ...]], Any]  # a gradient summed over broadcast axes: by ops/reduction.py
    reshape: Callable[[Any, tuple[int, ...]], Any]  # the op: by ops/shaping.py


given = _Given()


@contextlib.contextmanager
def _numbers_of(dtype: Any) -> Iterator[None]:
    """Within it Python's floats have this dtype where nothing else says one: 0.01 stays that in float64."""
    before, thread.recording.number_dtype = thread.recording.number_dtype, dtype
    try:
        yield
    finally:
        thread.recording.number_dtype = before


def differentiated(formula: Callable[..., Any], inputs: Sequence[Any], index: int | tuple[int, ...], g: Any) -> Any:
    """The vector-Jacobian product of a formula made of ops, in its input `index`, found by recording it.

    For ops that compute in one pass what the formula says, such as a gradient that is a kernel: theirs is wanted only
    for derivatives of higher order. It is recorded itself if `g` is a Tensor. Of several inputs it gives a tuple.
    """
    on_tensors = isinstance(g[0] if type(g) is tuple else g, Recorded)
    create_graph = on_tensors and thread.recording.on  # which it is not where ops are only to be seen, by a capture
    indices = index if isinstance(index, tuple) else (index,)
    before, leaves = inputs, {}
    with enable_grad():
        inputs = [given.tensor(x) if isinstance(x, np.ndarray) else x for x in before]
        for i in indices:
            # A stand-in, for other inputs may depend on x too, and so may x on what is differentiated elsewhere.
            x = given.stand_in(inputs[i], create_graph, (g, *before)) if on_tensors else given.leaf(before[i])
            leaves[i] = inputs[i] = x
        with _numbers_of(inputs[indices[0]].dtype):
            y = formula(*inputs)
            if type(g) is tuple:  # of several outputs: differentiate Σ g·y, whose own upstream gradient is 1
                y = functools.reduce(operator.add, [given.sum_to(u * v, ()) for u, v in zip(g, y, strict=True)])
                g = np.ones((), y.dtype)
                g = given.tensor(g) if on_tensors else g
    targets = [leaves[i].node or leaves[i] for i in indices]
    found: Any = {}
    if getattr(y, "requires_grad", False):
        found = backpropagate(y.node or y, g, create_graph=create_graph, on_tensors=on_tensors, wanted=targets)
    shares = []
    for i, target in zip(indices, targets, strict=True):
        if target not in found:
            zeros = np.zeros(leaves[i].shape, leaves[i].dtype)
            found[target] = given.tensor(zeros) if on_tensors else zeros
        shares.append(found[target])
    return tuple(shares) if isinstance(index, tuple) else shares[0]


def _read_only(x: Any) -> Any:
    """A view of an array that refuses to be written to; the rest as it is."""
    if isinstance(x, np.ndarray):
        x = x.view()
        x.flags.writeable = False
    return x


def _registered(name: str, module: str = "") -> Op[Any]:
    """An op by its name, as pickle keeps it with the module that defines it."""
    if name not in registry and module:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    if name not in registry:
        raise ArgumentError(f"there is no op named {name!r} here; import what defines it first")
    return registry[name]


def recorded_within(argument: Any) -> Recorded | None:
    """The first Value or Tensor in nested lists, which numpy would make an array of, and so lose what it remembers."""
    if isinstance(argument, (list, tuple)):
        for part in argument:
            found = recorded_within(part)
            if found is not None:
                return found
    return argument if isinstance(argument, Recorded) else None
