"""Reading parts of an array, and adding into parts of one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core.errors import ArgumentError
from autograd_core.ops.definition import array_op


@array_op
def getitem(x: Any, /, index: Any) -> Any:
    """x[index], with numpy's rules: numbers, slices, None, ..., and arrays of integers or bools.

    Gradient: upstream, added up at the places that were read; a place read twice gets both.
    """
    try:
        return x[index]
    except IndexError as error:
        raise ArgumentError(f"indexing an array of shape {np.shape(x)}: {error}") from None


@getitem.vjp("x")
def _(g, x_shape, index):
    return scatter_add(g, shape=x_shape, index=index)


@array_op
def scatter_add(g: Any, /, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of this shape with g added at `index`, the transpose of reading there. Gradient: upstream[index]."""
    out = np.zeros(shape, g.dtype)
    if _reads_each_place_once(index):
        out[index] = g
    else:
        np.add.at(out, index, g)
    return out


@scatter_add.vjp("g")
def _(g, index):
    return getitem(g, index)


def _reads_each_place_once(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, slice, np.integer)) for part in parts)
