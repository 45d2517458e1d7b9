"""Write golden_sequences.npz: what PyTorch's recurrent, attention and embedding layers give.

For tests/nn/layers/test_recurrence.py, test_attention.py, test_transformer.py and test_embedding.py, which say how each
case is called. Run once, in an environment of its own; the tests need the file only:

    python3 -m venv .venv-golden && .venv-golden/bin/pip install torch==2.13.0 numpy
    .venv-golden/bin/python tests/golden/make_golden_sequences.py
"""

import numpy as np
import torch
from module_cases import Cases
from torch import nn

F = torch.nn.functional


def main():
    cases = Cases(seed=41)
    recurrent(cases)
    attention(cases)
    transformers(cases)
    words = np.array([[1, 4, 1], [0, 3, 4]])
    cases.add("Embedding", nn.Embedding(5, 3), words)
    cases.add("Embedding padding", nn.Embedding(5, 3, padding_idx=-1), words)
    decoders(cases)
    lengths(cases)
    cases.write("golden_sequences.npz")


def with_state(module, x, *state):
    """A layer or cell called with its initial state, which for an LSTM is a pair."""
    return module(x, state if len(state) == 2 else state[0])


def recurrent(cases):
    real = cases.real
    x = real(4, 2, 3)
    for name in ("RNN", "LSTM", "GRU"):
        layer, cell = getattr(nn, name), getattr(nn, f"{name}Cell")
        states = 2 if name == "LSTM" else 1
        cases.add(name, layer(3, 2), x)
        cases.add(f"{name} deep both ways", layer(3, 2, num_layers=2, bidirectional=True), x)
        given = [real(2, 2, 2) for _ in range(states)]
        cases.add(f"{name} state", layer(3, 2, bidirectional=True), x, *given, call=with_state)
        cases.add(f"{name} batch first", layer(3, 2, batch_first=True, bias=False), real(2, 4, 3))
        given = [real(1, 2) for _ in range(states)]
        cases.add(f"{name} one sequence", layer(3, 2), real(4, 3), *given, call=with_state)
        given = [real(2, 4) for _ in range(states)]
        cases.add(f"{name}Cell", cell(3, 4), real(2, 3), *given, call=with_state)
        cases.add(f"{name}Cell alone", cell(3, 4, bias=False), real(3))
    cases.add("RNN relu", nn.RNN(3, 2, nonlinearity="relu"), x)
    cases.add("RNNCell relu", nn.RNNCell(3, 4, nonlinearity="relu"), real(2, 3))


def of_lengths(module, x, lengths, *state):
    """Padded sequences, packed, run, and padded again."""
    first = module.batch_first
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, first, enforce_sorted=False)
    hx = {0: None, 1: state[:1] and state[0], 2: state}[len(state)]
    output, last = module(packed, hx)
    return nn.utils.rnn.pad_packed_sequence(output, first, total_length=x.shape[1 if first else 0])[0], last


def lengths(cases):
    real = cases.real
    falling, mixed = np.array([5, 3, 1]), np.array([2, 4, 1, 3])
    for name in ("RNN", "LSTM", "GRU"):
        layer, states = getattr(nn, name), 2 if name == "LSTM" else 1
        cases.add(f"{name} lengths", layer(3, 2), real(5, 3, 3), falling, call=of_lengths)
        deep = layer(3, 2, num_layers=2, bidirectional=True)
        cases.add(f"{name} lengths deep both ways", deep, real(5, 4, 3), mixed, call=of_lengths)
        given = [real(2, 4, 2) for _ in range(states)]
        both = layer(3, 2, batch_first=True, bidirectional=True)
        cases.add(f"{name} lengths state batch first", both, real(4, 4, 3), mixed, *given, call=of_lengths)
    deep = {"num_layers": 2, "bidirectional": True, "proj_size": 2}
    cases.add("LSTM projected", nn.LSTM(3, 4, **deep), real(4, 2, 3))
    cases.add(
        "LSTM projected state", nn.LSTM(3, 4, proj_size=2), real(4, 2, 3), real(1, 2, 2), real(1, 2, 4), call=with_state
    )
    given = real(4, 4, 2), real(4, 4, 4)
    cases.add("LSTM projected lengths", nn.LSTM(3, 4, **deep), real(4, 4, 3), mixed, *given, call=of_lengths)


