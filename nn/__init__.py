"""Neural networks on top of `autograd_core` alone: modules, losses, initialisers, data, training."""

import nn.signals_at_start  # noqa: F401  first, for the rest takes a while

# isort: split
from nn import data, functions, initial, models, scalar
from nn.containers import ModuleDict, ModuleList, Sequential
from nn.errors import (
    CheckpointError,
    DataError,
    DivergenceError,
    OutputError,
    PictureError,
    SettingsError,
    StateError,
)
from nn.layers.activation import ReLU, Sigmoid, Tanh
from nn.layers.attention import MultiheadAttention
from nn.layers.convolution import Conv2d, Flatten, MaxPool2d
from nn.layers.embedding import Embedding
from nn.layers.linear import Linear
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
from nn.layers.recurrence import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from nn.layers.transformer import PositionalEncoding, TransformerEncoder, TransformerEncoderLayer
from nn.module import Module, Parameter
from nn.perceptron import Perceptron

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AlphaDropout",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "CheckpointError",
    "Conv2d",
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
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "OutputError",
    "Parameter",
    "Perceptron",
    "PictureError",
    "PositionalEncoding",
    "QuadraticLoss",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "Sequential",
    "SettingsError",
    "Sigmoid",
    "StateError",
    "Tanh",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "WeightNoise",
    "data",
    "functions",
    "initial",
    "models",
    "scalar",
]
