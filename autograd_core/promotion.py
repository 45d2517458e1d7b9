"""In which dtype the inputs of one op meet: kinds promote as in PyTorch, so nothing becomes float64 unasked.

numpy makes float64 of a float32 array beside an int64 one, or beside its own scalar `np.sqrt(d)`. Here an integer
beside a float takes the float's dtype; among floats, arrays with axes decide, then those without; Python's numbers,
numpy's scalars and lists decide only if nothing else is a float, and then in the default dtype.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np


def cast_to_common_dtype(arrays: Sequence[Any], weak: Sequence[bool], default: np.dtype[Any]) -> list[Any] | None:
    """What each of an op's inputs, arrays or Python numbers, becomes; None if all of them may stay as they are.

    `weak` says which of them were numbers, numpy's scalars or lists.
    """
    strong: tuple[list[np.dtype[Any]], list[np.dtype[Any]]] = [], []  # dtypes of floats with axes, and without
    any_float = False
    for x, is_weak in zip(arrays, weak, strict=True):
        if _kind(x) == "f":
            any_float = True
            if not is_weak:
                strong[x.ndim == 0].append(x.dtype)
    if not any_float:
        return None  # numpy's rules for integers and bools are PyTorch's
    dtypes = strong[0] or strong[1]
    dtype = np.result_type(*dtypes) if dtypes else default
    cast = [_cast(x, is_weak, dtype, not dtypes) for x, is_weak in zip(arrays, weak, strict=True)]
    return cast if any(new is not x for new, x in zip(cast, arrays, strict=True)) else None


def _cast(x: Any, is_weak: bool, dtype: np.dtype[Any], numbers_decide: bool) -> Any:
    if not isinstance(x, np.ndarray):
        return np.asarray(x, dtype) if numbers_decide and type(x) is float else x
    # Wide floats with axes are left to the op, which knows whether it can work with both; bools promote well.
    if x.dtype == dtype or x.dtype.kind == "b" or (x.dtype.kind == "f" and x.ndim and not is_weak):
        return x
    return x.astype(dtype)


def _kind(x: Any) -> str:
    return x.dtype.kind if isinstance(x, np.ndarray) else "f" if type(x) is float else "i"
