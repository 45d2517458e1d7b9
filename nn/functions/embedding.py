"""Vectors for words and other things that are counted."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError


@ag.array_op
def _embedding(weight: Any, /, indices: Any, padding_idx: int | None) -> Any:
    """The rows of weight that are named; the row `padding_idx` learns nothing."""
    return ag.getitem(weight, indices)


@_embedding.vjp("weight")
def _(g: Any, weight_shape: Any, indices: Any, padding_idx: int | None) -> Any:
    if padding_idx is not None:
        g = g * (indices != padding_idx)[..., None].astype(g.dtype)
    return ag.scatter_add(g, weight_shape, indices)


def embedding(indices: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """For each index its row of the weight. Gradient: upstream, added up by row; 0 to the row `padding_idx`.

    Shapes: indices, whole numbers, of any shape (...), weight (count, width) -> (..., width).
    """
    rows = np.array(indices)
    if rows.dtype.kind not in "iu":
        raise DTypeError(f"embedding: indices are whole numbers, got {rows.dtype}")
    count = weight.shape[0]
    if rows.size and not (rows.min() >= 0 and rows.max() < count):
        raise ArgumentError(f"embedding: indices go from 0 to {count - 1}, got some from {rows.min()} to {rows.max()}")
    return _embedding(weight, indices=rows, padding_idx=check_padding("embedding", padding_idx, count))


def check_padding(name: str, padding_idx: int | None, count: int) -> int | None:
    """The row that means nothing, counted from the end if negative, or None."""
    if padding_idx is None:
        return None
    if not -count <= padding_idx < count:
        raise ArgumentError(f"{name}: padding_idx {padding_idx} is none of the {count} rows")
    return padding_idx % count
