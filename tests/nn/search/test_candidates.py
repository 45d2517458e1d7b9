import sys

import numpy as np
import pytest

from autograd_core import ArgumentError
from nn.search import Choice, Integer, LogUniform, Uniform, design, grid, random

SPACE = {"lr": LogUniform(1e-4, 1), "units": Integer(1, 50), "act": Choice("relu", "tanh"), "p": Uniform(0, 0.5)}


def test_a_grid_is_every_combination_once():
    points = grid({"lr": [0.1, 0.01], "act": ["relu", "tanh", "elu"]})
    assert len({(point["lr"], point["act"]) for point in points}) == len(points) == 6
    assert points[0] == {"lr": 0.1, "act": "relu"}


def test_random_points_are_even_in_the_logarithm_repeatable_and_extended():
    points = random(SPACE, 2000, seed=1)
    decades = np.bincount([int(np.floor(np.log10(point["lr"]))) + 4 for point in points])
    np.testing.assert_allclose(decades / 2000, 0.25, atol=0.04)
    assert {point["act"] for point in points} == {"relu", "tanh"}
    assert {point["units"] for point in points} == set(range(1, 51))
    assert all(0 <= point["p"] < 0.5 for point in points)
    assert random(SPACE, 10, seed=1) == points[:10]
    assert random(SPACE, 10, seed=2) != points[:10]


def test_a_latin_hypercube_has_one_point_in_each_interval_of_each_name():
    points = design({"a": Uniform(0, 1), "b": Uniform(0, 1)}, 10, seed=3)
    for name in "ab":
        assert sorted(int(point[name] * 10) for point in points) == list(range(10))
    assert design({"a": Uniform(0, 1), "b": Uniform(0, 1)}, 10, seed=3) == points


@pytest.mark.parametrize("method", ["sobol", "halton"])
def test_low_discrepancy_fills_every_sixteenth_of_the_square(method):
    points = design({"a": Uniform(0, 4), "b": Uniform(0, 4)}, 64, method=method)
    cells = {(int(point["a"]), int(point["b"])) for point in points}
    assert len(cells) == 16


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: grid({"lr": []}), "grid: takes a list of values for each name"),
        (lambda: grid({"act": "relu"}), "grid: takes a list of values for each name"),
        (lambda: grid({"lr": 0.1}), "grid: takes a list of values for each name, got 0.1 for lr"),
        (lambda: grid([0.1]), r"grid: takes a dictionary of lists of values, got \[0.1\]"),
        (lambda: grid({"lr": LogUniform(1e-3, 1.0)}), "grid: lr is LogUniform.* or draw from a space with random"),
        (lambda: grid({}), "grid: takes a list of values for each name"),
        (lambda: random({}, 3), "a space has at least one hyper-parameter"),
        (lambda: random({"lr": [0.1, 0.2]}, 3), r"lr of the space is \[0\.1, 0\.2\]; expected Uniform"),
        (lambda: random(SPACE, 0), "random: count must be a whole number of at least 1, got 0"),
        (lambda: design(SPACE, 10, method="sobol"), "a Sobol design has a power of 2 points, got 10"),
        (lambda: design(SPACE, 10, method="chance"), "one of latin, sobol, halton, got 'chance'"),
    ],
)
def test_what_cannot_be_chosen_from(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()


def test_designs_need_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    with pytest.raises(ModuleNotFoundError):
        design(SPACE, 4)
