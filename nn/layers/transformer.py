"""The transformer's encoder and decoder (Vaswani et al. 2017), and the positions that they cannot see by themselves."""

import copy
from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor
from nn import functions
from nn.arguments import as_tensor, at_least
from nn.layers.attention import MultiheadAttention
from nn.layers.linear import Linear
from nn.layers.noise import Dropout
from nn.layers.normalisation import LayerNorm
from nn.module import Module

__all__ = [
    "PositionalEncoding",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": ag.relu, "gelu": ag.gelu}


class _Layer(Module):
    """What both kinds of layer do after their attention."""

    linear1: Linear
    dropout: Dropout
    linear2: Linear
    activation: Callable[[Any], Any]

    def _function(self, activation: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
        if not isinstance(activation, str):
            return activation
        if activation not in _ACTIVATIONS:
            raise ArgumentError(
                f"{type(self).__name__}: activation must be relu, gelu or a function, got {activation!r}"
            )
        return _ACTIVATIONS[activation]

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then two linear layers with an activation between, each with its input added and normalised.

    Shapes: (L, N, d_model) -> the same; with `batch_first` (N, L, d_model); N may be missing. `activation` is "relu",
    "gelu" or a function. With `norm_first` the inputs of both parts are normalised, rather than the sums.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
    ) -> None:
        self.activation = self._function(activation)
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        self.linear1 = Linear(d_model, dim_feedforward, bias)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.norm_first = norm_first

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """The sequences, each place with what it gathered from the others; masks as of `MultiheadAttention`."""
        src = as_tensor(src)
        masks = {"attn_mask": src_mask, "key_padding_mask": src_key_padding_mask, "is_causal": is_causal}
        if self.norm_first:
            src = src + self._attention(self.norm1(src), masks)
            return src + self.dropout2(self._feed_forward(self.norm2(src)))
        src = self.norm1(src + self._attention(src, masks))
        return self.norm2(src + self.dropout2(self._feed_forward(src)))

    def _attention(self, x: Any, masks: dict[str, Any]) -> Any:
        return self.dropout1(self.self_attn(x, x, x, need_weights=False, **masks)[0])


class TransformerEncoder(Module):
    """Copies of a layer, one after the other, and at the end a normalisation if one is given."""

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        at_least("TransformerEncoder", "num_layers", num_layers, 1)
        self.layers = [copy.deepcopy(encoder_layer) for _ in range(num_layers)]
        self.norm = norm

    def forward(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Tensor:
        """The last layer's output; masks as of `MultiheadAttention`, the same for every layer."""
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=is_causal)
        return src if self.norm is None else self.norm(src)


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to an encoder's outputs, and two linear layers; each with its input added, normalised.

    Shapes: target (T, N, d_model), memory (S, N, d_model) -> (T, N, d_model); with `batch_first` N comes first; N may
    be missing. `activation` is "relu", "gelu" or a function. With `norm_first` the inputs of the three parts are
    normalised, rather than the sums.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
    ) -> None:
        self.activation = self._function(activation)
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        self.linear1 = Linear(d_model, dim_feedforward, bias)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.norm_first = norm_first

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The target, each place with what it gathered from itself and from `memory`.

        Masks are as of `MultiheadAttention`, those of `tgt` for the first attention and of `memory` for the second.
        `tgt_is_causal`, by itself, lets each place look at those up to its own.
        """
        x, memory = as_tensor(tgt), as_tensor(memory)
        own = {"attn_mask": tgt_mask, "key_padding_mask": tgt_key_padding_mask, "is_causal": tgt_is_causal}
        given = {"attn_mask": memory_mask, "key_padding_mask": memory_key_padding_mask, "is_causal": memory_is_causal}
        if self.norm_first:
            x = x + self._gathered(self.norm1(x), own)
            x = x + self._looked_up(self.norm2(x), memory, given)
            return x + self.dropout3(self._feed_forward(self.norm3(x)))
        x = self.norm1(x + self._gathered(x, own))
        x = self.norm2(x + self._looked_up(x, memory, given))
        return self.norm3(x + self.dropout3(self._feed_forward(x)))

    def _gathered(self, x: Any, masks: dict[str, Any]) -> Any:
        return self.dropout1(self.self_attn(x, x, x, need_weights=False, **masks)[0])

    def _looked_up(self, x: Any, memory: Any, masks: dict[str, Any]) -> Any:
        return self.dropout2(self.multihead_attn(x, memory, memory, need_weights=False, **masks)[0])


class TransformerDecoder(Module):
    """Copies of a layer, one after the other, all of the same memory; and at the end a normalisation if one is given.

    >>> import autograd_core as ag
    >>> decoder = TransformerDecoder(TransformerDecoderLayer(8, 2, 16), num_layers=2)
    >>> decoder(ag.zeros((5, 1, 8)), ag.zeros((7, 1, 8)), tgt_is_causal=True).shape
    (5, 1, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        at_least("TransformerDecoder", "num_layers", num_layers, 1)
        self.layers = [copy.deepcopy(decoder_layer) for _ in range(num_layers)]
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The last layer's output; masks as of `TransformerDecoderLayer`, the same for every layer."""
        masks = {
            "tgt_mask": tgt_mask,
            "memory_mask": memory_mask,
            "tgt_key_padding_mask": tgt_key_padding_mask,
            "memory_key_padding_mask": memory_key_padding_mask,
            "tgt_is_causal": tgt_is_causal,
            "memory_is_causal": memory_is_causal,
        }
        for layer in self.layers:
            tgt = layer(tgt, memory, **masks)
        return tgt if self.norm is None else self.norm(tgt)


class PositionalEncoding(Module):
    """x + sines and cosines of the position, of many wavelengths, then dropout; see `sinusoidal_positions`.

    Shapes: (L, N, d_model) -> the same, L up to `max_len`; with `batch_first` (N, L, d_model); N may be missing. The
    buffer `pe` has shape (max_len, 1, d_model).
    """

    pe: Tensor

    def __init__(self, d_model: int, dropout: float = 0.1, max_len: int = 5000, batch_first: bool = False) -> None:
        self.d_model = at_least("PositionalEncoding", "d_model", d_model, 1)
        self.max_len = at_least("PositionalEncoding", "max_len", max_len, 1)
        self.batch_first = batch_first
        self.dropout = Dropout(dropout)
        positions = functions.sinusoidal_positions(max_len, d_model).reshape(max_len, 1, d_model)
        self.register_buffer("pe", ag.tensor(positions, dtype=ag.get_default_dtype()))

    def forward(self, x: Any) -> Tensor:
        x = as_tensor(x)
        batched = x.ndim == 3
        length = x.shape[1 if batched and self.batch_first else 0] if x.ndim in (2, 3) else self.max_len + 1
        if length > self.max_len or x.shape[-1] != self.d_model:
            axes = f"(N, L, {self.d_model})" if self.batch_first else f"(L, N, {self.d_model})"
            raise ShapeError(
                f"PositionalEncoding: takes shape {axes} with L up to max_len = {self.max_len}, got shape {x.shape}"
            )
        positions = self.pe[:length]
        positions = positions if batched and not self.batch_first else positions[:, 0]
        return self.dropout(x + positions.astype(x.dtype))
