"""Whole calls of `fit`, beside scikit-learn's networks at equal settings."""

from __future__ import annotations

from benchmarks.estimators import FITS
from benchmarks.report import Section, mean_goal, ratios, versus, worst_goal
from benchmarks.runner import Runner

PEERS = ("ours", "scikit_learn")


def measure(runner: Runner) -> Section:
    labels = list(FITS)[:: 4 if runner.quick else 1]
    measured = {
        f"{label}, {dtype}": runner.compare("estimator", {"label": label, "dtype": dtype}, PEERS)
        for label in labels
        for dtype in ("float32", "float64")
    }
    against = ratios(measured, "scikit_learn")
    return Section(
        "Estimators of scikit-learn",
        [
            mean_goal("NeuralClassifier and NeuralRegressor, a whole fit", against, 1.0, "scikit-learn"),
            worst_goal("NeuralClassifier and NeuralRegressor, a whole fit", against, 1.0, "scikit-learn"),
        ],
        "`fit` with Adam for some epochs, `MLPClassifier` and `MLPRegressor` beside ours. From the same weights, in "
        "one mini-batch an epoch, both end at the same weights (tests/nn/sklearn); here each draws its own.",
        [versus("network", measured, PEERS)],
    )
