"""The layers, a family a file, which says in its `__all__` what it adds; `nn` exports them all."""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.layers import (
    activation,
    activation_over_axis,
    attention,
    convolution,
    embedding,
    linear,
    loss,
    noise,
    normalisation,
    padding,
    pooling,
    recurrence,
    shaping,
    transformer,
)
from nn.layers.activation import *
from nn.layers.activation_over_axis import *
from nn.layers.attention import *
from nn.layers.convolution import *
from nn.layers.embedding import *
from nn.layers.linear import *
from nn.layers.loss import *
from nn.layers.noise import *
from nn.layers.normalisation import *
from nn.layers.padding import *
from nn.layers.pooling import *
from nn.layers.recurrence import *
from nn.layers.shaping import *
from nn.layers.transformer import *

names: list[str] = []
names += activation.__all__
names += attention.__all__
names += activation_over_axis.__all__
names += convolution.__all__
names += embedding.__all__
names += linear.__all__
names += loss.__all__
names += noise.__all__
names += normalisation.__all__
names += padding.__all__
names += pooling.__all__
names += recurrence.__all__
names += shaping.__all__
names += transformer.__all__

if not TYPE_CHECKING:  # mypy follows the imports, but finds nothing in a file whose __all__ is computed
    __all__ = names
    __getattr__ = unknown_names(__name__, __all__)
