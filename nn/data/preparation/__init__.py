"""What is learned from the training data and then applied to all data alike: filling, clipping, scaling, whitening.

Each is made, `fit` to the training data, and applied by `transform`; `inverse_transform` goes back (for targets, say).
What it has learned is its `state_dict()`, arrays by name, to be kept with the model.

>>> import numpy as np
>>> from nn.data.preparation import Chain, FillMissing, Standardise
>>> train, test = np.array([[1.0, 10.0], [3.0, np.nan], [5.0, 30.0]]), np.array([[3.0, 40.0]])
>>> prepare = Chain(FillMissing("median"), Standardise()).fit(train)
>>> prepare.transform(test).round(3)
array([[0.   , 2.449]])
"""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.data.preparation.base import Chain, Preparation
from nn.data.preparation.clipping import ClipIQR, ClipQuantiles, ClipZScore
from nn.data.preparation.missing import FillMissing
from nn.data.preparation.scaling import Centre, MinMaxScale, Standardise, UnitVariance
from nn.data.preparation.whitening import PCAWhiten, ZCAWhiten

__all__ = [
    "Centre",
    "Chain",
    "ClipIQR",
    "ClipQuantiles",
    "ClipZScore",
    "FillMissing",
    "MinMaxScale",
    "PCAWhiten",
    "Preparation",
    "Standardise",
    "UnitVariance",
    "ZCAWhiten",
]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
