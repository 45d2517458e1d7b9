"""vmap: a function of one example made into one of many, whose ops each run once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.mapped import Level
from autograd_core.ops import shaping
from autograd_core.ops.argument_names import given_twice
from autograd_core.ops.shaping import single_axis
from autograd_core.tensor import Tensor
from autograd_core.transforms import check_function, leaves_of, map_tree

P = ParamSpec("P")
T = TypeVar("T")


def vmap(
    function: Callable[P, T], in_axes: Any = 0, out_axes: Any = 0, *, in_dims: Any = 0, out_dims: Any = 0
) -> Callable[P, T]:
    """A function that does for every example, along an axis of its arguments, what `function` does for one.

    `in_axes` is the axis for all arguments, or a tuple with one for each: a number, None for an argument that all
    examples share, or the argument's own structure of lists, tuples and dictionaries with these in it. `out_axes` says
    likewise where the axis over examples goes in the results, which may be nested as well. Arguments given by name are
    mapped along axis 0. `in_dims` and `out_dims` are PyTorch's names of the same.

    Ops run once for all examples; one without a rule for that runs example by example, with the same result. Within the
    function a tensor has the shape that it has in one example, so Python's `if` and `float()` have no number to go by,
    and say so: choose with `where`. Random numbers that do not depend on an argument are the same in all examples.
    vmaps nest, and go with `grad` and the other transforms: `vmap(grad(loss), in_axes=(None, 0, 0))` are the gradients
    of each example alone. Gradients flow through it.

    Errors: ArgumentError for axes that do not fit the arguments, ShapeError for arguments of different lengths or none,
    MappedError where a number is asked for.

    >>> from autograd_core import grad, tensor
    >>> vmap(grad(lambda w, x: (w * x) ** 2), in_axes=(None, 0))(tensor(3.0), tensor([1.0, 2.0]))
    Tensor([ 6., 24.])
    """
    check_function("vmap", function)
    in_axes = _either("in_axes", in_axes, "in_dims", in_dims)
    out_axes = _either("out_axes", out_axes, "out_dims", out_dims)

    @wraps(function)
    def mapped(*args: Any, **named: Any) -> Any:
        trees = [*args, *named.values()]
        axes = [
            None if axis is None else leaves_of(_with_structure("in_axes", axis, tree))
            for axis, tree in zip((*_of_each(in_axes, args), *[0] * len(named)), trees, strict=True)
        ]
        with Level(_count(axes, trees)) as level:
            inside = [
                tree if its is None else map_tree(_entering(level, its), tree)
                for its, tree in zip(axes, trees, strict=True)
            ]
            result = function(*inside[: len(args)], **dict(zip(named, inside[len(args) :], strict=True)))
            out = iter(leaves_of(_with_structure("out_axes", out_axes, result)))
            return map_tree(lambda y: _left(level, y, next(out)), result)

    return mapped


def _either(name: str, axes: Any, other: str, dims: Any) -> Any:
    """What was given under one of two names."""
    if axes != 0 and dims != 0:
        raise given_twice("vmap", name, other)
    return dims if axes == 0 else axes


def _of_each(in_axes: Any, args: tuple[Any, ...]) -> Any:
    """The axis of each argument, or the axes of what is in it."""
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)
    if isinstance(in_axes, tuple) and len(in_axes) != len(args):
        raise ArgumentError(f"vmap: in_axes {in_axes} for a call with {len(args)} positional arguments")
    return in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)


def _with_structure(name: str, axes: Any, tree: Any) -> Any:
    """An axis for each leaf of a tree, from one for all of it, or from a tree like it."""
    if axes is None or (isinstance(axes, int) and not isinstance(axes, bool)):
        return map_tree(lambda _: axes, tree)
    if isinstance(tree, dict) and isinstance(axes, dict) and axes.keys() == tree.keys():
        return {key: _with_structure(name, axes[key], part) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)) and isinstance(axes, (list, tuple)) and len(axes) == len(tree):
        return [_with_structure(name, axis, part) for axis, part in zip(axes, tree, strict=True)]
    kind = f"a {type(tree).__name__}" + (f" of {len(tree)}" if isinstance(tree, (dict, list, tuple)) else "")
    raise ArgumentError(f"vmap: {name} has {axes!r} for {kind}; give a number or None, or such for each of its parts")


def _count(axes: list[list[Any] | None], trees: list[Any]) -> int:
    """How many examples there are."""
    sizes = set()
    for its, tree in zip(axes, trees, strict=True):
        for x, axis in zip(leaves_of(tree), its, strict=True) if its is not None else ():
            if axis is None:
                continue
            if not hasattr(x, "shape"):
                raise DTypeError(f"vmap: maps over axes of tensors, got a {type(x).__name__}; in in_axes give it None")
            sizes.add(x.shape[axis if axis == 0 and x.shape else single_axis("vmap", x.shape, axis)])
    if not sizes:
        raise ArgumentError("vmap: there is no argument to map over; give at least one an axis in in_axes")
    if len(sizes) > 1:
        raise ShapeError(f"vmap: the arguments have {', '.join(map(str, sorted(sizes)))} examples; give all as many")
    size: int = sizes.pop()
    if not size:
        raise ShapeError("vmap: there are no examples; the axis to map over has length 0")
    return size


def _entering(level: Level, axes: list[Any]) -> Callable[[Any], Any]:
    """What makes one example's of the leaves of an argument, in order."""
    rest = iter(axes)
    return lambda x: _entered(level, x, next(rest))


def _entered(level: Level, x: Any, axis: int | None) -> Any:
    """An argument as one example's; what is no tensor and is not mapped over stays what it is."""
    if axis is None:
        return x
    x = x if isinstance(x, Tensor) else Tensor(x)
    return level.mapped(x if axis == 0 else shaping.moveaxis(x, axis, 0))


def _left(level: Level, y: Any, axis: int | None) -> Any:
    """A result with the axis over examples."""
    if not hasattr(y, "shape"):
        raise DTypeError(f"vmap: the function must return tensors, got a {type(y).__name__}")
    if axis is None:
        value, has_axis = level.held(y)
        if has_axis:
            raise ArgumentError("vmap: out_axes is None for a result that is another in each example; give it an axis")
        return value
    found = level.stacked(y)
    return found if axis == 0 else shaping.moveaxis(found, 0, axis)
