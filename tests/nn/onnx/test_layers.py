"""Every layer and model computes the same in onnxruntime, at another batch size, and when it is loaded again."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn

_spec = importlib.util.spec_from_file_location("layer_cases", Path(__file__).parents[2] / "golden" / "layer_cases.py")
layer_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(layer_cases)

rng = np.random.default_rng(0)


def real(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def numbers(*shape):
    return rng.integers(0, 7, shape)


def made(name):
    """A case of the golden layers: the layer, and inputs."""
    args, keywords, shapes = layer_cases.CASES[name]
    return getattr(nn, name.split()[0])(*args, **keywords), [real(*shape) for shape in shapes]


def moved(module):
    """With parameters and buffers that are not those at first, so that none can be left out."""
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.dtype.kind == "f":
            tensor.assign(
                np.abs(real(*tensor.shape)) + 0.5 if "var" in name else tensor.numpy() + 0.3 * real(*tensor.shape)
            )
    return module


BY_BATCH = [name for name in layer_cases.CASES if name != "LogSoftmax rows"]  # which goes along the batch
SIGNAL, IMAGE, VOLUME, ROW, WORDS = (3, 4, 6), (3, 4, 6, 5), (3, 2, 4, 3, 2), (3, 4), (3, 5, 8)

OTHERS = {
    "BatchNorm1d": (moved(nn.BatchNorm1d(4)), [real(*ROW)]),
    "BatchNorm1d signals": (moved(nn.BatchNorm1d(4)), [real(*SIGNAL)]),
    "BatchNorm2d": (moved(nn.BatchNorm2d(4)), [real(*IMAGE)]),
    "BatchNorm3d": (moved(nn.BatchNorm3d(2, affine=False)), [real(*VOLUME)]),
    "InstanceNorm1d": (nn.InstanceNorm1d(4), [real(*SIGNAL)]),
    "InstanceNorm2d": (moved(nn.InstanceNorm2d(4, affine=True)), [real(*IMAGE)]),
    "InstanceNorm3d": (moved(nn.InstanceNorm3d(2, track_running_stats=True)), [real(*VOLUME)]),
    "LayerNorm": (moved(nn.LayerNorm(5)), [real(*IMAGE)]),
    "LayerNorm several": (moved(nn.LayerNorm((6, 5))), [real(*IMAGE)]),
    "LayerNorm plain": (nn.LayerNorm(4, elementwise_affine=False), [real(*ROW)]),
    "GroupNorm": (moved(nn.GroupNorm(2, 4)), [real(*IMAGE)]),
    "RMSNorm": (moved(nn.RMSNorm(5)), [real(*IMAGE)]),
    "Embedding": (nn.Embedding(7, 4, padding_idx=0), [numbers(3, 5)]),
    "EmbeddingBag": (nn.EmbeddingBag(7, 4), [numbers(3, 5)]),
    "EmbeddingBag max": (nn.EmbeddingBag(7, 4, mode="max"), [numbers(3, 5)]),
    "EmbeddingBag sum": (nn.EmbeddingBag(7, 4, mode="sum", padding_idx=0), [numbers(3, 5)]),
    "Maxout": (nn.Maxout(4, 3), [real(*ROW)]),
    "Heaviside": (nn.Heaviside(0.5), [np.array([[-1.0, 0.0, 2.0]] * 3, np.float32)]),
    "Sign": (nn.Sign(), [real(*ROW)]),
    "Swish": (nn.Swish(), [real(*ROW)]),
    "Dropout": (nn.Dropout(0.5), [real(*ROW)]),
    "Dropout1d": (nn.Dropout1d(0.5), [real(*SIGNAL)]),
    "Dropout2d": (nn.Dropout2d(0.5), [real(*IMAGE)]),
    "Dropout3d": (nn.Dropout3d(0.5), [real(*VOLUME)]),
    "AlphaDropout": (nn.AlphaDropout(0.5), [real(*ROW)]),
    "GaussianNoise": (nn.GaussianNoise(0.5), [real(*ROW)]),
    "WeightNoise": (nn.WeightNoise(nn.Linear(4, 2), 0.5), [real(*ROW)]),
    "CosineSimilarity": (nn.CosineSimilarity(), [real(*ROW), real(*ROW)]),
    "PairwiseDistance": (nn.PairwiseDistance(), [real(*ROW), real(*ROW)]),
    "RNNCell": (nn.RNNCell(4, 3, nonlinearity="relu"), [real(*ROW)]),
    "GRUCell": (nn.GRUCell(4, 3), [real(*ROW), real(3, 3)]),
    "LSTMCell": (nn.LSTMCell(4, 3), [real(*ROW)]),
    "RNN": (nn.RNN(8, 3, batch_first=True), [real(*WORDS)]),
    "RNN relu": (nn.RNN(8, 3, nonlinearity="relu", bias=False, batch_first=True), [real(*WORDS)]),
    "GRU": (nn.GRU(8, 3, 2, batch_first=True, bidirectional=True), [real(*WORDS)]),
    "GRU plain": (nn.GRU(8, 3, bias=False, batch_first=True), [real(*WORDS)]),
    "LSTM": (nn.LSTM(8, 3, 2, batch_first=True, bidirectional=True), [real(*WORDS)]),
    "LSTM plain": (nn.LSTM(8, 3, bias=False, batch_first=True), [real(*WORDS)]),
    "MultiheadAttention": (nn.MultiheadAttention(8, 2, batch_first=True), [real(*WORDS), real(3, 4, 8), real(3, 4, 8)]),
    "TransformerEncoderLayer": (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), [real(*WORDS)]),
    "TransformerEncoder": (
        nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", norm_first=True, batch_first=True), 2
        ),
        [real(*WORDS)],
    ),
    "TransformerDecoderLayer": (nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), [real(*WORDS), real(3, 4, 8)]),
    "TransformerDecoder": (
        nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 1),
        [real(*WORDS), real(3, 4, 8)],
    ),
    "PositionalEncoding": (nn.PositionalEncoding(8, batch_first=True), [real(*WORDS)]),
    "weight_norm": (moved(nn.weight_norm(nn.Linear(4, 3))), [real(*ROW)]),
    "spectral_norm": (nn.spectral_norm(nn.Linear(4, 3)), [real(*ROW)]),
    "nielsen": (nn.models.nielsen((4, 3), 5), [real(3, 1, 4, 3)]),
    "maxout": (nn.models.maxout((4, 3), 5), [real(3, 1, 4, 3)]),
    "Autoencoder": (nn.models.Autoencoder((4, 3), 2), [real(3, 1, 4, 3)]),
    "lenet5": (nn.models.lenet5((28, 28), 10), [real(3, 1, 28, 28)]),
    "fast": (nn.models.fast((28, 28), 10), [real(3, 1, 28, 28)]),
    "cnn": (nn.models.cnn((28, 28), 10), [real(3, 1, 28, 28)]),
    "ResidualNet": (nn.models.ResidualNet((28, 28), 10), [real(3, 1, 28, 28)]),
}
LOSSES = set(nn.layers.loss.__all__)


@pytest.mark.parametrize("batch", sorted({shapes[0][0] for _, _, shapes in layer_cases.CASES.values()}))
def test_layers_without_state(batch, together):
    cases = {name: made(name) for name in BY_BATCH if layer_cases.CASES[name][2][0][0] == batch}
    together(cases, dynamic={0: "batch"}, batch=batch + 2)


def test_softmax_along_the_batch(check):
    check(*made("LogSoftmax rows")[:1], *made("LogSoftmax rows")[1])


def test_layers_with_state_and_models(together):
    together(OTHERS, dynamic={0: "batch"}, batch=5)


def test_every_layer_and_model_has_a_case():
    layers = {name for name in nn.layers.__all__ if name not in LOSSES}
    covered = {name.split()[0] for name in [*layer_cases.CASES, *OTHERS, *UNPOOLED]}
    assert layers - covered == set()
    networks = {"mlp", "ResidualBlock", "CharacterLSTM", "CharacterTransformer"}  # the first two are parts of others'
    assert {
        name for name in nn.models.__all__ if isinstance(getattr(nn.models, name), type) or name in nn.models.RECIPES
    } - (covered | networks | {"Recipe"}) == set()


UNPOOLED = ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


@pytest.mark.parametrize("name", UNPOOLED)
def test_unpooling_is_refused_for_it_writes_where_its_input_says(name, path):
    shape = (1, 1, 2, 2, 2)[: 2 + int(name[-2])]
    with pytest.raises(nn.OnnxError, match="where it writes must not be computed from the inputs"):
        nn.onnx.export(getattr(nn, name)(2), (real(*shape), np.zeros(shape, np.int64)), path)


@pytest.mark.parametrize("model", [nn.models.CharacterLSTM(7, 4, 5, 2), nn.models.CharacterTransformer(7, 16, 8, 2, 1)])
def test_batch_and_time_are_open(model, check):
    check(model, numbers(2, 5), dynamic={0: "batch", 1: "time"}, batch=4, time=7)


def test_sequences_before_batches_and_a_state_that_is_given(check, path):
    check(nn.LSTM(3, 4), real(5, 2, 3), dynamic={0: "time", 1: "batch"}, batch=3, time=6)
    lstm, x, h = nn.LSTM(3, 4, 2), real(5, 2, 3), real(2, 2, 4)
    nn.onnx.export(lstm, (x, (h, h)), path)
    loaded = nn.onnx.load(path)
    assert loaded.input_names == ["x", "hx_0", "hx_1"] and len(loaded.output_names) == 3
    y, state = lstm(ag.tensor(x), (ag.tensor(h), ag.tensor(h)))
    for found, expected in zip(loaded(x, h, h), [y, *state], strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-5)
