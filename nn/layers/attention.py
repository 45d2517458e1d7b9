"""Attention with several heads."""

import math
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn import functions, initial
from nn.arguments import as_tensor, at_least
from nn.functions.attention import additive_mask, attend, attend_and_weigh
from nn.functions.noise import check_probability
from nn.layers.linear import Linear
from nn.module import Module, Parameter

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attention in several projections side by side, joined by one more; see `scaled_dot_product_attention`.

    Shapes: query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) -> (L, N, embed_dim), and the weights
    (N, L, S); with `batch_first` N comes first, and one sequence may come without N. Weights in_proj_weight
    (3·embed_dim, embed_dim) and in_proj_bias for query, key and value, one below the other, or q_proj_weight,
    k_proj_weight and v_proj_weight where `kdim` or `vdim` is another; out_proj.weight and out_proj.bias.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
    ) -> None:
        self.embed_dim = at_least("MultiheadAttention", "embed_dim", embed_dim, 1)
        self.num_heads = at_least("MultiheadAttention", "num_heads", num_heads, 1)
        if embed_dim % num_heads:
            raise ArgumentError(f"MultiheadAttention: {embed_dim} features do not make {num_heads} heads of one size")
        self.dropout = check_probability("MultiheadAttention", dropout)
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.batch_first = batch_first
        if self.kdim == self.vdim == embed_dim:
            self.in_proj_weight: Parameter | None = Parameter(initial.xavier_uniform((3 * embed_dim, embed_dim)))
        else:
            self.in_proj_weight = None
            self.q_proj_weight = Parameter(initial.xavier_uniform((embed_dim, embed_dim)))
            self.k_proj_weight = Parameter(initial.xavier_uniform((embed_dim, self.kdim)))
            self.v_proj_weight = Parameter(initial.xavier_uniform((embed_dim, self.vdim)))
        self.in_proj_bias = Parameter(ag.zeros((3 * embed_dim,))) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias)
        if bias:
            self.out_proj.bias = Parameter(ag.zeros((embed_dim,)))

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """(Output, weights), the weights None without `need_weights`, and (N, heads, L, S) if they are not averaged.

        Masks hold bools, True where nobody may look, or numbers to be added to the scores: `key_padding_mask` (N, S),
        `attn_mask` (L, S) or (N·heads, L, S). `is_causal` lets each query look at the keys up to its own place.
        """
        query, key, value = as_tensor(query), as_tensor(key), as_tensor(value)
        self._check(query, key, value)
        single = query.ndim == 2
        q, k, v = self._heads(query, key, value, single)
        shape = (q.shape[0], self.num_heads, q.shape[2], k.shape[2])
        bias, weights = self._bias(shape, q.dtype, key_padding_mask, attn_mask), None
        dropout = self.dropout if self.training else 0.0
        if need_weights:
            averages, weights = attend_and_weigh(q, k, v, bias, is_causal, dropout)
        else:
            averages = attend(q, k, v, bias, is_causal, dropout)
        joined = ag.permute_dims(averages, (0, 2, 1, 3) if self.batch_first or single else (2, 0, 1, 3))
        output = self.out_proj(ag.reshape(joined, query.shape))
        if weights is None:
            return output, None
        weights = ag.mean(weights, axis=1) if average_attn_weights else weights
        return output, weights[0] if single else weights

    def _check(self, query: Any, key: Any, value: Any) -> None:
        batch, place = (0, 1) if self.batch_first else (1, 0)
        widths = (self.embed_dim, self.kdim, self.vdim)
        shapes = (query.shape, key.shape, value.shape)
        fits = all(len(s) == len(query.shape) and s[-1] == w for s, w in zip(shapes, widths, strict=True))
        if fits and len(query.shape) == 3:
            fits = (
                query.shape[batch] == key.shape[batch] == value.shape[batch] and key.shape[place] == value.shape[place]
            )
        if not fits or len(query.shape) not in (2, 3):
            axes = (
                ("(N, L, {})", "(N, S, {})", "(N, S, {})")
                if self.batch_first
                else ("(L, N, {})",) + ("(S, N, {})",) * 2
            )
            expected = ", ".join(text.format(width) for text, width in zip(axes, widths, strict=True))
            raise ShapeError(
                f"MultiheadAttention: takes query, key and value of shapes {expected}, or all without N; "
                f"got {', '.join(map(str, shapes))}"
            )

    def _heads(self, query: Any, key: Any, value: Any, single: bool) -> list[Any]:
        """Query, key and value, projected, as (N, heads, L, width of a head)."""
        order = (0, 2, 1, 3) if self.batch_first or single else (1, 2, 0, 3)
        if self.in_proj_weight is not None and query is key and key is value:
            projected = functions.linear(query, self.in_proj_weight, self.in_proj_bias)
            outer = (1, query.shape[0]) if single else query.shape[:2]
            apart = ag.reshape(projected, (*outer, 3, self.num_heads, self.embed_dim // self.num_heads))
            first, heads, second, width = [axis + (axis > 1) for axis in order]
            apart = ag.permute_dims(apart, (2, first, heads, second, width))
            return [apart[part] for part in range(3)]
        found = []
        for x, weight, bias in zip((query, key, value), self._weights(), self._biases(), strict=True):
            outer = (1, x.shape[0]) if single else x.shape[:2]
            apart = ag.reshape(
                functions.linear(x, weight, bias), (*outer, self.num_heads, self.embed_dim // self.num_heads)
            )
            found.append(ag.permute_dims(apart, order))
        return found

    def _weights(self) -> list[Any]:
        if self.in_proj_weight is None:
            return [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        return self._thirds(self.in_proj_weight)

    def _biases(self) -> list[Any]:
        return [None] * 3 if self.in_proj_bias is None else self._thirds(self.in_proj_bias)

    def _thirds(self, parameter: Any) -> list[Any]:
        return [parameter[part * self.embed_dim : (part + 1) * self.embed_dim] for part in range(3)]

    def _bias(self, shape: tuple[int, int, int, int], dtype: Any, key_padding_mask: Any, attn_mask: Any) -> Any:
        """What the masks add to the scores (N, heads, L, S), or None."""
        n, heads, length, keys = shape
        bias = None
        if attn_mask is not None:
            bias = additive_mask("MultiheadAttention", attn_mask, dtype, False)
            if bias.shape == (n * heads, length, keys):
                bias = bias.reshape(n, heads, length, keys)
            elif bias.shape != (length, keys):
                raise ShapeError(
                    f"MultiheadAttention: attn_mask has shape (L, S) = {(length, keys)} or (N·heads, L, S) = "
                    f"{(n * heads, length, keys)}, got {bias.shape}"
                )
        if key_padding_mask is not None:
            padding = additive_mask("MultiheadAttention", key_padding_mask, dtype, False)
            if padding.shape != (n, keys) and (n, *padding.shape) != (1, keys):
                raise ShapeError(
                    f"MultiheadAttention: key_padding_mask has shape (N, S) = {(n, keys)}, got {padding.shape}"
                )
            padding = padding.reshape(n, 1, 1, keys)
            bias = padding if bias is None else bias + padding
        return bias

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """A multiplication and an addition for each weight and row, each score and average; `out_proj` is a part."""
        query, key, value = [np.shape(x) for x in inputs[:3]]
        rows = [math.prod(shape[:-1]) for shape in (query, key, value)]
        widths = (self.embed_dim, self.kdim, self.vdim)
        projected = sum([n * width * self.embed_dim for n, width in zip(rows, widths, strict=True)])
        keys = key[1 if self.batch_first and len(key) == 3 else 0]
        return int(2 * (projected + 2 * rows[0] * keys * self.embed_dim))
