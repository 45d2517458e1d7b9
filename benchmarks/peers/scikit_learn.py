"""scikit-learn's networks."""

from __future__ import annotations

import warnings

from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_info

from benchmarks.estimators import FITS
from benchmarks.timing import Task

warnings.simplefilter("ignore", ConvergenceWarning)


def threads() -> int:
    return max((pool["num_threads"] for pool in threadpool_info()), default=1)


def estimator(label: str, dtype: str) -> Task:
    fit = FITS[label]
    model = (MLPClassifier if fit.classes else MLPRegressor)(**fit.settings())
    x, y = fit.data(dtype)
    return Task(lambda: clone(model).fit(x, y))
