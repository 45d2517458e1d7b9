"""What goes into a recorded op beside Tensors, and what comes out of it: arrays in one dtype, or a clear refusal."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError, DTypeError, ShapeError
from autograd_core.ops.op import Op, recorded_within, refuse_misuse
from autograd_core.ops.shaping import in_native_order
from autograd_core.recording import Recorded

_PYTHON_NUMBERS = (float, int, bool)


def as_input(op: Op[Any], argument: Any) -> Any:
    """What may stand beside a Tensor in an op's call."""
    if type(argument) in _PYTHON_NUMBERS:
        return argument if op.takes_numbers else np.asarray(argument)
    if isinstance(argument, np.generic) and argument.dtype.kind in "fiub" and op.takes_numbers:
        return float(argument) if argument.dtype.kind == "f" else argument.item()
    if isinstance(argument, (float, int)) and not isinstance(argument, np.generic):
        return as_input(op, float(argument) if isinstance(argument, float) else int(argument))  # x.size, say
    if isinstance(argument, (np.ndarray, np.generic)):
        if argument.dtype.kind not in "fiub":
            raise DTypeError(f"{op.name}: takes floats, integers and bools, not {argument.dtype}")
        # A copy, for the graph may keep it and its owner may change it.
        return in_native_order(np.array(argument))
    if isinstance(argument, (list, tuple)):
        if recorded_within(argument) is not None:
            raise DTypeError(f"{op.name}: takes one tensor, not a list of them; join them with concat first")
        return in_native_order(np.array(argument))
    what = "a Value, the scalar engine's number" if isinstance(argument, Recorded) else f"a {type(argument).__name__}"
    raise DTypeError(f"{op.name}: takes tensors, arrays and numbers, not {what}")


def are_whole(arrays: Sequence[Any]) -> bool:
    """Whether all inputs are integers or bools."""
    return all(x.dtype.kind != "f" if isinstance(x, np.ndarray) else type(x) is not float for x in arrays)


def as_output(op: Op[Any], data: Any) -> Any:
    """What an op returned, as an array."""
    if op.several or not isinstance(data, (np.ndarray, np.generic, float, int)):
        came = f"this one a {type(data).__name__}"
        if op.several:
            raise DTypeError(f"{op.name}: an op returns its outputs, {op.outputs}, in a tuple, {came}")
        several = '; say what its outputs are called: @array_op(outputs=("q", "r"))' * isinstance(data, tuple)
        raise DTypeError(f"{op.name}: an op returns one array of numbers, {came}{several}")
    return np.asarray(data)


def in_dtype(op: Op[Any], data: Any, dtype: np.dtype[Any] | None, wanted: bool) -> Any:
    """What an op made, in the one dtype of its floats if there is one; `wanted` says whether for a gradient."""
    kind = data.dtype.kind
    if kind not in "fiub":
        raise DTypeError(f"{op.name}: an op returns one array of numbers, this one {data.dtype}")
    if dtype is not None and op.takes_numbers and op.differentiable:
        return data.astype(dtype)  # of an op of one's own: np.sqrt(2) in it is float64, (x > 0) * 2 - 1 is whole
    if kind != "f" and wanted and op.differentiable and "dtype" not in op.defaults:
        raise DTypeError(
            f"{op.name}: there is a rule for its gradient, and it returned {data.dtype}, which has none; "
            f"return floats, or say {op.name}.not_differentiable()"
        )
    return data


def explained(op: Op[Any], arrays: Sequence[Any], error: ValueError | OverflowError) -> Exception:
    """An error that names the op and the shapes, for what numpy refused."""
    if isinstance(error, OverflowError):
        dtypes = ", ".join(str(x.dtype) for x in arrays if isinstance(x, np.ndarray))
        return DTypeError(f"{op.name}: {error}; bring the tensor ({dtypes}) to a wider dtype by astype first")
    if isinstance(error, (ShapeError, ArgumentError)):
        return error
    if "read-only" in str(error):
        return ArgumentError(
            f"{op.name}: it writes into an array that it was given, and tensors are values; take x.copy() ({error})"
        )
    refuse_misuse(op.name, error)
    shapes = [np.shape(array) for array in arrays]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return ShapeError(f"{op.name}: inputs of shapes {', '.join(map(str, shapes))} do not go together ({error})")
    return ArgumentError(f"{op.name}: {error}")
