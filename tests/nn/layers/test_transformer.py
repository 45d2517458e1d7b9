"""The transformer's encoder and decoder: as PyTorch's, blind to order but for its positions, and able to learn."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.functions import sinusoidal_positions

rng = np.random.default_rng(0)
LAYER, DECODER = nn.TransformerEncoderLayer, nn.TransformerDecoderLayer

CASES = {  # name -> (module, how it is called)
    "TransformerEncoderLayer": (lambda: LAYER(4, 2, 6, dropout=0.0), None),
    "TransformerEncoderLayer first": (
        lambda: LAYER(4, 2, 6, dropout=0.0, activation="gelu", norm_first=True, batch_first=True, layer_norm_eps=1e-3),
        None,
    ),
    "TransformerEncoderLayer masks": (
        lambda: LAYER(4, 2, 6, dropout=0.0, bias=False),
        lambda module, x, causal, padded: module(x, src_mask=causal, src_key_padding_mask=padded),
    ),
    "TransformerEncoder": (
        lambda: nn.TransformerEncoder(LAYER(4, 2, 6, dropout=0.0), 2, nn.LayerNorm(4)),
        lambda module, x, causal: module(x, mask=causal),
    ),
    "TransformerEncoderLayer evaluation": (lambda: LAYER(4, 2, 6), None),
    "TransformerDecoderLayer": (lambda: DECODER(4, 2, 6, dropout=0.0), None),
    "TransformerDecoderLayer first": (
        lambda: DECODER(
            4, 2, 6, dropout=0.0, activation="gelu", norm_first=True, batch_first=True, layer_norm_eps=1e-3
        ),
        None,
    ),
    "TransformerDecoderLayer masks": (lambda: DECODER(4, 2, 6, dropout=0.0, bias=False), None),
    "TransformerDecoder": (
        lambda: nn.TransformerDecoder(DECODER(4, 2, 6, dropout=0.0), 2, nn.LayerNorm(4)),
        lambda module, x, memory, causal: module(x, memory, tgt_is_causal=True),
    ),
    "TransformerDecoderLayer evaluation": (lambda: DECODER(4, 2, 6), None),
}
COVERS = {name.split()[0] for name in CASES} | {"PositionalEncoding", "functions.sinusoidal_positions"}


@pytest.fixture(scope="module")
def stored(golden):
    return golden("golden_sequences.npz")


def test_every_stored_case_is_asked(stored):
    assert {name for name in stored.cases if name.startswith("Transformer")} == set(CASES)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_those_of_pytorch(stored, name, dtype):
    make, call = CASES[name]
    stored.check(name, make(), dtype, call)


def test_positions_are_the_papers_sines_and_cosines():
    expected = np.empty((5, 6))
    for t in range(5):
        for i in range(3):
            angle = t / 10000 ** (2 * i / 6)
            expected[t, 2 * i], expected[t, 2 * i + 1] = math.sin(angle), math.cos(angle)
    np.testing.assert_allclose(sinusoidal_positions(5, 6), expected, rtol=1e-13)


def test_positions_are_added_in_any_layout():
    x = rng.standard_normal((3, 2, 4))
    positions = sinusoidal_positions(3, 4)
    layer = nn.PositionalEncoding(4, dropout=0.0, max_len=10)
    np.testing.assert_allclose(layer(ag.tensor(x)).numpy(), x + positions[:, None], atol=1e-6)
    np.testing.assert_allclose(layer(ag.tensor(x[:, 0])).numpy(), x[:, 0] + positions, atol=1e-6)
    first = nn.PositionalEncoding(4, dropout=0.0, max_len=10, batch_first=True)
    np.testing.assert_allclose(first(ag.tensor(x.swapaxes(0, 1))).numpy(), x.swapaxes(0, 1) + positions, atol=1e-6)
    assert first(ag.ones((2, 3, 4))).dtype == np.float32
    assert {name: array.shape for name, array in layer.state_dict().items()} == {"pe": (10, 1, 4)}
    assert layer.parameters() == []


def test_lists_are_taken_too():
    x = np.random.default_rng(0).standard_normal((3, 2, 4)).astype(np.float32)
    for layer in (LAYER(4, 2).eval(), nn.PositionalEncoding(4).eval()):
        np.testing.assert_array_equal(layer(x.tolist()).numpy(), layer(ag.tensor(x)).numpy())


def test_without_positions_order_does_not_matter():
    layer = LAYER(4, 2, 6, dropout=0.0)
    x = rng.standard_normal((5, 2, 4)).astype(np.float32)
    order = rng.permutation(5)
    y, z = layer(ag.tensor(x)).numpy(), layer(ag.tensor(x[order])).numpy()
    np.testing.assert_allclose(y[order], z, rtol=1e-5, atol=1e-6)


def test_the_layers_of_an_encoder_are_copies():
    layer = LAYER(4, 2, 6)
    encoder = nn.TransformerEncoder(layer, 2)
    names = [name for name, _ in encoder.named_parameters()]
    assert names[0] == "layers.0.self_attn.in_proj_weight"
    assert len(names) == 2 * len(layer.parameters())
    first, second = encoder.layers[0].linear1.weight, encoder.layers[1].linear1.weight
    assert first is not second
    np.testing.assert_array_equal(first.numpy(), second.numpy())


def test_a_transformer_learns_to_turn_sequences_round():
    ag.manual_seed(0)
    words = rng.integers(0, 5, (64, 6))
    net = nn.Sequential(
        nn.Embedding(5, 16),
        nn.PositionalEncoding(16, dropout=0.0, max_len=6, batch_first=True),
        LAYER(16, 2, 32, dropout=0.0, batch_first=True, norm_first=True),
        nn.Linear(16, 5),
    )
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    for _ in range(120):
        optimizer.zero_grad()
        loss = nn.functions.cross_entropy(net(words).reshape(-1, 5), words[:, ::-1].ravel())
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
    assert (net(words).numpy().argmax(-1) == words[:, ::-1]).mean() > 0.98


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda: LAYER(4, 2, activation="tanh"),
            ag.ArgumentError,
            "TransformerEncoderLayer: activation must be relu, gelu or a function, got 'tanh'",
        ),
        (
            lambda: nn.TransformerEncoder(LAYER(4, 2), 0),
            ag.ArgumentError,
            "TransformerEncoder: num_layers must be a whole number of at least 1, got 0",
        ),
        (
            lambda: nn.PositionalEncoding(4, max_len=3)(ag.ones((5, 2, 4))),
            ag.ShapeError,
            r"PositionalEncoding: takes shape \(L, N, 4\) with L up to max_len = 3, got shape \(5, 2, 4\)",
        ),
        (lambda: nn.PositionalEncoding(3), ag.ShapeError, "sines and cosines make an even width, got 3"),
    ],
)
def test_what_does_not_fit_is_named(act, error, message):
    with pytest.raises(error, match=message):
        act()