class Attention(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.options = options

    def forward(self, *inputs):
        return F.scaled_dot_product_attention(*inputs, **self.options)


def attention(cases):
    real = cases.real
    q, k, v = real(2, 2, 3, 4), real(2, 2, 5, 4), real(2, 2, 5, 3)
    blocked = np.array([[0, 1, 0, 1, 0], [1, 0, 0, 0, 1], [0, 0, 1, 0, 0]], bool)
    cases.add("attention", Attention(), q, k, v)
    cases.add("attention scale", Attention(scale=0.3), q, k, v)
    cases.add("attention causal", Attention(is_causal=True), q, k, v)
    cases.add("attention mask", Attention(), q, k, v, ~blocked)
    cases.add("attention bias", Attention(), q, k, v, real(3, 5))
    nothing = ~blocked
    nothing[1] = False
    cases.add("attention to nothing", Attention(), q, k, v, nothing)

    x, other = real(3, 2, 4), real(5, 2, 4)
    self_attention = {"call": lambda module, x: module(x, x, x)}
    cases.add("MultiheadAttention self", nn.MultiheadAttention(4, 2), x, **self_attention)
    cases.add("MultiheadAttention plain", nn.MultiheadAttention(4, 2, bias=False), x, **self_attention)
    cases.add(
        "MultiheadAttention heads",
        nn.MultiheadAttention(4, 2, batch_first=True),
        real(2, 3, 4),
        call=lambda module, x: module(x, x, x, average_attn_weights=False),
    )
    cases.add("MultiheadAttention cross", nn.MultiheadAttention(4, 2), x, other, call=lambda m, x, y: m(x, y, y))
    cases.add(
        "MultiheadAttention three",
        nn.MultiheadAttention(4, 2, kdim=3, vdim=5),
        x,
        real(5, 2, 3),
        real(5, 2, 5),
        call=lambda module, q, k, v: module(q, k, v, need_weights=False)[0],
    )
    padded = np.array([[0, 0, 0, 1, 1], [0, 0, 0, 0, 1]], bool)
    cases.add(
        "MultiheadAttention masks",
        nn.MultiheadAttention(4, 2),
        x,
        other,
        padded,
        blocked,
        call=lambda m, x, y, padded, blocked: m(x, y, y, key_padding_mask=padded, attn_mask=blocked),
    )
    cases.add(
        "MultiheadAttention mask a head",
        nn.MultiheadAttention(4, 2),
        x,
        real(4, 3, 3),
        call=lambda module, x, mask: module(x, x, x, attn_mask=mask),
    )
    cases.add("MultiheadAttention one sequence", nn.MultiheadAttention(4, 2), real(3, 4), **self_attention)


def transformers(cases):
    real = cases.real
    causal = np.triu(np.ones((3, 3), bool), 1)
    layer = nn.TransformerEncoderLayer
    cases.add("TransformerEncoderLayer", layer(4, 2, 6, dropout=0.0), real(3, 2, 4))
    cases.add(
        "TransformerEncoderLayer first",
        layer(4, 2, 6, dropout=0.0, activation="gelu", norm_first=True, batch_first=True, layer_norm_eps=1e-3),
        real(2, 3, 4),
    )
    cases.add(
        "TransformerEncoderLayer masks",
        layer(4, 2, 6, dropout=0.0, bias=False),
        real(3, 2, 4),
        causal,
        np.array([[0, 0, 1], [0, 0, 0]], bool),
        call=lambda module, x, causal, padded: module(x, src_mask=causal, src_key_padding_mask=padded),
    )
    cases.add(
        "TransformerEncoder",
        nn.TransformerEncoder(layer(4, 2, 6, dropout=0.0), 2, nn.LayerNorm(4), enable_nested_tensor=False),
        real(3, 2, 4),
        causal,
        call=lambda module, x, causal: module(x, mask=causal),
    )
    # In evaluation dropout does nothing, and PyTorch takes another path.
    cases.add("TransformerEncoderLayer evaluation", layer(4, 2, 6), real(3, 2, 4), training=False)


def decoders(cases):
    real = cases.real
    causal = np.triu(np.ones((3, 3), bool), 1)
    layer = nn.TransformerDecoderLayer
    cases.add("TransformerDecoderLayer", layer(4, 2, 6, dropout=0.0), real(3, 2, 4), real(5, 2, 4))
    cases.add(
        "TransformerDecoderLayer first",
        layer(4, 2, 6, dropout=0.0, activation="gelu", norm_first=True, batch_first=True, layer_norm_eps=1e-3),
        real(2, 3, 4),
        real(2, 5, 4),
    )
    cases.add(
        "TransformerDecoderLayer masks",
        layer(4, 2, 6, dropout=0.0, bias=False),
        real(3, 2, 4),
        real(5, 2, 4),
        causal,
        np.array([[0, 1, 0, 1, 0], [1, 0, 0, 0, 1], [0, 0, 1, 0, 0]], bool),
        np.array([[0, 0, 1], [0, 0, 0]], bool),
        np.array([[0, 0, 0, 1, 1], [0, 0, 0, 0, 1]], bool),
    )
    cases.add(
        "TransformerDecoder",
        nn.TransformerDecoder(layer(4, 2, 6, dropout=0.0), 2, nn.LayerNorm(4)),
        real(3, 2, 4),
        real(5, 2, 4),
        causal,
        call=lambda module, x, memory, causal: module(x, memory, tgt_mask=causal, tgt_is_causal=True),
    )
    cases.add("TransformerDecoderLayer evaluation", layer(4, 2, 6), real(3, 4), real(5, 4), training=False)


if __name__ == "__main__":
    main()
