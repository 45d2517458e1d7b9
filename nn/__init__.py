"""Neural networks on top of `autograd_core` alone: modules, losses, initialisers, data, training."""

from nn import data, functions, initial, models
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
from nn.layers.convolution import Conv2d, Flatten, MaxPool2d
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
from nn.module import Module, Parameter, Sequential

__all__ = [
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
    "Flatten",
    "GaussianNoise",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "Linear",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "OutputError",
    "Parameter",
    "PictureError",
    "QuadraticLoss",
    "RMSNorm",
    "ReLU",
    "Sequential",
    "SettingsError",
    "Sigmoid",
    "StateError",
    "Tanh",
    "WeightNoise",
    "data",
    "functions",
    "initial",
    "models",
]
