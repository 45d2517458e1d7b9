"""Attention: averages of values, weighted by how well their keys match a query (Vaswani et al. 2017)."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

import autograd_core as ag
from autograd_core import DTypeError, ShapeError, Tensor
from nn.arguments import as_tensor
from nn.functions.noise import dropout

__all__ = ["scaled_dot_product_attention", "sinusoidal_positions"]


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """softmax(scale·q kᵀ + mask) v.

    Shapes: query (..., L, E), key (..., S, E), value (..., S, V) -> (..., L, V). The mask, which broadcasts to
    (..., L, S), holds bools, True where a query may look, or numbers to be added; `is_causal` lets each query look at
    the keys up to its own place. A query that may look nowhere gets 0. The scale is 1/√E unless given. `dropout_p`
    drops weights: pass 0 in evaluation.
    """
    query, key, value = as_tensor(query), as_tensor(key), as_tensor(value)
    bias = None if attn_mask is None else additive_mask("scaled_dot_product_attention", attn_mask, query.dtype, True)
    return attend(query, key, value, bias, is_causal, dropout_p, scale)


def attend(
    query: Any, key: Any, value: Any, bias: Any, is_causal: bool, dropout_p: float = 0.0, scale: float | None = None
) -> Any:
    """The weighted averages, with `bias` added to the scores if it is not None; see `scaled_dot_product_attention`."""
    if dropout_p or getattr(bias, "requires_grad", False):  # then there is more to do with weights than to multiply
        return attend_and_weigh(query, key, value, bias, is_causal, dropout_p, scale)[0]
    return ag.attention(query, key, value, bias, scale=scale, causal=is_causal)


def attend_and_weigh(
    query: Any, key: Any, value: Any, bias: Any, is_causal: bool, dropout_p: float = 0.0, scale: float | None = None
) -> tuple[Any, Any]:
    """(The weighted averages, the weights), as `attend`."""
    if (
        min(query.ndim, key.ndim, value.ndim) < 2
        or query.shape[-1] != key.shape[-1]
        or key.shape[-2] != value.shape[-2]
    ):
        raise ShapeError(
            "attention: takes query (..., L, E), key (..., S, E) and value (..., S, V), got shapes "
            f"{query.shape}, {key.shape} and {value.shape}"
        )
    if is_causal:
        causal = causal_mask(query.shape[-2], key.shape[-2], query.dtype)
        bias = causal if bias is None else bias + causal
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ag.matmul(query * scale, ag.matrix_transpose(key))
    weights = ag.softmax(scores, axis=-1) if bias is None else ag.masked_softmax(scores, bias)
    weights = dropout(weights, dropout_p)
    return ag.matmul(weights, value), weights


def additive_mask(caller: str, mask: Any, dtype: npt.DTypeLike, true_looks: bool) -> Any:
    """What a mask adds to scores: numbers as they are; for bools 0 where a query may look, -inf where it may not."""
    mask = mask if hasattr(mask, "dtype") else np.asarray(mask)
    if mask.dtype == bool:
        looks, not_looks = np.zeros((), dtype), np.full((), -math.inf, dtype)
        return ag.where(mask, looks, not_looks) if true_looks else ag.where(mask, not_looks, looks)
    if mask.dtype.kind != "f":
        raise DTypeError(f"{caller}: a mask holds bools, or numbers to be added to the scores, got {mask.dtype}")
    return mask if mask.dtype == dtype else ag.astype(mask, dtype)


def causal_mask(length: int, keys: int, dtype: npt.DTypeLike) -> Any:
    """-inf where a key comes after the query. Shape (L, S)."""
    return np.triu(np.full((length, keys), -math.inf), 1).astype(dtype)


def sinusoidal_positions(length: int, width: int) -> npt.NDArray[np.float64]:
    """sin and cos of t/10000^(2i/width), side by side, for each position t (Vaswani et al. 2017). (length, width)."""
    if width % 2:
        raise ShapeError(f"sinusoidal_positions: sines and cosines make an even width, got {width}")
    angles = np.arange(length)[:, None] * np.exp(np.arange(0, width, 2) * (-math.log(10000.0) / width))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, width)
