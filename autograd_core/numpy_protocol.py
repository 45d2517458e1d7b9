"""numpy's functions called with Tensors and Values: they record where we have the same op, and else refuse clearly.

`np.tanh(t)`, `array * t` and `np.concatenate([t, u])` thus mean `tanh(t)`, `multiply(array, t)` and `concat([t, u])`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core import ops
from autograd_core.errors import DTypeError

# Where numpy's name is not the array API standard's, which is ours.
_RENAMED = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "concatenate": "concat",
    "cumprod": "cumulative_prod",
    "cumsum": "cumulative_sum",
    "float_power": "pow",
    "conjugate": "conj",
    "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift",
    "right_shift": "bitwise_right_shift",
    "power": "pow",
    "rint": "round",
    "true_divide": "divide",
    "amax": "max",
    "amin": "min",
}
# Functions, other than ufuncs, that take the same arguments as our op of that name, and mean the same by them: numpy's
# trace and diagonal, of the first two axes, do not.
_SAME = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "broadcast_arrays",
        "broadcast_to",
        "clip",
        "concatenate",
        "count_nonzero",
        "diff",
        "einsum",
        "expand_dims",
        "flip",
        "kron",
        "amax",
        "amin",
        "max",
        "mean",
        "min",
        "moveaxis",
        "nonzero",
        "outer",
        "prod",
        "reshape",
        "roll",
        "searchsorted",
        "sort",
        "squeeze",
        "stack",
        "sum",
        "take",
        "take_along_axis",
        "tensordot",
        "tile",
        "tril",
        "triu",
        "unique_all",
        "unique_counts",
        "unique_inverse",
        "unique_values",
        "where",
    ]
)


def array_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """`Tensor.__array_ufunc__`: the op that computes what this ufunc does."""
    op = getattr(ops, _RENAMED.get(ufunc.__name__, ufunc.__name__), None)
    if method != "__call__" or named or op is None:
        call = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        hint = f" with {', '.join(named)}" if op is not None and named else ""
        raise _refused(call, hint)
    return op(*inputs)


def array_function(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """`Tensor.__array_function__`: likewise for numpy's other functions."""
    name = function.__name__
    if name in ("shape", "ndim", "size"):
        return getattr(args[0], name)
    if name == "transpose" and not named:
        x, *axes = args
        return ops.permute_dims(x, axes[0] if axes else tuple(range(x.ndim))[::-1])
    if name == "dot" and len(args) == 2 and all(np.ndim(x) in (1, 2) for x in args):
        return ops.matmul(*args)
    if name not in _SAME and name not in ("cumsum", "cumprod"):
        raise _refused(name)
    ours = _RENAMED.get(name, name)
    if ours in ("max", "min", "sort") and len(args) == 2:  # where a position is PyTorch's
        args, named = args[:-1], {"axis": args[-1], **named}
    op = getattr(ops, ours)
    try:
        return op(*args, **named)
    except TypeError as error:
        if isinstance(error, DTypeError):
            raise
        raise _refused(name, f" with these arguments ({error})") from None


def _refused(name: str, hint: str = "") -> DTypeError:
    return DTypeError(
        f"np.{name}{hint} does not record gradients; use autograd_core's functions, or x.numpy() to leave it"
    )
