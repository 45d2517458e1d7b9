"""All that layers and losses compute from their inputs goes through ops: tests/autograd_core/ops/replaying.py."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from replaying import check_data_flows_through_ops

import autograd_core as ag
import nn
from nn import functions as F


def golden(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[2] / "golden" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOSSES, LAYERS, FUNCTIONS = golden("loss_cases").CASES, golden("layer_cases").CASES, golden("function_cases")
KINDS = {
    "real": lambda rng, shape: rng.standard_normal(shape),
    "far": lambda rng, shape: 30 * rng.standard_normal(shape),
    "positive": lambda rng, shape: rng.uniform(0.2, 2.0, shape),
    "probability": lambda rng, shape: rng.uniform(0.01, 0.99, shape),
    "distribution": lambda rng, shape: rng.dirichlet(np.ones(shape[-1]), shape[:-1]),
    "bit": lambda rng, shape: rng.integers(0, 2, shape) * 1.0,
    "sign": lambda rng, shape: rng.integers(0, 2, shape) * 2.0 - 1.0,
    "label": lambda rng, shape: rng.integers(0, 4, shape),
    "count": lambda rng, shape: rng.integers(0, 5, shape) * 1.0,
}


def in_float64(module):
    ag.manual_seed(1)
    return module().double()


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    args, keywords, kinds, learned = LOSSES[name]
    drawn = [
        [np.asarray(KINDS[kind](np.random.default_rng(seed), shape)) for kind, shape in kinds] for seed in range(2)
    ]
    loss = in_float64(lambda: getattr(nn, name.split()[0])(*args, **keywords))
    check_data_flows_through_ops(lambda *x: loss(*x[:learned], *[t.detach() for t in x[learned:]]), *drawn)


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    args, keywords, shapes = LAYERS[name]
    drawn = [[np.random.default_rng(seed).standard_normal(shape) for shape in shapes] for seed in range(2)]
    check_data_flows_through_ops(in_float64(lambda: getattr(nn, name.split()[0])(*args, **keywords)), *drawn)


@pytest.mark.parametrize("name", FUNCTIONS.CASES)
def test_functions(name):
    case = FUNCTIONS.CASES[name]
    shapes = [shape for _, shape in FUNCTIONS.drawn_shapes(case)]
    drawn = [[np.random.default_rng(seed).standard_normal(shape) for shape in shapes] for seed in range(2)]
    check_data_flows_through_ops(lambda *x: FUNCTIONS.call(case, nn, x, lambda numbers: numbers), *drawn)


rng = np.random.default_rng(0)
X, Z = rng.standard_normal((6, 3, 4)), rng.standard_normal((6, 3, 4))
IMAGES = rng.standard_normal((5, 4, 3, 2))
INDICES = rng.integers(0, 5, (3, 4))
MASK = rng.random((6, 6)) > 0.4
BLOCKING = np.where(rng.random((6, 6)) > 0.4, 0.0, -np.inf)
BLOCKING[2] = -np.inf
LABELS, IGNORING = rng.integers(0, 3, 6), np.array([1, -100, 2, -100, 0, 1])
OTHERS = {
    "ignored": (lambda x, t: F.cross_entropy(x[:, :, 0], t), (X, LABELS), (Z, IGNORING)),
    "ignored by sum": (lambda x, t: F.cross_entropy(x[:, :, 0], t, reduction="sum"), (X, LABELS), (Z, IGNORING)),
    "ignored by weight": (
        lambda x, w, t: F.nll_loss(x[:, :, 0], t, w),
        (X, X[0, :, 0], LABELS),
        (Z, Z[0, :, 0], IGNORING),
    ),
    "ignored smoothly": (lambda x, t: F.cross_entropy(x[:, :, 0], t, label_smoothing=0.1), (X, LABELS), (Z, IGNORING)),
    "whole targets": (lambda x, t: F.mse_loss(x, t), (INDICES * 1.0, INDICES), (INDICES * 2.0, INDICES[::-1].copy())),
    "small variances": (F.gaussian_nll_loss, (X, Z, X**2), (X, Z, Z**2 * (Z > 0))),
    "embedding": (
        lambda i, w: F.embedding(i, w, 2),
        (INDICES, rng.standard_normal((5, 2))),
        (4 - INDICES, rng.random((5, 2))),
    ),
    "one_hot": (lambda i, x: F.one_hot(i, 4).astype(np.float64) * x[0], (LABELS[:3], X), (LABELS[3:], Z)),
    "a mask of bools": (lambda x, m: attention(x, m), (X, MASK), (X, MASK.T & False)),
    "a mask of numbers": (lambda x, m: attention(x, m.detach()), (X, X[:, 0, :1] + Z[:, 0, 0]), (X, BLOCKING)),
    "heads": (
        lambda x, m, p: HEADS(x, x, x, key_padding_mask=p, attn_mask=m)[0],
        (X, ~MASK, np.zeros((3, 6), bool)),
        (Z, MASK.T, rng.random((3, 6)) > 0.7),
    ),
    "positions": (nn.PositionalEncoding(4, max_len=9).double().eval(), (X,), (Z,)),
    "batch normalisation": (nn.BatchNorm2d(4, momentum=None).double(), (IMAGES,), (IMAGES[::-1] * 2,)),
    "instance normalisation": (nn.InstanceNorm2d(4).double(), (IMAGES,), (IMAGES[::-1] * 2,)),
    "group normalisation": (nn.GroupNorm(2, 4).double(), (IMAGES,), (IMAGES[::-1] * 2,)),
    "layer normalisation": (nn.LayerNorm(4).double(), (X,), (Z,)),
    "dropout": (nn.Dropout(0.4), (X,), (Z,)),
    "dropout of channels": (nn.Dropout2d(0.4), (IMAGES,), (IMAGES[::-1].copy(),)),
    "alpha dropout": (nn.AlphaDropout(0.4), (X,), (Z,)),
    "noise": (nn.GaussianNoise(0.4), (X,), (Z,)),
    "RNN": (lambda x: RECURRENT["RNN"](x)[0], (X,), (Z,)),
    "LSTM": (lambda x: RECURRENT["LSTM"](x)[0], (X,), (Z,)),
    "GRU": (lambda x: RECURRENT["GRU"](x)[0], (X,), (Z,)),
    "transformer": (nn.TransformerEncoderLayer(4, 2, 8, dropout=0.1).double(), (X,), (Z,)),
}
HEADS = nn.MultiheadAttention(4, 2, dropout=0.2).double()
RECURRENT = {name: getattr(nn, name)(4, 3, num_layers=2, dropout=0.3).double() for name in ("RNN", "LSTM", "GRU")}


def attention(x, mask):
    x = ag.permute_dims(x, (1, 0, 2))
    return F.scaled_dot_product_attention(x, x, x, mask)


@pytest.mark.parametrize("name", OTHERS)
def test_choices_and_draws(name):
    check_data_flows_through_ops(*OTHERS[name])
