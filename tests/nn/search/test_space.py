import numpy as np
import pytest

from autograd_core import ArgumentError
from nn.search import Choice, Integer, LogUniform, Uniform, narrowed
from nn.search.trials import Trial


def test_ends_and_middles():
    assert [Uniform(2, 4).at(u) for u in (0, 0.5, 0.75)] == [2, 3, 3.5]
    assert LogUniform(1e-6, 1).at(0.5) == pytest.approx(1e-3)
    assert [Choice("a", "b", None).at(u) for u in (0, 0.34, 0.999)] == ["a", "b", None]


@pytest.mark.parametrize(("log", "shares"), [(False, [1 / 3] * 3), (True, np.log([2, 1.5, 4 / 3]) / np.log(4))])
def test_whole_numbers_have_the_share_of_their_interval(log, shares):
    drawn = [Integer(1, 3, log=log).at(u) for u in (np.arange(10_000) + 0.5) / 10_000]
    np.testing.assert_allclose(np.bincount(drawn)[1:] / 10_000, shares, atol=2e-4)


def test_narrowed_to_where_the_best_are_and_a_little_beyond():
    space = {
        "even": Uniform(0, 1),
        "log": LogUniform(1e-4, 1),
        "whole": Integer(1, 100),
        "choice": Choice("relu", "tanh", "elu"),
        "edge": Uniform(0, 1),
    }
    best = [
        Trial(0, {"even": 0.4, "log": 1e-3, "whole": 10, "choice": "tanh", "edge": 0.01}, 0, 1.0),
        Trial(1, {"even": 0.6, "log": 1e-2, "whole": 20, "choice": "tanh", "edge": 0.51}, 0, 2.0),
    ]
    finer = narrowed(space, best)
    assert (finer["even"].low, finer["even"].high) == (pytest.approx(0.3), pytest.approx(0.7))
    assert (finer["log"].low, finer["log"].high) == (pytest.approx(10**-3.5), pytest.approx(10**-1.5))
    assert finer["whole"] == Integer(5, 25)
    assert finer["choice"] == Choice("tanh")
    assert finer["edge"].low == 0
    alone = narrowed(space, best[:1])
    assert (alone["even"].low, alone["even"].high) == (pytest.approx(0.3), pytest.approx(0.5))
    assert narrowed({"one": Integer(3, 3)}, [Trial(0, {"one": 3}, 0, 1.0)]) == {"one": Integer(3, 3)}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Uniform(1, 0), "Uniform: needs finite low ≤ high, got 1 and 0"),
        (lambda: Uniform(0, float("inf")), "Uniform: needs finite low ≤ high"),
        (lambda: LogUniform(0, 1), "LogUniform: low must be above 0, got 0"),
        (lambda: Integer(0.5, 2), r"Integer: low and high must be whole numbers, got 0\.5 and 2"),
        (lambda: Integer(0, 2, log=True), "whole numbers of at least 1, got 0 and 2"),
        (lambda: Choice(), "Choice: takes the values to choose from"),
    ],
)
def test_what_is_no_dimension(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()
