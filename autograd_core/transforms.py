"""Derivatives of functions, as functions: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp; and checkpoint.

They nest, for gradients are recorded whenever they depend on something that itself is to be
differentiated. Arguments and results may be nested lists, tuples and dictionaries of tensors,
arrays and numbers; derivatives with respect to an argument have its structure.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Literal,
    NamedTuple,
    ParamSpec,
    Protocol,
    TypeVar,
    TypeVarTuple,
    overload,
)

import numpy as np

from autograd_core.backward import backpropagate
from autograd_core.errors import ArgumentError, DTypeError, GraphError, ShapeError
from autograd_core.graph import Node, topological_order
from autograd_core.mapped import Level, Mapped
from autograd_core.ops import arranging, random, reduction, shaping
from autograd_core.ops.definition import Elementwise, LocalProduct, array_op
from autograd_core.own_packages import is_own
from autograd_core.recording import Recorded, enable_grad, no_grad, thread
from autograd_core.tensor import Tensor

if TYPE_CHECKING:
    from autograd_core.argument_types import TensorLike

P = ParamSpec("P")
T = TypeVar("T")
Aux = TypeVar("Aux")
Tree = TypeVar("Tree")  # what an argument is that holds tensors: its gradient is alike
Arguments = TypeVarTuple("Arguments")
T_co = TypeVar("T_co", covariant=True)


class Function(Protocol[P, T_co]):
    """A function made of another. (A Callable would be untyped to mypy where it cannot choose an overload.)"""

    def __call__(self, *args: P.args, **named: P.kwargs) -> T_co:
        """Call it."""
        ...


def gradients(
    y: Tensor,
    inputs: Tensor | Sequence[Tensor],
    gradient: Any = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> list[Tensor | None]:
    """∂y/∂input for each of `inputs` (or the one), leaves or inner tensors, without touching any `.grad`.

    `gradient` is the upstream gradient, of y's shape (1 for a single number). None stands for an
    input that y does not depend on.
    """
    if not isinstance(y, Tensor):
        raise DTypeError(f"gradients: of a tensor that was computed, got a {type(y).__name__}; {_instead_of(y)}")
    inputs = [inputs] if isinstance(inputs, Tensor) else inputs
    for x in inputs:
        if not (isinstance(x, Tensor) and x.requires_grad):
            raise GraphError("gradients: every input must be a tensor that requires a gradient or was recorded")
    if not y.requires_grad:
        return [None] * len(inputs)
    nodes = [x.node or x for x in inputs]
    with np.errstate(all="ignore"):
        found = y.pull_back("gradients", gradient, retain_graph, create_graph, nodes)
    return [None if (g := found.get(node)) is None else g if isinstance(g, Tensor) else Tensor.of(g) for node in nodes]


@overload
def value_and_grad(
    function: Callable[Concatenate[Tensor, P], T], argnums: Literal[0] = 0, has_aux: bool = False
) -> Function[Concatenate[TensorLike, P], tuple[T, Tensor]]: ...
@overload
def value_and_grad(
    function: Callable[Concatenate[Tree, P], T], argnums: Literal[0] = 0, has_aux: bool = False
) -> Function[Concatenate[Tree, P], tuple[T, Tree]]: ...
@overload
def value_and_grad(
    function: Callable[P, T], argnums: int | Sequence[int], has_aux: bool = False
) -> Function[P, tuple[T, Any]]: ...
def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns function(*args) and its gradient with respect to the arguments `argnums`.

    The function returns a single number, or with `has_aux` a pair of it and anything else, which
    then is returned with the value.

    >>> from autograd_core import tensor
    >>> value_and_grad(lambda w: (w * w).sum())(tensor([1.0, 3.0]))
    (Tensor(10.), Tensor([2., 6.]))
    """
    check_function("value_and_grad", function)
    single = isinstance(argnums, int)
    positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @wraps(function)
    def wrapped(*args: Any, **named: Any) -> Any:
        if any(not -len(args) <= p < len(args) for p in positions):
            raise ArgumentError(f"grad: argnums {argnums} of a call with {len(args)} positional arguments")
        outside = thread.recording.on
        traced = list(args)
        leaves: list[Tensor] = []
        for p in positions:
            traced[p] = map_tree(lambda x: _traced(x, leaves), args[p])
        with enable_grad():
            result = function(*traced, **named)
        y, aux = result if has_aux else (result, None)
        if not isinstance(y, Tensor) or y.size != 1:
            what = f"a tensor of shape {y.shape}" if isinstance(y, Tensor) else f"a {type(y).__name__}"
            raise ShapeError(f"grad: the function must return a single number, got {what}; use jacobian, or reduce it")
        linked = outside and _depends_on_others(y, leaves)
        found = _all_gradients(y, leaves, create_graph=linked)
        rest = iter(found)
        parts = [map_tree(lambda _: next(rest), args[p]) for p in positions]
        y = y if linked else y.detach()
        return ((y, aux) if has_aux else y), parts[0] if single else tuple(parts)

    return wrapped


