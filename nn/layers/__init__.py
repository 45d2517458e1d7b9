"""The layers, a family a file, which says in its `__all__` what it adds; `nn` exports them all."""

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

__all__: list[str] = []
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += activation_over_axis.__all__
__all__ += convolution.__all__
__all__ += embedding.__all__
__all__ += linear.__all__
__all__ += loss.__all__
__all__ += noise.__all__
__all__ += normalisation.__all__
__all__ += padding.__all__
__all__ += pooling.__all__
__all__ += recurrence.__all__
__all__ += shaping.__all__
__all__ += transformer.__all__
