"""Attention as one op: what products and a softmax give, without the memory traffic between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_core import kernels
from autograd_core.errors import ShapeError
from autograd_core.ops import linalg, probabilities
from autograd_core.ops.definition import array_op
from autograd_core.ops.op import differentiated
from autograd_core.ops.shaping import as_array, matrix_transpose

__all__ = ["attention"]

_NO_BIAS = np.zeros(())


def attention(q: Any, k: Any, v: Any, /, bias: Any = None, *, scale: float | None = None, causal: bool = False) -> Any:
    """softmax(scale·q kᵀ + bias) v: averages of v's rows, by how well k's match one of q (Vaswani et al. 2017).

    Shapes: q (..., L, E), k (..., S, E), v (..., S, V) -> (..., L, V); leading axes broadcast, and the bias to
    (..., L, S). With `causal` row i of q looks at rows 0 to i of k. The scale is 1/√E unless given. Where the bias is
    -inf nothing is looked at, and a row that may look at nothing gets 0. Gradients: to q, k and v; the bias has none.
    """
    q, k, v = (as_array(x, "attention") for x in (q, k, v))
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            "attention: takes query (..., L, E), key (..., S, E) and value (..., S, V), got shapes "
            f"{q.shape}, {k.shape} and {v.shape}"
        )
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else float(scale)
    return _attention(q, k, v, _NO_BIAS if bias is None else bias, scale=scale, causal=causal)[0]


@array_op(outputs=("y", "weights"))
def _attention(q: Any, k: Any, v: Any, bias: Any, /, scale: float, causal: bool) -> Any:
    """The averages and the weights; a bias without axes is none."""
    if _takes(q, k, v) and (not bias.ndim or bias.dtype == q.dtype):
        return kernels.attention.attend(q, k, v, bias if bias.ndim else None, scale, causal)
    return _by_products(q, k, v, bias, scale, causal)


@_attention.vjp("q", "k", "v")
def _(g, q, k, v, bias, weights, scale, causal):
    return _attention_gradient(g, q, k, v, bias, weights, scale=scale, causal=causal)


@array_op(outputs=("to_q", "to_k", "to_v"))
def _attention_gradient(g: Any, q: Any, k: Any, v: Any, bias: Any, weights: Any, /, scale: float, causal: bool) -> Any:
    """The gradients of q, k and v, with all leading axes."""
    batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    fits = weights.shape[:-2] == batch and weights.flags.c_contiguous and g.dtype == weights.dtype == q.dtype
    if fits and _takes(q, k, v):
        return kernels.attention.attend_back(g, q, k, v, weights, scale, causal)
    return _by_products_back(g, q, k, v, bias, weights, scale, causal)


_attention.not_differentiable("bias", "weights")
_attention_gradient.not_differentiable("bias", "weights")  # the weights follow from the others


@_attention_gradient.formula
def _by_products_back(g, q, k, v, bias, weights, scale, causal):
    def formula(q, k, v):
        return _by_products(q, k, v, bias, scale, causal)[0]

    return differentiated(formula, (q, k, v), (0, 1, 2), g)


def _by_products(q: Any, k: Any, v: Any, bias: Any, scale: float, causal: bool) -> tuple[Any, Any]:
    scores = linalg.matmul(q * scale, matrix_transpose(k))
    if causal:
        beyond = np.triu(np.full(scores.shape[-2:], -math.inf), 1).astype(scores.dtype)
        bias = bias + beyond if bias.ndim else beyond
    weights = probabilities.masked_softmax(scores, bias) if bias.ndim else probabilities.softmax(scores)
    return linalg.matmul(weights, v), weights


def _takes(q: Any, k: Any, v: Any) -> bool:
    """Whether there is a kernel for them; by sizes and dtype alone, so that equal programs round equally."""
    return (
        q.dtype == k.dtype == v.dtype
        and q.dtype in kernels.FLOATS
        and min(q.size, k.size, v.size) > 0
        and kernels.plan.is_long(q.size, kernels.LONG_FOR_SEVERAL)
    )