@overload
def grad(
    function: Callable[Concatenate[Tensor, P], Any], argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> Function[Concatenate[TensorLike, P], Tensor]: ...
@overload
def grad(
    function: Callable[Concatenate[Tree, P], Any], argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> Function[Concatenate[Tree, P], Tree]: ...
@overload
def grad(
    function: Callable[Concatenate[Tree, P], tuple[Any, Aux]], argnums: Literal[0] = 0, *, has_aux: Literal[True]
) -> Function[Concatenate[Tree, P], tuple[Tree, Aux]]: ...
@overload
def grad(function: Callable[P, Any], argnums: int | Sequence[int], has_aux: bool = False) -> Function[P, Any]: ...
def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the gradient of `function`, a single number, with respect to the arguments `argnums`.

    With `has_aux` the function returns a pair, and so does the gradient: (gradient, aux).

    >>> from autograd_core import sin, tensor
    >>> grad(grad(lambda x: x**3))(tensor(2.0))
    Tensor(12.)
    """
    check_function("grad", function)
    both = value_and_grad(function, argnums, has_aux)

    @wraps(function)
    def wrapped(*args: Any, **named: Any) -> Any:
        value, gradient = both(*args, **named)
        return (gradient, value[1]) if has_aux else gradient

    return wrapped


def vjp(
    function: Callable[[*Arguments], T], *args: *Arguments
) -> tuple[T, Callable[[T | TensorLike], tuple[*Arguments]]]:
    """function(*args), and the linear map from an upstream gradient to the gradients of all arguments, as a tuple.

    The map may be called as often as you like.
    """
    check_function("vjp", function)
    outside = thread.recording.on
    leaves: list[Tensor] = []
    traced = [map_tree(lambda x: _traced(x, leaves), a) for a in args]
    with enable_grad():
        y = function(*traced)
    outputs = leaves_of(y)

    def pull_back(gradient: Any) -> tuple[Any, ...]:
        given = leaves_of(gradient)
        if len(given) != len(outputs):
            raise ArgumentError(f"vjp: {len(outputs)} upstream gradients for as many results, got {len(given)}")
        totals: list[Any] = [None] * len(leaves)
        for output, g in zip(outputs, given, strict=True):
            linked = outside and (_requires_grad(g) or _depends_on_others(output, leaves))
            for i, share in enumerate(_all_gradients(output, leaves, linked, g, retain_graph=True)):
                totals[i] = share if totals[i] is None else totals[i] + share
        rest = iter(totals)
        return tuple(map_tree(lambda _: next(rest), a) for a in args)

    return map_tree(lambda x: x.detach() if isinstance(x, Tensor) and not outside else x, y), pull_back


def jvp(function: Callable[..., T], args: Sequence[Any], tangents: Sequence[Any]) -> tuple[T, T]:
    """function(*args), and its directional derivative along `tangents`: J·v.

    A vector-Jacobian product g ↦ gJ is linear in g, so its own gradient in direction v is J·v:
    two backward passes, and no second set of derivatives to be kept true.
    """
    check_function("jvp", function)
    if len(args) != len(tangents):
        raise ArgumentError(f"jvp: a tangent for each of the {len(args)} arguments, got {len(tangents)}")
    leaves: list[Tensor] = []
    traced = [map_tree(lambda x: _traced(x, leaves), a) for a in args]
    directions = [_as_tensor(v) for tangent in tangents for v in leaves_of(tangent)]
    for x, v in zip(leaves, directions, strict=True):
        if x.shape != v.shape:
            raise ShapeError(f"jvp: a tangent of shape {v.shape} for an argument of shape {x.shape}")
    outside = thread.recording.on
    with enable_grad():
        y = function(*traced)
    tangents_out = []
    for output in leaves_of(y):
        with enable_grad():
            dummy = Tensor.stand_in(np.zeros(output.shape, output.dtype), recorded=False)
            products = _all_gradients(output, leaves, True, dummy * 1.0, retain_graph=True)
            along: Any = sum((reduction.sum(p * v) for p, v in zip(products, directions, strict=True)), Tensor.of(0.0))
            along = along.astype(output.dtype)
        tangents_out.append(_all_gradients(along, [dummy], outside and _depends_on_others(along, [dummy]))[0])
    rest = iter(tangents_out)
    return map_tree(lambda x: x if outside else x.detach(), y), map_tree(lambda _: next(rest), y)


def jacobian(function: Callable[P, Tensor], argnums: int = 0) -> Callable[P, Tensor]:
    """A function that returns all ∂y/∂x of `function`, by one backward pass for many numbers of y at once.

    Shapes: y (...,), x (---) -> (..., ---). x and y are single tensors. The pass goes back from the rows of an identity
    matrix, as in `vmap`. Where it comes through a hook, a checkpoint, or an array op of one's own, whose rules may
    be for arrays alone, there is one pass for each number of y.
    """
    check_function("jacobian", function)

    @wraps(function)
    def wrapped(*args: Any) -> Any:
        outside = thread.recording.on
        leaves: list[Tensor] = []
        traced = list(args)
        traced[argnums] = _traced(args[argnums], leaves)
        with enable_grad():
            y = function(*traced)  # type: ignore[call-arg]
            if not isinstance(y, Tensor):
                raise DTypeError(f"jacobian: the function must return a tensor, got a {type(y).__name__}")
            linked = outside and _depends_on_others(y, leaves)
            flat = shaping.reshape(y, (-1,))
            shape = (*y.shape, *leaves[0].shape)
            if not (flat.requires_grad and flat.size):
                return Tensor(np.zeros(shape, leaves[0].dtype))
            if flat.size > 1 and _runs_on_tensors(flat):
                return shaping.reshape(_rows_at_once(flat, leaves[0], linked), shape)
            rows = [_all_gradients(flat[i], leaves, linked, retain_graph=True)[0] for i in range(flat.size)]
            return shaping.reshape(arranging.stack(rows), shape)

    return wrapped  # type: ignore[return-value]


_ROWS_AT_ONCE = 512  # more would only take more memory


def _rows_at_once(y: Tensor, leaf: Tensor, linked: bool) -> Any:
    """All ∂y/∂leaf, y being a vector: (n,) and (---) -> (n, ---)."""
    node = leaf.node or leaf
    parts = []
    for start in range(0, y.numel(), _ROWS_AT_ONCE):
        basis = np.eye(min(_ROWS_AT_ONCE, y.numel() - start), y.numel(), start, y.dtype)
        with Level(len(basis)) as level, enable_grad() if linked else no_grad():
            found = backpropagate(y.node or y, level.mapped(basis), True, linked, True, [node])
            parts.append(level.stacked(found[node] if node in found else np.zeros(leaf.shape, leaf.dtype)))
    return parts[0] if len(parts) == 1 else shaping.concat(parts)


def _runs_on_tensors(y: Tensor) -> bool:
    """Whether all on the way back from y is written with ops: rules of the project are, and elementwise ones.

    A hook may not be, and `.grad` that is to be kept is that of one backward pass.
    """
    for node in topological_order(y.node):
        if isinstance(node, Node):
            if node.hooks or node.retained is not None:
                return False
            if isinstance(node.op, (Elementwise, LocalProduct)):
                continue
            if node.op is _checkpoint or not is_own(node.op.__module__):
                return False
    return True


def hessian(function: Callable[P, Tensor], argnums: int = 0) -> Callable[P, Tensor]:
    """A function that returns all second derivatives of `function`, a single number.

    Shapes: x (---) -> (---, ---).
    """
    check_function("hessian", function)
    return jacobian(grad(function, argnums), argnums)


def hvp(function: Callable[..., Tensor], args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """The Hessian of `function`, a single number, times `tangents`: ∇(∇f·v), without ever forming the matrix.

    Returns a tuple with the structure of `args`.
    """
    check_function("hvp", function)
    positions = tuple(range(len(args)))
    gradient = grad(function, positions)

    def slope(*at: Any) -> Any:
        pairs = zip(leaves_of(gradient(*at)), leaves_of(tuple(tangents)), strict=True)
        return sum((reduction.sum(g * _as_tensor(v)) for g, v in pairs), Tensor.of(np.float32(0.0)))

    return grad(slope, positions)(*args)  # type: ignore[no-any-return]


def checkpoint(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """A function with the same results and gradients, which keeps none of its inner arrays and computes them again
    when the backward pass needs them: memory for time (Griewank 1992; Chen et al. 2016).

    `function` takes tensors (and constants) and returns one tensor. Random numbers it draws from the
    default generator are drawn again alike. Gradients can be differentiated again; the function is computed once more
    for each order. Errors: GraphError if a tensor that it uses was given a new value before the backward pass.
    """
    check_function("checkpoint", function)

    @wraps(function)
    def wrapped(*args: Any) -> Any:
        if not thread.recording.on or thread.recording.level is not None:  # within vmap all is kept
            return function(*args)  # type: ignore[call-arg]
        state = Tensor.record(random.random_state, (), {})
        inner = [Tensor.leaf(x.array) if _requires_grad(x) else x for x in args]
        y = function(*inner)  # type: ignore[arg-type, call-arg]
        if not isinstance(y, Tensor):
            raise DTypeError(f"checkpoint: the function must return a tensor, got a {type(y).__name__}")
        if not y.requires_grad:
            return y
        own = {x for x in inner if _requires_grad(x)}
        others = [x for x in topological_order(y.node or y) if isinstance(x, Tensor) and x not in own]
        inputs = [*[x for x in args if _requires_grad(x)], *others]
        arrays = [state.array, *[x.array for x in inputs]]
        call = _Call(function, [_OWN if _requires_grad(x) else x for x in args], others)
        return Tensor.of(y.array, _checkpoint.node([None, *[x.node or x for x in inputs]], arrays, y, {"call": call}))

    return wrapped  # type: ignore[return-value]


_OWN = object()  # where an argument stands that is an input of the op


class _Call(NamedTuple):
    """A function, what it was called with, and the leaves that it used besides."""

    function: Callable[..., Tensor]
    args: list[Any]
    others: list[Tensor]

    def __call__(self, own: Iterable[Tensor]) -> Tensor:
        """The result again, with the arguments that are inputs of the op."""
        rest = iter(own)
        return self.function(*[next(rest) if x is _OWN else x for x in self.args])


@array_op
def _checkpoint(state: Any, /, *inputs: Any, call: _Call) -> Any:
    """The result of a call whose random numbers were drawn from this state: known already where it is recorded."""
    with no_grad(), _drawing_from(state):
        return call(map(Tensor.of, inputs)).array


@_checkpoint.vjp("inputs")
def _(g: Any, state: Any, inputs: Sequence[Any], call: _Call) -> list[Any]:
    """The gradients of the call, computed again, for all inputs at once."""
    if thread.recording.level is not None:  # others that the function uses might be of another vmap, or of none
        raise GraphError("checkpoint: what was computed outside of vmap cannot be differentiated within it; do without")
    on_tensors = isinstance(g, Tensor)
    create_graph = on_tensors and thread.recording.on
    count = len(inputs) - len(call.others)
    if any(leaf.array is not getattr(x, "array", x) for leaf, x in zip(call.others, inputs[count:], strict=True)):
        raise GraphError(
            "checkpoint: a tensor that the function uses was given a new value after it was called, and what it "
            "computed cannot be computed again; call backward before updating"
        )
    with enable_grad(), _drawing_from(state):
        own = [Tensor.stand_in(x, create_graph) for x in inputs[:count]]
        y = call(own)
    found = _all_gradients(y, [*own, *call.others], create_graph, g)
    return found if on_tensors else [x.array for x in found]


_checkpoint.not_differentiable("state")


@contextlib.contextmanager
def _drawing_from(state: Any) -> Iterator[None]:
    """Within it the default generator goes on from this state, afterwards from where it was."""
    before = random.swap_random_state(state)
    try:
        yield
    finally:
        random.swap_random_state(before)


def check_function(caller: str, function: Any) -> None:
    """Refuse what is no function, such as a result, of which PyTorch's grad takes the gradients."""
    if not callable(function):
        got = type(function).__name__
        raise DTypeError(f"{caller}: takes a function of tensors, got a {got}; {_instead_of(function)}")


def _instead_of(wrong: Any) -> str:
    """What gives the gradients of the thing that a caller has."""
    if isinstance(wrong, Tensor):
        return "the gradients of a tensor that was computed already are autograd_core.gradients(y, [x])"
    if isinstance(wrong, Recorded):
        return "of a Value call y.backward() and read x.grad"
    return "grad(f)(x) is the gradient of f at x, and gradients(y, [x]) that of a tensor y by what it was computed from"


def _traced(x: Any, leaves: list[Tensor]) -> Tensor:
    """A stand-in for the argument x: a leaf of its own, or a node of its own where x is recorded outside."""
    x = _as_tensor(x)
    if x.dtype.kind != "f":
        raise DTypeError(f"grad: only floating-point arguments can be differentiated, not {x.dtype}")
    # A node of its own, for the function may also reach x by another way, which is not to be counted.
    traced: Tensor = Tensor.stand_in(x, thread.recording.on)
    leaves.append(traced)
    return traced


def _all_gradients(
    y: Any, leaves: list[Tensor], create_graph: bool, gradient: Any = None, retain_graph: bool = False
) -> list[Tensor]:
    """The gradients for `leaves`, zeros where y does not depend on one."""
    with enable_grad() if create_graph else no_grad():
        if not (isinstance(y, Tensor) and y.requires_grad):
            return [Tensor.of(np.zeros(x.shape, x.dtype)) for x in leaves]
        found = gradients(y, leaves, gradient, retain_graph=retain_graph or create_graph, create_graph=create_graph)
        return [Tensor.of(np.zeros(x.shape, x.dtype)) if g is None else g for x, g in zip(leaves, found, strict=True)]


def _depends_on_others(y: Any, leaves: list[Tensor]) -> bool:
    """Whether y was computed from anything that requires a gradient besides `leaves`, or from where they came."""
    if not _requires_grad(y):
        return False
    if isinstance(y, Mapped) and y.is_recorded_outside:
        return True
    own = {x for x in leaves if x.node is None}
    return any(not isinstance(node, Node) and node not in own for node in topological_order(y.node or y))


def _requires_grad(x: Any) -> bool:
    return isinstance(x, Tensor) and (x.requires_grad or (isinstance(x, Mapped) and x.is_recorded_outside))


def _as_tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same nested lists, tuples and dictionaries, with function(leaf) for every leaf."""
    if isinstance(tree, dict):
        return {key: map_tree(function, value) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):  # a named tuple
        return type(tree)(*[map_tree(function, part) for part in tree])
    if isinstance(tree, (list, tuple)):
        return type(tree)(map_tree(function, part) for part in tree)
    return function(tree)


def leaves_of(tree: Any) -> list[Any]:
    """What is in nested lists, tuples and dictionaries, in order."""
    found: list[Any] = []
    map_tree(found.append, tree)
    return found
