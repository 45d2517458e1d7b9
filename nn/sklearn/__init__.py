"""Networks as estimators of scikit-learn, for its pipelines, searches and cross-validation (the extra `sklearn`).

Nothing else in `nn` knows scikit-learn. Raises ModuleNotFoundError without it.
"""

try:
    import sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'nn.sklearn needs scikit-learn, which is not installed; pip install "autograd-core[sklearn]" brings it'
    ) from error

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.sklearn.classifier import NeuralClassifier
from nn.sklearn.losses import squared_error
from nn.sklearn.regressor import NeuralRegressor

__all__ = ["NeuralClassifier", "NeuralRegressor", "squared_error"]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
