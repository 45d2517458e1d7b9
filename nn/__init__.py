"""Neural networks on top of `autograd_core` alone: modules, losses, initialisers, data, training."""

import nn.signals_at_start  # noqa: F401  first, for the rest takes a while

# isort: split
import importlib
from typing import TYPE_CHECKING, Any

from nn import data, functions, initial, models, scalar
from nn.containers import ModuleDict, ModuleList, Sequential
from nn.errors import (
    CheckpointError,
    DataError,
    DivergenceError,
    OutputError,
    PictureError,
    SanityError,
    SearchError,
    SettingsError,
    StateError,
)
from nn.layers.activation import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    Heaviside,
    LeakyReLU,
    LogSigmoid,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    Sign,
    SiLU,
    Softplus,
    Softsign,
    Swish,
    Tanh,
    Threshold,
)
from nn.layers.attention import MultiheadAttention
from nn.layers.competition import GLU, LogSoftmax, Maxout, Softmax
from nn.layers.convolution import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.layers.embedding import Embedding
from nn.layers.linear import Bilinear, Linear
from nn.layers.loss import CrossEntropyLoss, MSELoss, QuadraticLoss
from nn.layers.noise import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, GaussianNoise, WeightNoise
from nn.layers.normalisation import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    RMSNorm,
)
from nn.layers.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from nn.layers.recurrence import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from nn.layers.shaping import Flatten, Identity, PixelShuffle, PixelUnshuffle, Unflatten, Upsample, ZeroPad2d
from nn.layers.transformer import PositionalEncoding, TransformerEncoder, TransformerEncoderLayer
from nn.module import Module, Parameter
from nn.perceptron import Perceptron
from nn.weights import load_weights, save_weights

if TYPE_CHECKING:
    from nn import search, training


def __getattr__(name: str) -> Any:
    if name in ("search", "training"):  # what a program that only computes need not wait for
        return importlib.import_module(f"nn.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "GRU",
    "LSTM",
    "RNN",
    "SELU",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bilinear",
    "CheckpointError",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CrossEntropyLoss",
    "DataError",
    "DivergenceError",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GaussianNoise",
    "GroupNorm",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Heaviside",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Maxout",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "OutputError",
    "PReLU",
    "Parameter",
    "Perceptron",
    "PictureError",
    "PixelShuffle",
    "PixelUnshuffle",
    "PositionalEncoding",
    "QuadraticLoss",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "ReLU6",
    "SanityError",
    "SearchError",
    "Sequential",
    "SettingsError",
    "SiLU",
    "Sigmoid",
    "Sign",
    "Softmax",
    "Softplus",
    "Softsign",
    "StateError",
    "Swish",
    "Tanh",
    "Threshold",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "Unflatten",
    "Upsample",
    "WeightNoise",
    "ZeroPad2d",
    "data",
    "functions",
    "initial",
    "load_weights",
    "models",
    "save_weights",
    "scalar",
    "search",
    "training",
]
