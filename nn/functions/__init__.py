"""What layers and losses compute, as functions of tensors: the formulas, without parameters of their own.

Each module says in its `__all__` what it adds.
"""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.functions import (
    activation,
    attention,
    bags,
    binary_losses,
    categories,
    classification_losses,
    convolution,
    ctc,
    linear_maps,
    noise,
    normalisation,
    polynomial,
    pooling,
    regression_losses,
    resampling,
    shaping,
    similarity,
)
from nn.functions.activation import *
from nn.functions.attention import *
from nn.functions.bags import *
from nn.functions.binary_losses import *
from nn.functions.categories import *
from nn.functions.classification_losses import *
from nn.functions.convolution import *
from nn.functions.ctc import *
from nn.functions.linear_maps import *
from nn.functions.noise import *
from nn.functions.normalisation import *
from nn.functions.polynomial import *
from nn.functions.pooling import *
from nn.functions.regression_losses import *
from nn.functions.resampling import *
from nn.functions.shaping import *
from nn.functions.similarity import *

if not TYPE_CHECKING:  # mypy follows the imports, but finds nothing in a file whose __all__ is computed
    __all__: list[str] = []
    __all__ += activation.__all__
    __all__ += attention.__all__
    __all__ += bags.__all__
    __all__ += binary_losses.__all__
    __all__ += categories.__all__
    __all__ += classification_losses.__all__
    __all__ += convolution.__all__
    __all__ += ctc.__all__
    __all__ += linear_maps.__all__
    __all__ += noise.__all__
    __all__ += normalisation.__all__
    __all__ += polynomial.__all__
    __all__ += pooling.__all__
    __all__ += regression_losses.__all__
    __all__ += resampling.__all__
    __all__ += shaping.__all__
    __all__ += similarity.__all__
    __getattr__ = unknown_names(__name__, __all__)
