"""Coarse to fine, Bayesian, cross-validation."""

import logging
import sys

import numpy as np
import pytest

from autograd_core import ArgumentError
from nn.errors import SearchError
from nn.search import Choice, Integer, LogUniform, Uniform, bayesian, coarse_to_fine, cross_validate, random, run

BOWL = {"x": Uniform(-10, 10), "y": LogUniform(1e-8, 1e2)}


def test_coarse_to_fine_comes_closer_with_each_round(objectives):
    results = coarse_to_fine(objectives.bowl, BOWL, trials=20, rounds=4)
    assert [trial.number for trial in results] == list(range(80))
    medians = [np.median([trial.value for trial in results[start : start + 20]]) for start in range(0, 80, 20)]
    assert medians == sorted(medians, reverse=True)
    assert medians[3] < medians[0] / 10
    alike = run(objectives.bowl, random(BOWL, 80))
    assert results.best.value < alike.best.value / 5


def test_coarse_to_fine_ends_where_nothing_has_a_value(objectives):
    results = coarse_to_fine(objectives.troublesome, {"way": Choice("nan")}, trials=2)
    assert len(results) == len(results.failed) == 2
    with pytest.raises(ArgumentError, match="keep must be above 0 and at most 1, got 0"):
        coarse_to_fine(objectives.bowl, BOWL, keep=0)


def test_bayesian_is_better_than_chance_and_repeatable_at_any_number_of_workers(objectives):
    results = bayesian(objectives.bowl, BOWL, trials=40, batch=2)
    by_chance = run(objectives.bowl, random(BOWL, 40))
    assert np.median([trial.value for trial in results[20:]]) < np.median([trial.value for trial in by_chance]) / 2
    again = bayesian(objectives.bowl, BOWL, trials=4, batch=2, workers=2)
    assert [(t.parameters, t.seed, t.value) for t in again] == [(t.parameters, t.seed, t.value) for t in results[:4]]


class Third:
    """A dimension of one's own."""

    def at(self, u):
        return u / 3


def test_bayesian_chooses_from_every_kind_of_dimension():
    space = {"units": Integer(1, 64, log=True), "act": Choice(print, len), "p": Third()}
    seen = bayesian(lambda p, seed: p["units"] + p["p"] + (p["act"] is len), space, trials=30, mode="max")
    assert {trial.parameters["act"] for trial in seen} == {print, len}
    assert all(1 <= trial.parameters["units"] <= 64 and 0 <= trial.parameters["p"] <= 1 / 3 for trial in seen)
    assert seen.best.parameters["units"] > 32


def test_bayesian_goes_on_after_failures_and_is_quiet(objectives, capfd):
    import optuna

    before = optuna.logging.get_verbosity()
    results = bayesian(objectives.troublesome, {"way": Choice("nan", "diverges", 1.0)}, trials=9)
    assert 0 < len(results.failed) < 9
    assert optuna.logging.get_verbosity() == before == logging.INFO
    assert capfd.readouterr().err == ""


def test_bayesian_needs_optuna(monkeypatch, objectives):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ModuleNotFoundError):
        bayesian(objectives.bowl, BOWL)


@pytest.mark.parametrize("workers", [1, 2])
def test_cross_validation_validates_each_example_once(objectives, workers):
    x = np.arange(10.0)
    found = cross_validate(objectives.fold_mean, (x, x), 5, seed=2, workers=workers)
    assert len(found.scores) == 5
    assert found.mean == pytest.approx(4.5)
    assert found.standard_deviation == pytest.approx(np.std(found.scores, ddof=1))
    assert str(found).startswith("4.5 ± ")


def test_cross_validation_keeps_the_classes_in_proportion(objectives):
    labels = np.array([0.0, 1.0] * 5)
    found = cross_validate(objectives.fold_mean, (labels, labels), 5, stratify=labels)
    assert found.scores == [0.5] * 5


def test_a_fold_that_fails_is_no_score(objectives):
    x = np.arange(10.0)
    with pytest.raises(SearchError, match="fold 0 failed: DivergenceError: the loss is inf"):
        cross_validate(objectives.fold_fails, (x, x), 5)
